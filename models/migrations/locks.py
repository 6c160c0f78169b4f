"""How migrations wait for locks on PostgreSQL, so that nobody waits for them. SQLite has one lock, and is left be."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context, op
from sqlalchemy import text


@contextmanager
def waiting_a_little_for_locks(connection: Any) -> Iterator[None]:
    """On PostgreSQL a migration that waits for a table makes all wait who come after it, readers too: it gives up
    first, and has changed nothing. `flask db upgrade -x lock_timeout=60s` waits for longer.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    patience = context.get_x_argument(as_dictionary=True).get("lock_timeout", "5s")
    connection.execute(text("SELECT set_config('lock_timeout', :patience, false)"), {"patience": patience})
    connection.commit()
    try:
        yield
    finally:
        connection.invalidate()  # back in the pool it would be as impatient with everything


@contextmanager
def without_haste() -> Iterator[None]:
    """Outside a transaction, and for as long as it takes: whoever waits for these builds holds nobody up.

    What was done before it is committed.
    """
    if op.get_context().dialect.name != "postgresql":
        yield
        return
    with op.get_context().autocommit_block():
        patience = op.get_bind().scalar(text("SHOW lock_timeout"))
        op.execute("SET lock_timeout = 0")
        yield
        op.execute(f"SET lock_timeout = '{patience}'")
