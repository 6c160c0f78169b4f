"""What goes wrong, each for real: one function a fault, which brings it about and, where that lasts, ends it."""

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from tests.chaos.installation import Installation
from tests.chaos.system import children_of
from tests.processes import Kind
from worker.delivery import CONNECTIONS

#: Seconds that something is away, stalled or full.
LASTS = (0.2, 4.0)


@dataclass(frozen=True, slots=True)
class Fault:
    do: Callable[[Installation, random.Random], None]
    #: Workers that it stops, or keeps from the database.
    hits: int
    needs: Callable[[Installation], bool]

    @property
    def may_double(self) -> int:
        """How many mails may be taken, and that not be recorded."""
        return self.hits * CONNECTIONS

    @property
    def name(self) -> str:
        return self.do.__name__.replace("_", "-")

    @property
    def description(self) -> str:
        return (self.do.__doc__ or "").strip()


FAULTS: dict[str, Fault] = {}

Doing = Callable[[Installation, random.Random], None]


def fault(*, hits: int = 0, needs: Callable[[Installation], bool] = bool) -> Callable[[Doing], Doing]:
    def listed(do: Doing) -> Doing:
        one = Fault(do, hits, needs)
        FAULTS[one.name] = one
        return do

    return listed


def faults_of(installation: Installation) -> list[Fault]:
    """Those that can come over it."""
    return [one for one in FAULTS.values() if one.needs(installation)]


def on_postgresql(installation: Installation) -> bool:
    return installation.postgresql is not None


def on_sqlite(installation: Installation) -> bool:
    return installation.postgresql is None


def with_redis(installation: Installation) -> bool:
    return installation.redis is not None


def a_while(chance: random.Random) -> None:
    time.sleep(chance.uniform(*LASTS))


# Processes are killed.


@fault()
def kill_web(installation: Installation, chance: random.Random) -> None:
    """A web is killed."""
    _kill(installation, chance, "web")


@fault()
def kill_child_of_web(installation: Installation, chance: random.Random) -> None:
    """The process of a web that answers is killed; gunicorn starts another."""
    machine = chance.choice(installation.machines)
    for child, _name in children_of(machine.pid("web")):
        _send(child, signal.SIGKILL)


@fault(hits=1)
def kill_worker(installation: Installation, chance: random.Random) -> None:
    """A worker is killed."""
    _kill(installation, chance, "worker")


@fault(hits=1)
def kill_machine(installation: Installation, chance: random.Random) -> None:
    """A web and a worker are killed at the same moment."""
    _kill(installation, chance, "web", "worker")


@fault(hits=2)
def kill_all(installation: Installation, chance: random.Random) -> None:
    """All webs and workers are killed, and away for a while."""
    for machine in installation.machines:
        machine.kill("web", "worker")
    a_while(chance)
    for machine in installation.machines:
        machine.start("web", "worker")


# PostgreSQL.


@fault(hits=2, needs=on_postgresql)
def kill_postmaster(installation: Installation, chance: random.Random) -> None:
    """PostgreSQL's first process is killed, and started again."""
    installation.postgresql.kill()
    installation.postgresql.start()


@fault(hits=2, needs=on_postgresql)
def kill_backend(installation: Installation, chance: random.Random) -> None:
    """A process of PostgreSQL that serves a connection is killed; it ends all others, and recovers."""
    installation.postgresql.kill_a_backend()


@fault(hits=2, needs=on_postgresql)
def restart_postgresql(installation: Installation, chance: random.Random) -> None:
    """PostgreSQL is restarted, fast."""
    installation.postgresql.restart(signal.SIGINT)


@fault(hits=2, needs=on_postgresql)
def crash_postgresql(installation: Installation, chance: random.Random) -> None:
    """PostgreSQL is restarted, immediate: it recovers from its log."""
    installation.postgresql.restart(signal.SIGQUIT)


@fault(hits=2, needs=on_postgresql)
def stop_postgresql(installation: Installation, chance: random.Random) -> None:
    """PostgreSQL is away for a while."""
    with installation.postgresql.away():
        a_while(chance)


@fault(hits=2, needs=on_postgresql)
def end_connections(installation: Installation, chance: random.Random) -> None:
    """All connections are ended by an administrator."""
    installation.postgresql.end_connections()


@fault(hits=2, needs=on_postgresql)
def cut_database(installation: Installation, chance: random.Random) -> None:
    """Connections to PostgreSQL break, all at once or in the middle of an answer."""
    _cut(installation, chance, "database")


@fault(hits=2, needs=on_postgresql)
def stall_database(installation: Installation, chance: random.Random) -> None:
    """PostgreSQL says nothing for a while."""
    _stall(installation, chance, "database")


# SQLite.


@fault(needs=on_sqlite)
def lock_database(installation: Installation, chance: random.Random) -> None:
    """Somebody else keeps the SQLite database locked for a while."""
    with sqlite3.connect(installation.disk.folder / "muster.sqlite", isolation_level=None, timeout=20) as connection:
        connection.execute("BEGIN IMMEDIATE")
        a_while(chance)
        connection.execute("ROLLBACK")
    connection.close()


