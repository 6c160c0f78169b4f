"""A backup is taken while Muster is used, and is a database again."""

import shlex
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, make_url, select, text

from models import User, db
from tests.conftest import make_app
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


def test_a_backup_takes_the_place_of_a_lost_database(app: Flask, back_up: Back, tmp_path: Path) -> None:
    file = tmp_path / "monday.sqlite"
    result = back_up(file)
    if not is_sqlite():
        code, out, err = told(result)
        assert (code, out, file.exists()) == (1, [], False)
        program, *options, database = shlex.split(err[-1])
        assert (program, options) == ("pg_dump", ["--format=custom", f"--file={file}"])
        named, ours = make_url(database), db.engine.url
        assert (named.database, named.query, named.password) == (ours.database, ours.query, None)
        return
    assert result.exit_code == 0
    assert file.stat().st_mode & 0o077 == 0
    elsewhere = tmp_path / "restored"
    elsewhere.mkdir()
    shutil.copy(file, elsewhere / "muster.sqlite")
    restored = make_app(elsewhere, DATABASE_URL=f"sqlite:///{elsewhere}/muster.sqlite")
    with restored.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 300
        assert db.session.execute(text("SELECT version_num FROM alembic_version")).all()
        db.session.remove()
        db.engine.dispose()


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
