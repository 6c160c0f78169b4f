"""The participants of a batch as a list: searched, narrowed, sorted, a page at a time."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, and_, case, func, join, or_, outerjoin, select

from domain import keyset
from domain.days import day_in
from domain.keyset import Mark, Order, Start, Value, mark_of, slice_after, slice_of
from domain.masking import masked_email
from models import Batch, Organisation, Participant, User, db, key_of
from models.base import among
from models.batch import TallyKind
from models.searching import few_with

#: Longer words are nobody's name.
_LONGEST_WORDS = 200


class Standing(StrEnum):
    """How far somebody is."""

    NOT_STARTED = "not-started"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class SortBy(StrEnum):
    NAME = "name"
    STATE_ID = "state-id"
    ORGANISATION = "organisation"
    DISTRICT = "district"
    ENROLLED_ON = "enrolled-on"
    PROGRESS = "progress"
    COMPLETED_ON = "completed-on"
    LAST_ACTIVITY = "last-activity"


class Sort(NamedTuple):
    by: SortBy = SortBy.ENROLLED_ON
    descending: bool = False

    def as_text(self) -> str:
        """`name`, or `-name` where the last comes first."""
        return f"{'-' if self.descending else ''}{self.by}"


DEFAULT_SORT = Sort()


def sort_of(text: str) -> Sort | None:
    """What `Sort.as_text` wrote; none where it is something else."""
    name = text.removeprefix("-")
    return Sort(SortBy(name), name != text) if name in [*SortBy] else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which participants, in which order."""

    #: What their name, state ID or e-mail address contains; empty: anything.
    words: str = ""
    #: Empty: whatever their progress.
    standing: Standing | None = None
    sort: Sort = DEFAULT_SORT

    @property
    def key(self) -> str:
        return " ".join(key_of(self.words).split())[:_LONGEST_WORDS]


class Row(NamedTuple):
    """A participant, as the list shows them: of another organisation, without a state ID."""

    id: uuid.UUID
    name: str
    user_name: str
    state_id: str | None
    masked_email: str
    organisation: str | None
    district: str | None
    enrolled_on: date
    #: 0 to 100.
    percent: int
    completed_on: date | None
    last_activity_at: datetime | None
    #: The same as a day of the organisation's.
    last_active_on: date | None


class Page(NamedTuple):
    items: Sequence[Row]
    #: Of the whole list.
    total: int
    before: Mark | None
    after: Mark | None


def page_of(batch: Batch, wanted: Wanted, start: Start, size: int, total: int) -> Page:
    """`total`: how many there are of that standing; where words are searched for, those found are counted anew."""
    found = slice_of(*_listed(batch, wanted), start, size)
    if wanted.key:
        total = found.items[0][2] if found.items else 0
    return Page(_rows(batch, [row.id for row in found.items]), total, found.before, found.after)


def page_after(batch: Batch, wanted: Wanted, mark: Mark | None, size: int) -> tuple[Sequence[Row], Mark | None]:
    """For a program: those beyond the mark, or the first ones; and the mark beyond which there are more."""
    found = slice_after(*_listed(batch, wanted), mark, size)
    return _rows(batch, [row.id for row in found.items]), found.after


def mark_in(wanted: Wanted, text: str) -> Mark | None:
    """The mark in a list so sorted that `Mark.as_text` wrote; none where it is something else."""
    return mark_of(text, _VALUES[wanted.sort.by].kind)


def start_of(wanted: Wanted, *, after: str = "", before: str = "", at: str = "") -> Start:
    """Where the page begins, by what its address says of it."""
    return keyset.start_of(_VALUES[wanted.sort.by].kind, after=after, before=before, at=at)


def counts_of(tallies: Mapping[TallyKind, Mapping[str, int]]) -> dict[Standing, int]:
    """How many there are of each standing."""
    by_percent = tallies[TallyKind.PERCENT]
    not_started, completed = by_percent.get("0", 0), by_percent.get("100", 0)
    return {
        Standing.NOT_STARTED: not_started,
        Standing.IN_PROGRESS: sum(by_percent.values()) - not_started - completed,
        Standing.COMPLETED: completed,
    }


# Who they are.


def active(batch: Batch) -> ColumnElement[bool]:
    return and_(Participant.batch_id == batch.id, Participant.is_active)


def with_users() -> Any:
    """Participants with their users, and with the organisations of these, for `select_from`."""
    people = join(Participant, User, User.id == Participant.user_id)
    return outerjoin(people, Organisation, Organisation.id == User.organisation_id)


