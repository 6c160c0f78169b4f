"""Checking a file of invitations: upload to page, every cell validated, lines stored.

Floor: `csv.reader` over the file, one regular expression on each address, the rows inserted by the bare driver.
"""

import csv
import io
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.benchmarks.files import Files
from tests.benchmarks.results import MANY, Result, alone, in_turn, seconds
from tests.benchmarks.service import Browser, Service, peak_memory

BAR = 5.0
#: Rounds of ours alone where there are more than the bar is for.
ROUNDS_OF_MANY = 3
COLUMNS = "short_names,intended_role,invitees,groups,invitation_expiry_date,membership_expiry_date,message,sender_name"
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def invitations_file(size: int, of: str = "person") -> bytes:
    """A good line for each of so many people, with a value in every column."""
    lines = [COLUMNS]
    lines += [
        f"cumulusgrp,member,{of}{number:06}@example.org,researchers,2037-06-30,2038-06-30,"
        f"Please join us; this is letter number {number}.,Yoda team"
        for number in range(size)
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def measure(world: Files, size: int) -> Result:
    content = invitations_file(size)
    browser = Browser(world.service)
    browser.sign_in("yoda@harderwijk.test")
    token = browser.token_for_forms()

    def ours(_round: int) -> float:
        taken = seconds(lambda: browser.upload(content, token))
        assert f"Ready: {size:,} invitations" in browser.last
        return taken

    with bare_table(world.service) as insert:

        def floor(number: int) -> float:
            return seconds(lambda: insert(_read(content, str(number))))

        mine, bare = alone(ours, ROUNDS_OF_MANY) if size == MANY else in_turn(ours, floor)
    return Result("check a file", world.database, size, mine, bare, BAR, peak_memory(world.web))


def _read(content: bytes, upload: str) -> list[tuple[Any, ...]]:
    rows = []
    for number, row in enumerate(csv.reader(io.StringIO(content.decode(), newline="")), 1):
        if number > 1:
            assert ADDRESS.fullmatch(row[2])
            rows.append((upload, number, *row))
    return rows


_CREATE = (
    "CREATE TABLE bare (upload text, number integer, short_names text, role text, invitees text, groups text, "
    "invitation_expiry text, membership_expiry text, message text, sender text, PRIMARY KEY (upload, number))"
)


@contextmanager
def bare_table(service: Service) -> Iterator[Callable[[list[tuple[Any, ...]]], None]]:
    """Inserts rows by the bare driver, in a database of the same kind and on the same disk."""
    if service.database_url.startswith("sqlite"):
        connection: Any = sqlite3.connect(Path(service.folder) / "bare.sqlite")
        connection.execute("PRAGMA journal_mode=WAL")
        marks = ",".join("?" * 10)
    else:
        connection = psycopg.connect(service.database_url)
        marks = ",".join(["%s"] * 10)
    connection.execute(_CREATE)
    connection.commit()

    def insert(rows: list[tuple[Any, ...]]) -> None:
        connection.cursor().executemany(f"INSERT INTO bare VALUES ({marks})", rows)
        connection.commit()

    yield insert
    connection.execute("DROP TABLE bare")
    connection.commit()
    connection.close()
