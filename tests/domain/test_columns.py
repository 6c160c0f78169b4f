import pytest

from domain.columns import Column, Matched, knows, match_header, plain
from domain.table import Record

COLUMNS = (
    Column("short_names", also=("short_name",)),
    Column("invitees", also=("invitee", "email", "emails")),
    Column("groups", also=("group",)),
    Column("labels", also=("label",)),
)
REQUIRED = (("short_names", "labels"), ("invitees",))


def match(*names: str, records: tuple[list[str], ...] = (), line: int = 1) -> Matched:
    below = [Record(number, values) for number, values in enumerate(records, line + 1)]
    return match_header(Record(line, list(names)), COLUMNS, REQUIRED, below)


def notices_of(matched: Matched) -> list[tuple[str, str]]:
    return [(notice.code, notice.message) for notice in matched.notices]


@pytest.mark.parametrize(
    "name", ["Short name(s)", "SHORT-NAMES", " short_name (S)", "short\xa0na\u200bmes", "ShortName"]
)
def test_names_are_compared_without_what_does_not_matter(name: str) -> None:
    assert match(name, "e-mail(s)").columns == ["short_names", "invitees"]


def test_a_trailing_s_in_brackets_is_no_part_of_a_name() -> None:
    assert plain("Group(s)") == "group"
    assert plain("(s)ender") == "(s)ender"


def test_columns_may_come_in_any_order_under_any_of_their_names() -> None:
    matched = match("Label", "emails", "group", "short_name")

    assert matched.columns == ["labels", "invitees", "groups", "short_names"]
    assert matched.file_names == ["Label", "emails", "group", "short_name"]
    assert matched.has_header
    assert matched.notices == []
    assert matched.errors == []


def test_names_of_columns_are_told_from_other_values() -> None:
    is_name = knows(COLUMNS)

    assert is_name("E-mail")
    assert not is_name("a@example.org")
    assert not is_name("")


def test_without_any_known_name_the_columns_are_those_documented() -> None:
    matched = match("cumulusgrp", "a@example.org", line=3)

    assert not matched.has_header
    assert matched.columns == matched.file_names == ["short_names", "invitees", "groups", "labels"]
    assert matched.first_records == [Record(3, ["cumulusgrp", "a@example.org"])]
    assert matched.errors == []


def test_the_order_taken_without_a_header_is_said() -> None:
    assert notices_of(match("cumulusgrp", "a@example.org")) == [
        (
            "no_header",
            "The file has no header line: its columns were taken to be short_names, invitees, groups and labels, in"
            " this order.",
        )
    ]


def test_an_unknown_column_is_ignored_and_said() -> None:
    matched = match("labels", "Kamer", "invitees")

    assert matched.columns == ["labels", None, "invitees"]
    assert matched.file_names == ["labels", "Kamer", "invitees"]
    assert notices_of(matched) == [("unknown_column", "The column “Kamer” is not known and is ignored.")]


@pytest.mark.parametrize(("name", "near"), [("gruops", "groups"), ("Labelz", "labels")])
def test_the_nearest_known_column_is_named(name: str, near: str) -> None:
    (notice,) = match("short_names", "invitees", name).notices

    assert notice.message == f"The column “{name}” is not known and is ignored: did you mean “{near}”?"


def test_a_column_that_is_there_already_is_not_suggested() -> None:
    (notice,) = match("short_names", "invitees", "groups", "groups2").notices

    assert "did you mean" not in notice.message


def test_a_very_long_name_is_cut_off() -> None:
    (notice,) = match("short_names", "invitees", "x" * 100_000).notices

    assert notice.message == f"The column “{'x' * 60}…” is not known and is ignored."


def test_an_unknown_column_is_said_once() -> None:
    assert len(match("short_names", "Kamer", "invitees", "Kamer").notices) == 1


def test_a_column_without_a_name_is_said_when_it_has_values() -> None:
    matched = match("short_names", "", "invitees", records=(["a"], ["a", "b", "c"]))

    assert matched.columns == ["short_names", None, "invitees"]
    assert notices_of(matched) == [("unknown_column", "Column 2 has no name and is ignored.")]


def test_an_empty_column_without_a_name_is_not_worth_a_word() -> None:
    assert match("short_names", "", "invitees", records=(["a", "", "c"], ["a"])).notices == []


def test_a_missing_column_is_named() -> None:
    (error,) = match("labels").errors

    assert (error.reason, error.line, error.column) == ("missing_column", None, None)
    assert error.message == "The file has no column “invitees”. Add it to the header, and fill it in on every line."


def test_of_several_columns_one_must_be_there_and_all_are_named() -> None:
    (error,) = match("invitees").errors

    assert error.message.startswith("The file has no column “short_names” or “labels”. Add")


def test_every_missing_column_is_reported() -> None:
    assert [error.reason for error in match("groups").errors] == ["missing_column", "missing_column"]


def test_the_same_column_twice_is_an_error_that_names_both_places() -> None:
    (error,) = match("Invitee(s)", "labels", "email", line=2).errors

    assert (error.reason, error.line, error.column) == ("duplicate_column", 2, "invitees")
    assert error.message == (
        "These columns of the file are one and the same: column 1 (“Invitee(s)”) and column 3 (“email”). Keep one of"
        " them."
    )


def test_every_repeated_column_is_reported() -> None:
    errors = match("email", "label", "invitees", "labels", "emails").errors

    assert [error.column for error in errors] == ["invitees", "labels"]
    assert "column 1 (“email”), column 3 (“invitees”) and column 5 (“emails”)" in errors[0].message
