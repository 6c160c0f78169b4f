"""`progress.csv` of a whole batch.

Floor: the same rows by one statement of the bare driver into `csv.writer`.
"""

import csv
import io
import sqlite3
import time
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg

from tests.benchmarks.crowd import Crowds
from tests.benchmarks.results import Limited, Result, Row, in_turn, seconds
from tests.benchmarks.service import Browser, Service, peak_memory

BAR = 2.5
_SELECT = """
SELECT users.state_id, users.id, users.user_name, users.email, users.mobile, organisations.name, users.district,
       users.school, users.block, participants.enrolled_on, participants.percent, participants.completed_on
FROM participants
JOIN users ON users.id = participants.user_id
LEFT JOIN organisations ON organisations.id = users.organisation_id
WHERE participants.batch_id = {place} AND participants.removed_at IS NULL
"""


def measure(world: Crowds, size: int) -> Iterator[Row]:
    people = world.of[size]
    browser = Browser(world.service)
    browser.sign_in(people.admin)
    path = f"/batches/{people.batch_id}/progress.csv"
    first_bytes: list[float] = []

    def ours(_round: int) -> float:
        return seconds(lambda: first_bytes.append(_download(browser, path, size)))

    before = peak_memory(world.web)
    mine, bare = in_turn(ours, lambda _round: seconds(lambda: _bare(world.service, people.batch_id, size)))
    memory = peak_memory(world.web)
    first_row = min(seconds(lambda: _first_row(world.service, people.batch_id)) for _round in range(3))
    yield Result("progress.csv", world.database, size, mine, bare, BAR, memory, bar_at=100_000)
    yield Limited("… first byte after first row", world.database, size, max(first_bytes) - first_row, 0.2, "s")
    yield Limited("… more memory", world.database, size, memory - before, 32, "MB")


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
        rows = _selected(connection.cursor(), batch_id).fetchall()
    assert len(rows) == size
    writer.writerows(rows)


def _first_row(service: Service, batch_id: uuid.UUID) -> None:
    with _connection(service) as connection:
        cursor = connection.cursor() if _is_sqlite(connection) else connection.cursor("first")  # at the server
        _selected(cursor, batch_id).fetchone()


def _selected(cursor: Any, batch_id: uuid.UUID) -> Any:
    is_sqlite = _is_sqlite(cursor.connection)
    statement = _SELECT.format(place="?" if is_sqlite else "%s")
    return cursor.execute(statement, (batch_id.hex if is_sqlite else batch_id,))


def _is_sqlite(connection: Any) -> bool:
    return isinstance(connection, sqlite3.Connection)


def _connection(service: Service) -> Any:
    if service.database_url.startswith("sqlite"):
        return sqlite3.connect(service.database_url.removeprefix("sqlite:///"))
    return psycopg.connect(service.database_url)
