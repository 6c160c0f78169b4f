"""However many there are: on PostgreSQL no page, call or sweep reads a large table from end to end.

The walk is done with ten thousand people, and pages of tables cost a hundred times as much to read as they do: so the
database decides as it would among a million.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event, select, text

from domain import participants
from domain.account_deletion import delete_account
from domain.audit import By
from domain.people import find_by_email
from models import Batch, db
from models.audit import Through
from tests.benchmarks import million
from tests.conftest import make_app, new_database
from tests.walking import Visit, Visitors, sweeps, walk
from views.extensions import limiter

PEOPLE = 10_000
#: Tables of which there are as many even here.
LARGE = 1_000
#: Files of everything that an organisation, or the platform, has: they give all that they read.
GIVE_ALL = {"directory.download", "audit_log.organisation_file", "audit_log.platform_file"}


@pytest.fixture(scope="module")
def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("instance-large")
    app = make_app(folder, DATABASE_URL=new_database("postgresql", "large", folder, request), METRICS_TOKEN="known")
    with app.app_context():
        upgrade()
        million.fill(PEOPLE)
        with db.engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER DATABASE large SET seq_page_cost = {million.MILLION // PEOPLE}")
        db.engine.dispose()  # what is set is taken over with the next connection
        yield app
        db.session.remove()
        db.engine.dispose()


class Plans:
    """How the database does what is asked of it meanwhile."""

    def __init__(self) -> None:
        #: By name, how many rows they have.
        self._large: dict[str, float] = dict(db.session.execute(_LARGE_TABLES, {"large": LARGE}).all())
        self._partial = {*db.session.scalars(_PARTIAL_INDEXES)}
        self.doing = ""
        #: The steps of all plans.
        self.steps: list[dict[str, Any]] = []
        #: What reads a large table from end to end: while what was done, the table, the statement.
        self.found: list[tuple[str, str, str]] = []
        self._seen: set[tuple[str, str]] = set()

    def look(self, connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        """The same statement is planned alike, but for the words that it searches for."""
        values = values[0] if many else values
        known = statement, repr(values) if " LIKE " in statement else ""
        if known in self._seen or not statement.startswith(("SELECT", "WITH", "UPDATE", "DELETE", "INSERT")):
            return
        self._seen.add(known)
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN ({_how_to_explain(statement)}) {statement}", values)
        [told] = cursor.fetchone()
        self.steps += _steps(told[0]["Plan"])
        for scan in _scans(told[0]["Plan"], stops=False):
            table = scan["Relation Name"]
            if table not in self._large or scan.get("Index Name") in self._partial:
                continue
            if _has_no_condition(scan) or _rows_read(scan) > self._large[table] / 2:
                self.found.append((self.doing, table, statement))


_LARGE_TABLES = text("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND reltuples > :large")
#: Over few rows of a table, such as the letters that wait: these may be read from end to end.
_PARTIAL_INDEXES = text("SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indpred IS NOT NULL")


def _how_to_explain(statement: str) -> str:
    """What changes nothing is done once more, and counted."""
    changes = not statement.startswith(("SELECT", "WITH")) or " SET " in statement
    return "FORMAT JSON" if changes else "ANALYZE, TIMING OFF, FORMAT JSON"


def _steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for one in step.get("Plans", ()):
        yield from _steps(one)


#: What takes all of its rows before it gives the first.
_TAKE_ALL = {"Sort", "Aggregate", "Hash", "ModifyTable"}


def _scans(step: dict[str, Any], *, stops: bool) -> Iterator[dict[str, Any]]:
    """The steps of a plan that read a table. `stops`: not those of which who takes their rows may have enough."""
    stops = (stops and step["Node Type"] not in _TAKE_ALL) or step["Node Type"] == "Limit"
    if "Relation Name" in step and step["Node Type"].endswith("Scan") and not stops:
        yield step
    for one in step.get("Plans", ()):
        yield from _scans(one, stops=stops and one["Parent Relationship"] not in {"Inner", "InitPlan"})


def _has_no_condition(scan: dict[str, Any]) -> bool:
    """It reads from end to end, the table itself or an index."""
    return not {"Index Cond", "Recheck Cond", "TID Cond"} & scan.keys()


def _rows_read(scan: dict[str, Any]) -> float:
    """By a condition that most rows may fulfil; nothing where it was not counted."""
    rows = scan.get("Actual Rows", 0) + scan.get("Rows Removed by Filter", 0)
    return float(rows * scan.get("Actual Loops", 0))


@pytest.fixture
def plans(large: Flask) -> Iterator[Plans]:
    plans = Plans()
    db.session.rollback()
    event.listen(db.engine, "after_cursor_execute", plans.look)
    yield plans
    event.remove(db.engine, "after_cursor_execute", plans.look)


def test_no_page_and_no_call_reads_a_large_table_from_end_to_end(large: Flask, plans: Plans) -> None:
    visitors = Visitors(large)

    def visiting(visit: Visit) -> Any:
        limiter.reset()
        plans.doing = str(visit)
        answer = visitors.visit(visit)
        if visit.endpoint in GIVE_ALL:
            plans.found = [found for found in plans.found if found[0] != plans.doing]
        return answer

    walk(large, visiting)
    assert plans.found == []


def test_what_reads_a_large_table_from_end_to_end_is_found(plans: Plans) -> None:
    pradesh = "organisation_id = (SELECT id FROM organisations WHERE short_name = 'pradesh')"
    for found in (
        "SELECT id FROM users WHERE mobile = 'nobody has it'",
        "SELECT id FROM users WHERE email_key LIKE '%@nowhere.test' ORDER BY name LIMIT 5",
        f"SELECT id FROM users WHERE {pradesh} ORDER BY district LIMIT 5",
    ):
        db.session.execute(text(found))
        assert [table for _doing, table, _statement in plans.found] == ["users"], found
        plans.found.clear()
    db.session.execute(text(f"SELECT id FROM users WHERE {pradesh} ORDER BY name, id LIMIT 5"))
    assert plans.found == []


def test_people_are_looked_for_in_one_batch_and_not_in_all_that_they_have_been_in(plans: Plans) -> None:
    """Also where the database last looked when each had been in one."""
    db.session.execute(text("ALTER TABLE participants ALTER user_id SET (n_distinct = -1)"))
    db.session.execute(text("ANALYZE participants"))
    batch = db.session.scalars(select(Batch).where(Batch.participant_count > 0).limit(1)).one()
    found = participants.find(batch, [f"PR-{number:08}" for number in range(1, 2_001)])
    assert found
    looked_up = [step for step in plans.steps if step.get("Relation Name") == "participants"]
    assert looked_up
    assert [step["Filter"] for step in looked_up if "Filter" in step] == []
    db.session.rollback()


def test_no_account_is_deleted_by_reading_through_one(plans: Plans) -> None:
    user = find_by_email("teacher00000303@pradesh.test")
    assert user is not None
    delete_account(user, By(user.id, Through.PAGE))
    db.session.rollback()
    assert plans.found == []


#: Whoever waits for an account is compared with all who have one, in the order of addresses.
COMPARES = "enrol_who_was_left"
SWEEPS = [sweep for sweep in sweeps() if sweep.__name__ != COMPARES]


@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.__name__)
def test_no_sweep_does(plans: Plans, sweep: Callable[[], None]) -> None:
    plans.doing = sweep.__name__
    sweep()
    assert plans.found == []
