"""The people of an organisation: searched, narrowed and sorted, a page at a time; and all of them as a file."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Result,
    Select,
    Text,
    TextClause,
    case,
    cast,
    or_,
    select,
    union,
)

from domain import keyset
from domain.days import today_in
from domain.keyset import Mark, Order, Read, Start, mark_of, slice_after, slice_of
from domain.paging import MOST_COUNTED
from domain.participants import as_user_id
from domain.people_sheet import COLUMNS
from models import Identity, Organisation, User, db, key_of
from models.base import among, count_up_to
from models.searching import rows_with

#: Longer words are nobody's name.
_LONGEST_WORDS = 200
#: Rows that are fetched, and written, at once.
_ROWS = 1_000


class Account(StrEnum):
    """What the list can be narrowed to."""

    OPEN = "open"
    DEACTIVATED = "deactivated"


class SortBy(StrEnum):
    NAME = "name"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people, in which order."""

    #: What their name, state ID or e-mail address contains; or all of one of these. Empty: anything.
    words: str = ""
    #: Empty: whatever it is.
    account: Account | None = None
    sort: SortBy = SortBy.NAME

    @property
    def key(self) -> str:
        return " ".join(key_of(self.words).split())[:_LONGEST_WORDS]


class Row(NamedTuple):
    """A person, as the list shows them."""

    id: uuid.UUID
    #: What the list is sorted by.
    place: Any
    name: str
    user_name: str
    email: str
    state_id: str | None
    district: str | None
    school: str | None
    block: str | None
    mobile: str | None
    is_active: bool
    #: See `can_sign_in`.
    can_sign_in: bool


class Page(NamedTuple):
    items: Sequence[Row]
    before: Mark | None
    after: Mark | None


class Counts(NamedTuple):
    """How many people there are; empty where there are more than are counted."""

    everybody: int | None
    deactivated: int | None

    @property
    def open(self) -> int | None:
        return None if self.everybody is None or self.deactivated is None else self.everybody - self.deactivated

    def of(self, account: Account | None) -> int | None:
        return {None: self.everybody, Account.OPEN: self.open, Account.DEACTIVATED: self.deactivated}[account]


def page_of(organisation: Organisation, wanted: Wanted, start: Start, size: int) -> Page:
    found = slice_of(_listed(organisation, wanted), _ORDERS[wanted.sort], start, size, _reader(organisation, wanted))
    return Page([*map(Row._make, found.items)], found.before, found.after)


def page_after(
    organisation: Organisation, wanted: Wanted, mark: Mark | None, size: int
) -> tuple[Sequence[Row], Mark | None]:
    """For a program: those beyond the mark, or the first ones; and the mark beyond which there are more."""
    found = slice_after(_listed(organisation, wanted), _ORDERS[wanted.sort], mark, size, _reader(organisation, wanted))
    return [*map(Row._make, found.items)], found.after


def row_of(user_id: uuid.UUID) -> Row:
    query = select(*_columns(User.id)).where(User.id == user_id)
    return Row._make(db.session.execute(query).one())


def mark_in(wanted: Wanted, text: str) -> Mark | None:
    """The mark in a list so sorted that `Mark.as_text` wrote; none where it is something else."""
    return mark_of(text, _KINDS[wanted.sort])


def start_of(wanted: Wanted, *, after: str = "", before: str = "", at: str = "") -> Start:
    """Where the page begins, by what its address says of it."""
    return keyset.start_of(_KINDS[wanted.sort], after=after, before=before, at=at)


def counts_of(organisation: Organisation) -> Counts:
    """Of the whole list. The cost does not grow with it."""
    return Counts(_count(_is_of(organisation)), _count(_is_of(organisation), User.is_closed))


def can_sign_in() -> ColumnElement[bool]:
    """By a password, or through a provider that vouches for them."""
    an_identity = select(Identity.id).where(Identity.user_id == User.id).limit(1).scalar_subquery()
    return or_(User.password_hash.is_not(None), an_identity.is_not(None))


_ORDERS = {SortBy.NAME: Order(User.name, User.id), SortBy.NEWEST: Order(User.id, User.id, descending=True)}
#: Of what the list is sorted by, in Python.
_KINDS: dict[SortBy, type] = {SortBy.NAME: str, SortBy.NEWEST: uuid.UUID}


