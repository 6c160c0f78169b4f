"""A file of people: checked, upload to answer; and processed, from the press to the last line's outcome.

Floor: `csv.reader` over the file, and the same rows inserted by the bare driver. There is no bar but the growth.
"""

import csv
import io
import json
import sqlite3
import time
import uuid
from typing import Any

import psycopg

from models import new_id
from tests.benchmarks.crowd import Crowd, crowd
from tests.benchmarks.results import Result, in_turn, seconds
from tests.benchmarks.service import Caller, Service, peak_memory, running

#: Of the organisation, before.
OTHERS = 1_000
ROUNDS = 3
COLUMNS = ("name", "email", "state_id", "district", "school", "block", "mobile")
FRONTIER = "frontier-of-this-form"


def measure_check(database: str, size: int) -> Result:
    return _measure("check people", database, size, process=False)


def measure_processing(database: str, size: int) -> Result:
    return _measure("import people", database, size, process=True)


def _measure(name: str, database: str, size: int, *, process: bool) -> Result:
    with running(database, worker=process) as service, crowd(service, OTHERS) as people:
        caller = Caller(service, people.secret)

        def ours(number: int) -> float:
            content = a_file(size, number + 1)
            if not process:
                return seconds(lambda: upload(caller, content))
            path = f"/api/v1/uploads/{upload(caller, content)}"
            return seconds(lambda: processed(caller, path))

        def floor(number: int) -> float:
            content = a_file(size, -number)
            return seconds(lambda: bare(service, people, content))

        mine, least = in_turn(ours, floor, ROUNDS)
        return Result(name, database, size, mine, least, 0, peak_memory(service.processes[-1]), bar_at=0)


def a_file(size: int, number: int) -> bytes:
    """Of people who are not there yet."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for each in range(size):
        who = f"{number}-{each:06}"
        place = ("North", f"Model School {each % 50}", f"Block {each % 20}", f"+91 98765 {each:06}")
        writer.writerow([f"Person {who}", f"person-{who}@crowd.test", f"IM-{who}", *place])
    return text.getvalue().encode()


def upload(caller: Caller, content: bytes) -> str:
    """Its ID, once it is checked."""
    parts = [
        f'--{FRONTIER}\r\nContent-Disposition: form-data; name="{name}"' for name in ("kind", "organisation", "file")
    ]
    kind, organisation, file = parts
    head = f'{kind}\r\n\r\npeople\r\n{organisation}\r\n\r\ncrowd\r\n{file}; filename="people.csv"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{FRONTIER}--\r\n".encode()
    answer = json.loads(caller.send("POST", "/api/v1/uploads", body, f"multipart/form-data; boundary={FRONTIER}"))
    assert answer["state"] == "ready", answer["errors"][:3]
    return str(answer["id"])


def processed(caller: Caller, path: str) -> None:
    caller.send("POST", f"{path}/process")
    while (told := json.loads(caller.send("GET", path)))["state"] != "done":
        time.sleep(0.02)
    assert told["counts"]["failed"] == 0, told["counts"]


def bare(service: Service, people: Crowd, content: bytes) -> None:
    """Taken back in the end."""
    _header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    is_sqlite = service.database_url.startswith("sqlite")
    given: list[tuple[Any, ...]] = [_row(people, row, is_sqlite=is_sqlite) for row in rows]
    places = ", ".join(["?" if is_sqlite else "%s"] * len(given[0]))
    statement = (
        "INSERT INTO users (id, organisation_id, name, email, email_key, user_name, user_name_key, state_id, "
        "state_id_key, district, school, block, mobile, search_text, session_key, is_platform_admin, is_active, "
        f"created_at) VALUES ({places})"
    )
    if is_sqlite:
        connection = sqlite3.connect(service.database_url.removeprefix("sqlite:///"))
        connection.executemany(statement, given)
        connection.rollback()
        connection.close()
        return
    with psycopg.connect(service.database_url) as postgresql:
        postgresql.cursor().executemany(statement, given)
        postgresql.rollback()


def _row(people: Crowd, row: list[str], *, is_sqlite: bool) -> tuple[Any, ...]:
    def stored(identifier: uuid.UUID) -> object:
        return identifier.hex if is_sqlite else identifier

    name, email, state_id, *place = row
    user_name = f"bare-{state_id.lower()}"
    known_by = (email, email, user_name, user_name, state_id, state_id.lower())
    rest = (f"{name}\n{email}\n{state_id}".lower(), "key", False, True, "2026-01-01 00:00:00+00:00")
    return (stored(new_id()), stored(people.organisation_id), name, *known_by, *place, *rest)
