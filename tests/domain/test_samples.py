"""The sample files, uploaded by the unit manager of Yoda to a fresh demo world."""

import pytest
from flask import Flask
from sqlalchemy import select

from domain import uploads
from domain.people import find_by_email, rights_of
from domain.table import Limits
from models import Invitation, Letter, Upload, UploadFinding, UploadOutcome, db
from models.upload import Level, UploadState
from tests.sheets import sheet
from worker.tasks import process_uploads

pytestmark = pytest.mark.usefixtures("world")


def check(name: str) -> Upload:
    yoda = find_by_email("yoda@harderwijk.test")
    assert yoda is not None
    upload = uploads.receive(yoda, rights_of(yoda), name, sheet(name), Limits())
    db.session.commit()
    return upload


def found(upload: Upload, level: Level) -> list[UploadFinding]:
    return list(db.session.scalars(uploads.findings(upload, level)))


def process(upload: Upload) -> None:
    assert uploads.press_process(upload)
    db.session.commit()
    process_uploads()
    db.session.refresh(upload)


def invited(short_name: str) -> dict[str, set[str]]:
    """Of a CO, who is invited, with their groups."""
    query = select(Invitation).where(Invitation.collaboration.has(short_name=short_name))
    return {
        invitation.email: {group.short_name for group in invitation.groups} for invitation in db.session.scalars(query)
    }


def codes(upload: Upload) -> set[str]:
    return {notice["code"] for notice in upload.notices}


def test_two_lines_make_five_invitations_to_three_people_in_two_collaborations() -> None:
    upload = check("two-lines.csv")
    assert upload.state is UploadState.READY
    assert (upload.to_do, upload.people, upload.collaborations) == (5, 3, 2)
    assert (upload.will_fail, upload.will_skip, upload.notices) == (0, 0, [])


def test_each_group_goes_with_its_own_collaboration() -> None:
    process(check("two-lines.csv"))
    assert invited("cumulusgrp") == {
        "r.doe@example.org": {"researchers"},
        "j.doe@example.org": {"researchers"},
        "joost@example.org": {"researchers"},
    }
    assert invited("cirrusgrp") == {"j.doe@example.org": {"analysts"}, "joost@example.org": {"analysts"}}


def test_a_dutch_export_of_excel_is_read_as_windows_1252_with_semicolons_and_said_so() -> None:
    upload = check("excel-dutch.csv")
    assert (upload.state, upload.to_do) == (UploadState.READY, 2)
    assert {"encoding", "delimiter", "unknown_column"} <= codes(upload)
    assert any("Kamer" in notice["message"] for notice in upload.notices)


def test_a_value_that_spans_lines_belongs_to_the_line_where_its_record_begins(world: Flask) -> None:
    process(check("excel-dutch.csv"))
    messages = {invitation.email: invitation.message for invitation in db.session.scalars(select(Invitation))}
    assert messages == {
        "zoë@example.org": "Gefeliciteerd — jij hoort erbij",
        "jürgen@example.org": "Eén regel\r\nen nog één",
    }
    lines = db.session.scalars(select(UploadOutcome.line).order_by(UploadOutcome.number))
    assert list(lines) == [2, 4]


def test_a_file_without_a_header_line_is_read_in_the_documented_order_and_said_so() -> None:
    upload = check("no-header.csv")
    assert (upload.state, upload.to_do) == (UploadState.READY, 5)
    assert "no_header" in codes(upload)


def test_labels_stand_for_the_collaborations_of_the_unit_that_bear_them() -> None:
    upload = check("by-label.csv")
    assert (upload.state, upload.to_do) == (UploadState.READY, 5)
    process(upload)
    assert set(invited("cumulusgrp")) == {"a@example.org", "b@example.org", "c@example.org"}
    assert set(invited("cirrusgrp")) == {"a@example.org", "b@example.org"}


def test_many_errors_are_all_reported_with_line_and_column() -> None:
    upload = check("many-errors.csv")
    assert upload.state is UploadState.ERRORS
    assert [(finding.line, finding.column, finding.reason) for finding in found(upload, Level.ERROR)] == [
        (2, "short_names", "missing"),
        (3, "invitees", "missing"),
        (4, "intended_role", "not_a_role"),
        (5, "invitees", "not_an_address"),
        (6, "invitation_expiry_date", "not_a_date"),
        (7, "invitation_expiry_date", "in_the_past"),
        (8, None, "too_many_values"),
        (10, None, "conflict"),
    ]


def test_the_errors_name_what_is_at_fault() -> None:
    said = {finding.line: finding for finding in found(check("many-errors.csv"), Level.ERROR)}
    assert said[5].value == "bad@@example.org"
    assert said[8].message == (
        "Line 8 has 9 values, the header has 8 columns: put values that contain commas in double quotes."
    )
    assert said[10].message.startswith("Lines 9 and 10 both invite E@EXAMPLE.ORG to cumulusgrp")


def test_of_a_file_with_errors_nothing_can_be_sent() -> None:
    upload = check("many-errors.csv")
    assert not uploads.press_process(upload)
    db.session.commit()
    process_uploads()
    assert db.session.scalar(select(Invitation)) is None


def test_the_failures_of_a_file_are_foreseen_with_their_reasons() -> None:
    upload = check("will-fail.csv")
    assert (upload.state, upload.to_do, upload.will_fail) == (UploadState.READY, 1, 5)
    assert [(finding.line, finding.reason) for finding in found(upload, Level.FAILURE)] == [
        (2, "collaboration_not_found"),
        (3, "not_allowed"),
        (4, "collaboration_not_found"),
        (5, "group_not_found"),
        (6, "group_not_found"),
    ]


def test_a_slip_in_a_short_name_gets_the_nearest_one_that_the_manager_has() -> None:
    said = {finding.line: finding.message for finding in found(check("will-fail.csv"), Level.FAILURE)}
    assert "Did you mean “cumulusgrp”?" in said[2]


def test_another_organisations_collaboration_is_not_found_and_never_hinted_at() -> None:
    said = {finding.line: finding.message for finding in found(check("will-fail.csv"), Level.FAILURE)}
    assert "Did you mean" not in said[4]
    assert "Aurora" not in said[4]
    assert "otherland" not in said[4].casefold()


def test_a_group_of_another_collaboration_is_said_to_be_there() -> None:
    said = {finding.line: finding.message for finding in found(check("will-fail.csv"), Level.FAILURE)}
    assert "belongs to cirrusgrp" in said[5]
    assert "There is no group “nosuchgroup”" in said[6]


def test_processing_a_file_that_fails_in_part_sends_the_rest_and_a_mail_for_each_failure() -> None:
    process(check("will-fail.csv"))
    letters = db.session.execute(select(Letter.kind, Letter.to_address).order_by(Letter.id)).all()
    to_uploader = [to for kind, to in letters if kind == "failure"]
    assert to_uploader == ["yoda@harderwijk.test"] * 5
    assert [to for kind, to in letters if kind == "invitation"] == ["fine@example.org"]
