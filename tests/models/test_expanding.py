"""Old code goes on working on the tables of the next revision (models/migrations/README.md). Up to 0005 none had to."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Engine, Inspector, column, create_engine, insert, inspect, table, text
from sqlalchemy.exc import DBAPIError

from domain import demo
from models import db
from tests.conftest import CHEAP, ON_BOTH, make_app, new_database, rows_of

FIRST = "0005"
MIGRATIONS = Path(__file__).parents[2] / "models" / "migrations"
#: Each revision after the first, with the one before it.
STEPS = [
    pytest.param(script.down_revision, script.revision, id=script.revision)
    for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions(FIRST, "head")
    if script.revision != FIRST
]

#: What a later revision asks of tables that were there before it, and why what old code writes fulfils it.
SAID = {
    "ck_uploads_gone_when_over": "old code never fills gone_at, and changes no upload that is over",
    "ck_uploads_emptied_when_gone": "old code never fills emptied_at",
}

Rows = list[tuple[Any, list[dict[str, Any]]]]


@pytest.fixture(scope="module")
def demo_rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The demo world as plain rows: what code writes."""
    folder = tmp_path_factory.mktemp("demo")
    app = make_app(folder, DATABASE_URL=f"sqlite:///{folder}/demo.sqlite")
    with app.app_context():
        upgrade()
        demo.fill(CHEAP, teachers=False)
        db.session.flush()
        rows = [(one, rows_of(one)) for one in db.metadata.sorted_tables]
        db.session.remove()
        db.engine.dispose()
    return rows


@pytest.fixture(params=ON_BOTH)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    name = tmp_path.name.replace("[", "_").replace("]", "")
    app = make_app(tmp_path, DATABASE_URL=new_database(request.param, name, tmp_path, request))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


Columns = dict[str, dict[str, Any]]


def columns_by_table() -> dict[str, Columns]:
    look = inspect(db.engine)
    return {name: {one["name"]: one for one in look.get_columns(name)} for name in look.get_table_names()}


def demands(name: str) -> set[tuple[str, str]]:
    """Everything that a row of the table has to fulfil: its name, and what it says."""
    look: Inspector = inspect(db.engine)
    found: list[Any] = [*look.get_check_constraints(name), *look.get_foreign_keys(name)]
    found += [*look.get_unique_constraints(name), *(one for one in look.get_indexes(name) if one["unique"])]
    return {(str(one["name"]), json.dumps(one, default=str, sort_keys=True)) for one in found}


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_what_old_code_relies_on_is_there_after_the_next_revision(empty: Flask, before: str, after: str) -> None:
    upgrade(revision=before)
    old = columns_by_table()
    demanded = {name: demands(name) for name in old}
    upgrade(revision=after)
    new = columns_by_table()
    assert set(old) <= set(new)
    for name in old:
        assert_columns_go_on_working(old[name], new[name])
        assert {one for one, _what in demands(name) - demanded[name]} <= set(SAID)


def assert_columns_go_on_working(old: Columns, new: Columns) -> None:
    assert set(old) <= set(new)
    for name, was in old.items():
        assert str(new[name]["type"]) == str(was["type"]), name
        assert new[name]["nullable"] >= was["nullable"], name
    for name in set(new) - set(old):
        assert new[name]["nullable"] or new[name]["default"] is not None, name


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_what_old_code_writes_is_taken_after_the_next_revision(
    empty: Flask, demo_rows: Rows, before: str, after: str
) -> None:
    upgrade(revision=before)
    known = columns_by_table()
    upgrade(revision=after)
    for target, rows in demo_rows:
        if rows and target.name in known:
            write_as_old_code(target, [*known[target.name]], rows)


def write_as_old_code(target: Any, names: list[str], rows: list[dict[str, Any]]) -> None:
    """Without the defaults of the models, which know the columns that have come since."""
    columns = [column(one.name, one.type) for one in target.columns if one.name in names]
    with db.engine.begin() as connection:
        connection.execute(
            insert(table(target.name, *columns)), [{one.name: row[one.name] for one in columns} for row in rows]
        )


@pytest.fixture
def busy_table(empty: Flask) -> Iterator[Engine]:
    """On PostgreSQL: somebody reads the uploads, and goes on and on. The last revision is still to come."""
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one lock, and who waits for it is as patient as all others")
    upgrade(revision=FIRST)
    engine = create_engine(db.engine.url)
    with engine.begin() as reader:
        reader.execute(text("SELECT 1 FROM uploads"))
        yield engine
    engine.dispose()


def test_a_migration_does_not_make_all_others_wait_behind_it(busy_table: Engine) -> None:
    with pytest.raises(DBAPIError, match="lock timeout"):
        upgrade(x_arg=["lock_timeout=50ms"])
    with busy_table.connect() as another:
        another.execute(text("SET lock_timeout = '1s'"))
        assert another.execute(text("SELECT count(*) FROM uploads")).scalar() == 0
        assert another.execute(text("SELECT version_num FROM alembic_version")).scalar() == FIRST


def test_an_index_whose_building_was_broken_off_is_built_anew(empty: Flask) -> None:
    """Of the same name, it would serve nobody."""
    upgrade(revision=FIRST)
    with db.engine.begin() as connection:
        connection.execute(text("CREATE INDEX ix_outbox_closed ON outbox (id)"))
    upgrade(revision="0006")
    [index] = [index for index in inspect(db.engine).get_indexes("outbox") if index["name"] == "ix_outbox_closed"]
    assert index["column_names"] == ["sent_at"]
