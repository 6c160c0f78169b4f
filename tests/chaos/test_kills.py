"""SIGKILL at random moments of processing: afterwards every invitation is there once, and every mail has gone out.

`CHAOS_KILLS` says how many kills there are in a run, `CHAOS_SEED` which moments are chosen; it is printed.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from app import with_driver
from tests.chaos.processes import Processes
from tests.conftest import ON_BOTH, new_database
from tests.processes import Kind, Visitor, poll
from tests.worker.sending import UPLOADER
from tests.worker.smtp import MailServer

pytestmark = pytest.mark.chaos

KILLS = int(os.environ.get("CHAOS_KILLS", "4"))
SEED = os.environ.get("CHAOS_SEED") or str(random.SystemRandom().randrange(10**6))
VICTIMS: tuple[tuple[Kind, ...], ...] = (("worker",), ("worker",), ("web",), ("web", "worker"))
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


@pytest.fixture
def chance() -> random.Random:
    print(f"CHAOS_SEED={SEED}")  # noqa: T201  # to do the same again
    return random.Random(SEED)


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


def kill(processes: Processes, victims: Sequence[Kind]) -> None:
    processes.kill(*victims)
    processes.start(*victims)


def press_while_killing(visitor: Visitor, path: str, processes: Processes, chance: random.Random) -> int:
    """Press *Process*, and kill within a second: while it is pressed, or while the lines become invitations."""
    victims = chance.choice(VICTIMS)
    killer = threading.Timer(chance.uniform(0, 1), kill, (processes, victims))
    killer.start()
    visitor.send(f"{path}/process")
    killer.join()
    return "worker" in victims


def kill_again_and_again(processes: Processes, server: MailServer, times: int, chance: random.Random) -> int:
    """At random moments until the last mails; also while what was killed before starts again.

    Answers how often the worker was hit.
    """
    hits = 0
    for moment in sorted(chance.choices(range(450), k=times)):
        is_starting = len(server.accepted) >= moment
        assert poll(lambda moment=moment: len(server.accepted) >= moment, IN_THE_END), "no mail comes any more"  # type: ignore[misc]
        time.sleep(chance.uniform(0, 2 if is_starting else 0.05))
        victims = chance.choice(VICTIMS)
        kill(processes, victims)
        hits += "worker" in victims
    return hits


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
    assert doubled <= hits


def test_five_hundred_lines_survive_kills_at_random_moments(
    processes: Processes, server: MailServer, engine: Engine, chance: random.Random
) -> None:
    server.script.delay = 0.003
    visitor, path = uploaded(processes, 500)
    hits = press_while_killing(visitor, path, processes, chance)
    hits += kill_again_and_again(processes, server, KILLS - 1, chance)
    check_the_end(engine, server, 500, hits)
    assert "Done:" in visitor.page(path)


def test_a_worker_killed_before_a_slow_server_has_answered_repeats_that_mail_alone(
    processes: Processes, server: MailServer, engine: Engine
) -> None:
    server.script.delay = 0.3
    visitor, path = uploaded(processes, 6)
    visitor.send(f"{path}/process")
    assert poll(lambda: len(server.accepted) >= 3, IN_THE_END)
    kill(processes, ["worker"])
    check_the_end(engine, server, 6, hits=1)


def test_a_worker_that_is_asked_to_stop_ends_the_mail_at_hand_and_leaves_the_rest(
    processes: Processes, server: MailServer, engine: Engine
) -> None:
    server.script.delay = 0.2
    visitor, path = uploaded(processes, 150)
    visitor.send(f"{path}/process")
    assert poll(lambda: len(server.accepted) >= 5, IN_THE_END)
    processes.ask_to_stop("worker", signal.SIGTERM)
    assert len(server.accepted) < 150
    assert the_row(engine, "SELECT count(*) FROM outbox WHERE claimed_by IS NOT NULL") == (0,)
    server.script.delay = 0
    processes.start("worker")
    check_the_end(engine, server, 150, hits=0)
