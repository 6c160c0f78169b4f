"""What operators and their machines ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from domain.health import is_new_enough
from models import Letter, db, now
from models.outbox import LetterKind
from models.upload import UploadState
from tests.clients import Client
from tests.conftest import make_app
from tests.models.test_constraints import an_upload
from tests.people import add

TOKEN = "for the scraper alone"


def test_a_process_that_lives_says_so_whatever_the_database_does(tmp_path: Path) -> None:
    app = make_app(tmp_path, DATABASE_URL="sqlite:////nowhere/at/all.sqlite")
    assert app.test_client().get("/healthz").json == {"status": "ok"}
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "the database does not answer, or was never migrated"})


@contextmanager
def database_at(revision: str) -> Iterator[None]:
    at = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    db.session.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
    try:
        yield
    finally:
        db.session.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": at})
        db.session.commit()


def test_a_process_is_ready_once_its_database_is_migrated(client: Client) -> None:
    assert client.get("/readyz").status_code == 200
    with database_at("0001"):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json) == (503, {"status": "the database is to be migrated: it is at 0001"})


def test_old_code_stays_ready_while_the_database_is_ahead_of_it(client: Client) -> None:
    with database_at("9999"):
        assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize(("revision", "is_enough"), [("0001", False), (None, False), ("9999", True)])
def test_a_database_that_a_newer_version_has_migrated_is_no_hindrance(revision: str | None, is_enough: bool) -> None:
    assert is_new_enough(revision) is is_enough


@pytest.fixture
def measured(app: Flask, tmp_path: Path) -> Client:
    """An application of its own on the same database, which counts requests."""
    return Client(make_app(tmp_path, DATABASE_URL=app.config["DATABASE_URL"], METRICS_TOKEN=TOKEN))


def figures(client: Client) -> dict[str, float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def queue_in(told: dict[str, float]) -> list[float]:
    return [told[f"muster_{name}"] for name in ("letters_waiting", "uploads_in_progress", "uploads_waiting")]


def test_the_figures_say_what_waits_and_for_how_long(measured: Client) -> None:
    with measured.application.app_context():
        before = figures(measured)
        assert queue_in(before) == [0, 0, 0]
        with time_machine.travel(now() - timedelta(minutes=5), tick=True):
            add(Letter(kind=LetterKind.ACCEPTED, once="1", to_address="a@example.org"))
            an_upload(state=UploadState.PROCESSING, process_pressed_at=now())
        db.session.commit()
        after = figures(measured)
        assert queue_in(after) == [1, 1, 1]
        assert 299 < after["muster_oldest_letter_seconds"] < 360
        assert 299 < after["muster_oldest_upload_seconds"] < 360


def test_the_figures_count_requests_by_route_and_answer(measured: Client) -> None:
    with measured.application.app_context():
        measured.get("/login")
        measured.get("/login")
        measured.get("/nowhere")
        counted = figures(measured)
        assert counted['muster_request_seconds_count{endpoint="session.login",method="GET",status="200"}'] == 2
        assert counted['muster_request_seconds_count{endpoint="none",method="any",status="404"}'] == 1


def test_what_strangers_make_up_makes_no_more_figures(measured: Client) -> None:
    with measured.application.app_context():
        for number in range(3):
            measured.open(f"/nowhere/{number}", method=f"MADEUP{number}")
            measured.open("/login", method=f"MADEUP{number}")
        assert [name for name in figures(measured) if "MADEUP" in name] == []


def test_an_upload_that_a_worker_is_at_waits_no_more(measured: Client) -> None:
    with measured.application.app_context():
        until = now() + timedelta(minutes=1)
        an_upload(state=UploadState.PROCESSING, process_pressed_at=now(), claimed_by="here/1/one", claimed_until=until)
        db.session.commit()
        assert queue_in(figures(measured)) == [0, 1, 0]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer ünïcode"])
def test_the_figures_are_for_whoever_brings_the_token(measured: Client, header: str) -> None:
    with measured.application.app_context():
        assert measured.get("/metrics", headers={"Authorization": header}).status_code == 404


def test_without_a_token_nobody_gets_figures(client: Client) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
