"""What each column of the sheet of progress takes, and every problem found in a line."""

import uuid
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.findings import Finding
from domain.progress import Entry
from domain.progress_sheet import COLUMNS, Line, Sheet, problems_with
from domain.table import Record

NAMES = [column.name for column in COLUMNS]
BATCH = uuid.UUID("01a20be2-4627-7172-a2f9-983d7ed53891")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def read(of_the_file: uuid.UUID | None = BATCH, **cells: str) -> tuple[Line, list[Finding]]:
    values = {"identifier": "PR-1", **cells}
    return Sheet([*values], of_the_file).read(Record(7, [*values.values()]))


def good(**cells: str) -> Line:
    line, problems = read(**cells)
    assert problems == []
    return line


def entry(**cells: str) -> Entry:
    return good(**cells).entry("Asia/Kolkata")


def problem(**cells: str) -> tuple[str, str | None, str]:
    (found,) = read(**cells)[1]
    assert found.line == 7
    return found.reason, found.column, found.message


def test_a_full_line_is_read_value_by_value() -> None:
    values = [str(BATCH), "PR-1", "3", "12", "25", "", "2026-05-01T09:30:00Z"]
    line, problems = Sheet(NAMES, None).read(Record(2, values))
    assert problems == []
    assert line == Line(2, BATCH, "PR-1", 3, 12, 25, None, datetime(2026, 5, 1, 9, 30, tzinfo=UTC))


def test_the_batch_of_the_file_is_for_lines_that_name_none() -> None:
    other = uuid.uuid4()
    assert good().batch == BATCH
    assert good(batch=str(other).upper()).batch == other


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("45", 45),
        ("45%", 45),
        ("45 %", 45),
        ("0", 0),
        ("0%", 0),
        ("100%", 100),
        ("99.9", 99),
        ("99,9%", 99),
        ("0.5%", 0),
    ],
)
def test_percentages_are_taken_with_and_without_their_sign_and_rounded_down(text: str, percent: int) -> None:
    assert good(percent=text).percent == percent


@pytest.mark.parametrize("text", ["0.45", "0,5", "half", "-3", "4 5", "45 per cent", "1e2", "٤٥", "1000"])
def test_what_is_no_percentage_is_told(text: str) -> None:
    sentence = f"“{text}” is not a percentage. Write it like 45 or 45%."
    assert problem(percent=text) == ("not_a_percentage", "percent", sentence)


def test_a_day_is_one_of_the_organisation() -> None:
    assert good(completed_at="2026-05-01").completed_at == date(2026, 5, 1)
    assert entry(completed_at="2026-05-01").completed_at == datetime(2026, 4, 30, 18, 30, tzinfo=UTC)


def test_a_time_without_zone_is_one_of_the_organisation() -> None:
    assert entry(last_activity="2026-05-01 05:30").last_activity_at == datetime(2026, 5, 1, tzinfo=UTC)
    assert entry(last_activity="2026-05-01T05:30+01:00").last_activity_at == datetime(
        2026, 5, 1, 5, 30, tzinfo=timezone(timedelta(hours=1))
    )


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"identifier": ""}, ("missing", "identifier", "Nobody is named: write a user ID or a state ID.")),
        ({"completed_units": "3.5"}, ("not_a_number", "completed_units", "“3.5” is not a whole number.")),
        ({"total_units": "-1"}, ("not_a_number", "total_units", "“-1” is not a whole number.")),
        (
            {"batch": "Pilot"},
            ("not_a_batch", "batch", "“Pilot” is not the ID of a batch, which stands in the address of its page."),
        ),
        (
            {"completed_at": "01/05/2026"},
            (
                "not_a_date",
                "completed_at",
                "“01/05/2026” is not how a date is written here. Write it as 2026-05-01 or 2026-01-05.",
            ),
        ),
        ({"completed_at": "2026-02-30"}, ("not_a_date", "completed_at", "There is no such day as “2026-02-30”.")),
        ({"last_activity": "0001-01-01"}, ("not_a_date", "last_activity", "“0001-01-01” is too far away to be true.")),
        ({"last_activity": "9999-12-31"}, ("not_a_date", "last_activity", "“9999-12-31” is too far away to be true.")),
    ],
)
def test_what_is_wrong_with_a_value_is_told_where_it_stands(
    cells: dict[str, str], expected: tuple[str, str, str]
) -> None:
    assert problem(**cells) == expected


def test_a_line_without_batch_needs_one() -> None:
    assert [found.message for found in read(None)[1]] == ["No batch is named: write its ID."]


def test_a_line_with_more_values_than_columns_has_that_problem_alone() -> None:
    _line, problems = Sheet(["identifier", "percent"], None).read(Record(3, ["PR-1", "4", "5"]))
    assert [(found.reason, found.line, found.column) for found in problems] == [("too_many_values", 3, None)]


def test_every_problem_of_a_line_is_told_at_once() -> None:
    _line, problems = read(None, identifier="", percent="half", completed_at="soon")
    assert [found.column for found in problems] == ["percent", "completed_at", "identifier", "batch"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, ("no_progress", "percent", "")),
        ({"percent": "140"}, ("percent_out_of_range", "percent", "140")),
        ({"percent": "100.5"}, ("percent_out_of_range", "percent", "101")),
        ({"completed_units": "4"}, ("units_incomplete", "total_units", "")),
        ({"completed_units": "4", "total_units": "3"}, ("units_out_of_range", "completed_units", "4")),
        ({"percent": "9", "completed_at": "2026-05-01"}, ("completed_without_100", "completed_at", "2026-05-01")),
        ({"percent": "100", "completed_at": "2026-11-25"}, ("completed_in_the_future", "completed_at", "2026-11-25")),
        ({"percent": "9", "last_activity": "1950-01-01"}, ("activity_too_early", "last_activity", "1950-01-01")),
    ],
)
def test_values_that_do_not_go_together_are_told_where_to_mend_them(
    cells: dict[str, str], expected: tuple[str, str, str]
) -> None:
    line = good(**cells)
    (found,) = problems_with(line, line.entry("Asia/Kolkata"), NOON)
    assert (found.reason, found.column, found.value) == expected
    assert found.message


def test_today_is_not_to_come_wherever_it_is_today() -> None:
    line = good(percent="100", completed_at="2026-11-25")
    assert problems_with(line, line.entry("Pacific/Kiritimati"), NOON) == []


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30)))
def test_whatever_a_line_says_is_read_or_told(cells: dict[str, str]) -> None:
    line, problems = Sheet([*cells], None).read(Record(2, [*cells.values()]))
    if not problems:
        problems_with(line, line.entry("America/Sao_Paulo"), NOON)
