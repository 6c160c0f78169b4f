"""People of a file are brought in some thousand at once or not at all, as things stand when it is processed."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, insert, select

from domain import people_run
from models import AuditEntry, Letter, OrganisationRole, Participant, Upload, UploadOutcome, User, db, now
from models.audit import Through
from models.upload import OutcomeState, UploadState
from tests.clients import Client
from tests.domain.test_people import a_row, wait_until_it_is_held_up
from tests.participant_files import outcomes
from tests.people import a_person, pending_for, the_person
from tests.people_files import a_file_of, brought, numbered, people, pressed
from tests.queries import counted
from tests.teaching import STATE_ADMIN, course, pradesh
from tests.worker.runs import LEASE, a_run, process, process_all
from tests.worker.sending import at_once, count
from worker import tasks

pytestmark = pytest.mark.usefixtures("world")


def work() -> None:
    db.session.commit()
    tasks.process_uploads()
    db.session.rollback()


def counts(upload: Upload) -> tuple[UploadState, int, int, int, int]:
    return upload.state, upload.planned, upload.done, upload.failed, upload.skipped


def test_people_are_added_updated_left_and_failed() -> None:
    a_person("taken@pradesh.test", user_name="taken")
    pressed(a_file_of(*numbered(1, 2, district="North")))
    work()
    changed = [*numbered(1, 1, district="South"), *numbered(2, 3, district="North")]
    upload = pressed(a_file_of(*changed, *numbered(4, 4, user_name="taken")))
    work()
    assert outcomes(upload) == [
        ("p1@pradesh.test", "updated", None),
        ("p2@pradesh.test", "skipped", "unchanged"),
        ("p3@pradesh.test", "added", None),
        ("p4@pradesh.test", "failed", "user_name_taken"),
    ]
    assert counts(upload) == (UploadState.DONE, 4, 2, 1, 1)
    assert (upload.people, upload.new_people, upload.waiting, upload.claimed_by) == (1, 1, 0, None)
    assert people() == {"p1@pradesh.test": "South", "p2@pradesh.test": "North", "p3@pradesh.test": "North"}


def test_the_audit_log_names_the_upload_its_uploader_and_those_people() -> None:
    upload = pressed(a_file_of(*numbered(1, 2)))
    work()
    (entry,) = db.session.scalars(select(AuditEntry))
    assert (entry.action, entry.counts) == ("people-imported", {"added": 2})
    assert (entry.through, entry.upload_id, entry.user_id) == (Through.UPLOAD, upload.id, upload.user_id)
    ids = db.session.scalars(select(User.id).where(User.email.in_(people())))
    assert sorted(entry.people["added"]) == sorted(user_id.hex for user_id in ids)


def test_who_was_waited_for_is_enrolled() -> None:
    pending_for("p1@pradesh.test", course())
    pressed(a_file_of(*numbered(1, 2)))
    work()
    assert count(Participant) == 1


def test_no_mail_is_written_for_each_that_fails(world: Flask) -> None:
    world.config["FAILURE_MAIL_LIMIT"] = 0
    a_person("taken@pradesh.test", user_name="taken")
    pressed(a_file_of(*numbered(1, 1), *numbered(2, 2, user_name="taken")))
    work()
    kinds = db.session.scalars(select(Letter.kind)).all()
    assert [kind for kind in kinds if kind.startswith("failure")] == []


# Nothing that was true at checking is believed.


def test_what_has_changed_since_the_check_counts() -> None:
    upload = pressed(a_file_of(*numbered(1, 3)))
    a_person("p1@pradesh.test", name="Person 1", organisation=pradesh(), state_id="N-1")
    a_person("other@pradesh.test", user_name="p3", organisation=pradesh(), state_id="N-2")
    work()
    assert [outcome[1:] for outcome in outcomes(upload)] == [
        ("skipped", "unchanged"),
        ("updated", None),
        ("added", None),
    ]
    assert (upload.planned, upload.people, upload.done) == (3, 1, 2)


def no_admin_any_more() -> None:
    db.session.execute(delete(OrganisationRole).where(OrganisationRole.user_id == the_person(STATE_ADMIN).id))


def account_closed() -> None:
    the_person(STATE_ADMIN).is_active = False


@pytest.mark.parametrize("change", [no_admin_any_more, account_closed])
def test_who_may_no_more_brings_nobody(change: Callable[[], None]) -> None:
    upload = pressed(a_file_of(*numbered(1, 2)))
    change()
    work()
    assert {outcome[1:] for outcome in outcomes(upload)} == {("failed", "not_allowed")}
    assert (counts(upload), people()) == ((UploadState.DONE, 2, 0, 2, 0), {})
    messages = db.session.scalars(select(UploadOutcome.message).distinct()).all()
    assert messages == ["Only admins of the organisation may do this."]


def test_an_account_that_is_being_made_at_this_very_moment_is_taken_in(world: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one write at a time")
    upload = pressed(a_file_of(*numbered(1, 2)))
    with db.engine.connect() as other, other.begin():
        other.execute(insert(User), a_row("p1@pradesh.test"))
        waiting = Thread(target=process_in_another_thread, args=(world,))
        waiting.start()
        wait_until_it_is_held_up(waiting)
    waiting.join()
    assert outcomes(upload) == [("p1@pradesh.test", "updated", None), ("p2@pradesh.test", "added", None)]
    assert (upload.state, [*people()]) == (UploadState.DONE, ["p1@pradesh.test", "p2@pradesh.test"])


def process_in_another_thread(app: Flask) -> None:
    with app.app_context():
        tasks.process_uploads()


# All or nothing.


def test_a_fault_leaves_nothing_changed_and_the_next_run_does_it_all() -> None:
    upload = pressed(a_file_of(*numbered(1, 3)))
    in_the_way = UploadOutcome(upload_id=upload.id, number=2, line=9, invitee="x", state=OutcomeState.SKIPPED)
    db.session.add(in_the_way)
    work()
    assert (upload.state, people(), count(UploadOutcome), count(AuditEntry)) == (UploadState.PROCESSING, {}, 1, 0)
    db.session.delete(in_the_way)
    db.session.commit()
    with time_machine.travel(now() + LEASE + timedelta(seconds=1), tick=False):
        work()
    assert (upload.state, len(people()), count(UploadOutcome)) == (UploadState.DONE, 3, 3)


def test_a_run_that_dies_before_its_commit_has_done_nothing() -> None:
    upload = pressed(a_file_of(*numbered(1, 3)))
    run = a_run(upload, "elsewhere/1/one")
    assert run.process(run.lines)
    db.session.rollback()
    assert (people(), count(UploadOutcome), upload.state) == ({}, 0, UploadState.PROCESSING)
    with time_machine.travel(now() + LEASE + timedelta(seconds=1), tick=False):
        work()
    assert (len(people()), count(AuditEntry), upload.state) == (3, 1, UploadState.DONE)


@pytest.mark.parametrize("name", ["elsewhere/1/one", "here/1/one"])
def test_a_run_that_another_one_has_overtaken_stops_without_writing(name: str) -> None:
    upload = pressed(a_file_of(*numbered(1, 3)))
    slow = a_run(upload, "here/1/one")
    with time_machine.travel(now() + LEASE + timedelta(seconds=1), tick=False):
        quick = a_run(upload, name)
        assert process(quick, quick.lines)
        assert not process(slow, slow.lines)
    assert (count(UploadOutcome), count(AuditEntry), upload.done) == (3, 1, 3)


# In portions.


@pytest.fixture
def twos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines in one transaction."""
    monkeypatch.setattr(people_run, "PORTION", 2)


