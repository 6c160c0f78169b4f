"""The audit log as people read it: an organisation's own, or all of it; searched, a page at a time, as a file.

Without an organisation it is the whole platform's.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Connection, Result, Select, Text, TextClause, and_, case, cast, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload

from domain import keyset
from domain.audit_people import Person
from domain.days import moment_of
from domain.keyset import Order, Read, Slice, Start, slice_of
from domain.permissions import Rights
from models import ApiKey, AuditEntry, Batch, Collaboration, Course, Membership, Organisation, Participant, User, db
from models.audit import ABOUT_OTHERS, AuditAction
from models.base import among
from models.searching import names_any, one_of_few

ORDER = Order(AuditEntry.at, AuditEntry.id, descending=True)

HEADER = (
    "Time",
    "User ID",
    "Name",
    "Address",
    "Through",
    "Upload ID",
    "API Key",
    "Action",
    "Outcomes",
    "Organisation",
    "Batch",
    "Course",
    "Collaboration",
    "About API Key",
    "Note",
    "Entry ID",
)
PEOPLE_HEADER = ("User ID", "User Name", "External ID", "Email ID", "Outcome")

#: Rows of the file that are fetched, and written, at once.
_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries."""

    #: Who did it, or to whom it was done; empty: anybody.
    person: Person | None = None
    #: Empty: whatever was done.
    action: AuditAction | None = None
    #: Days in the time zone of the log, both included; empty: whenever.
    since: date | None = None
    until: date | None = None


def organisations_for(rights: Rights) -> Sequence[Organisation]:
    """Those whose log the person may read."""
    query = select(Organisation).order_by(Organisation.short_name)
    if not rights.is_platform_admin:
        query = query.where(Organisation.id.in_(rights.admin_of))
    return db.session.scalars(query).all()


def time_zone_of(organisation: Organisation | None) -> str:
    return organisation.time_zone if organisation else "UTC"


def page_of(organisation: Organisation | None, wanted: Wanted, start: Start, size: int) -> Slice:
    """One page of entries, the newest first, with all that a line tells of them."""
    columns: list[Any] = [AuditEntry.id, AuditEntry.at, AuditEntry]
    query = select(*columns).where(*_fits(organisation, wanted))
    found = slice_of(query, ORDER, start, size, _reader(organisation, wanted.person))
    return Slice([row.AuditEntry for row in found.items], found.before, found.after)


def _reader(organisation: Organisation | None, person: Person | None) -> Read:
    """Of what somebody did no more is looked up than fits onto a page: that may be a hundred thousand entries."""
    together = (
        AuditEntry.organisation,
        AuditEntry.user,
        AuditEntry.through_key,
        AuditEntry.batch,
        AuditEntry.course,
        AuditEntry.collaboration,
        AuditEntry.api_key,
    )

    def read(query: Select[Any], most: int) -> Sequence[Any]:
        if person:
            they_did = query.where(AuditEntry.user_id == person.id).with_only_columns(AuditEntry.id).limit(most)
            ids = _ids_about(person, _within(organisation), select(they_did.subquery().c.id))
            query = query.where(one_of_few(AuditEntry.id, ids))
        return db.session.execute(query.options(*map(joinedload, together)).limit(most)).all()

    return read


def start_of(*, after: str = "", before: str = "", at: str = "") -> Start:
    return keyset.start_of(datetime, after=after, before=before, at=at)


def entry_of(organisation: Organisation | None, entry_id: uuid.UUID) -> AuditEntry | None:
    return db.session.scalar(select(AuditEntry).where(AuditEntry.id == entry_id, *_within(organisation)))


# What is searched for.


def _within(organisation: Organisation | None) -> list[ColumnElement[bool]]:
    return [AuditEntry.organisation_id == organisation.id] if organisation else []


def _fits(organisation: Organisation | None, wanted: Wanted) -> list[ColumnElement[bool]]:
    time_zone, conditions = time_zone_of(organisation), _within(organisation)
    if wanted.action:
        conditions.append(AuditEntry.action == wanted.action)
    if wanted.since:
        conditions.append(AuditEntry.at >= moment_of(wanted.since, time_zone))
    if wanted.until:
        conditions.append(AuditEntry.at < moment_of(wanted.until + timedelta(days=1), time_zone))
    return conditions


def ids_about(person: Person, within: Sequence[ColumnElement[bool]] = ()) -> Any:
    """The IDs of entries of what a person did, or of what was done to them."""
    return _ids_about(person, within, _ids(AuditEntry.user_id == person.id))


def _ids_about(person: Person, within: Sequence[ColumnElement[bool]], they_did: Select[Any]) -> Any:
    """Those of what they did, and of what was done to them.

    The latter name them in a list of up to a hundred thousand. Of batches no index serves it: that, or a table with a
    row for each, would make everybody who adds people write a fifth more, for the few who search. But whoever was added
    to a batch or a collaboration has a row there ever since, so that few lists are looked through.
    """
    elsewhere = _outside_batches(person, within)
    if person.id is None:
        return union(*elsewhere)
    in_their_batches = AuditEntry.batch_id.in_(select(Participant.batch_id).where(Participant.user_id == person.id))
    return union(they_did, _ids(in_their_batches, _names_their_id(person)), *elsewhere)


