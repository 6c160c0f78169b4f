"""Several at once, and one after another that died: each invitation is made once, each mail goes out."""

import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask, current_app
from sqlalchemy import select, text, update

from domain.processing import claim
from models import (
    Invitation,
    Letter,
    Upload,
    UploadLine,
    UploadOutcome,
    db,
    now,
)
from models.outbox import LetterState
from models.upload import UploadState
from tests.clients import Client
from tests.worker.runs import LEASE, a_run, process, process_all
from tests.worker.sending import (
    UPLOADER,
    a_file,
    addresses,
    assert_counts_hold,
    at_once,
    count,
    pressed,
    received,
    work,
    work_after,
)
from worker import claims, tasks

pytestmark = pytest.mark.usefixtures("world")

# Several at once.


def test_process_pressed_ten_times_at_once_is_one_run(world: Flask) -> None:
    upload = received(a_file(addresses(5)))
    path = f"/uploads/{upload.id}/process"
    clients = [Client(world).sign_in(UPLOADER) for _ in range(10)]
    answers: list[int] = []
    at_once(world, *(lambda client=client: answers.append(client.post(path).status_code) for client in clients))
    work()
    assert answers == [303] * 10
    assert (upload.state, upload.done, count(Invitation), count(Letter)) == (UploadState.DONE, 5, 5, 5)


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
    assert (broken.state, sound.state, sound.done) == (UploadState.PROCESSING, UploadState.DONE, 2)


# Claims.


def test_an_upload_that_a_worker_is_at_is_left_alone_until_its_claim_runs_out() -> None:
    upload = pressed(a_file(addresses(1)))
    a_run(upload, "elsewhere/1/one")
    work()
    assert (upload.state, count(Invitation)) == (UploadState.PROCESSING, 0)
    work_after(LEASE + timedelta(seconds=1))
    assert (upload.state, count(Invitation)) == (UploadState.DONE, 1)


def test_letters_that_a_worker_is_at_are_left_alone_until_its_claim_runs_out() -> None:
    pressed(a_file(addresses(1)))
    tasks.process_uploads()
    db.session.execute(update(Letter).values(claimed_by="elsewhere/1/one", claimed_until=now() + LEASE))
    work()
    assert mails_to(*addresses(1)) == 0
    work_after(LEASE + timedelta(seconds=1))
    assert mails_to(*addresses(1)) == 1


def mails_to(address: str) -> int:
    return int(current_app.extensions["mailbox"].list(search=address).total)


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


@pytest.mark.parametrize("machine", [socket.gethostname(), f"{claims.ME.split('/')[0]}5"], ids=["host", "container"])
def test_a_worker_elsewhere_with_the_name_of_this_machine_is_not_taken_for_dead(machine: str) -> None:
    """Numbers of processes are no use there: another container has those of its own."""
    upload = pressed(a_file(addresses(1)))
    a_run(upload, f"{machine}/{os.getpid()}/alive")
    tasks.take_up_what_was_left()
    db.session.rollback()
    assert (upload.state, count(Invitation)) == (UploadState.PROCESSING, 0)


def test_what_a_worker_sent_and_did_not_live_to_count_is_counted_by_the_next_one() -> None:
    upload = pressed(a_file(addresses(3)))
    tasks.process_uploads()
    db.session.execute(update(Letter).values(state=LetterState.SENT, sent_at=now()))
    db.session.commit()
    tasks.take_up_what_was_left()
    db.session.rollback()
    assert_counts_hold()
    assert (upload.done, upload.state) == (3, UploadState.DONE)


def test_what_a_living_worker_is_at_is_not_freed() -> None:
    machine, _process, _word = claims.ME.split("/")
    upload = pressed(a_file(addresses(1)))
    a_run(upload, f"{machine}/{os.getppid()}/alive")
    tasks.take_up_what_was_left()
    db.session.rollback()
    assert upload.state is UploadState.PROCESSING


def test_one_claim_takes_one_upload_however_the_database_looks_for_it() -> None:
    uploads = [pressed(a_file([f"{number}@example.org"])) for number in range(3)]
    if db.engine.dialect.name == "postgresql":
        for plan in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            db.session.execute(text(f"SET LOCAL enable_{plan} = off"))
    claim("here/1/one", LEASE)
    db.session.expire_all()
    assert [upload.claimed_by for upload in uploads] == ["here/1/one", None, None]
