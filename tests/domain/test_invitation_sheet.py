"""What each column of the invitations sheet takes, and every problem found in a line."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.findings import Finding
from domain.invitation_sheet import COLUMNS, Line, Sheet
from domain.table import Record
from models.collaboration import Role
from models.upload import Level

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAMES = [column.name for column in COLUMNS]
CONTROL = "The value has control characters in it, or a line break where there can be none: type it again."


def read(line: int = 2, **cells: str) -> tuple[Line, list[Finding]]:
    """A line with a CO and an invitee, unless it is told otherwise."""
    values = {"short_names": "cumulusgrp", "invitees": "a@example.org", **cells}
    return Sheet(values, NOW).read(Record(line, list(values.values())))


def good(**cells: str) -> Line:
    line, problems = read(**cells)
    assert problems == []
    return line


def problem(**cells: str) -> Finding:
    (found,) = read(**cells)[1]
    return found


def test_a_full_line_is_read_value_by_value() -> None:
    line = good(
        short_names="cumulusgrp, cirrusgrp",
        intended_role="admin",
        invitees="r.doe@example.org",
        groups="researchers",
        invitation_expiry_date="2027-06-30",
        membership_expiry_date="1830297600",
        message="Please join us.\nBring data.",
        sender_name="Yoda team",
        labels="climate",
    )
    assert vars(line) == {
        "number": 2,
        "short_names": ("cumulusgrp", "cirrusgrp"),
        "intended_role": Role.ADMIN,
        "invitees": (("r.doe@example.org", "r.doe@example.org"),),
        "groups": ("researchers",),
        "invitation_expiry_date": datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC),
        "membership_expiry_date": datetime(2028, 1, 1, tzinfo=UTC),
        "message": "Please join us.\nBring data.",
        "sender_name": "Yoda team",
        "labels": ("climate",),
    }


def test_what_a_line_leaves_empty_is_taken_by_default() -> None:
    line = good(**{name: "" for name in NAMES if name not in ("short_names", "invitees")})

    assert (line.intended_role, line.groups, line.labels, line.message) == (Role.MEMBER, (), (), "")
    assert line.invitation_expiry_date is line.membership_expiry_date is None


def test_a_line_may_end_early_and_unknown_columns_are_ignored() -> None:
    sheet = Sheet(["invitees", None, "labels", "message"], NOW)
    line, problems = sheet.read(Record(7, ["a@example.org", "room\x07 12", "yoda"]))

    assert problems == []
    assert (line.number, line.labels, line.message) == (7, ("yoda",), "")


@pytest.mark.parametrize("column", ["short_names", "labels", "groups"])
@pytest.mark.parametrize("cell", ["a,b", " a ; b ", "a\nb", "a\r\nb,", ",a,,b,a", "\u200ba\xa0,\u200b b"])
def test_several_names_stand_apart_each_once(column: str, cell: str) -> None:
    assert getattr(good(**{column: cell}), column) == ("a", "b")


@pytest.mark.parametrize("text", ["admin", "Admin", "ADMIN"])
def test_a_role_is_taken_in_any_case(text: str) -> None:
    assert good(intended_role=text).intended_role is Role.ADMIN


def test_several_invitees_are_kept_as_written_with_the_form_in_which_they_are_compared() -> None:
    line = good(invitees="A@Example.org;b@xn--bcher-kva.de\nA@Example.org, \u200bc@example.org")

    assert line.invitees == (
        ("A@Example.org", "a@example.org"),
        ("b@xn--bcher-kva.de", "b@bücher.de"),
        ("A@Example.org", "a@example.org"),
        ("c@example.org", "c@example.org"),
    )


def test_labels_alone_name_collaborations() -> None:
    assert good(short_names="", labels="yoda").labels == ("yoda",)


@pytest.mark.parametrize("cell", ["", ",", " ;\n"])
def test_a_line_without_collaboration_is_at_fault(cell: str) -> None:
    assert problem(short_names=cell) == Finding(
        Level.ERROR,
        "missing",
        "No collaboration is named: write one or more short names, or a label.",
        2,
        "short_names",
        "",
    )


def test_where_the_file_has_labels_only_it_is_the_label_that_is_missing() -> None:
    line_of = Sheet(["labels", "invitees"], NOW).read
    (found,) = line_of(Record(3, ["", "a@example.org"]))[1]

    assert (found.line, found.column, found.reason) == (3, "labels", "missing")


@pytest.mark.parametrize("cell", ["", ",;"])
def test_a_line_without_invitee_is_at_fault(cell: str) -> None:
    assert problem(invitees=cell) == Finding(
        Level.ERROR, "missing", "Nobody is invited: write one or more e-mail addresses.", 2, "invitees", ""
    )


def test_a_faulty_cell_is_not_called_missing_too() -> None:
    found = read(short_names="a\x07", invitees="a@")[1]

    assert [(each.column, each.reason) for each in found] == [
        ("short_names", "control_characters"),
        ("invitees", "not_an_address"),
    ]


@pytest.mark.parametrize(
    ("column", "cell", "reason", "sentence"),
    [
        ("intended_role", "owner", "not_a_role", "“owner” is not a role. Write admin or member."),
        ("intended_role", "x" * 60, "not_a_role", f"“{'x' * 50}” is not a role. Write admin or member."),
        ("invitees", "a@@b.org", "not_an_address", "“a@@b.org” is not an e-mail address: it has more than one @."),
        (
            "invitees",
            "x" * 300,
            "not_an_address",
            f"“{'x' * 80}…” is not an e-mail address: it is longer than 254 characters.",
        ),
        (
            "invitation_expiry_date",
            "31/12/2027",
            "not_a_date",
            "“31/12/2027” is not how a date is written here. Write it as 2027-12-31.",
        ),
        (
            "membership_expiry_date",
            "2020-01-01",
            "in_the_past",
            "1 January 2020 is past. Write a date that is still to come, or leave it empty.",
        ),
        ("message", "x" * 4_001, "too_long", "The value has 4,001 characters; at most 4,000 fit."),
        ("message", "Hello\x1b[31m", "control_characters", CONTROL),
        ("message", "\u202egnp.exe", "control_characters", CONTROL),
        ("sender_name", "x" * 256, "too_long", "The value has 256 characters; at most 255 fit."),
        ("sender_name", "Yoda\nteam", "control_characters", CONTROL),
        ("sender_name", "Yoda\tteam", "control_characters", CONTROL),
        ("sender_name", "Yoda\u2028team", "control_characters", CONTROL),
        ("short_names", "cumulus\x00grp", "control_characters", CONTROL),
        ("labels", "yo\tda", "control_characters", CONTROL),
        ("groups", "x" * 256, "too_long", f"“{'x' * 40}…” is too long: at most 255 characters."),
    ],
)
def test_a_wrong_value_is_told_with_line_column_and_what_to_do(
    column: str, cell: str, reason: str, sentence: str
) -> None:
    assert problem(line=12, **{column: cell}) == Finding(Level.ERROR, reason, sentence, 12, column, cell)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("message", "x" * 4_000),
        ("message", "One\r\ntwo\tthree \U0001f469\u200d\U0001f52c, שלום\u200f"),
        ("sender_name", "é" * 255),
        ("groups", "x" * 255),
    ],
)
def test_as_much_as_fits_is_taken(column: str, cell: str) -> None:
    assert getattr(good(**{column: cell}), column) in (cell, (cell,))


def test_of_several_addresses_each_wrong_one_is_named_with_its_place() -> None:
    found = read(invitees="good@example.org, bad@@example.org; worse\nfine@example.org")[1]

    assert [(each.column, each.value) for each in found] == [
        ("invitees", "bad@@example.org"),
        ("invitees", "worse"),
    ]
    assert found[0].message == ("“bad@@example.org”, number 2 of 4, is not an e-mail address: it has more than one @.")
    assert found[1].message == "“worse”, number 3 of 4, is not an e-mail address: it has no @."


def test_of_several_names_each_wrong_one_is_named() -> None:
    found = read(groups=f"fine,a\x07,b\x07,{'x' * 256}")[1]

    assert [(each.reason, each.value) for each in found] == [
        ("control_characters", "a\x07"),
        ("control_characters", "b\x07"),
        ("too_long", "x" * 256),
    ]


def test_a_cell_may_have_two_faults() -> None:
    found = read(message="\x07" * 4_001)[1]

    assert [each.reason for each in found] == ["control_characters", "too_long"]


def test_all_faults_of_a_line_are_found_at_once_in_the_order_of_its_columns() -> None:
    found = read(sender_name="x" * 256, short_names="", invitees="a@, b@", intended_role="x", groups="\x07")[1]

    assert [(each.column, each.reason) for each in found] == [
        ("invitees", "not_an_address"),
        ("invitees", "not_an_address"),
        ("sender_name", "too_long"),
        ("intended_role", "not_a_role"),
        ("groups", "control_characters"),
        ("short_names", "missing"),
    ]


def test_more_values_than_columns_are_an_error_of_the_line_alone() -> None:
    sheet = Sheet(["short_names", "invitees"], NOW)
    _line, found = sheet.read(Record(4, ["", "not an address", "Hello", "you"]))

    assert found == [
        Finding(
            Level.ERROR,
            "too_many_values",
            "Line 4 has 4 values, the header has 2 columns: put values that contain commas in double quotes.",
            4,
            value="Hello",
        )
    ]


def test_a_value_that_stands_on_many_lines_is_at_fault_on_each() -> None:
    sheet = Sheet(["short_names", "invitees", "intended_role"], NOW)
    found = [sheet.read(Record(number, ["a", "a@example.org", "owner"]))[1][0] for number in (2, 3)]

    assert [each.line for each in found] == [2, 3]


cells = st.text(max_size=30) | st.sampled_from(
    ["a@example.org", "member", "2027-01-01", "1" * 20, ",,", "\x00", "ß@ß.de"]
)


@given(st.lists(st.sampled_from([*NAMES, None]), unique=True), st.lists(cells, min_size=1, max_size=12))
def test_whatever_a_line_says_it_is_read_or_its_errors_are_data(columns: list[str | None], values: list[str]) -> None:
    line, found = Sheet(columns, NOW).read(Record(5, values))

    assert all(each.level is Level.ERROR and each.line == 5 and each.message for each in found)
    assert found or (line.invitees and (line.short_names or line.labels))
