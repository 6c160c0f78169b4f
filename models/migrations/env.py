"""Migrations, on SQLite and PostgreSQL alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from flask import current_app

from models.base import UtcDateTime
from models.migrations.locks import waiting_a_little_for_locks

db = current_app.extensions["migrate"].db


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Migrations stand by themselves: they name no type of ours, which may change after them."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


@contextmanager
def without_foreign_keys(connection: Any) -> Iterator[None]:
    """SQLite changes a table by making it anew. With foreign keys on, what refers to it would go with the old one.

    The switch takes effect outside transactions only, so it is the driver that is told.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    yield
    connection.rollback()
    driver.execute("PRAGMA foreign_keys=ON")


with (
    db.engine.connect() as connection,
    without_foreign_keys(connection),
    waiting_a_little_for_locks(connection),
):
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_item=render_item,
        render_as_batch=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
