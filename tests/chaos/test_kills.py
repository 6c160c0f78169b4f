"""A worker is killed, or asked to stop, at a moment that matters: afterwards every invitation is there once, and every
mail has gone out. At random moments, see `tests.chaos.run`.
"""

import random
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from app import with_driver
from tests.chaos.processes import Processes
from tests.conftest import ON_BOTH, new_database
from tests.processes import Visitor, poll
from tests.worker.sending import UPLOADER
from tests.worker.smtp import MailServer
from worker.delivery import CONNECTIONS

pytestmark = pytest.mark.chaos

#: Longer than the sweep that runs once a minute, which takes up what nobody was woken for.
IN_THE_END = 120.0


@pytest.fixture(params=ON_BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_database(request.param, f"chaos_{random.SystemRandom().randrange(10**9)}", tmp_path, request)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def processes(database: str, server: MailServer, tmp_path: Path) -> Iterator[Processes]:
    with Processes(tmp_path, database, server.port) as processes:
        yield processes
        print(processes.log)  # shown where the test fails  # noqa: T201


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = create_engine(with_driver(database))
    yield engine
    engine.dispose()


def addresses(count: int) -> list[str]:
    return [f"person{number}@example.org" for number in range(count)]


def uploaded(processes: Processes, count: int) -> tuple[Visitor, str]:
    visitor = Visitor(processes.port)
    visitor.sign_in("yoda@harderwijk.test")
    lines = [f"cumulusgrp,{address}" for address in addresses(count)]
    return visitor, visitor.upload("\n".join(["short_names,invitees", *lines]))


def the_row(engine: Engine, query: str) -> Any:
    with engine.connect() as connection:
        return connection.execute(text(query)).one()


def is_done(engine: Engine) -> bool:
    return bool(the_row(engine, "SELECT state FROM uploads").state == "done")


def check_the_end(engine: Engine, server: MailServer, count: int, hits: int) -> None:
    assert poll(lambda: is_done(engine), IN_THE_END), "the upload does not finish by itself"
    upload = the_row(engine, "SELECT planned, done, failed, skipped FROM uploads")
    outcomes = the_row(engine, "SELECT count(*), count(DISTINCT invitation_id) FROM upload_outcomes")
    invitations = the_row(engine, "SELECT count(*), count(DISTINCT email_key) FROM invitations WHERE status = 'open'")
    assert tuple(upload) == (count, count, 0, 0)
    assert tuple(outcomes) == tuple(invitations) == (count, count)
    mails = Counter(address for address in server.recipients if address != UPLOADER)  # told of what took long
    doubled = mails.total() - len(mails)
    print(f"{hits} kills of the worker, {mails.total()} mails, {doubled} of them doubled")  # noqa: T201
    assert set(mails) == set(addresses(count))
    assert doubled <= hits * CONNECTIONS


def test_a_worker_killed_before_a_slow_server_has_answered_repeats_that_mail_alone(
    processes: Processes, server: MailServer, engine: Engine
) -> None:
    server.script.delay = 0.3
    visitor, path = uploaded(processes, 6)
    visitor.send(f"{path}/process")
    assert poll(lambda: len(server.accepted) >= 3, IN_THE_END)
    processes.kill("worker")
    processes.start("worker")
    check_the_end(engine, server, 6, hits=1)


@pytest.mark.parametrize(
    ("database", "by"), [("sqlite", signal.SIGTERM), ("postgresql", signal.SIGHUP)], indirect=["database"]
)
def test_a_worker_that_is_asked_to_stop_ends_the_mail_at_hand_and_leaves_the_rest(
    processes: Processes, server: MailServer, engine: Engine, by: signal.Signals
) -> None:
    """Also when its terminal is closed."""
    server.script.delay = 0.2
    visitor, path = uploaded(processes, 150)
    visitor.send(f"{path}/process")
    assert poll(lambda: len(server.accepted) >= 5, IN_THE_END)
    processes.ask_to_stop("worker", by)
    assert len(server.accepted) < 150
    assert the_row(engine, "SELECT count(*) FROM outbox WHERE claimed_by IS NOT NULL") == (0,)
    server.script.delay = 0
    processes.start("worker")
    check_the_end(engine, server, 150, hits=0)
