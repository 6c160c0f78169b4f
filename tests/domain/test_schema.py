"""The schema for people, and the example that it shows."""

import pytest

from domain.columns import knows, match_header
from domain.invitation_schema import EXAMPLE, ColumnDescription, columns, example_csv
from domain.invitation_sheet import COLUMNS, REQUIRED, Line, Sheet
from domain.table import Limits, Record, read_table
from models import now
from models.collaboration import Role
from models.upload import Level, UploadState
from tests.domain.receiving import found, received

DESCRIBED = columns(30)


def test_every_column_is_described_in_its_order_under_all_its_names() -> None:
    assert [(column.name, column.also) for column in DESCRIBED] == [(column.name, column.also) for column in COLUMNS]
    assert all(column.meaning and column.accepts and column.examples for column in DESCRIBED)


def test_what_is_not_required_says_what_is_taken_instead() -> None:
    assert {column.name for column in DESCRIBED if column.required} == {name for names in REQUIRED for name in names}
    assert all(bool(column.required) != bool(column.if_empty) for column in DESCRIBED)


@pytest.mark.parametrize(("days", "words"), [(30, "in 30 days, or"), (1, "in 1 day, or")])
def test_how_long_an_invitation_stays_open_is_the_setting(days: int, words: str) -> None:
    (expiry,) = [column for column in columns(days) if column.name == "invitation_expiry_date"]
    assert expiry.if_empty.startswith(words)


@pytest.mark.parametrize("column", DESCRIBED, ids=lambda column: column.name)
def test_every_value_that_is_shown_is_taken(column: ColumnDescription) -> None:
    for value in column.examples:
        sheet = Sheet(["labels", "invitees", column.name], now())
        assert sheet.read(Record(2, ["yoda", "a@example.org", value]))[1] == []


def example() -> list[Line]:
    table = read_table(example_csv(), "sample.csv", knows(COLUMNS), Limits())
    assert table.header
    matched = match_header(table.header, COLUMNS, REQUIRED, table.records)
    assert (table.errors, table.notices, matched.errors, matched.notices) == ([], [], [], [])
    return [Sheet(matched.columns, now()).read(record)[0] for record in table.records]


def test_the_example_has_a_line_of_one_collaboration_and_an_admin_with_both_dates() -> None:
    line = example()[0]
    assert (len(line.short_names), line.intended_role) == (1, Role.ADMIN)
    assert line.invitation_expiry_date
    assert line.membership_expiry_date


def test_the_example_has_a_line_of_two_collaborations_and_two_invitees_with_a_group_of_each() -> None:
    line = example()[1]
    assert (len(line.short_names), len(line.invitees), len(line.groups)) == (2, 2, 2)


def test_the_example_has_a_line_of_the_required_columns_only() -> None:
    header, *_lines, last = EXAMPLE
    filled = {name for name, value in zip(header, last, strict=True) if value}
    assert filled == {"short_names", "invitees"}


def test_the_sample_is_a_file_that_spreadsheets_open() -> None:
    content = example_csv()
    assert content.startswith(b"\xef\xbb\xbfshort_names,intended_role,invitees,groups,")
    assert content.count(b"\r\n") == content.count(b"\n") == 4
    assert b'\r\n"cumulusgrp, cirrusgrp",member,"j.doe@example.org, joost@example.org",' in content


@pytest.mark.usefixtures("world")
def test_the_demo_world_accepts_the_sample_as_it_is() -> None:
    upload = received(example_csv())
    assert (upload.state, upload.notices) == (UploadState.READY, [])
    assert (upload.to_do, upload.people, upload.collaborations) == (6, 4, 2)
    assert found(upload, Level.FAILURE) == found(upload, Level.SKIP) == []
