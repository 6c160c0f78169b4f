"""`Idempotency-Key`: what is sent twice is done once."""

import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from models import Batch, GivenAnswer, Upload, db, now
from tests.programs import Program, a_key, program
from tests.teaching import STATE_ADMIN, batch, in_days, more
from tests.worker.sending import at_once
from worker.tasks import forget_answers

BATCHES = "/api/v1/courses/course-v1:pradesh+FLN101+2026/batches"


@pytest.fixture
def state(world: Flask) -> Program:
    return program(world, STATE_ADMIN)


def create(caller: Program, key: str, name: str = "Autumn", path: str = BATCHES) -> TestResponse:
    body = {"name": name, "start_date": in_days(0)}
    return caller.post(path, json=body, headers={"Idempotency-Key": key})


def upload(caller: Program, key: str, content: bytes = b"identifier\nPR-50001\n", **form: str) -> TestResponse:
    data = {
        "kind": "participants-add",
        "batch": str(batch().id),
        "file": FileStorage(io.BytesIO(content), "list.csv"),
        **form,
    }
    return caller.post(
        "/api/v1/uploads", data=data, content_type="multipart/form-data", headers={"Idempotency-Key": key}
    )


def number_of(what: type[Any], *which: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(what).where(*which)) or 0


def batches_called(name: str) -> int:
    return number_of(Batch, Batch.name == name)


def test_the_same_call_again_gets_the_first_answer_again_and_does_nothing(state: Program) -> None:
    first, again = create(state, "one"), create(state, "one")
    assert (again.status_code, again.data) == (first.status_code, first.data) == (201, first.data)
    assert again.headers["Location"] == first.headers["Location"]
    assert (again.headers.get("Idempotent-Replayed"), first.headers.get("Idempotent-Replayed")) == ("true", None)
    assert batches_called("Autumn") == 1


def test_without_a_key_or_with_another_it_is_done_anew(state: Program) -> None:
    create(state, "one")
    create(state, "two")
    state.post(BATCHES, json={"name": "Autumn", "start_date": in_days(0)})
    assert batches_called("Autumn") == 3


def test_the_same_key_with_another_request_is_refused(state: Program) -> None:
    create(state, "one")
    answer = create(state, "one", name="Winter")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json["detail"] == "This Idempotency-Key was used for another request."
    assert create(state, "one", path=BATCHES.replace("FLN101", "ICT201")).status_code == 422
    assert batches_called("Winter") == 0


def test_a_key_is_each_callers_own(state: Program, world: Flask) -> None:
    create(state, "one")
    other = Program(world, a_key(STATE_ADMIN).secret)
    assert create(other, "one", name="Winter").status_code == 201


def test_a_call_that_failed_keeps_nothing_and_may_be_mended(state: Program) -> None:
    assert create(state, "one", name="").status_code == 422
    assert number_of(GivenAnswer) == 0
    assert create(state, "one").status_code == 201


def test_a_call_that_is_not_well_formed_keeps_nothing(state: Program) -> None:
    assert state.post(BATCHES, json={}, headers={"Idempotency-Key": "one"}).status_code == 422
    assert number_of(GivenAnswer) == 0


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\tb"])
def test_what_is_no_key_is_refused(state: Program, key: str) -> None:
    answer = create(state, key)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json["detail"] == "An Idempotency-Key has 1 to 255 printable characters."
    assert batches_called("Autumn") == 0


def test_letters_of_any_kind_are_a_key(state: Program) -> None:
    assert [create(state, "é" * 255).status_code for _time in (1, 2)] == [201, 201]
    assert batches_called("Autumn") == 1


def test_two_at_once_are_one(state: Program, world: Flask) -> None:
    body = {"name": "Autumn", "start_date": in_days(0)}
    headers = {**state.headers, "Idempotency-Key": "one"}
    answers: list[tuple[int, bytes]] = []

    def send() -> None:
        answer = world.test_client().post(BATCHES, json=body, headers=headers)
        answers.append((answer.status_code, answer.data))

    at_once(world, *[send] * 6)
    assert len(answers) == 6
    assert {status for status, _body in answers} == {201}
    assert len({body for _status, body in answers}) == 1
    assert batches_called("Autumn") == 1


# Files.


def test_a_file_sent_again_with_other_boundaries_is_the_same_request(state: Program) -> None:
    more(1)
    first, again = (upload(state, "one", process="true") for _time in (1, 2))
    assert first.request.headers["Content-Type"] != again.request.headers["Content-Type"]
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert number_of(Upload) == 1


def test_another_file_or_another_field_is_another_request(state: Program) -> None:
    upload(state, "one")
    assert upload(state, "one", b"identifier\nPR-50002\n").status_code == 422
    assert upload(state, "one", kind="participants-remove").status_code == 422
    assert number_of(Upload) == 1


def test_a_participants_call_is_done_once(state: Program) -> None:
    more(1)
    path = f"/api/v1/batches/{batch().id}/participants"
    body, headers = {"identifiers": ["PR-50001"]}, {"Idempotency-Key": "one"}
    first = state.post(path, json=body, headers=headers)
    assert first.json["added"] == 1
    assert state.post(path, json=body, headers=headers).json == first.json


def test_inviting_and_sending_again_are_done_once(world: Flask) -> None:
    yoda, headers = program(world, "yoda@harderwijk.test"), {"Idempotency-Key": "one"}
    collaboration = yoda.get("/api/v1/collaborations").json["items"][0]["id"]
    path, body = f"/api/v1/collaborations/{collaboration}/invitations", {"invitees": ["ann@example.org"]}
    first = yoda.post(path, json=body, headers=headers).json
    assert yoda.post(path, json=body, headers=headers).json == first
    resend, headers = f"/api/v1/invitations/{first['made'][0]['id']}/resend", {"Idempotency-Key": "two"}
    again = [yoda.post(resend, headers=headers).json for _time in (1, 2)]
    assert again[0] == again[1]
    assert number_of(db.metadata.tables["outbox"]) == 2  # type: ignore[arg-type]


# Forgotten.


def kept_after(hours: int) -> int:
    """How many answers are there so long from now, when the worker has been at work."""
    db.session.commit()
    with time_machine.travel(now() + timedelta(hours=hours), tick=False):
        forget_answers()
    return number_of(GivenAnswer)


def test_an_answer_is_forgotten_after_a_day(state: Program) -> None:
    create(state, "one")
    assert [kept_after(23), kept_after(25)] == [1, 0]


def test_after_a_day_the_key_is_free_before_the_worker_comes(state: Program) -> None:
    create(state, "one")
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        assert create(state, "one", name="Winter").status_code == 201
