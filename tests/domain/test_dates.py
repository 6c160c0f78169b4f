"""Expiry dates: what each way of writing means, and what is said of what means none."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.dates import ExpiryError, read_expiry, through

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)


def moment(text: str) -> str:
    return read_expiry(text, NOW).isoformat()


def refusal(text: str, now: datetime = NOW) -> ExpiryError:
    with pytest.raises(ExpiryError) as refused:
        read_expiry(text, now)
    return refused.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-06-30", "2027-06-30T23:59:59+00:00"),
        ("2028-02-29", "2028-02-29T23:59:59+00:00"),
        ("9999-12-31", "9999-12-31T23:59:59+00:00"),
        ("2027-06-30T14:05", "2027-06-30T14:05:00+00:00"),
        ("2027-06-30 14:05:30", "2027-06-30T14:05:30+00:00"),
        ("2027-06-30T14:05Z", "2027-06-30T14:05:00+00:00"),
        ("2027-06-30T1405+02:00", "2027-06-30T12:05:00+00:00"),
        ("2027-06-30T23:59:59-10:00", "2027-07-01T09:59:59+00:00"),
        ("1830297600", "2028-01-01T00:00:00+00:00"),
        ("1830297600000", "2028-01-01T00:00:00+00:00"),
        ("1830297600001", "2028-01-01T00:00:00.001000+00:00"),
        ("253402300799", "9999-12-31T23:59:59+00:00"),
    ],
)
def test_a_date_a_time_and_an_epoch_mean_one_moment(text: str, expected: str) -> None:
    assert moment(text) == expected


def test_today_is_still_to_come_until_its_last_second() -> None:
    last = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)

    assert read_expiry("2026-11-22", last - timedelta(microseconds=1)) == last
    assert refusal("2026-11-22", last).reason == "in_the_past"


def test_a_day_ends_in_utc_wherever_now_is_said() -> None:
    in_tokyo = datetime.fromisoformat("2026-11-23T08:30+09:00")

    assert read_expiry("2026-11-22", in_tokyo) == datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)
    assert through(in_tokyo) == datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("31/12/2027", "2027-12-31"),
        ("31-12-2027", "2027-12-31"),
        ("31.12.2027", "2027-12-31"),
        ("12/31/2027", "2027-12-31"),
        ("2/2/2027", "2027-02-02"),
        ("1/2/2027", "2027-02-01 or 2027-01-02"),
        ("2027/12/31", "2027-12-31"),
        ("2027.1.5", "2027-01-05"),
        ("2027-1-5", "2027-01-05"),
    ],
)
def test_another_way_of_writing_a_day_is_answered_with_the_right_one(text: str, meant: str) -> None:
    assert refusal(text).reason == "not_a_date"
    assert str(refusal(text)) == f"“{text}” is not how a date is written here. Write it as {meant}."


@pytest.mark.parametrize("text", ["2027-02-30", "2027-13-01", "2027-00-10", "0000-01-01"])
def test_a_day_that_is_not_in_the_calendar_is_said_to_be_none(text: str) -> None:
    assert refusal(text).reason == "not_a_date"
    assert str(refusal(text)) == f"There is no such day as “{text}”."


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "31/02/2027",
        "99/12/2027",
        "31-12-27",
        "31 December 2027",
        "10000-01-01",
        "253402300800",
        "99999999999999",
        "9" * 5_000,
        "9999-12-31T23:59-10:00",
        "2027-12-31T25:00",
        "2027-W01-1",
        "-1",
        "1830297600.5",
        "２０２７-12-31",
        "１８３０２９７６００",
    ],
)
def test_anything_else_is_no_date_before_the_year_10000(text: str) -> None:
    assert refusal(text).reason == "not_a_date"
    assert str(refusal(text)) == f"“{text[:50]}” is not a date before the year 10000. Write it like 2026-12-31."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-11-21", "21 November 2026 is past. Write a date that is still to come, or leave it empty."),
        (
            "2026-11-22T19:30",
            "22 November 2026, 19:30 UTC is past. Write a date that is still to come, or leave it empty.",
        ),
        (
            "20271231",
            "“20271231”, read as seconds since 1970, is 23 August 1970, which is past. Write a date to come, with "
            "dashes: 2027-12-31.",
        ),
        (
            "20191231",
            "“20191231”, read as seconds since 1970, is 22 August 1970, which is past. Write a date to come, with "
            "dashes: 2027-12-31.",
        ),
        (
            "1500000000000",
            "“1500000000000”, read as milliseconds since 1970, is 14 July 2017, which is past. Write a date to come, "
            "with dashes: 2027-12-31.",
        ),
    ],
)
def test_a_date_that_is_past_is_written_out(text: str, sentence: str) -> None:
    assert refusal(text).reason == "in_the_past"
    assert str(refusal(text)) == sentence


looks_like_a_date = st.from_regex(r"\A\d{1,5}[-/.T ]\d{1,2}[-/. :]\d{1,4}([T ]\d{2}:?\d{2}.{0,12})?\Z")


@given(st.text() | looks_like_a_date | st.integers().map(str) | st.datetimes().map(str) | st.dates().map(str))
def test_whatever_is_written_is_a_date_to_come_or_an_expiry_error(text: str) -> None:
    with suppress(ExpiryError):
        assert read_expiry(text, NOW) > NOW