def _outside_batches(person: Person, within: Sequence[ColumnElement[bool]]) -> list[Select[Any]]:
    """By the index over whom they name, where there is one."""
    by_index = names_any(AuditEntry.people, [*([person.id.hex] if person.id else ()), person.email])
    if by_index is not None:
        return [_ids(AuditEntry.batch_id.is_(None), by_index, *within)]
    others = _ids(ABOUT_OTHERS, _names(person), *within)
    theirs: tuple[ColumnElement[bool], ...] = (
        AuditEntry.collaboration_id.in_(select(Membership.collaboration_id).where(Membership.user_id == person.id)),
        AuditEntry.api_key_id.in_(select(ApiKey.id).where(ApiKey.user_id == person.id)),
    )
    return [others, *(_ids(is_about, _names_their_id(person)) for is_about in theirs if person.id)]


def _ids(*conditions: ColumnElement[bool] | TextClause) -> Select[Any]:
    query: Select[Any] = select(AuditEntry.id).where(*conditions)
    return query.correlate(None)


def _names(person: Person) -> ColumnElement[bool]:
    """By their address too: they may have had no account yet."""
    by_address = and_(_people().contains("@"), _people().icontains(json.dumps(person.email), autoescape=True))
    return or_(_names_their_id(person), by_address) if person.id else by_address


def _names_their_id(person: Person) -> ColumnElement[bool]:
    return _people().contains(f'"{person.id.hex if person.id else None}"')


def _people() -> ColumnElement[str]:
    return cast(AuditEntry.people, Text)


# As files.


def people_of(entry: AuditEntry) -> Iterator[Sequence[object]]:
    """A header, and a row for each person to whom it was done. State IDs of another organisation are not told.

    All is looked up at once: the rows may be written after the session has ended.
    """
    outcomes = {person: outcome for outcome, people in entry.people.items() for person in people}
    addresses = [person for person in outcomes if "@" in person]
    ids = [uuid.UUID(person) for person in outcomes if "@" not in person]
    columns: list[Any] = [
        User.id,
        User.user_name,
        case((User.organisation_id == entry.organisation_id, User.state_id)),
    ]
    users = db.session.execute(select(*columns).where(among(User.id, ids)).order_by(User.id)).all()
    with_accounts = ((*user, None, outcomes[user[0].hex]) for user in users)
    without = ((None, None, None, address, outcomes[address]) for address in addresses)
    return chain([PEOPLE_HEADER], with_accounts, without)


def file_of(organisation: Organisation | None, wanted: Wanted) -> Iterator[Sequence[object]]:
    """A header, and a row for each entry, the newest first.

    The query is run at once, so that it fails before anything of the file is sent; its rows are fetched as they are
    taken, some at a time, however many there are.
    """
    query = _query().where(*_fits(organisation, wanted)).order_by(*ORDER.terms())
    if wanted.person:
        query = query.where(one_of_few(AuditEntry.id, ids_about(wanted.person, _within(organisation))))
    connection = db.engine.connect()  # of its own: the session ends when the answer begins
    return _lines(connection, connection.execute(query, execution_options={"yield_per": _ROWS}))


def _query() -> Select[Any]:
    through_key, about_key = aliased(ApiKey), aliased(ApiKey)
    columns: list[Any] = [
        AuditEntry.at,
        AuditEntry.user_id,
        User.name,
        AuditEntry.address,
        AuditEntry.through,
        AuditEntry.upload_id,
        through_key.name,
        AuditEntry.action,
        AuditEntry.counts,
        Organisation.name,
        Batch.name,
        Course.name,
        Collaboration.name,
        about_key.name,
        AuditEntry.note,
        AuditEntry.id,
    ]
    joins: Iterable[tuple[Any, InstrumentedAttribute[Any], InstrumentedAttribute[Any]]] = (
        (User, User.id, AuditEntry.user_id),
        (through_key, through_key.id, AuditEntry.through_key_id),
        (Organisation, Organisation.id, AuditEntry.organisation_id),
        (Batch, Batch.id, AuditEntry.batch_id),
        (Course, Course.id, AuditEntry.course_id),
        (Collaboration, Collaboration.id, AuditEntry.collaboration_id),
        (about_key, about_key.id, AuditEntry.api_key_id),
    )
    query = select(*columns).select_from(AuditEntry)
    for table, theirs, ours in joins:
        query = query.outerjoin(table, theirs == ours)
    return query


def _lines(connection: Connection, rows: Result[Any]) -> Iterator[Sequence[object]]:
    with connection:
        yield HEADER
        for some in rows.partitions():
            yield from map(_line, some)


def _line(row: Any) -> Sequence[object]:
    at, *who, through, upload_id, key, action, counts = row[:9]
    outcomes = ", ".join(f"{outcome}: {count}" for outcome, count in counts.items())
    return at.isoformat(timespec="seconds"), *who, through.value, upload_id, key, action, outcomes, *row[9:]
