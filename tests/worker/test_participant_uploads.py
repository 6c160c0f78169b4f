"""Participants of a file are added, or removed, all at once or not at all, as things stand when it is processed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, func, select

from models import (
    AuditEntry,
    Letter,
    OrganisationRole,
    Participant,
    Upload,
    UploadOutcome,
    User,
    db,
    now,
)
from models.audit import Through
from models.batch import EnrolmentType
from models.upload import OutcomeState, UploadKind, UploadState
from tests.clients import Client
from tests.participant_files import (
    ADD,
    REMOVE,
    a_list,
    brought,
    outcomes,
    participants,
    pressed,
    some_teachers,
    state_ids,
)
from tests.people import enrolled, teachers, the_person
from tests.queries import counted
from tests.teaching import STATE_ADMIN, batch, completed, fill, pradesh
from tests.worker.runs import LEASE, a_run, process, process_all
from tests.worker.sending import a_file, at_once, count
from tests.worker.sending import pressed as invitations_pressed
from worker import tasks

pytestmark = pytest.mark.usefixtures("world")


def work() -> None:
    db.session.commit()
    tasks.process_uploads()
    db.session.rollback()


def counts(upload: Upload) -> tuple[UploadState, int, int, int, int]:
    return upload.state, upload.planned, upload.done, upload.failed, upload.skipped


def give_progress(state_id: str, percent: int) -> None:
    user_id = db.session.scalars(select(User.id).where(User.state_id == state_id)).one()
    db.session.get_one(Participant, (batch().id, user_id)).percent = percent
    db.session.commit()


def test_everybody_who_can_be_added_is_and_each_line_has_its_outcome() -> None:
    some_teachers(2)
    upload = pressed(a_list(["PR-00001", "pr-00002", "PR-00001", "PR-99999"]))
    work()
    assert outcomes(upload) == [
        ("PR-00001", "added", None),
        ("pr-00002", "added", None),
        ("PR-00001", "skipped", "repeated"),
        ("PR-99999", "failed", "not_found"),
    ]
    assert counts(upload) == (UploadState.DONE, 4, 2, 1, 1)
    assert (upload.waiting, upload.finished_at is None, upload.claimed_by) == (0, False, None)
    assert participants() == {"PR-00001": 0, "PR-00002": 0}
    assert batch().participant_count == 2


def test_an_outcome_tells_its_line_and_why_and_is_nobodys_invitation() -> None:
    some_teachers(1)
    pressed("identifier\n\nPR-99999\nPR-00001\n")
    work()
    failed, added = db.session.scalars(select(UploadOutcome).order_by(UploadOutcome.number))
    assert (failed.line, failed.failure_number, added.line, added.failure_number) == (3, 1, 4, None)
    assert failed.message == "Nobody of this organisation has this user ID or state ID."
    assert [added.message, added.collaboration, added.role, added.invitation_id] == [None] * 4


def test_who_is_present_is_skipped_and_loses_no_progress() -> None:
    fill(2)
    give_progress("PR-00001", 40)
    teachers(pradesh(), 1, first=3)
    upload = pressed(a_list(state_ids(3)))
    work()
    assert [state for _identifier, state, _reason in outcomes(upload)] == ["skipped", "skipped", "added"]
    assert participants() == {"PR-00001": 40, "PR-00002": 0, "PR-00003": 0}


def test_removing_keeps_who_completed_alone_and_adding_again_brings_the_progress_back() -> None:
    first, *_others = fill(3)
    completed(first)
    give_progress("PR-00002", 40)
    removal = pressed(a_list(state_ids(3)), REMOVE)
    work()
    assert [outcome[1:] for outcome in outcomes(removal)] == [
        ("failed", "completed"),
        ("removed", None),
        ("removed", None),
    ]
    assert counts(removal) == (UploadState.DONE, 3, 2, 1, 0)
    assert participants() == {"PR-00001": 100}
    addition = pressed(a_list(state_ids(3)))
    work()
    assert [state for _identifier, state, _reason in outcomes(addition)] == ["skipped", "revived", "revived"]
    assert (addition.done, participants()) == (2, {"PR-00001": 100, "PR-00002": 40, "PR-00003": 0})


def test_the_audit_log_names_the_upload_and_its_uploader() -> None:
    upload = pressed(a_list(some_teachers(2)))
    work()
    people = db.session.scalars(select(Participant.user_id).where(Participant.batch_id == batch().id))
    (entry,) = db.session.scalars(select(AuditEntry))
    assert (entry.through, entry.upload_id, entry.user_id) == (Through.UPLOAD, upload.id, upload.user_id)
    assert (entry.action, entry.counts) == ("participants-added", {"added": 2})
    assert sorted(entry.people["added"]) == sorted(person.hex for person in people)


def test_no_mail_is_written_however_many_fail(world: Flask) -> None:
    world.config["FAILURE_MAIL_LIMIT"] = 1
    some_teachers(1)
    upload = pressed(a_list(["PR-00001", "PR-1", "PR-2", "PR-3"]))
    work()
    assert (upload.state, upload.failed, count(Letter)) == (UploadState.DONE, 3, 0)


def test_files_of_both_kinds_are_processed_one_after_the_other() -> None:
    pressed(a_list(some_teachers(2)))
    invitations_pressed(a_file(["a@example.org"]))
    work()
    states = db.session.scalars(select(UploadOutcome.state).order_by(UploadOutcome.state)).all()
    assert states == [OutcomeState.ADDED, OutcomeState.ADDED, OutcomeState.WAITING]


# Nothing that was true at checking is believed.


def test_what_has_changed_since_the_check_counts() -> None:
    some_teachers(3)
    upload = pressed(a_list(state_ids(3)))
    people = db.session.scalars(select(User).where(User.state_id.in_(state_ids(2))).order_by(User.state_id)).all()
    people[0].is_active = False
    enrolled(batch(), [people[1].id])
    work()
    assert [outcome[1:] for outcome in outcomes(upload)] == [
        ("failed", "deactivated"),
        ("skipped", "already_present"),
        ("added", None),
    ]
    assert (upload.planned, upload.done) == (3, 1)


def no_admin_any_more() -> None:
    db.session.execute(delete(OrganisationRole).where(OrganisationRole.user_id == the_person(STATE_ADMIN).id))


def account_closed() -> None:
    the_person(STATE_ADMIN).is_active = False


@pytest.mark.parametrize("change", [no_admin_any_more, account_closed])
def test_who_may_no_more_adds_nobody(change: Callable[[], None]) -> None:
    upload = pressed(a_list(some_teachers(2)))
    change()
    work()
    assert {outcome[1:] for outcome in outcomes(upload)} == {("failed", "not_allowed")}
    assert (counts(upload), participants()) == ((UploadState.DONE, 2, 0, 2, 0), {})


def test_a_batch_that_has_turned_open_takes_nobody() -> None:
    upload = pressed(a_list(some_teachers(2)))
    batch().enrolment_type = EnrolmentType.OPEN
    work()
    assert {outcome[1:] for outcome in outcomes(upload)} == {("failed", "not_invite_only")}
    messages = db.session.scalars(select(UploadOutcome.message).distinct()).all()
    assert (messages, participants()) == (["Enrollment type should be invite-only."], {})


# All or nothing.


def test_a_fault_leaves_nothing_changed_and_the_next_run_does_it_all() -> None:
    upload = pressed(a_list(some_teachers(3)))
    in_the_way = UploadOutcome(upload_id=upload.id, number=2, line=9, invitee="x", state=OutcomeState.SKIPPED)
    db.session.add(in_the_way)
    work()
    assert (upload.state, participants(), count(UploadOutcome), count(AuditEntry)) == (UploadState.PROCESSING, {}, 1, 0)
    assert batch().participant_count == 0
    db.session.delete(in_the_way)
    db.session.commit()
    with time_machine.travel(now() + LEASE + timedelta(seconds=1), tick=False):
        work()
    assert (upload.state, len(participants()), count(UploadOutcome)) == (UploadState.DONE, 3, 3)


def test_a_run_that_dies_before_its_commit_has_done_nothing() -> None:
    upload = pressed(a_list(some_teachers(3)))
    run = a_run(upload, "elsewhere/1/one")
    assert run.process(run.lines)
    db.session.rollback()
    assert (participants(), count(UploadOutcome), upload.state) == ({}, 0, UploadState.PROCESSING)
    with time_machine.travel(now() + LEASE + timedelta(seconds=1), tick=False):
        work()
    assert (len(participants()), count(AuditEntry), upload.state) == (3, 1, UploadState.DONE)


@pytest.mark.parametrize("name", ["elsewhere/1/one", "here/1/one"])
def test_a_run_that_another_one_has_overtaken_stops_without_writing(name: str) -> None:
    upload = pressed(a_list(some_teachers(3)))
    slow = a_run(upload, "here/1/one")
    with time_machine.travel(now() + LEASE + timedelta(seconds=1), tick=False):
        quick = a_run(upload, name)
        assert process(quick, quick.lines)
        assert not process(slow, slow.lines)
    assert (count(UploadOutcome), count(AuditEntry), upload.done) == (3, 1, 3)


# Several at once.


def test_two_presses_at_once_are_one_run(world: Flask) -> None:
    upload = brought(a_list(some_teachers(5)))
    path = f"/uploads/{upload.id}/process"
    clients = [Client(world).sign_in(STATE_ADMIN) for _ in range(2)]
    answers: list[int] = []
    at_once(world, *(lambda client=client: answers.append(client.post(path).status_code) for client in clients))
    work()
    assert (answers, counts(upload)) == ([303, 303], (UploadState.DONE, 5, 5, 0, 0))
    assert (len(participants()), count(AuditEntry)) == (5, 1)


def test_two_workers_with_the_same_people_in_many_files_add_each_once(world: Flask) -> None:
    identifiers = some_teachers(300)
    uploads = [pressed(a_list(identifiers if turn % 2 else reversed(identifiers))) for turn in range(6)]
    at_once(world, lambda: process_all("here/1/one"), lambda: process_all("there/2/two"))
    assert {upload.state for upload in uploads} == {UploadState.DONE}
    assert sum(upload.done for upload in uploads) == batch().participant_count == len(participants()) == 300
    assert sum(upload.skipped for upload in uploads) == 1_500


# Many.


@pytest.mark.parametrize("kind", [ADD, REMOVE])
def test_processing_takes_as_many_queries_for_two_thousand_lines_as_for_ten(kind: UploadKind) -> None:
    identifiers = some_teachers(2_010)
    if kind is REMOVE:
        enrolled(batch(), db.session.scalars(select(User.id).where(User.state_id.in_(identifiers))))
    few = queries(pressed(a_list([*identifiers[:10], "PR-99999"]), kind))
    many = queries(pressed(a_list([*identifiers[10:2_010], "PR-99999"]), kind))
    assert few == many


def queries(upload: Upload) -> int:
    with counted() as seen:
        work()
    assert upload.state is UploadState.DONE
    return len(seen)


def test_ten_thousand_are_added_and_removed() -> None:
    identifiers = some_teachers(10_000)
    addition = pressed(a_list(identifiers))
    work()
    assert (addition.done, len(participants()), batch().participant_count) == (10_000, 10_000, 10_000)
    removal = pressed(a_list(identifiers), REMOVE)
    work()
    active = db.session.scalar(select(func.count()).select_from(Participant).where(Participant.is_active))
    assert (removal.done, active, batch().participant_count) == (10_000, 0, 0)
