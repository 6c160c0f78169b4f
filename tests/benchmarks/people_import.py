"""A file of people: checked, upload to answer; and processed, from the press to the last line's outcome.

Floor: `csv.reader` over the file, and the same rows inserted by the bare driver. There is no bar but the growth.
"""

import csv
import io
import json
import sqlite3
import time
import uuid
from collections.abc import Callable
from typing import Any

import psycopg

from models import new_id
from tests.benchmarks.crowd import Crowd
from tests.benchmarks.files import BEFORE, Files
from tests.benchmarks.results import MANY, Result, alone, in_turn, seconds
from tests.benchmarks.service import Caller, Service, peak_memory

ROUNDS = 3
COLUMNS = ("name", "email", "state_id", "district", "school", "block", "mobile")
FRONTIER = "frontier-of-this-form"


def measure_check(world: Files, size: int) -> Result:
    caller = Caller(world.service, world.crowd.secret)

    def ours(number: int) -> float:
        content = a_file(size, f"checked{number}")
        return seconds(lambda: upload(caller, content))

    mine, least = _measured(ours, world, size)
    return Result("check people", world.database, size, mine, least, 0, peak_memory(world.web), bar_at=0)


def measure_processing(world: Files, size: int) -> Result:
    caller = Caller(world.service, world.crowd.secret)

    def ours(number: int) -> float:
        path = f"/api/v1/uploads/{upload(caller, a_file(size, f'in{number}'))}"
        return seconds(lambda: processed(caller, path))

    mine, least = _measured(ours, world, size)
    return Result("import people", world.database, size, mine, least, 0, peak_memory(world.worker), bar_at=0)


def _measured(ours: Callable[[int], float], world: Files, size: int) -> tuple[float, float | None]:
    def floor(number: int) -> float:
        content = a_file(size, f"bare{number}")
        return seconds(lambda: bare(world.service, world.crowd, content))

    return alone(ours, 1) if size == MANY else in_turn(ours, floor, ROUNDS)


def a_file(size: int, name: str) -> bytes:
    """Of people who are not there yet, if there was no file of this name and size."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for each in range(size):
        who = f"{name}-{size}-{each:06}"
        place = ("North", f"Model School {each % 50}", f"Block {each % 20}", f"+91 98765 {each:06}")
        writer.writerow([f"Person {who}", f"person-{who}@crowd.test", f"IM-{who}", *place])
    return text.getvalue().encode()


def upload(caller: Caller, content: bytes) -> str:
    """Its ID, once it is checked."""
    parts = [
        f'--{FRONTIER}\r\nContent-Disposition: form-data; name="{name}"' for name in ("kind", "organisation", "file")
    ]
    kind, organisation, file = parts
    head = f'{kind}\r\n\r\npeople\r\n{organisation}\r\n\r\ncrowd{BEFORE}\r\n{file}; filename="people.csv"\r\n\r\n'
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
