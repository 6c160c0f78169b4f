"""Processing believes nothing that was true at checking, and sends all of a file or nothing."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, select, update

from domain.uploads import findings, press_process
from models import (
    Collaboration,
    Group,
    Invitation,
    Label,
    Letter,
    OrganisationRole,
    Unit,
    UploadOutcome,
    db,
    now,
)
from models.collaboration import collaboration_units
from models.invitation import InvitationStatus
from models.organisation import manager_units
from models.outbox import LetterKind
from models.upload import Level, OutcomeState, UploadState
from tests.clients import Client
from tests.worker.runs import a_run, process
from tests.worker.sending import (
    UPLOADER,
    a_file,
    addresses,
    assert_counts_hold,
    count,
    invitation_to,
    letters,
    outcomes,
    person,
    place,
    pressed,
    received,
    statuses,
    work,
    work_after,
)
from worker import tasks

pytestmark = pytest.mark.usefixtures("world")


def move_the_uploader_to(unit: str) -> None:
    other = select(Unit.id).where(Unit.name == unit).scalar_subquery()
    (role,) = person().organisation_roles
    db.session.execute(update(manager_units).where(manager_units.c.role_id == role.id).values(unit_id=other))
    db.session.commit()


def rename(collaboration: Collaboration) -> None:
    collaboration.short_name = "nimbus2"


def remove(collaboration: Collaboration) -> None:
    for table in (Label, Group):
        db.session.execute(delete(table).where(table.collaboration_id == collaboration.id))
    db.session.execute(delete(collaboration_units).where(collaboration_units.c.collaboration_id == collaboration.id))
    db.session.execute(delete(Collaboration).where(Collaboration.id == collaboration.id))


# Nothing that was true at checking is believed.


def test_rights_lost_between_two_chunks_let_what_follows_fail() -> None:
    upload = pressed(a_file(addresses(600)))
    run = a_run(upload)
    first, *others = list(run.chunks())
    process(run, first)
    move_the_uploader_to("Medicine")
    for lines in others:
        process(run, lines)
    assert_counts_hold()
    assert (upload.waiting, upload.failed, count(Invitation)) == (500, 100, 500)
    assert {reason for _invitee, _state, reason in outcomes(upload)[500:]} == {"not_allowed"}


def test_who_is_nothing_in_the_organisation_any_more_may_not_invite_to_its_collaborations() -> None:
    upload = pressed(a_file(addresses(2)))
    db.session.execute(delete(OrganisationRole).where(OrganisationRole.user_id == person().id))
    person().organisation_id = None
    work()
    assert {reason for _invitee, _state, reason in outcomes(upload)} == {"not_allowed"}
    assert len(letters(LetterKind.FAILURE)) == 2


def test_an_account_closed_meanwhile_invites_nobody() -> None:
    upload = pressed(a_file(addresses(2)))
    person().is_active = False
    work()
    assert (upload.failed, count(Invitation)) == (2, 0)


def test_a_date_that_has_become_past_brings_the_whole_upload_back_with_errors() -> None:
    tomorrow = (now() + timedelta(days=1)).date().isoformat()
    upload = pressed(a_file(addresses(3), invitation_expiry_date=tomorrow))
    work_after(timedelta(days=3))
    assert (upload.state, upload.error_count, upload.process_pressed_at) == (UploadState.ERRORS, 3, None)
    assert (count(Invitation), count(Letter), count(UploadOutcome)) == (0, 0, 0)


def test_a_date_that_becomes_past_halfway_does_not_bring_back_what_was_begun() -> None:
    tomorrow = (now() + timedelta(days=1)).date().isoformat()
    upload = pressed(a_file(addresses(510), invitation_expiry_date=tomorrow))
    run = a_run(upload)
    process(run, next(run.chunks()))
    with time_machine.travel(now() + timedelta(days=3), tick=False):
        tasks.process_uploads()
    assert_counts_hold()
    assert (upload.all_lines_processed, upload.waiting) == (True, 510)


@pytest.mark.parametrize("change", [rename, remove])
def test_a_collaboration_that_has_gone_meanwhile_is_not_found(change: Callable[[Collaboration], None]) -> None:
    upload = pressed(a_file(["a@example.org"], "cirrusgrp") + "cumulusgrp,b@example.org\n")
    change(place("cirrusgrp"))
    work()
    assert outcomes(upload) == [
        ("a@example.org", OutcomeState.FAILED, "collaboration_not_found"),
        ("b@example.org", OutcomeState.SENT, None),
    ]


def test_a_group_deleted_meanwhile_is_not_found() -> None:
    upload = pressed(a_file(addresses(1), groups="researchers"))
    db.session.execute(delete(Group).where(Group.short_name == "researchers"))
    work()
    assert outcomes(upload) == [("person1@example.org", OutcomeState.FAILED, "group_not_found")]


def test_a_label_that_has_gained_a_collaboration_invites_to_that_too() -> None:
    upload = pressed("labels,invitees\nclimate,a@example.org\n")
    db.session.add(Label(collaboration_id=place("cirrusgrp").id, name="climate"))
    work()
    assert (upload.to_do, upload.planned, upload.done) == (2, 2, 2)


def test_a_label_that_gains_a_collaboration_halfway_keeps_the_counts_right() -> None:
    upload = pressed("labels,invitees\n" + "".join(f"climate,{address}\n" for address in addresses(510)))
    run = a_run(upload)
    process(run, next(run.chunks()))
    db.session.add(Label(collaboration_id=place("cirrusgrp").id, name="climate"))
    db.session.commit()
    for lines in list(run.chunks())[1:]:
        process(run, lines)
    assert_counts_hold()
    assert (upload.planned, upload.waiting, upload.all_lines_processed) == (520, 520, True)


def test_a_contradiction_that_comes_up_halfway_is_a_failure_and_is_told() -> None:
    some = "".join(f"climate,,{address},member\n" for address in addresses(509))
    first, last = ",cirrusgrp,twice@example.org,admin\n", "climate,,twice@example.org,member\n"
    upload = pressed("labels,short_names,invitees,role\n" + first + some + last)
    run = a_run(upload)
    process(run, next(run.chunks()))
    db.session.add(Label(collaboration_id=place("cirrusgrp").id, name="climate"))
    db.session.commit()
    for lines in list(run.chunks())[1:]:
        process(run, lines)
    assert_counts_hold()
    failed = db.session.scalars(select(UploadOutcome).where(UploadOutcome.state == OutcomeState.FAILED)).one()
    assert (failed.invitee, failed.collaboration, failed.reason) == ("twice@example.org", "cirrusgrp", "conflict")


def test_a_contradiction_that_came_meanwhile_brings_the_upload_back_with_errors() -> None:
    upload = pressed(
        "short_names,labels,invitees,role\ncirrusgrp,,a@example.org,admin\n,climate,a@example.org,member\n"
    )
    db.session.add(Label(collaboration_id=place("cirrusgrp").id, name="climate"))
    work()
    assert (upload.state, upload.error_count, count(Invitation)) == (UploadState.ERRORS, 1, 0)


def test_whoever_was_invited_or_joined_meanwhile_is_skipped() -> None:
    first, second = pressed(a_file(addresses(3))), pressed(a_file(addresses(4)))
    work()
    assert (first.done, first.skipped) == (3, 0)
    assert [state for _invitee, state, _reason in outcomes(second)] == ["skipped"] * 3 + ["sent"]


# The same file again.


def test_the_same_file_again_has_nothing_to_send() -> None:
    content = a_file(addresses(3))
    pressed(content)
    work()
    again = received(content)
    assert (again.state, again.to_do, again.will_skip) == (UploadState.READY, 0, 3)
    assert not press_process(again)


def test_the_same_file_pressed_twice_is_skipped_silently_the_second_time() -> None:
    content = a_file(addresses(3))
    pressed(content)
    second = pressed(content)
    work()
    assert (second.skipped, second.state) == (3, UploadState.DONE)
    assert (len(letters()), letters(LetterKind.FAILURE)) == (3, [])


def test_an_expired_invitation_is_renewed_and_the_old_one_closed_as_replaced() -> None:
    content = a_file(addresses(2))
    pressed(content)
    work()
    with time_machine.travel(now() + timedelta(days=40), tick=False):
        again = pressed(content)
        work()
    assert (again.done, again.skipped) == (2, 0)
    assert statuses("person1@example.org") == [InvitationStatus.REPLACED, InvitationStatus.OPEN]
    assert invitation_to("person1@example.org").upload_id == again.id


# Ten thousand.


def test_ten_thousand_good_lines_are_ten_thousand_invitations_with_a_letter_each() -> None:
    upload = pressed(a_file(addresses(10_000)))
    tasks.process_uploads()
    assert_counts_hold()
    assert (count(Invitation), count(Letter), upload.waiting) == (10_000, 10_000, 10_000)
    assert {letter.to_address for letter in letters()} == set(addresses(10_000))


@pytest.mark.parametrize(
    ("column", "bad"),
    [
        ("invitees", "person@@example.org"),
        ("role", "boss"),
        ("invitation_expiry_date", "31-12-2038"),
        ("membership_expiry_date", "2001-01-01"),
        ("sender_name", "n" * 256),
        ("short_names", ""),
    ],
)
def test_of_ten_thousand_lines_with_one_bad_value_nothing_is_sent(column: str, bad: str, client: Client) -> None:
    good = {"short_names": "cumulusgrp", "role": "member", "invitation_expiry_date": "2038-12-31"}
    good |= {"membership_expiry_date": "2039-12-31", "sender_name": "Yoda team"}
    rows = [{**good, "invitees": address} for address in addresses(10_000)]
    place = random.randrange(len(rows))
    rows[place][column] = bad
    columns = [*good, "invitees"]
    content = "\n".join([",".join(columns), *(",".join(row[name] for name in columns) for row in rows)])
    upload = received(content)
    client.sign_in(UPLOADER).post(f"/uploads/{upload.id}/process")
    work()
    assert (upload.state, count(Invitation), count(Letter)) == (UploadState.ERRORS, 0, 0)
    (error,) = db.session.scalars(findings(upload, Level.ERROR))
    assert (error.line, error.column) == (place + 2, "intended_role" if column == "role" else column)
