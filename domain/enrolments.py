"""How people, and addresses without an account, stand in a course: in which of its batches, and what is pending.

"In the course" is whoever takes part in any of its batches.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from domain.addresses import AddressError, key_of_address
from domain.participants import Person, columns_of_person, standing_in
from domain.tallies import keep_districts
from models import Batch, Course, Participant, PendingEnrolment, User, db, key_of
from models.base import among

Name = TypeVar("Name", str, uuid.UUID)


@dataclass(frozen=True, slots=True)
class HeldCourse:
    """A course in which nobody else changes who takes part until this transaction ends."""

    course: Course
    #: In the order of their making.
    batches: Sequence[Batch]

    @property
    def open_batch(self) -> Batch:
        return next(batch for batch in self.batches if batch.is_default)

    def cohort(self, name: str) -> Batch | None:
        """The batch of that name; of several, the newest."""
        return next((batch for batch in reversed(self.batches) if batch.name == name), None)


def hold(courses: Iterable[Course]) -> dict[uuid.UUID, HeldCourse]:
    """Hold all batches of the courses; by course. All do so in one order: no two wait for each other."""
    held: dict[uuid.UUID, list[Batch]] = {course.id: [] for course in courses}
    keep_districts(select(Course.organisation_id).where(among(Course.id, held)).distinct())
    query = select(Batch).where(among(Batch.course_id, held)).order_by(Batch.id).with_for_update(of=Batch)
    for batch in db.session.scalars(query.execution_options(populate_existing=True)):
        held[batch.course_id].append(batch)
    return {course.id: HeldCourse(course, held[course.id]) for course in courses}


def courses_called(keys: Collection[str]) -> dict[str, Course]:
    query = select(Course).where(among(Course.key, keys)).options(joinedload(Course.organisation))
    return {course.key: course for course in db.session.scalars(query)}


class Pending(NamedTuple):
    """A pending enrolment's row."""

    id: uuid.UUID
    email: str
    email_key: str
    auto_enrol: bool
    batch_id: uuid.UUID | None


class Standing:
    """Somebody, or an address, in a course: as they are, and then as they become."""

    __slots__ = ("batches", "email", "email_key", "pending", "person")

    def __init__(self, person: Person | None, email: str, email_key: str) -> None:
        #: As they stand in the batch that people are brought into; empty: the address has no account.
        self.person = person
        self.email = email
        self.email_key = email_key
        #: Those that they take part in, by batch ID, with how they stand in each.
        self.batches: dict[uuid.UUID, Person] = {}
        self.pending: Pending | None = None

    @property
    def has_completed(self) -> bool:
        """In a batch, which they then stay in."""
        return any(person.completed_on is not None for person in self.batches.values())


def find(held: HeldCourse, target: Batch, identifiers: Collection[str]) -> dict[str, Standing]:
    """Whom the identifiers name, by identifier; nobody for one that is neither a known person nor an address.

    An identifier is a user name, an e-mail address or a state ID of the course's organisation: looked up in this
    order, without regard to case. `target`: the batch that people are brought into.
    """
    keys = {identifier: key_of(identifier) for identifier in identifiers}
    roll = _Roll(held, target)
    found = roll.people(User.user_name_key, keys)
    found |= roll.people(User.email_key, _without(found, keys))
    addresses = {name: key for name in _without(found, keys) if (key := _address_key(name)) is not None}
    found |= roll.people(User.email_key, {name: key for name, key in addresses.items() if key != keys[name]})
    ours = User.organisation_id == held.course.organisation_id
    found |= roll.people(User.state_id_key, _without(found, keys), ours)
    found |= roll.strangers(_without(found, addresses))
    roll.load_batches()
    roll.load_pending()
    return found


def find_by_id(held: HeldCourse, target: Batch, user_ids: Iterable[uuid.UUID]) -> list[Standing]:
    """People, without what is pending for them."""
    roll = _Roll(held, target)
    found = roll.people(User.id, {user_id: user_id for user_id in user_ids})
    roll.load_batches()
    return [*found.values()]


def _address_key(text: str) -> str | None:
    if "@" not in text:
        return None
    try:
        return key_of_address(text)
    except AddressError:
        return None


def _without(found: Mapping[str, Standing], keys: Mapping[str, str]) -> dict[str, str]:
    return {identifier: key for identifier, key in keys.items() if identifier not in found}


class _Roll:
    """Everybody who has been found, each once, by whatever name."""

    def __init__(self, held: HeldCourse, target: Batch) -> None:
        self._course = held.course
        self._target = target
        self._others = [batch.id for batch in held.batches if batch is not target]
        self._known: dict[uuid.UUID | str, Standing] = {}
        self._unknown: dict[str, Standing] = {}

    def people(
        self, column: InstrumentedAttribute[Any], keys: Mapping[Name, Any], *which: ColumnElement[bool]
    ) -> dict[Name, Standing]:
        """Those who have one of the keys in the column, by the name that `keys` have it for."""
        if not keys:
            return {}
        standing, is_theirs = standing_in(self._target)
        query = select(column, User.email, User.email_key, *columns_of_person(standing))
        query = query.outerjoin(standing, is_theirs).where(among(column, {*keys.values()}), *which)
        by_key = {row[0]: self._person(Person._make(row[3:]), row[1], row[2]) for row in _rows(query)}
        return {name: by_key[key] for name, key in keys.items() if key in by_key}

    def _person(self, person: Person, email: str, email_key: str) -> Standing:
        if (before := self._known.get(person.stored_id)) is not None:
            return before
        standing = self._known[person.stored_id] = Standing(person, email, email_key)
        if person.takes_part:
            standing.batches[self._target.id] = person
        return standing

    def strangers(self, addresses: Mapping[str, str]) -> dict[str, Standing]:
        return {
            address: self._unknown.setdefault(key, Standing(None, address, key)) for address, key in addresses.items()
        }

    def load_batches(self) -> None:
        """Besides the target, in which they have been found."""
        if not self._known or not self._others:
            return
        query = select(Participant.batch_id, *columns_of_person(Participant)).join(Participant.user)
        elsewhere = Participant.batch_id.in_(self._others), Participant.is_active
        for row in _rows(query.where(among(Participant.user_id, self._known), *elsewhere)):
            person = Person._make(row[1:])
            self._known[person.stored_id].batches[row[0]] = person

    def load_pending(self) -> None:
        by_key = {standing.email_key: standing for standing in (*self._known.values(), *self._unknown.values())}
        columns = [getattr(PendingEnrolment, name) for name in Pending._fields]
        which = (PendingEnrolment.course_id == self._course.id, among(PendingEnrolment.email_key, by_key))
        for row in _rows(select(*columns).where(*which)):
            pending = Pending._make(row)
            by_key[pending.email_key].pending = pending


def _rows(query: Select[Any]) -> Sequence[Any]:
    """Without the session's care for objects, of which there are none."""
    db.session.flush()
    return db.session.connection().execute(query).all()