# Redis.


@fault(needs=with_redis)
def flush_redis(installation: Installation, chance: random.Random) -> None:
    """Redis forgets all that it holds."""
    installation.redis.flush()


@fault(needs=with_redis)
def kill_redis(installation: Installation, chance: random.Random) -> None:
    """Redis is killed, and away for a while."""
    with installation.redis.away():
        a_while(chance)


@fault(needs=with_redis)
def cut_redis(installation: Installation, chance: random.Random) -> None:
    """Connections to Redis break, all at once or in the middle of an answer."""
    _cut(installation, chance, "redis")


@fault(needs=with_redis)
def stall_redis(installation: Installation, chance: random.Random) -> None:
    """Redis says nothing for a while."""
    _stall(installation, chance, "redis")


# The mail server.


@fault(hits=2)
def stop_mail(installation: Installation, chance: random.Random) -> None:
    """The mail server is away for a while."""
    installation.mail_server.go_away()
    a_while(chance)
    installation.mail_server.come_back()


@fault(hits=2)
def cut_mail(installation: Installation, chance: random.Random) -> None:
    """Connections to the mail server break, all at once or in the middle of an answer."""
    _cut(installation, chance, "mail")


@fault(hits=2)
def stall_mail(installation: Installation, chance: random.Random) -> None:
    """The mail server says nothing for a while."""
    _stall(installation, chance, "mail")


@fault()
def slow_mail(installation: Installation, chance: random.Random) -> None:
    """The mail server takes its time for each mail."""
    with _script(installation, delay=0.4):
        a_while(chance)


@fault()
def refuse_some(installation: Installation, chance: random.Random) -> None:
    """The mail server refuses some addresses for good, and some for now."""
    answers = ["550 5.1.1 No such user", "451 4.7.1 Try again later"]
    refused = {f"invitee{number}@example.org": chance.choice(answers) for number in range(1, 4000, 3)}
    with _script(installation, refused=refused):
        a_while(chance)


@fault()
def refuse_all(installation: Installation, chance: random.Random) -> None:
    """The mail server refuses everything, for now or for good."""
    with _script(installation, refuses_all=chance.choice(["451 4.3.2 Not now", "554 5.7.1 Relay access denied"])):
        a_while(chance)


@fault()
def turn_away(installation: Installation, chance: random.Random) -> None:
    """The mail server hears no sender."""
    with _script(installation, turns_away=chance.choice(["421 4.3.2 Going down", "450 4.3.2 Too busy"])):
        a_while(chance)


@fault()
def close_after_some(installation: Installation, chance: random.Random) -> None:
    """The mail server closes each connection after some mails, by 421."""
    with _script(installation, closes_after=chance.randint(1, 5)):
        a_while(chance)


@fault()
def close_within_mails(installation: Installation, chance: random.Random) -> None:
    """The mail server closes in the middle of some mails."""
    for number in range(1, 4000, chance.randint(3, 9)):
        installation.mail_server.script.breaks[f"invitee{number}@example.org"] = 1
    a_while(chance)
    installation.mail_server.script.breaks.clear()


# The machine.


@fault(hits=2, needs=lambda installation: installation.disk.can_be_full)
def fill_disk(installation: Installation, chance: random.Random) -> None:
    """The disk of the database is full for a while."""
    installation.disk.fill()
    a_while(chance)
    installation.disk.clear()
    if installation.postgresql:
        installation.postgresql.start()  # it may have ended


@fault(hits=2, needs=lambda installation: installation.clock.can_jump)
def turn_clock_forward(installation: Installation, chance: random.Random) -> None:
    """The clock jumps forward by days."""
    installation.clock.jump(timedelta(hours=chance.randint(20, 60)))


@fault(hits=2, needs=lambda installation: installation.clock.can_jump)
def turn_clock_back(installation: Installation, chance: random.Random) -> None:
    """The clock jumps back by hours."""
    installation.clock.jump(-timedelta(minutes=chance.randint(1, 300)))


def _kill(installation: Installation, chance: random.Random, *kinds: Kind) -> None:
    machine = chance.choice(installation.machines)
    machine.kill(*kinds)
    machine.start(*kinds)


def _send(process: int, by: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, by)


def _cut(installation: Installation, chance: random.Random, wire: str) -> None:
    if chance.random() < 0.5:
        installation.wires[wire].cut()
        return
    installation.wires[wire].cut_an_answer(after=chance.randint(0, 2000))
    a_while(chance)
    installation.wires[wire].flow()


def _stall(installation: Installation, chance: random.Random, wire: str) -> None:
    installation.wires[wire].stall()
    a_while(chance)
    installation.wires[wire].flow()


@contextmanager
def _script(installation: Installation, **behaviour: object) -> Iterator[None]:
    script = installation.mail_server.script
    before = {name: getattr(script, name) for name in behaviour}
    for name, value in behaviour.items():
        setattr(script, name, value)
    yield
    for name, value in before.items():
        setattr(script, name, value)
