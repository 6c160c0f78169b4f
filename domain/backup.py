"""A copy of the whole database, taken while it is being used."""

import os
import shlex
import sqlite3
from pathlib import Path

from sqlalchemy import URL, Engine

from domain.errors import ConflictError
from domain.language import gettext as _


def back_up(engine: Engine, file: Path) -> None:
    """Copy the SQLite database into `file`, as it is at one moment; whoever reads or writes goes on meanwhile.

    The copy is whole or not there, is one file, and may be read by nobody but its owner. It becomes the database
    again by taking its place. Raises `ConflictError` where there is such a file already, and `OSError` or
    `sqlite3.Error` where it cannot be written.
    """
    if file.exists():
        raise ConflictError(_("%(file)s is there already: write into another file.", file=file))
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    part.touch(0o600)
    try:
        _copy(engine, part)
        os.link(part, file)  # which, unlike renaming, overwrites nothing
    except FileExistsError:
        raise ConflictError(_("%(file)s is there already: write into another file.", file=file)) from None
    finally:
        part.unlink(missing_ok=True)


def _copy(engine: Engine, file: Path) -> None:
    connection = engine.raw_connection()
    copy = sqlite3.connect(file)
    try:
        connection.driver_connection.backup(copy)  # type: ignore[union-attr]
        copy.execute("PRAGMA journal_mode=DELETE")  # without a second file beside it
        (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    finally:
        copy.close()
        connection.close()


def dump_line(engine: Engine, file: Path) -> str:
    """The command that copies a PostgreSQL database; it asks for the password, or reads it from `~/.pgpass`."""
    where = engine.url.set(drivername="postgresql")
    if where.password is not None:  # which stands on no command line, and in no log
        where = URL.create(where.drivername, where.username, None, where.host, where.port, where.database, where.query)
    return shlex.join(["pg_dump", "--format=custom", f"--file={file}", where.render_as_string()])
