"""`python -m tests.benchmarks.million DATABASE_URL [--people N]`: a million people in one organisation, on PostgreSQL.

Fills an empty database: the demo world without its teachers, and in its Pradesh so many people, ten enrolments for each
of them, a batch for every fifty, and what such an organisation leaves behind (`million.sql`). All of it is as the
application writes it, and each time the same.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import Connection

from app import create_app
from domain import demo
from models import db

MILLION = 1_000_000
SCRIPT = Path(__file__).with_suffix(".sql")


def fill(people: int, tell: Callable[[str], object] = str) -> None:
    """For an application's context, with a database that is migrated and empty. The role must be a superuser."""
    demo.fill(current_app.extensions["password_hasher"], teachers=False)
    db.session.commit()
    script = SCRIPT.read_text().replace(":people", str(people)).replace(":batches", str(max(people // 50, 25)))
    with db.engine.begin() as connection, _unwatched(connection), _without_indexes(connection):
        for statement in script.removesuffix(";\n").split(";\n\n"):
            begun = time.perf_counter()
            connection.exec_driver_sql(statement.replace("%", "%%"))
            tell(f"{time.perf_counter() - begun:8.1f} s  {_title(statement)}")
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _title(statement: str) -> str:
    return next(line for line in statement.strip().splitlines() if not line.startswith("--"))[:80]


@contextmanager
def _unwatched(connection: Connection) -> Iterator[None]:
    """Without asking for each row whether what it refers to is there."""
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
    connection.exec_driver_sql("SET LOCAL work_mem = '256MB'")
    yield


@contextmanager
def _without_indexes(connection: Connection) -> Iterator[None]:
    """But for those of constraints. The others are made anew at the end, which is faster than row by row."""
    names = (
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND NOT EXISTS "
        "(SELECT 1 FROM pg_constraint WHERE conname = indexname)"
    )
    indexes = connection.exec_driver_sql(names).all()
    for name, _definition in indexes:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    for _name, definition in indexes:
        connection.exec_driver_sql(definition)


def main() -> int:
    parser = argparse.ArgumentParser(prog="million")
    parser.add_argument("database_url")
    parser.add_argument("--people", type=int, default=MILLION)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"INSTANCE_PATH": folder, "SECRET_KEY": "a million", "DATABASE_URL": arguments.database_url})
        with app.app_context():
            upgrade()
            fill(arguments.people, lambda told: print(told, file=sys.stderr))
    return 0


if __name__ == "__main__":
    sys.exit(main())
