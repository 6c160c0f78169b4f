"""The migrations make, on both databases, what the models say; and unmake it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from models import db
from tests.conftest import ON_BOTH, make_app, new_database


@pytest.fixture(params=ON_BOTH)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application with a database in which nothing is yet."""
    name = tmp_path.name.replace("[", "_").replace("]", "")
    app = make_app(tmp_path, DATABASE_URL=new_database(request.param, name, tmp_path, request))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def told_by_the_database() -> dict[str, Any]:
    """Everything that stands in it, table by table, in an order of its own."""
    look = inspect(db.engine)
    asked = (
        look.get_columns,
        look.get_pk_constraint,
        look.get_foreign_keys,
        look.get_unique_constraints,
        look.get_check_constraints,
        look.get_indexes,
    )
    return {table: [in_order(ask(table)) for ask in asked] for table in sorted(tables())}


def in_order(facts: Any) -> list[str]:
    each = facts if isinstance(facts, list) else [facts]
    return sorted(json.dumps(fact, default=str, sort_keys=True) for fact in each)


def test_all_tables_come_with_upgrading_and_go_with_downgrading(empty: Flask) -> None:
    upgrade()
    assert tables() == set(db.metadata.tables)
    downgrade(revision="base")
    assert tables() == set()
    upgrade()
    assert tables() == set(db.metadata.tables)


def test_nothing_is_left_to_be_migrated(empty: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), db.metadata) == []


def test_a_migrated_database_is_the_one_that_the_models_describe(empty: Flask) -> None:
    upgrade()
    migrated = told_by_the_database()
    downgrade(revision="base")
    db.create_all()
    assert migrated == told_by_the_database()