def _count(*which: ColumnElement[bool] | TextClause) -> int | None:
    counted = count_up_to(select(User.id).where(*which), MOST_COUNTED + 1)
    return None if counted > MOST_COUNTED else counted


def _listed(organisation: Organisation, wanted: Wanted) -> Select[Any]:
    """Without what the words are looked for by: see `_reader`."""
    query = select(*_columns(_ORDERS[wanted.sort].value)).where(_is_of(organisation))
    return (
        query.where(User.is_active if wanted.account is Account.OPEN else User.is_closed) if wanted.account else query
    )


def _reader(organisation: Organisation, wanted: Wanted) -> Read:
    """What the words name exactly is found by its index, and then nobody else is looked for."""
    named = _named(organisation, wanted.key) if wanted.key else []

    def read(query: Select[Any], most: int) -> Sequence[Any]:
        if wanted.key and not named:
            return rows_with(wanted.key, User.search_text, query, most, User.id)
        query = query.where(User.id.in_(named)) if named else query
        return db.session.execute(query.limit(most)).all()

    return read


def _columns(place: Any) -> list[Any]:
    return [
        User.id,
        place.label("place"),
        User.name,
        User.user_name,
        User.email,
        User.state_id,
        User.district,
        User.school,
        User.block,
        User.mobile,
        User.is_active,
        can_sign_in(),
    ]


def _is_of(organisation: Organisation) -> ColumnElement[bool]:
    return User.organisation_id == organisation.id


def _named(organisation: Organisation, key: str) -> Sequence[uuid.UUID]:
    """Who has this state ID, address, user name or user ID: each by its own index."""
    keys = [User.state_id_key == key, User.email_key == key, User.user_name_key == key]
    if user_id := as_user_id(key):
        keys.append(User.id == user_id)
    return db.session.scalars(union(*(select(User.id).where(_is_of(organisation), which) for which in keys))).all()


# Whom programs mean.


def find(organisation: Organisation, identifiers: Iterable[str]) -> dict[str, uuid.UUID]:
    """The people whom the identifiers name, by `key_of` each: user IDs and state IDs, looked up in this order."""
    keys = {key for key in map(key_of, identifiers) if key and "\0" not in key}  # no database takes one
    ids = {key: user_id for key in keys if (user_id := as_user_id(key))}
    ours = {*db.session.scalars(select(User.id).where(_is_of(organisation), among(User.id, ids.values())))}
    found = {key: user_id for key, user_id in ids.items() if user_id in ours}
    by_state_id = among(User.state_id_key, keys - found.keys())
    for key, user_id in db.session.execute(select(User.state_id_key, User.id).where(_is_of(organisation), by_state_id)):
        found[key or ""] = user_id
    return found


# All of them, as a file.

#: What can be brought back is called as `domain.people_sheet` calls it.
HEADER = (*(column.name for column in COLUMNS), "user_id", "account")


def file_name(organisation: Organisation) -> str:
    return f"people-{organisation.short_name}-{today_in(organisation.time_zone).isoformat()}.csv"


def file_of(organisation: Organisation) -> Iterator[Sequence[object]]:
    """The header, and a row for everybody, in the order in which they came.

    The query is run at once, so that it fails before anything of the file is sent; its rows are fetched as they are
    taken, some at a time, however many there are.
    """
    columns: list[Any] = [getattr(User, column.name) for column in COLUMNS]
    account = case((User.is_active, Account.OPEN.value), else_=Account.DEACTIVATED.value)
    query = select(*columns, cast(User.id, Text), account).where(_is_of(organisation)).order_by(User.id)
    connection = db.engine.connect()  # of its own: the session ends when the answer begins
    return _lines(connection, connection.execute(query, execution_options={"yield_per": _ROWS}))


def _lines(connection: Connection, rows: Result[Any]) -> Iterator[Sequence[object]]:
    with connection:
        yield HEADER
        for some in rows.partitions():
            yield from map(_line, some)


def _line(row: Any) -> Sequence[object]:
    *told, user_id, account = row
    return *told, uuid.UUID(user_id), account
