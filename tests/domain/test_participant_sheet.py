"""The sheet of participants: one identifier a line, whatever its column is called."""

import pytest

from domain.columns import match_header
from domain.participant_sheet import COLUMNS, REQUIRED, Line, read_lines
from domain.table import Record


def test_each_line_names_one_identifier_as_the_file_writes_it() -> None:
    lines, errors = read_lines(["identifier"], [Record(2, ["PR-00001"]), Record(5, ["pr-00002"])])
    assert (lines, errors) == ([Line(2, "PR-00001"), Line(5, "pr-00002")], [])


def test_the_identifier_may_stand_among_other_columns() -> None:
    lines, errors = read_lines([None, "identifier", None], [Record(2, ["Asha", "PR-00001"])])
    assert (lines, errors) == ([Line(2, "PR-00001")], [])


@pytest.mark.parametrize("name", ["identifier", "User ID", "state-id", "EXTERNAL_ID", " Identifier(s) "])
def test_the_column_answers_to_several_names(name: str) -> None:
    matched = match_header(Record(1, ["Name", name]), COLUMNS, REQUIRED)
    assert (matched.columns, matched.errors) == ([None, "identifier"], [])


@pytest.mark.parametrize("values", [["Asha"], ["Asha", ""], ["Asha", "", "North"]])
def test_a_line_without_identifier_is_an_error(values: list[str]) -> None:
    lines, (error,) = read_lines([None, "identifier", None], [Record(7, values)])
    assert (lines, error.line, error.column, error.reason) == ([], 7, "identifier", "missing")
    assert error.message == "Nobody is named: write a user ID or a state ID."


def test_more_values_than_columns_are_an_error() -> None:
    _lines, (error,) = read_lines(["identifier"], [Record(3, ["PR-00001", "Asha"])])
    assert (error.line, error.column, error.reason, error.value) == (3, None, "too_many_values", "Asha")
    assert error.message == (
        "Line 3 has 2 values, the header has 1 column: put values that contain commas in double quotes."
    )
