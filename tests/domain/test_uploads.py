"""Uploads in the demo world: received, checked as a whole, pressed once, put away, listed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain import invitation_check, uploads
from domain.errors import ConflictError
from domain.people import rights_of
from domain.permissions import may_see_upload
from domain.table import Record
from models import Upload, db, now
from models.base import take_left_work
from models.upload import Level, UploadState
from tests.domain.receiving import YODA, cells_of, file_of, found, received, received_from
from tests.domain.workbooks import workbook_of_cells
from tests.people import (
    a_membership,
    a_person,
    an_invitation,
    an_organisation,
    the_collaboration,
    the_person,
)
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("world")

CAST = (
    "platform@muster.test",
    "admin@harderwijk.test",
    "manager@harderwijk.test",
    YODA,
    "member@harderwijk.test",
    "admin@otherland.test",
)


def test_a_ready_file_is_counted() -> None:
    upload = received(
        file_of(
            '"cumulusgrp,cirrusgrp","a@example.org,b@example.org"', "cumulusgrp,A@example.org", "nosuch,c@example.org"
        )
    )
    assert (upload.state, upload.lines, upload.error_count) == (UploadState.READY, 3, 0)
    assert (upload.to_do, upload.people, upload.collaborations) == (4, 2, 2)
    assert (upload.will_fail, upload.will_skip) == (1, 1)


def test_the_file_is_kept_as_it_came_and_its_lines_as_they_were_read() -> None:
    content = "Short name(s);Kamer;E-mail\r\n\r\n cumulusgrp ;12;a@example.org\r\n"
    upload = received(content)
    assert upload.content == content.encode()
    assert upload.columns == [
        {"name": "short_names", "title": "Short name(s)"},
        {"name": None, "title": "Kamer"},
        {"name": "invitees", "title": "E-mail"},
    ]
    assert uploads.stored_records(upload) == [Record(3, ["cumulusgrp", "12", "a@example.org"])]


def test_findings_are_stored_in_the_order_of_the_file() -> None:
    upload = received(
        file_of("cumulusgrp,x", "nosuch,a@example.org", "cumulusgrp,", ",b@", "cumulusgrp,c@example.org,,,1")
    )
    errors = found(upload, Level.ERROR)
    assert [(error.number, error.line, error.reason) for error in errors] == [
        (0, 2, "not_an_address"),
        (1, 4, "missing"),
        (2, 5, "not_an_address"),
        (3, 5, "missing"),
        (4, 6, "too_many_values"),
    ]
    assert [(failure.number, failure.line) for failure in found(upload, Level.FAILURE)] == [(5, 3)]


def test_an_error_of_two_lines_stands_among_the_others_by_its_line() -> None:
    lines = ("cumulusgrp,a@example.org,member", "cumulusgrp,a@example.org,admin", "cumulusgrp,b@example.org,x")
    upload = received(file_of(*lines, header="short_names,invitees,role"))
    assert [(error.line, error.reason) for error in found(upload, Level.ERROR)] == [(3, "conflict"), (4, "not_a_role")]


@pytest.mark.parametrize("line", [2, 501, 1_001])
def test_one_bad_value_anywhere_holds_the_whole_file_back(line: int) -> None:
    lines = [f"cumulusgrp,person{number}@example.org" for number in range(2, 1_002)]
    lines[line - 2] += ",31/12/2037"
    upload = received(file_of(*lines, header="short_names,invitees,invitation_expiry_date"))
    assert (upload.state, upload.error_count, upload.lines) == (UploadState.ERRORS, 1, 1_000)
    assert [(error.line, error.column) for error in found(upload, Level.ERROR)] == [(line, "invitation_expiry_date")]
    assert not uploads.press_process(upload)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n", "not_a_table"),
        (b"short_names,invitees\n", "empty"),
        (b"short_names,role\na,admin\n", "missing_column"),
        (b"short_names,invitees,email\na,b@example.org\n", "duplicate_column"),
    ],
)
def test_a_file_that_is_no_list_is_unreadable_and_has_no_lines(content: bytes, reason: str) -> None:
    upload = received(content)
    assert (upload.state, upload.error_count, upload.lines) == (UploadState.UNREADABLE, 1, 0)
    assert [error.reason for error in found(upload, Level.ERROR)] == [reason]
    assert not uploads.press_process(upload)


def test_what_was_noticed_is_kept_in_the_order_of_reading() -> None:
    upload = received("short_names;invitees;Kamer\ncumulusgrp;jörg@example.org;é\n".encode("windows-1252"))
    assert [notice["code"] for notice in upload.notices] == [
        "encoding",
        "delimiter",
        "unknown_column",
        "international_address",
    ]


def test_addresses_that_not_every_server_delivers_to_are_said() -> None:
    one = received(file_of("cumulusgrp,a@example.org", "cumulusgrp,jörg@example.org", "cumulusgrp,x@bücher.de"))
    two = received(file_of("cumulusgrp,a@example.org", "cumulusgrp,é@example.org", "cumulusgrp,ü@example.org"))
    assert [notice["message"] for notice in one.notices + two.notices] == [
        "“jörg@example.org” on line 3 has letters before the @ that not every mail server can deliver to.",
        "2 addresses, the first on line 3, have letters before the @ that not every mail server can deliver to.",
    ]


def test_what_no_database_can_store_is_kept_out() -> None:
    cells = b"<row>%s</row><row>%s</row>" % tuple(
        b"".join(b'<c t="inlineStr"><is><t>%s</t></is></c>' % value for value in values)
        for values in ((b"labels", b"invitees"), (b"yoda", b"a_x0000_b@example.org"))
    )
    upload = received(workbook_of_cells(cells), file_name="nul\0.xlsx")
    assert upload.file_name == "nul.xlsx"
    assert [error.value for error in found(upload, Level.ERROR)] == ["a\ufffdb@example.org"]


# Nothing to do.


def skips(*lines: str) -> list[tuple[str, str]]:
    upload = received(file_of(*lines))
    return [(skip.reason, skip.message) for skip in found(upload, Level.SKIP)]


def test_who_is_invited_already_is_skipped_with_when_and_by_whom() -> None:
    expires_at = now() + timedelta(days=9)
    invitation = an_invitation("a@example.org", the_collaboration("cumulusgrp"), the_person(YODA), expires_at)
    invitation.created_at = invitation.created_at.replace(2026, 1, 5)
    ((reason, message),) = skips("cumulusgrp,A@example.org", "cirrusgrp,a@example.org")
    assert reason == "already_invited"
    assert message.startswith("Invited on 5 January 2026 by Yolanda Damen; the invitation is open through ")


def test_who_is_a_member_is_skipped() -> None:
    member = a_person("Jane@example.org")
    a_membership(member, the_collaboration("cumulusgrp"), joined_at=now().replace(2026, 1, 5))
    assert skips("cumulusgrp,jane@example.org") == [("already_member", "A member since 5 January 2026.")]


def test_who_accepted_at_another_address_is_skipped_under_both() -> None:
    cumulus, member = the_collaboration("cumulusgrp"), a_person("jane@home.example")
    membership = a_membership(member, cumulus)
    accepted = {"status": "accepted", "membership_id": membership.id}
    an_invitation("jane@work.example", cumulus, the_person(YODA), **accepted)
    reasons = [reason for reason, _message in skips("cumulusgrp,jane@work.example", "cumulusgrp,jane@home.example")]
    assert reasons == ["already_member", "already_member"]


def test_past_invitations_and_memberships_are_no_reason_to_skip() -> None:
    cumulus, yoda, before = the_collaboration("cumulusgrp"), the_person(YODA), now() - timedelta(minutes=1)
    an_invitation("expired@example.org", cumulus, yoda, before)
    for status in ("declined", "revoked", "replaced", "undelivered"):
        an_invitation(f"{status}@example.org", cumulus, yoda, status=status)
    a_membership(a_person("left@example.org"), cumulus, ended_at=before, ended_because="removed")
    a_membership(a_person("over@example.org"), cumulus, expires_at=before)
    people = ("expired", "declined", "revoked", "replaced", "undelivered", "left", "over")
    upload = received(file_of(*(f"cumulusgrp,{name}@example.org" for name in people)))
    assert (upload.to_do, upload.will_skip) == (7, 0)


def test_an_invitation_or_membership_elsewhere_is_no_reason_to_skip() -> None:
    cirrus = the_collaboration("cirrusgrp")
    an_invitation("a@example.org", cirrus, the_person(YODA))
    a_membership(a_person("b@example.org"), cirrus)
    assert skips("cumulusgrp,a@example.org", "cumulusgrp,b@example.org") == []


def test_what_is_repeated_is_skipped_with_the_first_line() -> None:
    assert skips("cumulusgrp,a@example.org", 'cirrusgrp,"b@example.org,B@example.org"', "cumulusgrp,A@example.org") == [
        ("repeated", "The same invitation stands on this line already."),
        ("repeated", "The same invitation stands on line 2 already."),
    ]


def test_a_file_with_nothing_to_send_cannot_be_processed() -> None:
    upload = received(file_of("cumulusgrp,member@harderwijk.test", "nosuch,a@example.org"))
    assert (upload.state, upload.to_do) == (UploadState.READY, 0)
    assert not uploads.press_process(upload)


# Bounds.


def test_a_small_file_that_makes_very_many_invitations_is_to_be_split() -> None:
    people = ",".join(f"p{number}@example.org" for number in range(500))
    names = ",".join(f"co{number}" for number in range(500))
    upload = received(file_of("cumulusgrp,a@example.org", f'"{names}","{people}"', "cumulusgrp,b@"))
    assert [(error.line, error.reason) for error in found(upload, Level.ERROR)] == [
        (3, "too_much"),
        (4, "not_an_address"),
    ]
    assert (upload.state, upload.will_fail) == (UploadState.ERRORS, 0)


def test_a_file_with_very_many_errors_is_not_read_to_its_end() -> None:
    sheet = [Record(number, ["yoda", ",".join("a" * 1_000)]) for number in range(2, 2_000)]
    lines, errors = invitation_check.read_lines(["labels", "invitees"], sheet, now())
    assert (lines, len(errors)) == ([], 101_001)
    assert (errors[-1].line, errors[-1].reason) == (102, "too_much")


def test_a_check_takes_as_many_queries_for_a_thousand_lines_as_for_ten() -> None:
    received(file_of("cumulusgrp,a@example.org"))
    assert queries(10) == queries(1_000)


def queries(size: int) -> int:
    yoda = the_person(YODA)
    lines = [f"cumulusgrp,p{number}@example.org,researchers" for number in range(size)]
    lines += ["nosuch,a@example.org", "cumulusgrp,member@harderwijk.test", ",x@example.org"]
    with counted() as seen:
        received_from(yoda, file_of(*lines, header="short_names,invitees,groups"))
    return len(seen)


# Whose it is.


def test_an_upload_belongs_to_the_one_organisation_that_its_uploader_manages() -> None:
    harderwijk = the_collaboration("cumulusgrp").organisation_id
    for email in ("admin@harderwijk.test", "manager@harderwijk.test", YODA):
        assert received(file_of("cumulusgrp,a@example.org"), by=email).organisation_id == harderwijk


def test_an_upload_that_may_concern_several_organisations_belongs_to_none() -> None:
    both = a_person("both@example.org", admin_of=an_organisation("delta"), manager_of=an_organisation("echo"))
    everywhere = a_person("every@example.org", admin_of=an_organisation("foxtrot"), is_platform_admin=True)
    for user in (both, everywhere, the_person("platform@muster.test")):
        assert received_from(user, file_of("cumulusgrp,a@example.org")).organisation_id is None


def test_the_list_of_uploads_is_what_each_person_may_see() -> None:
    brought = [received(file_of("cumulusgrp,a@example.org"), by=email) for email in CAST]
    for email in CAST:
        user = the_person(email)
        rights = rights_of(user)
        listed = db.session.scalars(uploads.uploads_for(user, rights)).all()
        assert {upload.id for upload in listed} == {each.id for each in brought if may_see_upload(rights, each)}


def test_uploads_are_listed_newest_first() -> None:
    brought = []
    for _number in range(3):
        brought.append(received(file_of("cumulusgrp,a@example.org")).id)
    yoda = the_person(YODA)
    listed = [upload.id for upload in db.session.scalars(uploads.uploads_for(yoda, rights_of(yoda)))]
    assert listed == brought[::-1]


# Pressed once, or put away.


def ready() -> Upload:
    return received(file_of("cumulusgrp,a@example.org", "nosuch,b@example.org", "cumulusgrp,member@harderwijk.test"))


def faulty() -> Upload:
    return received(file_of("cumulusgrp,a@"))


def state_of(upload: Upload) -> UploadState:
    return db.session.scalars(select(Upload.state).where(Upload.id == upload.id)).one()


def test_process_is_pressed_once() -> None:
    upload = ready()
    assert uploads.press_process(upload)
    assert not uploads.press_process(upload)
    db.session.refresh(upload)
    assert (upload.state, upload.planned, upload.waiting) == (UploadState.PROCESSING, 3, 3)
    assert upload.process_pressed_at is not None


def test_pressing_process_leaves_work_for_the_worker() -> None:
    upload = ready()
    take_left_work(db.session())
    uploads.press_process(upload)
    assert take_left_work(db.session())
    uploads.press_process(upload)
    assert not take_left_work(db.session())


def test_what_is_not_sent_can_be_put_away_and_is_never_processed() -> None:
    for upload in (ready(), faulty(), received(b"\x89PNG")):
        uploads.discard(upload)
        assert state_of(upload) is UploadState.DISCARDED
        assert not uploads.press_process(upload)


def test_what_is_processed_or_put_away_cannot_be_put_away() -> None:
    pressed, discarded = ready(), ready()
    uploads.press_process(pressed)
    uploads.discard(discarded)
    for upload in (pressed, discarded):
        with pytest.raises(ConflictError, match="has been processed, or discarded, already"):
            uploads.discard(upload)
    assert state_of(pressed) is UploadState.PROCESSING


def test_a_mended_file_puts_its_faulty_one_away() -> None:
    upload = faulty()
    uploads.replace_faulty(upload.id, the_person(YODA))
    assert state_of(upload) is UploadState.DISCARDED


def test_only_ones_own_faulty_upload_is_replaced() -> None:
    good, others = ready(), received(file_of("cumulusgrp,a@"), by="admin@harderwijk.test")
    uploads.replace_faulty(good.id, the_person(YODA))
    uploads.replace_faulty(others.id, the_person(YODA))
    assert (state_of(good), state_of(others)) == (UploadState.READY, UploadState.ERRORS)


def test_lines_are_stored_whatever_they_say() -> None:
    values = ["cumulusgrp", 'a@example.org, "b"', "one\r\ntwo \\ {} %s \u2028 \U0001f600", "=1+1"]
    quoted = ",".join('"' + value.replace('"', '""') + '"' for value in values)
    upload = received(file_of(quoted, header="short_names,invitees,message,note"))
    assert cells_of(upload) == [values]