def in_three() -> Upload:
    """The last line is about the person of the first one, by the address that they have; and a user name is taken."""
    a_person("first@pradesh.test", name="Person 1", organisation=pradesh(), state_id="N-1")
    a_person("taken@pradesh.test", user_name="taken")
    again = {"name": "Person 1", "email": "first@pradesh.test"}
    return pressed(a_file_of(*numbered(1, 3), *numbered(4, 4, user_name="taken"), again))


def as_in_three(upload: Upload) -> None:
    assert [outcome[1:] for outcome in outcomes(upload)] == [
        ("updated", None),
        ("added", None),
        ("added", None),
        ("failed", "user_name_taken"),
        ("failed", "repeated"),
    ]
    assert counts(upload) == (UploadState.DONE, 5, 3, 2, 0)
    failures = select(UploadOutcome.failure_number).where(UploadOutcome.state == OutcomeState.FAILED)
    assert sorted(db.session.scalars(failures)) == [1, 2]


@pytest.mark.usefixtures("twos")
def test_a_long_file_is_brought_in_portion_by_portion() -> None:
    upload = in_three()
    work()
    as_in_three(upload)
    assert upload.new_people == 2
    assert [entry.counts for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))] == [
        {"added": 1, "updated": 1},
        {"added": 1},
    ]


@pytest.mark.usefixtures("twos")
def test_a_run_that_dies_between_two_portions_is_gone_on_with() -> None:
    upload = in_three()
    run = a_run(upload, "elsewhere/1/one")
    assert process(run, next(iter(run.chunks())))
    assert (upload.state, upload.processed_line, upload.waiting) == (UploadState.PROCESSING, 3, 3)
    with time_machine.travel(now() + LEASE + timedelta(seconds=1), tick=False):
        work()
    as_in_three(upload)


@pytest.mark.usefixtures("twos")
def test_who_loses_the_role_between_two_portions_brings_nobody_more() -> None:
    upload = pressed(a_file_of(*numbered(1, 4)))
    run = a_run(upload)
    first, second = run.chunks()
    assert process(run, first)
    no_admin_any_more()
    assert process(run, second)
    assert [outcome[1] for outcome in outcomes(upload)] == ["added", "added", "failed", "failed"]
    assert (counts(upload), len(people())) == ((UploadState.DONE, 4, 2, 2, 0), 2)


# Several at once.


def test_two_presses_at_once_are_one_run(world: Flask) -> None:
    upload = brought(a_file_of(*numbered(1, 5)))
    path = f"/uploads/{upload.id}/process"
    clients = [Client(world).sign_in(STATE_ADMIN) for _ in range(2)]
    answers: list[int] = []
    at_once(world, *(lambda client=client: answers.append(client.post(path).status_code) for client in clients))
    work()
    assert (answers, counts(upload)) == ([303, 303], (UploadState.DONE, 5, 5, 0, 0))
    assert (len(people()), count(AuditEntry)) == (5, 1)


def test_two_workers_with_the_same_people_in_many_files_add_each_once(world: Flask) -> None:
    them = numbered(1, 100)
    uploads = [pressed(a_file_of(*(them if turn % 2 else reversed(them)))) for turn in range(6)]
    at_once(world, lambda: process_all("here/1/one"), lambda: process_all("there/2/two"))
    assert {upload.state for upload in uploads} == {UploadState.DONE}
    assert sum(upload.done for upload in uploads) == len(people()) == 100
    assert sum(upload.skipped for upload in uploads) == 500


# Many.


def test_processing_takes_as_many_queries_for_two_thousand_lines_as_for_ten() -> None:
    few, many = queries(pressed(a_file_of(*numbered(1, 10)))), queries(pressed(a_file_of(*numbered(11, 2_010))))
    assert few == many


def queries(upload: Upload) -> int:
    with counted() as seen:
        work()
    assert upload.state is UploadState.DONE
    return len(seen)
