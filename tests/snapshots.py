"""What a database holds, kept, and put back at one blow, however much has come and gone since."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from models import db

#: Rows from which on it matters how a table is read.
LARGE = 1_000


def kept_as(name: str) -> Callable[[], None]:
    """Keep what all tables hold now. Called, the answer puts it back."""
    return _pages() if db.engine.dialect.name == "sqlite" else _tables(name)


def _pages() -> Callable[[], None]:
    """SQLite: the file, page by page."""
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    with _driver() as driver:
        driver.backup(kept)

    def put_back() -> None:
        with _driver() as driver:
            kept.backup(driver)

    return put_back


def _tables(name: str) -> Callable[[], None]:
    """PostgreSQL: tables in a schema of their own. Rows go and come back without asking of each who refers to it, nor
    the guard of the audit log. Of tables that come back large it is told: it may have looked while they were empty, and
    then reads one of them through for each row of another.
    """
    tables = [table.name for table in db.metadata.sorted_tables]
    with _driver() as driver:
        filled = [table for table in tables if driver.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()]
        driver.execute(f"CREATE SCHEMA {name}")
        rows = {table: driver.execute(f"CREATE TABLE {name}.{table} AS TABLE {table}").rowcount for table in filled}
    statements = [
        "SET LOCAL session_replication_role = replica",
        *(f"DELETE FROM {table}" for table in tables),
        *(f"INSERT INTO {table} SELECT * FROM {name}.{table}" for table in filled),
        *(f"ANALYZE {table}" for table in filled if rows[table] > LARGE),
    ]

    def put_back() -> None:
        with _driver() as driver:
            driver.execute("; ".join(statements))

    return put_back


@contextmanager
def _driver() -> Iterator[Any]:
    """A connection as the driver knows it; what was done is committed."""
    with closing(db.engine.raw_connection()) as connection:
        yield connection.driver_connection
        connection.commit()