def fits(batch: Batch, wanted: Wanted) -> list[ColumnElement[bool]]:
    """The conditions for `active` ones, of a query that has joined users where words are searched for."""
    conditions = [_OF_STANDING[wanted.standing]] if wanted.standing else []
    if wanted.key:
        conditions.append(_is_found(batch, wanted.key))
    return conditions


_OF_STANDING: dict[Standing, ColumnElement[bool]] = {
    Standing.NOT_STARTED: Participant.percent == 0,
    Standing.IN_PROGRESS: Participant.percent.between(1, 99),
    Standing.COMPLETED: Participant.percent == 100,
}


def _is_found(batch: Batch, key: str) -> ColumnElement[bool]:
    """People of another organisation are not found by their state ID: finding them would tell it."""
    without_state_id = func.replace(User.search_text, "\n" + func.coalesce(User.state_id_key, "\n"), "", type_=String)
    everybody = select(Participant.user_id).join(Participant.user).where(active(batch))
    return and_(
        User.search_text.contains(key, autoescape=True),
        or_(is_of(batch), without_state_id.contains(key, autoescape=True)),
        few_with(key, User.search_text, User.id, everybody),
    )


def is_of(batch: Batch) -> ColumnElement[bool]:
    """Whether the user is of the organisation that owns the batch."""
    return User.organisation_id == batch.organisation_id


# What they are sorted by.


class _Value(NamedTuple):
    column: Callable[[Batch], Value]
    #: In Python.
    kind: type
    may_be_empty: bool = False
    #: A column of the user's, or of their organisation's.
    of_user: bool = False


_VALUES = {
    SortBy.NAME: _Value(lambda batch: func.lower(User.name), str, of_user=True),
    SortBy.STATE_ID: _Value(lambda batch: case((is_of(batch), User.state_id_key)), str, True, of_user=True),
    SortBy.ORGANISATION: _Value(lambda batch: func.lower(Organisation.name), str, True, of_user=True),
    SortBy.DISTRICT: _Value(lambda batch: func.nullif(User.district, "", type_=String), str, True, of_user=True),
    SortBy.ENROLLED_ON: _Value(lambda batch: Participant.enrolled_on, date),
    SortBy.PROGRESS: _Value(lambda batch: Participant.percent, int),
    SortBy.COMPLETED_ON: _Value(lambda batch: Participant.completed_on, date, True),
    SortBy.LAST_ACTIVITY: _Value(lambda batch: Participant.last_activity_at, datetime, True),
}


def order_of(batch: Batch, sort: Sort) -> Order:
    value = _VALUES[sort.by]
    return Order(value.column(batch), Participant.user_id, sort.descending, value.may_be_empty)


# A page of them: who stands on it first, and then what is shown of these few.


class _Listed(NamedTuple):
    query: Select[Any]
    order: Order


def _listed(batch: Batch, wanted: Wanted) -> _Listed:
    order = order_of(batch, wanted.sort)
    needs_users = bool(wanted.key) or _VALUES[wanted.sort.by].of_user  # most do not
    columns: list[Any] = [order.id.label("id"), order.value.label("value")]
    query = select(*columns).select_from(with_users() if needs_users else Participant)
    query = query.where(active(batch), *fits(batch, wanted))
    return _found(query, order) if wanted.key else _Listed(query, order)


def _found(query: Select[Any], order: Order) -> _Listed:
    """What a search finds is gone through once: for the page, and to be counted."""
    found = query.cte("found").prefix_with("MATERIALIZED")
    count = select(func.count()).select_from(found).scalar_subquery()
    order = replace(order, value=found.c.value, id=found.c.id)
    return _Listed(select(found.c.id, found.c.value, count.label("count")), order)


def _rows(batch: Batch, ids: Sequence[uuid.UUID]) -> list[Row]:
    query = (
        select(
            Participant.user_id,
            User.name,
            User.user_name,
            case((is_of(batch), User.state_id)),
            User.email,
            Organisation.name,
            User.district,
            Participant.enrolled_on,
            Participant.percent,
            Participant.completed_on,
            Participant.last_activity_at,
        )
        .select_from(with_users())
        .where(Participant.batch_id == batch.id, among(Participant.user_id, ids))
    )
    time_zone = batch.organisation.time_zone
    rows = {row[0]: _row(row, time_zone) for row in db.session.execute(query)}
    return [rows[user_id] for user_id in ids]


def _row(values: Any, time_zone: str) -> Row:
    at = values.last_activity_at
    row = Row._make((*values, day_in(at, time_zone) if at else None))
    return row._replace(masked_email=masked_email(row.masked_email))
