"""The database handle, the column types every table shares, and how each database begins."""

import os
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from pydantic_core import to_json
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    Select,
    String,
    Text,
    TypeDecorator,
    Uuid,
    any_,
    bindparam,
    cast,
    column,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session, mapped_column
from sqlalchemy.types import UserDefinedType


class Base(DeclarativeBase):
    #: Constraints carry names, so that a migration can find them on either database.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)
migrate = Migrate(db=db, directory=str(Path(__file__).parent / "migrations"))

if TYPE_CHECKING:

    class Model(Base):
        __abstract__ = True

else:
    Model = db.Model


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562, 6.2, method 3): random, in the order of making, which keeps indexes compact."""
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = nanoseconds * 4096 // 1_000_000
    chance = int.from_bytes(os.urandom(8)) >> 2
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | chance)


def key_of(text: str) -> str:
    """The form in which e-mail addresses, user names and short names are compared."""
    return text.strip().casefold()


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC. SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


def choice(values: type[StrEnum], name: str) -> Enum:
    """A column of a few words, held to them by a check constraint."""
    return Enum(
        values,
        name=name,
        native_enum=False,
        create_constraint=True,
        values_callable=lambda members: [member.value for member in members],
        length=20,
    )


PrimaryKey = Annotated[uuid.UUID, mapped_column(primary_key=True, default=new_id)]
Name = Annotated[str, mapped_column(String(255))]
Words = Annotated[str, mapped_column(Text)]
Moment = Annotated[datetime, mapped_column(UtcDateTime)]
CreatedAt = Annotated[datetime, mapped_column(UtcDateTime, default=now)]


def as_json(values: object) -> str:
    """Times, days and UUIDs in their standard notations. In a quarter of the time that Python's own writer takes."""
    return to_json(values).decode()


class _Array(UserDefinedType[str]):
    """An array of PostgreSQL in its own notation: to the driver a text, whose items it need not look at."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self, item: str) -> None:
        self.item = item

    def get_col_spec(self, **_compiling: Any) -> str:
        return f"{self.item}[]"


def _array(item: str, values: Iterable[str | uuid.UUID]) -> BindParameter[str]:
    """Each in quotes. What parts them meanwhile is in no text of PostgreSQL."""
    items = [*map(str, values)]
    together = "\0".join(items)
    if together.count("\0") >= max(len(items), 1):
        raise ValueError("no text of PostgreSQL has a NUL in it")
    quoted = together.replace("\\", "\\\\").replace('"', '\\"').replace("\0", '","')
    return bindparam(None, f'{{"{quoted}"}}' if items else "{}", _Array(item))


def texts(values: Iterable[str]) -> Select[Any]:
    """A query for the texts, as a column `value`: one parameter, however many there are.

    On PostgreSQL an array, for then their number is known when the query is planned.
    """
    value = column("value", Text)
    if db.engine.dialect.name == "postgresql":
        table = func.unnest(_array("TEXT", values)).table_valued(value).render_derived()
    else:
        table = func.json_each(bindparam(None, as_json([*values]), Text)).table_valued(value)
    return select(table.c.value)


def among(
    one_of: ColumnElement[Any] | InstrumentedAttribute[Any], values: Iterable[str | uuid.UUID]
) -> ColumnElement[bool]:
    """`one_of IN values` for any number of texts or UUIDs (a parameter each would end at 32,766 of them).

    On PostgreSQL an array: it looks each of them up in an index, whatever it believes of the table, but considers each
    of them first. Where its beliefs may be trusted, `one_of.in_(texts(values))` spares it that.
    """
    if db.engine.dialect.name == "postgresql":
        return one_of == any_(_array("UUID" if isinstance(one_of.type, Uuid) else "TEXT", values))
    query = texts(value.hex if isinstance(value, uuid.UUID) else value for value in values)
    return one_of.in_(query.with_only_columns(cast(query.selected_columns.value, one_of.type)))


def insert_new(table: Any) -> Any:
    """An INSERT that leaves out the rows which a unique constraint knows already."""
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    return dialect.insert(table).on_conflict_do_nothing()


def insert_or_add(table: Any, column: str) -> Any:
    """An INSERT that adds to the number in `column` where the row's primary key is there already."""
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    added = table.__table__.c[column] + statement.excluded[column]
    return statement.on_conflict_do_update(index_elements=[*table.__table__.primary_key], set_={column: added})


def count_up_to(query: Any, most: int) -> int:
    """How many rows there are, counted no further than `most`: the cost does not grow with the table."""
    rows = query.with_only_columns(literal(1).label("one"), maintain_column_froms=True).limit(most).subquery()
    return db.session.scalar(select(func.count()).select_from(rows)) or 0


def begin_writing(*, waits: bool = True) -> None:
    """Begin this session's transaction as a writer.

    SQLite lets one write at a time, and refuses at once a reader that turns writer after another has
    written. Who is going to write therefore says so first, and waits its turn, or without `waits` gets an
    `OperationalError` where it is another's. PostgreSQL needs nothing.
    """
    db.session.connection(execution_options={"sqlite_begin": "IMMEDIATE", "sqlite_waits": waits})


def roll_back() -> None:
    """End this session's transaction. Where its connection has broken, or breaks at that, it is thrown away: what was
    not committed is undone either way.
    """
    try:
        db.session.rollback()
    except DBAPIError:
        db.session().invalidate()


def close_session(_fault: BaseException | None = None) -> None:
    """Close this session, whatever has become of its connection: what was committed is done, and may be answered.

    What it has loaded stays as it was: files are written after the request has ended.
    """
    try:
        db.session.close()
    except DBAPIError:
        db.session().invalidate()


#: How long SQLite waits for whoever is writing, in milliseconds; and not at all.
PATIENT, IMPATIENT = "busy_timeout=20000", "busy_timeout=0"


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None  # the "begin" below is ours, not the driver's
        for pragma in ("journal_mode=WAL", PATIENT, "foreign_keys=ON", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
    else:  # in another zone psycopg cannot read the last hours of the year 9999
        connection.execute("SET TIME ZONE 'UTC'")
        connection.commit()


@event.listens_for(Engine, "begin")
def _begin_on_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if connection.dialect.name == "sqlite" and options.get("isolation_level") != "AUTOCOMMIT":
        begin = f"BEGIN {options.get('sqlite_begin', 'DEFERRED')}"
        if options.get("sqlite_waits", True):
            connection.exec_driver_sql(begin)
        else:
            _begin_at_once(connection, begin)


def _begin_at_once(connection: Connection, begin: str) -> None:
    connection.exec_driver_sql(f"PRAGMA {IMPATIENT}")
    try:
        connection.exec_driver_sql(begin)
    finally:
        connection.exec_driver_sql(f"PRAGMA {PATIENT}")


def leave_work() -> None:
    """Say that this transaction, once committed, leaves work for the worker."""
    db.session.info["work_left"] = True


def take_left_work(session: Session) -> bool:
    return bool(session.info.pop("work_left", False))
