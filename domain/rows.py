"""Many rows inserted into a table, or changed in it each in its own way, in one statement with one parameter."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Column, Table, text

from models import db
from models.base import Model, as_json


def insert_rows(table: type[Model] | Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the same columns: those that have a default in Python, too.

    On PostgreSQL that takes a fraction of the time of an `insert` with a list of rows.
    """
    if rows:
        columns = _columns(table, rows)
        db.session.execute(text(_INSERTS[_dialect()](columns)), {"rows": _as_json(columns, rows)})


def insert_new_rows(model: type[Any], rows: Sequence[Mapping[str, Any]]) -> set[uuid.UUID]:
    """The same, without the rows that a unique constraint knows already. Answers the IDs of those that are new."""
    if not rows:
        return set()
    columns = _columns(model, rows)
    # "WHERE true": SQLite would take the conflict for a join's (sqlite.org/lang_upsert.html, 2.2).
    words = f"{_INSERTS[_dialect()](columns)} WHERE true ON CONFLICT DO NOTHING RETURNING id"
    return {*db.session.scalars(text(words).columns(model.id), {"rows": _as_json(columns, rows)})}


def update_rows(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Give rows of a table new values. Each of `rows` has the primary key, and all have the same columns.

    One statement with one parameter, however many rows there are. Objects that were loaded before know nothing of it.
    """
    if rows:
        columns = _columns(model, rows)
        db.session.execute(text(_STATEMENTS[_dialect()](columns)), {"rows": _as_json(columns, rows)})


def _columns(table: type[Model] | Table, rows: Sequence[Mapping[str, Any]]) -> list[Column[Any]]:
    found = table if isinstance(table, Table) else cast(Table, table.__table__)
    return [found.c[name] for name in rows[0]]


def _dialect() -> str:
    return db.engine.dialect.name


def _as_json(columns: Sequence[Column[Any]], rows: Sequence[Mapping[str, Any]]) -> str:
    """Values as the driver would be given them; where it would be given objects, as the database reads them."""
    stored = {
        column.key: column.type.dialect_impl(db.engine.dialect).bind_processor(db.engine.dialect) for column in columns
    }
    told = [
        {name: process(value) if (process := stored[name]) else value for name, value in row.items()} for row in rows
    ]
    return as_json(told)


def _insert_on_sqlite(columns: Sequence[Column[Any]]) -> str:
    told = ", ".join(f"json_extract(told.value, '$.{column.name}')" for column in columns)
    return f"INSERT INTO {_target(columns)} SELECT {told} FROM json_each(:rows) AS told"


def _insert_on_postgresql(columns: Sequence[Column[Any]]) -> str:
    types = ", ".join(f'"{column.name}" {column.type.compile(db.engine.dialect)}' for column in columns)
    return f"INSERT INTO {_target(columns)} SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS told({types})"


_INSERTS = {"sqlite": _insert_on_sqlite, "postgresql": _insert_on_postgresql}


def _target(columns: Sequence[Column[Any]]) -> str:
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"{columns[0].table.name} ({names})"


def _on_sqlite(columns: Sequence[Column[Any]]) -> str:
    told = {column.name: f"json_extract(told.value, '$.{column.name}')" for column in columns}
    table, keys, values = _parts(columns)
    return (
        f"UPDATE {table} SET {', '.join(f'{name} = {told[name]}' for name in values)} FROM json_each(:rows) AS told "
        f"WHERE {' AND '.join(f'{table}.{name} = {told[name]}' for name in keys)}"
    )


def _on_postgresql(columns: Sequence[Column[Any]]) -> str:
    """The rows are materialised, so that the planner, which knows little of a table that has just been filled, does
    not compare every row with every row."""
    types = ", ".join(f"{column.name} {column.type.compile(db.engine.dialect)}" for column in columns)
    table, keys, values = _parts(columns)
    return (
        f"WITH told AS MATERIALIZED (SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS told({types})) "
        f"UPDATE {table} SET {', '.join(f'{name} = told.{name}' for name in values)} FROM told "
        f"WHERE {' AND '.join(f'{table}.{name} = told.{name}' for name in keys)}"
    )


_STATEMENTS = {"sqlite": _on_sqlite, "postgresql": _on_postgresql}


def _parts(columns: Sequence[Column[Any]]) -> tuple[str, list[str], list[str]]:
    """The table's name; the names of its key; those of the columns that get new values."""
    keys = [column.name for column in columns if column.primary_key]
    return columns[0].table.name, keys, [column.name for column in columns if not column.primary_key]
