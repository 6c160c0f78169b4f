"""CSV that people download: no formula in it, and nothing lost when it comes back."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain import csv_files
from tests.domain.reading import read, rows_of
from tests.domain.workbooks import workbook


@pytest.mark.parametrize("value", ["=1+1", "+31 20", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(value: str) -> None:
    assert csv_files.as_text(value) == f"'{value}"
    assert csv_files.without_guard(f"'{value}") == value


@pytest.mark.parametrize("value", ["a=1", "1-1", "", "'t Hooft", "O'Brien", "'", "it's -1"])
def test_other_values_stay_as_they_are(value: str) -> None:
    assert csv_files.as_text(value) == value
    assert csv_files.without_guard(value) == value


def test_an_apostrophe_that_stands_before_a_formula_already_is_kept_apart_from_the_guard() -> None:
    assert csv_files.as_text("'=1+1") == "''=1+1"


def test_numbers_and_empty_values_are_written_as_they_are() -> None:
    assert csv_files.whole([(1, None, -2, "")]) == b"\xef\xbb\xbf1,,-2,\r\n"


def test_a_file_is_streamed_in_pieces() -> None:
    pieces = list(csv_files.stream([number] for number in range(1_200)))

    assert len(pieces) == 1 + 2 + 1
    assert b"".join(pieces) == csv_files.whole([number] for number in range(1_200))


def test_a_file_of_ours_is_read_without_its_guards() -> None:
    table = read(csv_files.whole([["invitees", "message"], ["'=a", "-1"]]))

    assert rows_of(table)[1] == ["'=a", "-1"]


def test_a_file_of_ours_that_was_saved_as_a_workbook_is_read_without_its_guards() -> None:
    assert rows_of(read(workbook(["invitees", "message"], ["'+31", "'t Hooft"])))[1] == ["+31", "'t Hooft"]


@pytest.mark.parametrize("invisible", ["", "\u200b"])
def test_guards_are_found_beside_invisible_characters(invisible: str) -> None:
    table = read(f"invitees,message\n{invisible}'=a{invisible}, ' -1\n")

    assert rows_of(table)[1] == ["=a", "' -1"]


trimmed = st.text(st.sampled_from("'=+-@\t\r\n ,;\"aé"), max_size=8).map(str.strip).filter(bool)


@settings(deadline=None)
@example([["''=a", "'", "'-"]])
@given(st.lists(st.lists(trimmed, min_size=1, max_size=4), min_size=1, max_size=4))
def test_a_round_trip_changes_nothing(rows: list[list[str]]) -> None:
    table = read(csv_files.whole([["short_names", "invitees"], *rows]))

    assert rows_of(table)[1:] == rows
