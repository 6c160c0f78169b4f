"""Long lists that are sorted by whatever people like, a page at a time, without counting or skipping rows.

A page is asked for by the row that it begins after or ends before: the last page of a long list costs what the
first one does, and nothing is lost or shown twice where rows share a value or have none.
"""

import json
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, or_, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from models import db

Value = ColumnElement[Any] | InstrumentedAttribute[Any]

#: What every database can compare a number with.
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Order:
    """By a value, then by what no two rows share. Rows without a value come last, whichever the direction."""

    value: Value
    id: ColumnElement[uuid.UUID] | InstrumentedAttribute[uuid.UUID]
    descending: bool = False
    may_be_empty: bool = False

    def terms(self, *, backwards: bool = False) -> list[ColumnElement[Any]]:
        """For `order_by`. `backwards`: from the end."""
        down = self.descending is not backwards
        empty = self.value.is_(None)
        terms = [one.desc() if down else one.asc() for one in (self.value, self.id)]
        return [empty.desc() if backwards else empty.asc(), *terms] if self.may_be_empty else [*terms]

    def beyond(self, mark: "Mark", *, backwards: bool = False) -> ColumnElement[bool]:
        """For `where`: what comes after the mark; `backwards`: before it."""
        down = self.descending is not backwards
        here = literal(mark.id, self.id.type)
        if mark.value is None:
            among_empty = and_(self.value.is_(None), self.id < here if down else self.id > here)
            return or_(self.value.is_not(None), among_empty) if backwards else among_empty
        place, there = tuple_(self.value, self.id), tuple_(literal(mark.value, self.value.type), here)
        further = place < there if down else place > there
        return or_(further, self.value.is_(None)) if self.may_be_empty and not backwards else further


@dataclass(frozen=True, slots=True)
class Mark:
    """A row's place in a list: its value, and what no other row has."""

    value: Any
    id: uuid.UUID

    def as_text(self) -> str:
        """For an address."""
        value = self.value.isoformat() if isinstance(self.value, date) else self.value
        value = value.hex if isinstance(value, uuid.UUID) else value
        return urlsafe_b64encode(json.dumps([value, self.id.hex]).encode()).decode().rstrip("=")


def mark_of(text: str, kind: type) -> Mark | None:
    """The mark that `as_text` wrote; none where it is something else. `kind`: of its value."""
    try:
        value, hexadecimal = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return Mark(None if value is None else _value_of(value, kind), uuid.UUID(hexadecimal))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def _value_of(value: Any, kind: type) -> Any:
    """Raises an error for what no list has."""
    if issubclass(kind, datetime):
        return kind.fromisoformat(value).astimezone(UTC)
    if issubclass(kind, date):
        return kind.fromisoformat(value)
    if issubclass(kind, uuid.UUID):
        return kind(value)
    if type(value) is not kind:
        raise TypeError("another kind of value")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise ValueError("no database compares this")
    if isinstance(value, str) and "\0" in value.encode().decode():
        raise ValueError("no database takes this")  # nor half of a surrogate pair
    return value


@dataclass(frozen=True, slots=True)
class Start:
    """Where a page begins, or with `backwards` ends: beyond a mark, or without one at that end of the list."""

    mark: Mark | None = None
    backwards: bool = False


FIRST, LAST = Start(), Start(backwards=True)


def start_of(kind: type, *, after: str = "", before: str = "", at: str = "") -> Start:
    """Where the page begins, by what its address says of it: beyond a mark, or `at` the `last`; else at the first.
    `kind`: of the marks' values.
    """
    if mark := mark_of(after or before, kind):
        return Start(mark, backwards=not after)
    return LAST if at == "last" else FIRST


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of a list, in its order."""

    items: Sequence[Any]
    #: The page before ends before this one; empty: there is none.
    before: Mark | None = None
    #: The page after begins after this one.
    after: Mark | None = None


#: Reads so many rows at most of an ordered query.
Read = Callable[[Select[Any], int], Sequence[Any]]


def _read(query: Select[Any], most: int) -> Sequence[Any]:
    return db.session.execute(query.limit(most)).all()


def slice_of(query: Select[Any], order: Order, start: Start, size: int, read: Read = _read) -> Slice:
    """One page of the query's rows, whose first two columns are `order.id` and `order.value`.

    Where nothing is left beyond the mark, it is the page at that end of the list. `read`: where a search has its own
    way to find them.
    """
    wanted = query if start.mark is None else query.where(order.beyond(start.mark, backwards=start.backwards))
    rows = read(wanted.order_by(*order.terms(backwards=start.backwards)), size + 1)
    if start.mark and len(rows) < (size if start.backwards else 1):
        return slice_of(query, order, FIRST if start.backwards else LAST, size, read)
    there_is_more, rows = len(rows) > size, rows[:size]
    if start.backwards:
        rows = rows[::-1]
    begins_within = bool(rows) and (there_is_more if start.backwards else start.mark is not None)
    ends_within = bool(rows) and (start.mark is not None if start.backwards else there_is_more)
    return Slice(rows, _mark(rows[0]) if begins_within else None, _mark(rows[-1]) if ends_within else None)


def slice_after(query: Select[Any], order: Order, mark: Mark | None, size: int, read: Read = _read) -> Slice:
    """The same for a program, which goes on from page to page: beyond the mark, or from the first; nothing where
    nothing is left.
    """
    wanted = query if mark is None else query.where(order.beyond(mark))
    rows = read(wanted.order_by(*order.terms()), size + 1)
    return Slice(rows[:size], after=_mark(rows[size - 1]) if len(rows) > size else None)


def _mark(row: Any) -> Mark:
    return Mark(row[1], row[0])
