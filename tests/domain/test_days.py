"""Days as an organisation counts them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import time_machine

from domain.days import day_in, moment_of, today_in

LATE = datetime(2026, 11, 22, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time_zone", "expected"),
    [("UTC", 22), ("Asia/Kolkata", 23), ("America/New_York", 22), ("Pacific/Kiritimati", 23), ("Pacific/Niue", 22)],
)
def test_the_day_is_the_one_of_the_time_zone(time_zone: str, expected: int) -> None:
    assert day_in(LATE, time_zone) == date(2026, 11, expected)
    with time_machine.travel(LATE, tick=False):
        assert today_in(time_zone) == date(2026, 11, expected)


@pytest.mark.parametrize("time_zone", ["", "Nowhere/Atall", "../../etc/passwd", "/etc/localtime"])
def test_a_time_zone_that_is_not_known_counts_as_utc(time_zone: str) -> None:
    assert day_in(LATE, time_zone) == date(2026, 11, 22)


def test_a_day_begins_in_its_time_zone() -> None:
    assert moment_of(date(2026, 5, 1), "Asia/Kolkata") == datetime(2026, 4, 30, 18, 30, tzinfo=UTC)


def test_a_time_is_of_the_time_zone_unless_it_says_otherwise() -> None:
    noon = datetime(2026, 5, 1, 12)
    assert moment_of(noon, "Asia/Kolkata") == datetime(2026, 5, 1, 6, 30, tzinfo=UTC)
    assert moment_of(noon.replace(tzinfo=timezone(timedelta(hours=2))), "Asia/Kolkata") == datetime(
        2026, 5, 1, 10, tzinfo=UTC
    )


@pytest.mark.parametrize("day", [date(2018, 11, 4), date(2018, 2, 18), date(2026, 3, 29), date(2026, 10, 25)])
@pytest.mark.parametrize("time_zone", ["America/Sao_Paulo", "Europe/Amsterdam", "Asia/Beirut"])
def test_a_day_begins_within_itself_also_where_midnight_is_left_out(day: date, time_zone: str) -> None:
    assert day_in(moment_of(day, time_zone), time_zone) == day
