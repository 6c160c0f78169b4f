"""Open edX's bulk enrolment: one call over HTTP, so many addresses into one course, before and after for each.

Floor: the same resolved and written by one SQL statement through the bare driver, into the same table.
"""

import json
import sqlite3
import uuid
from datetime import timedelta
from typing import Any

import psycopg

from domain import api_keys, courses, demo
from domain.people import find_by_email, rights_of
from models import Batch, Organisation, begin_writing, db, now
from tests.benchmarks.crowd import Crowd, Crowds
from tests.benchmarks.results import MANY, Result, alone, in_turn, seconds
from tests.benchmarks.service import Caller, Service, peak_memory
from tests.people import BY_NOBODY

BAR = 4.0
#: Rounds of ours alone where there are more than the bar is for.
ROUNDS_OF_MANY = 3


def measure(world: Crowds, size: int) -> Result:
    people = world.largest
    step = len(people.people) // size
    addresses = [f"teacher{number:05}@{people.organisation}.test" for number in range(1, size * step + 1, step)]
    caller, floor_of = Caller(world.service, a_platform_key()), Floor(world.service, addresses)

    def ours(number: int) -> float:
        key, _batch_id = a_course(people, f"ours{size}-{number}")
        return seconds(lambda: enrol(caller, addresses, key))

    def floor(number: int) -> float:
        _key, batch_id = a_course(people, f"floor{size}-{number}")
        return seconds(lambda: floor_of.enrol(batch_id))

    mine, bare = alone(ours, ROUNDS_OF_MANY) if size == MANY else in_turn(ours, floor)
    return Result("bulk_enroll", world.database, size, mine, bare, BAR, peak_memory(world.web))


def a_course(people: Crowd, run: str) -> tuple[str, uuid.UUID]:
    """A new one, by its key; and its open batch."""
    begin_writing()
    key = f"course-v1:crowd+{run}+2026"
    course = courses.create(db.session.get_one(Organisation, people.organisation_id), key=key, name=run)
    batch_id = db.session.scalars(db.select(Batch.id).where(Batch.course_id == course.id)).one()
    db.session.commit()
    return key, batch_id


def enrol(caller: Caller, addresses: list[str], course: str) -> None:
    body = json.dumps({"identifiers": ",".join(addresses), "courses": course, "action": "enroll"}).encode()
    results = json.loads(caller.send("POST", "/api/bulk_enroll/v1/bulk_enroll", body))["courses"][course]["results"]
    assert len(results) == len(addresses)
    assert results[-1]["after"]["enrollment"]


def a_platform_key() -> str:
    begin_writing()
    admin = find_by_email(demo.ACCOUNTS[0].email)
    assert admin is not None
    until = now().date() + timedelta(days=1)
    secret = api_keys.make(rights_of(admin), admin, None, "Benchmarks", until, BY_NOBODY).secret
    db.session.commit()
    return secret


class Floor:
    """One statement through the bare driver."""

    def __init__(self, service: Service, addresses: list[str]) -> None:
        self.is_sqlite = service.database_url.startswith("sqlite")
        self.payload = json.dumps(addresses)
        if self.is_sqlite:
            self.connection: Any = sqlite3.connect(service.database_url.removeprefix("sqlite:///"))
            self.connection.execute("PRAGMA synchronous=NORMAL")
        else:
            self.connection = psycopg.connect(service.database_url)

    def enrol(self, batch_id: uuid.UUID) -> None:
        columns = "INSERT INTO participants (batch_id, user_id, enrolled_at, enrolled_on, percent)"
        if self.is_sqlite:
            self.connection.execute(
                f"{columns} SELECT ?, users.id, '2026-01-01 00:00:00.000000', '2026-01-01', 0 "
                "FROM json_each(?) AS given CROSS JOIN users WHERE users.email_key = lower(given.value) "
                "ON CONFLICT DO NOTHING",
                (batch_id.hex, self.payload),
            )
        else:
            self.connection.execute(
                f"{columns} SELECT %s, users.id, now(), current_date, 0 "
                "FROM jsonb_array_elements_text(CAST(%s AS jsonb)) AS given(value) "
                "JOIN users ON users.email_key = lower(given.value) ON CONFLICT DO NOTHING",
                (batch_id, self.payload),
            )
        self.connection.commit()
