"""Adding participants by state ID, adding them again, removing them: one call each, an outcome for each identifier.

Floor: the same resolved and written by one SQL statement through the bare driver, into the same table.
"""

import json
import sqlite3
import uuid
from typing import Any

import psycopg

from tests.benchmarks.crowd import Crowd, Crowds, empty_batch
from tests.benchmarks.results import MANY, Result, alone, in_turn, seconds
from tests.benchmarks.service import Caller, Service, peak_memory

BAR = 3.0
METHODS = {"add": "POST", "remove": "DELETE"}
#: Rounds of ours alone where there are more than the bar is for.
ROUNDS_OF_MANY = 3


def measure_adding(world: Crowds, size: int) -> Result:
    return _measure("add participants", world, size, prepare=None, work="add")


def measure_adding_again(world: Crowds, size: int) -> Result:
    return _measure("add them again", world, size, prepare="add", work="add")


def measure_removing(world: Crowds, size: int) -> Result:
    return _measure("remove them", world, size, prepare="add", work="remove")


def _measure(name: str, world: Crowds, size: int, *, prepare: str | None, work: str) -> Result:
    people = world.largest
    step = len(people.people) // size
    identifiers = [f" pr-{number:05} " for number in range(1, size * step + 1, step)]
    body = json.dumps({"identifiers": identifiers}).encode()
    floor_of, caller = Floor(world.service, people, identifiers), Caller(world.service, people.secret)

    def call(kind: str, batch_id: uuid.UUID) -> None:
        caller.send(METHODS[kind], f"/api/v1/batches/{batch_id}/participants", body)

    def ours(number: int) -> float:
        batch_id = empty_batch(people, f"ours {number}")
        if prepare:
            call(prepare, batch_id)
        return seconds(lambda: call(work, batch_id))

    def floor(number: int) -> float:
        batch_id = empty_batch(people, f"floor {number}")
        if prepare:
            floor_of.add(batch_id)
        return seconds(lambda: (floor_of.remove if work == "remove" else floor_of.add)(batch_id))

    mine, bare = alone(ours, ROUNDS_OF_MANY) if size == MANY else in_turn(ours, floor)
    return Result(name, world.database, size, mine, bare, BAR, peak_memory(world.web))


class Floor:
    """One statement through the bare driver."""

    def __init__(self, service: Service, people: Crowd, identifiers: list[str]) -> None:
        self.is_sqlite = service.database_url.startswith("sqlite")
        self.organisation = people.organisation_id
        self.payload = json.dumps([identifier.strip() for identifier in identifiers])
        if self.is_sqlite:
            self.connection: Any = sqlite3.connect(service.database_url.removeprefix("sqlite:///"))
            self.connection.execute("PRAGMA synchronous=NORMAL")
        else:
            self.connection = psycopg.connect(service.database_url)

    def add(self, batch_id: uuid.UUID) -> None:
        columns = "INSERT INTO participants (batch_id, user_id, enrolled_at, enrolled_on, percent)"
        if self.is_sqlite:
            self._run(
                f"{columns} SELECT ?, users.id, '2026-01-01 00:00:00.000000', '2026-01-01', 0 "
                "FROM json_each(?) AS given CROSS JOIN users "
                "WHERE users.organisation_id = ? AND users.state_id_key = lower(given.value) ON CONFLICT DO NOTHING",
                (batch_id.hex, self.payload, self.organisation.hex),
            )
        else:
            self._run(
                f"{columns} SELECT %s, users.id, now(), current_date, 0 "
                "FROM jsonb_array_elements_text(CAST(%s AS jsonb)) AS given(value) "
                "JOIN users ON users.organisation_id = %s AND users.state_id_key = lower(given.value) "
                "ON CONFLICT DO NOTHING",
                (batch_id, self.payload, self.organisation),
            )

    def remove(self, batch_id: uuid.UUID) -> None:
        if self.is_sqlite:
            self._run(
                "UPDATE participants SET removed_at = '2026-01-02 00:00:00.000000' WHERE batch_id = ? AND user_id IN "
                "(SELECT users.id FROM json_each(?) AS given CROSS JOIN users "
                "WHERE users.organisation_id = ? AND users.state_id_key = lower(given.value))",
                (batch_id.hex, self.payload, self.organisation.hex),
            )
        else:
            self._run(
                "UPDATE participants SET removed_at = now() WHERE batch_id = %s AND user_id = ANY(ARRAY("
                "SELECT users.id FROM jsonb_array_elements_text(CAST(%s AS jsonb)) AS given(value) "
                "JOIN users ON users.organisation_id = %s AND users.state_id_key = lower(given.value)))",
                (batch_id, self.payload, self.organisation),
            )

    def _run(self, statement: str, values: tuple[Any, ...]) -> None:
        self.connection.execute(statement, values)
        self.connection.commit()
