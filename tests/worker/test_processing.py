"""Processing believes nothing that was true at checking, and makes each invitation once, whoever else is at it."""

import os
import random
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, func, select, update

from domain.invitation_sheet import Line
from domain.processing import Run, Settings, claim
from domain.uploads import press_process
from models import (
    Group,
    Invitation,
    Label,
    Letter,
    OrganisationRole,
    Upload,
    UploadLine,
    UploadOutcome,
    begin_writing,
    db,
    now,
)
from models.invitation import InvitationStatus
from models.outbox import LetterKind, LetterState
from models.upload import OutcomeState, UploadState
from tests.clients import Client
from tests.worker.sending import (
    UPLOADER,
    a_file,
    addresses,
    assert_counts_hold,
    at_once,
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
from worker import claims, tasks

pytestmark = pytest.mark.usefixtures("world")

LEASE = timedelta(minutes=2)
SETTINGS = Settings(invitation_days=30, failure_mail_limit=100)


def a_run(upload: Upload, worker: str = "here/1/one") -> Run:
    """A worker's run that has begun."""
    db.session.commit()
    begin_writing()
    assert claim(worker, LEASE) == upload.id
    run = Run(upload.id, worker, LEASE, SETTINGS)
    assert run.start()
    db.session.commit()
    return run


def process(run: Run, lines: list[Line]) -> bool:
    db.session.commit()
    begin_writing()
    goes_on = run.process(lines)
    db.session.commit()
    return goes_on


def process_all(worker: str) -> None:
    """What a worker of that name does with all uploads that it can get."""
    while True:
        begin_writing()
        upload_id = claim(worker, LEASE)
        db.session.commit()
        if upload_id is None:
            return
        run = Run(upload_id, worker, LEASE, SETTINGS)
        begin_writing()
        run.start()
        db.session.commit()
        for lines in run.chunks():
            assert process(run, lines)


def count(what: type) -> int:
    return db.session.scalar(select(func.count()).select_from(what)) or 0


# Nothing that was true at checking is believed.


def test_rights_lost_between_two_chunks_let_what_follows_fail() -> None:
    upload = pressed(a_file(addresses(600)))
    run = a_run(upload)
    first, *others = list(run.chunks())
    process(run, first)
    db.session.execute(delete(OrganisationRole).where(OrganisationRole.user_id == person().id))
    db.session.commit()
    for lines in others:
        process(run, lines)
    assert_counts_hold()
    assert (upload.waiting, upload.failed, count(Invitation)) == (500, 100, 500)


def test_rights_lost_before_processing_let_all_of_it_fail() -> None:
    upload = pressed(a_file(addresses(2)))
    db.session.execute(delete(OrganisationRole).where(OrganisationRole.user_id == person().id))
    work()
    assert {reason for _invitee, _state, reason in outcomes(upload)} == {"collaboration_not_found"}
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


def test_a_collaboration_renamed_meanwhile_is_not_found() -> None:
    upload = pressed(a_file(addresses(1)) + "cirrusgrp,a@example.org\n")
    place("cumulusgrp").short_name = "cumulus2"
    work()
    assert outcomes(upload) == [
        ("person1@example.org", OutcomeState.FAILED, "collaboration_not_found"),
        ("a@example.org", OutcomeState.SENT, None),
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
    assert (upload.invitations, upload.planned, upload.sent) == (2, 2, 2)


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
    assert (first.sent, first.skipped) == (3, 0)
    assert [state for _invitee, state, _reason in outcomes(second)] == ["skipped"] * 3 + ["sent"]


# The same file again.


def test_the_same_file_again_has_nothing_to_send() -> None:
    content = a_file(addresses(3))
    pressed(content)
    work()
    again = received(content)
    assert (again.state, again.invitations, again.will_skip) == (UploadState.READY, 0, 3)
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
    assert (again.sent, again.skipped) == (2, 0)
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
    random.choice(rows)[column] = bad
    columns = [*good, "invitees"]
    content = "\n".join([",".join(columns), *(",".join(row[name] for name in columns) for row in rows)])
    upload = received(content)
    client.sign_in(UPLOADER).post(f"/uploads/{upload.id}/process")
    work()
    assert (upload.state, upload.error_count) == (UploadState.ERRORS, 1)
    assert (count(Invitation), count(Letter)) == (0, 0)


# Several at once.


def test_process_pressed_ten_times_at_once_is_one_run(world: Flask) -> None:
    upload = received(a_file(addresses(5)))
    path = f"/uploads/{upload.id}/process"
    clients = [Client(world).sign_in(UPLOADER) for _ in range(10)]
    answers: list[int] = []
    at_once(world, *(lambda client=client: answers.append(client.post(path).status_code) for client in clients))
    work()
    assert answers == [303] * 10
    assert (upload.state, upload.sent, count(Invitation), count(Letter)) == (UploadState.DONE, 5, 5, 5)


def test_one_upload_is_processed_by_one_of_two_workers(world: Flask) -> None:
    upload = pressed(a_file(addresses(700)))
    at_once(world, lambda: process_all("here/1/one"), lambda: process_all("there/2/two"))
    assert (count(Invitation), count(UploadOutcome)) == (700, 700)
    assert upload.all_lines_processed


def test_two_workers_with_the_same_people_in_many_uploads_invite_each_once(world: Flask) -> None:
    people = addresses(300)
    for turn in range(6):
        pressed(a_file(people if turn % 2 else reversed(people)))
    at_once(world, lambda: process_all("here/1/one"), lambda: process_all("there/2/two"))
    work()
    assert (count(Invitation), count(Letter), count(UploadOutcome)) == (300, 300, 1_800)
    assert {upload.state for upload in db.session.scalars(select(Upload))} == {UploadState.DONE}


def test_an_upload_that_cannot_be_processed_holds_up_neither_the_others_nor_the_mail() -> None:
    broken, sound = pressed(a_file(addresses(1))), pressed(a_file(addresses(2)))
    db.session.execute(update(UploadLine).where(UploadLine.upload_id == broken.id).values(cells=[{}, {"not": "text"}]))
    work()
    assert (broken.state, sound.state, sound.sent) == (UploadState.PROCESSING, UploadState.DONE, 2)


# Claims.


def test_an_upload_that_a_worker_is_at_is_left_alone_until_its_claim_runs_out() -> None:
    upload = pressed(a_file(addresses(1)))
    a_run(upload, "elsewhere/1/one")
    work()
    assert (upload.state, count(Invitation)) == (UploadState.PROCESSING, 0)
    work_after(LEASE + timedelta(seconds=1))
    assert (upload.state, count(Invitation)) == (UploadState.DONE, 1)


def test_letters_that_a_worker_is_at_are_left_alone_until_its_claim_runs_out(world: Flask) -> None:
    pressed(a_file(addresses(1)))
    tasks.process_uploads()
    db.session.execute(update(Letter).values(claimed_by="elsewhere/1/one", claimed_until=now() + LEASE))
    work()
    assert world.extensions["mailbox"].list().total == 0
    work_after(LEASE + timedelta(seconds=1))
    assert world.extensions["mailbox"].list().total == 1


def test_a_worker_whose_claim_was_taken_over_stops_without_writing() -> None:
    upload = pressed(a_file(addresses(3)))
    slow = a_run(upload, "elsewhere/1/one")
    work_after(LEASE + timedelta(seconds=1))
    assert upload.state is UploadState.DONE
    assert not process(slow, slow.lines)
    assert_counts_hold()
    assert (count(Invitation), count(UploadOutcome)) == (3, 3)


@pytest.mark.parametrize("name", ["elsewhere/1/one", "here/1/one"])
def test_a_run_that_another_one_has_overtaken_stops_without_writing(name: str) -> None:
    """Two threads of one worker bear the same name: after a pause of the machine both may be at one upload."""
    upload = pressed(a_file(addresses(1_200)))
    slow = a_run(upload, "here/1/one")
    chunks = list(slow.chunks())
    process(slow, chunks[0])
    with time_machine.travel(now() + LEASE + timedelta(seconds=1), tick=False):
        quick = a_run(upload, name)
        assert process(quick, next(quick.chunks()))
        assert not process(slow, chunks[1])
    with time_machine.travel(now() + 3 * LEASE, tick=False):
        tasks.process_uploads()
    assert_counts_hold()
    assert (count(Invitation), count(UploadOutcome), upload.waiting) == (1_200, 1_200, 1_200)


def test_what_a_dead_worker_of_this_machine_was_at_is_free_at_once(world: Flask) -> None:
    machine, _process, _word = claims.ME.split("/")
    nobodys_number = int(Path("/proc/sys/kernel/pid_max").read_text()) + 1
    upload = pressed(a_file(addresses(1)))
    a_run(upload, f"{machine}/{nobodys_number}/dead")
    tasks.take_up_what_was_left()
    db.session.rollback()
    assert (upload.state, world.extensions["mailbox"].list().total) == (UploadState.DONE, 1)


def test_what_a_worker_sent_and_did_not_live_to_count_is_counted_by_the_next_one() -> None:
    upload = pressed(a_file(addresses(3)))
    tasks.process_uploads()
    db.session.execute(update(Letter).values(state=LetterState.SENT, sent_at=now()))
    db.session.commit()
    tasks.take_up_what_was_left()
    db.session.rollback()
    assert_counts_hold()
    assert (upload.sent, upload.state) == (3, UploadState.DONE)


def test_what_a_living_worker_is_at_is_not_freed() -> None:
    machine, _process, _word = claims.ME.split("/")
    upload = pressed(a_file(addresses(1)))
    a_run(upload, f"{machine}/{os.getppid()}/alive")
    tasks.take_up_what_was_left()
    db.session.rollback()
    assert upload.state is UploadState.PROCESSING
