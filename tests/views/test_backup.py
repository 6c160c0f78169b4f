"""A backup is taken while Muster is used, and is a database again."""

import os
import secrets
import shlex
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import create_engine, func, select, text

from domain.backup import dump_line
from models import User, db
from tests.conftest import make_app, new_database
from tests.people import an_organisation, teachers
from tests.views.test_commands import run, told

Back = Callable[[Path], Result]


@pytest.fixture
def back_up(app: Flask) -> Back:
    """Of a database with 300 people."""
    teachers(an_organisation("pradesh"), 300)
    db.session.commit()
    return lambda file: run(app, "backup", file)


def is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def test_a_backup_takes_the_place_of_a_lost_database(
    app: Flask, back_up: Back, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file = tmp_path / "monday.backup"
    result = back_up(file)
    restored = in_its_place(result, file) if is_sqlite() else by_postgresql_itself(result, file, request)
    assert file.stat().st_mode & 0o077 == 0
    with make_app(tmp_path / "elsewhere", DATABASE_URL=restored).app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 300
        assert db.session.execute(text("SELECT version_num FROM alembic_version")).all()
        db.session.remove()
        db.engine.dispose()


def in_its_place(result: Result, file: Path) -> str:
    """The address of the database that a copy has become."""
    assert result.exit_code == 0
    shutil.copy(file, file.with_name("muster.sqlite"))
    return f"sqlite:///{file.with_name('muster.sqlite')}"


def by_postgresql_itself(result: Result, file: Path, request: pytest.FixtureRequest) -> str:
    """The line that was said is run as it is, and what it has made is restored as the page *Deploying Muster* says."""
    code, out, err = told(result)
    assert (code, out, file.exists()) == (1, [], False)
    elsewhere = new_database("postgresql", f"restored_{secrets.token_hex(4)}", file.parent, request)
    its_own = request.getfixturevalue("postgresql").bin_path
    programs = {**os.environ, "PATH": f"{its_own}:{os.environ['PATH']}"}
    restore = shlex.join(["pg_restore", "--exit-on-error", "--no-owner", f"--dbname={elsewhere}", str(file)])
    subprocess.run(f"umask 077 && {err[-1]} && {restore}", shell=True, env=programs, check=True, timeout=60)
    return elsewhere


def test_the_line_for_postgresql_tells_no_password(tmp_path: Path) -> None:
    engine = create_engine("postgresql+psycopg://muster:secret@database/muster?sslmode=require")
    program, *options, database = shlex.split(dump_line(engine, tmp_path / "monday.backup"))
    assert (program, options) == ("pg_dump", ["--format=custom", f"--file={tmp_path}/monday.backup"])
    assert database == "postgresql://muster@database/muster?sslmode=require"


def test_a_backup_overwrites_nothing(app: Flask, back_up: Back, tmp_path: Path) -> None:
    file = tmp_path / "monday.sqlite"
    file.write_text("precious")
    assert back_up(file).exit_code == 1
    assert file.read_text() == "precious"
    assert {one.name for one in tmp_path.iterdir() if "monday" in one.name} == {"monday.sqlite"}


def test_a_folder_that_is_not_there_gets_a_sentence(app: Flask, back_up: Back, tmp_path: Path) -> None:
    result = back_up(tmp_path / "nowhere" / "monday.sqlite")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")


def test_a_backup_is_of_one_moment_while_others_write(app: Flask, back_up: Back, tmp_path: Path) -> None:
    """Each transaction makes two people: the copy has both of each, or neither."""
    if not is_sqlite():
        pytest.skip("pg_dump does it")
    database, stop = (
        sqlite3.connect(db.engine.url.database or "", check_same_thread=False, timeout=20),
        threading.Event(),
    )
    database.execute("CREATE TABLE pairs (number INTEGER)")

    def write() -> None:
        number = 0
        while not stop.is_set():
            with database:
                database.executemany("INSERT INTO pairs VALUES (?)", [(number,), (number,)])
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            assert back_up(tmp_path / f"{number}.sqlite").exit_code == 0
    finally:
        stop.set()
        writer.join()
        database.execute("DROP TABLE pairs")
        database.close()
    for number in range(3):
        copy = sqlite3.connect(tmp_path / f"{number}.sqlite")
        assert copy.execute("SELECT number FROM pairs GROUP BY number HAVING count(*) <> 2").fetchall() == []
        copy.close()
