"""`progress.csv` of a whole batch.

Floor: the same rows by one statement of the bare driver into `csv.writer`.
"""

import csv
import io
import sqlite3
import time
import uuid
from typing import Any

import psycopg

from tests.benchmarks.crowd import ADMIN, crowd
from tests.benchmarks.results import Result, in_turn, seconds
from tests.benchmarks.service import Browser, Service, peak_memory, running

BAR = 2.5
_SELECT = """
SELECT users.state_id, users.id, users.user_name, users.email, users.mobile, organisations.name, users.district,
       users.school, users.block, participants.enrolled_on, participants.percent, participants.completed_on
FROM participants
JOIN users ON users.id = participants.user_id
LEFT JOIN organisations ON organisations.id = users.organisation_id
WHERE participants.batch_id = {place} AND participants.removed_at IS NULL
"""


def measure(database: str, size: int) -> Result:
    with running(database) as service, crowd(service, size) as people:
        browser = Browser(service)
        browser.sign_in(ADMIN)
        path = f"/batches/{people.batch_id}/progress.csv"
        before = peak_memory(service.processes[0])
        first_bytes: list[float] = []

        def ours(_round: int) -> float:
            return seconds(lambda: first_bytes.append(_download(browser, path, size)))

        mine, bare = in_turn(ours, lambda _round: seconds(lambda: _bare(service, people.batch_id, size)))
        memory = peak_memory(service.processes[0])
        print(f"  first byte after {max(first_bytes):.3f} s at most; memory {before} MB before, {memory} MB after")
        return Result("progress.csv", database, size, mine, bare, BAR, memory, bar_at=100_000)


def _download(browser: Browser, path: str, size: int) -> float:
    """The seconds until the first byte of the file came."""
    begun = time.perf_counter()
    answer = browser.begin_download(path)
    head = answer.read(1)
    first = time.perf_counter() - begun
    lines = (head + answer.read()).count(b"\n")
    assert lines == size + 1, lines
    browser.connection.close()
    return first


def _bare(service: Service, batch_id: uuid.UUID, size: int) -> None:
    writer = csv.writer(io.StringIO(newline=""))
    with _connection(service) as connection:
        is_sqlite = isinstance(connection, sqlite3.Connection)
        statement = _SELECT.format(place="?" if is_sqlite else "%s")
        rows = connection.execute(statement, (batch_id.hex if is_sqlite else batch_id,)).fetchall()
    assert len(rows) == size
    writer.writerows(rows)


def _connection(service: Service) -> Any:
    if service.database_url.startswith("sqlite"):
        return sqlite3.connect(service.database_url.removeprefix("sqlite:///"))
    return psycopg.connect(service.database_url)
