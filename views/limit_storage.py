"""Where failed sign-ins and the like are counted: in a table beside the queue's, by all web processes together.

The library that counts, `limits`, knows Redis; of SQLite and PostgreSQL it learns here.
"""

import hashlib
import time
from functools import cached_property
from typing import Any

from limits.storage import Storage
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    case,
    create_engine,
    delete,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateTable

COUNTS = Table(
    "attempts",
    MetaData(),
    #: A hash: it is made of addresses.
    Column("key", String(64), primary_key=True),
    Column("count", Integer, nullable=False),
    #: In seconds since 1970; then it begins anew.
    Column("ends_at", Float, nullable=False),
)
#: Rows that are forgotten at once.
PORTION = 1_000
#: Seconds in which a storage on another machine has to answer: a page waits for it.
PATIENCE = 1
#: For a storage of whichever kind. Its faults are told apart from ours.
OPTIONS: dict[str, str | int] = {
    "wrap_exceptions": True,
    "socket_connect_timeout": PATIENCE,
    "socket_timeout": PATIENCE,
}


class SqlStorage(Storage):
    STORAGE_SCHEME: list[str] | None = ["sqlite", "postgresql+psycopg"]  # noqa: RUF012  # the library's

    def __init__(self, uri: str, **options: Any) -> None:
        super().__init__(uri, **options)
        self._uri = uri

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    @cached_property
    def engine(self) -> Engine:
        """Connected and with its table when it is needed first: the database may be away at the start."""
        is_sqlite = self._uri.startswith("sqlite")
        patience = {} if is_sqlite else {"connect_timeout": PATIENCE, "tcp_user_timeout": PATIENCE * 1000}
        engine = create_engine(self._uri, connect_args=patience, pool_pre_ping=True)
        with engine.begin() as connection:
            if not is_sqlite:  # which refuses all but one of those that make it at once
                connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(COUNTS.name))))
            connection.execute(CreateTable(COUNTS, if_not_exists=True))
        return engine

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Answers how many there are now, since the first one `expiry` seconds ago or less."""
        at = time.time()
        with self.engine.begin() as connection:
            _forget(connection, at)
        with self.engine.begin() as connection:
            return connection.scalar(_count(connection, _hash(key), amount, at, at + expiry)) or 0

    def get(self, key: str) -> int:
        return int(self._look_up(COUNTS.c.count, key) or 0)

    def get_expiry(self, key: str) -> float:
        return float(self._look_up(COUNTS.c.ends_at, key) or time.time())

    def check(self) -> bool:
        try:
            with self.engine.connect() as connection:
                connection.execute(select(1))
        except SQLAlchemyError:
            return False
        return True

    def reset(self) -> int:
        with self.engine.begin() as connection:
            return connection.execute(delete(COUNTS)).rowcount

    def clear(self, key: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(delete(COUNTS).where(COUNTS.c.key == _hash(key)))

    def _look_up(self, column: Column[Any], key: str) -> Any:
        with self.engine.connect() as connection:
            return connection.scalar(select(column).where(COUNTS.c.key == _hash(key), COUNTS.c.ends_at > time.time()))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _forget(connection: Connection, at: float) -> None:
    """Those that are over; what another process is at is left to it."""
    over = select(COUNTS.c.key).where(COUNTS.c.ends_at <= at).limit(PORTION).with_for_update(skip_locked=True)
    connection.execute(delete(COUNTS).where(COUNTS.c.key.in_(over)))


def _count(connection: Connection, key: str, amount: int, at: float, ends_at: float) -> Any:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    first = dialect.insert(COUNTS).values(key=key, count=amount, ends_at=ends_at)
    is_over = COUNTS.c.ends_at <= at
    return first.on_conflict_do_update(
        index_elements=[COUNTS.c.key],
        set_={
            "count": case((is_over, amount), else_=COUNTS.c.count + amount),
            "ends_at": case((is_over, ends_at), else_=COUNTS.c.ends_at),
        },
    ).returning(COUNTS.c.count)
