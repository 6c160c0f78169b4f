"""One run: an installation at work, faults at random moments, peace, and the reckoning."""

import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.chaos.faults import Fault, faults_of
from tests.chaos.installation import QUEUES, Database, Installation, Queue
from tests.chaos.reckoning import Findings, faults_in, reckon, what_waits
from tests.chaos.told import Told
from tests.chaos.work import going_on
from tests.processes import poll

#: Seconds between faults.
GAPS = (0.1, 3.0)
#: Longer than the sweep that runs once a minute, which takes up what nobody was woken for.
IN_THE_END = 180
#: So often the clock is turned on in peace: what waits for its next attempt need not be waited for.
LATER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Report:
    database: Database
    queue: Queue
    seed: str
    faults: Counter[str]
    mails: int
    told: Told
    findings: Findings
    seconds: float


def run(database: Database, seed: str, rounds: int, wanted: Collection[str] = (), *, is_short: bool = False) -> Report:
    """`rounds`: how many faults; `wanted`: of which kinds, all by default; `is_short`: in the end workers are
    started anew, which take up at once what the sweep would.
    """
    began = time.monotonic()
    chance, told = random.Random(seed), Told()
    queue = chance.choice(QUEUES[database])
    with tempfile.TemporaryDirectory(prefix="muster-chaos-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as somebody else
        with Installation(Path(folder), database, queue) as installation:
            with going_on(installation, told, chance):
                chosen = _chosen(installation, chance, rounds, wanted)
                done = [_bring_about(fault, installation, chance) for fault in chosen]
                _look_after(installation, told)
            _wait_for_peace(installation, is_short=is_short)
            findings = _reckon(installation, told, sum(fault.may_double for fault in done))
            _keep_the_log(installation, f"{database}-{seed}", findings)
            mails = len(installation.mail_server.accepted)
    faults = Counter(fault.name for fault in done)
    return Report(database, queue, seed, faults, mails, told, findings, time.monotonic() - began)


def _chosen(installation: Installation, chance: random.Random, rounds: int, wanted: Collection[str]) -> list[Fault]:
    possible = [fault for fault in faults_of(installation) if not wanted or fault.name in wanted]
    return chance.choices(possible, k=rounds) if possible else []


def _bring_about(fault: Fault, installation: Installation, chance: random.Random) -> Fault:
    time.sleep(chance.uniform(*GAPS))
    print(f"{time.strftime('%H:%M:%S')}  {fault.name:<20}  {fault.description}", flush=True)
    fault.do(installation, chance)
    return fault


def _look_after(installation: Installation, told: Told) -> None:
    """As whatever keeps services running would; but nothing should end by itself."""
    for machine in installation.machines:
        for kind in machine.ended:
            told.wrong.append(f"a {kind} has ended by itself")
            machine.start(kind)


def _wait_for_peace(installation: Installation, *, is_short: bool) -> None:
    """Until nothing waits, or for too long."""
    engine = installation.engine()
    deadline = time.monotonic() + IN_THE_END

    def nothing_waits() -> bool:
        try:
            with Session(engine) as session:
                return not what_waits(session)
        except OperationalError:  # it recovers
            return False

    while not poll(nothing_waits, 5 if is_short else 10) and time.monotonic() < deadline:
        installation.clock.jump(LATER)
        for machine in installation.machines if is_short else ():
            machine.ask_to_stop("worker", signal.SIGTERM)
            machine.start("worker")
    engine.dispose()


def _reckon(installation: Installation, told: Told, may_double: int) -> Findings:
    for machine in installation.machines:
        machine.kill("web", "worker")
    engine = installation.engine()
    with Session(engine) as session:
        findings = reckon(session, told, installation.mail_server, may_double)
    engine.dispose()
    findings.broken += faults_in(installation.log)
    return findings


def _keep_the_log(installation: Installation, name: str, findings: Findings) -> None:
    """Where there is something to look for in it."""
    if findings:
        kept = Path(tempfile.gettempdir()) / f"muster-chaos-{name}.log"
        kept.write_text(installation.log)
        print(f"The log of this run is kept: {kept}")
