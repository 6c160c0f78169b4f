"""Participants of a batch: added, revived and removed, any number at once.

Whatever changes who takes part, or how far they are, holds the batch first (`hold`): two at once do as one
after the other would. The batch's count and the dashboard's tallies change in the same transaction, which
the caller commits.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from contextlib import closing
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, and_, cast, func, insert, literal, select, true, type_coerce, update
from sqlalchemy.orm import aliased

from domain import audit
from domain.audit import About, By
from domain.days import day_in
from domain.errors import ConflictError, NotAllowedError
from domain.language import gettext as _
from domain.permissions import Rights, may_manage_participants
from domain.tallies import count_in, count_out, keep_districts
from models import Batch, Participant, User, db, key_of, now
from models.audit import AuditAction
from models.base import among, texts
from models.upload import OutcomeState


class Person(NamedTuple):
    """Somebody found by an identifier, and how they stand in the batch.

    Values are as the driver gives them: among ten thousand people it is the making of objects that takes the time.
    """

    #: `key_of` their state ID.
    state_id_key: str | None
    #: See `id`.
    stored_id: uuid.UUID | str
    #: Their account.
    is_active: bool
    district: str | None
    #: A day, or as in ISO 8601. The rest is empty for who never took part.
    enrolled_on: date | str
    percent: int
    completed_on: date | str | None
    is_removed: bool | None

    @property
    def id(self) -> uuid.UUID:
        return uuid.UUID(self.stored_id) if isinstance(self.stored_id, str) else self.stored_id

    @property
    def hex(self) -> str:
        """The user ID, without dashes."""
        return self.stored_id if isinstance(self.stored_id, str) else self.stored_id.hex

    @property
    def has_taken_part(self) -> bool:
        return self.percent is not None

    @property
    def takes_part(self) -> bool:
        return self.percent is not None and not self.is_removed


class Outcome(NamedTuple):
    """What becomes, or would become, of one identifier."""

    #: As it was given.
    identifier: str
    #: Added, revived, removed, skipped or failed.
    state: OutcomeState
    #: Of those failed: `not_found`, `deactivated`, `not_a_participant`, `completed`; skipped: `already_present`,
    #: `repeated`.
    reason: str | None = None
    #: Empty where nobody was found.
    person: Person | None = None


#: What becomes of somebody who was found: the state, and a reason where it is not done.
Decision = tuple[OutcomeState, str | None]
Decide = Callable[[Person], Decision]


def hold(batch_id: uuid.UUID) -> Batch:
    """The batch, as it is now; nobody else changes its participants until this transaction ends."""
    keep_districts(select(Batch.organisation_id).where(Batch.id == batch_id))
    query = select(Batch).where(Batch.id == batch_id).with_for_update(of=Batch)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


# In bulk, by state admins.


def foresee_adding(batch: Batch, identifiers: Iterable[str]) -> list[Outcome]:
    """What would become of each, in their order. Nothing is changed."""
    return _outcomes(batch, identifiers, _adding)


def foresee_removing(batch: Batch, identifiers: Iterable[str]) -> list[Outcome]:
    return _outcomes(batch, identifiers, _removing)


def add(rights: Rights, batch: Batch, identifiers: Iterable[str], by: By) -> list[Outcome]:
    """Add the people named by user IDs and state IDs; an outcome for each identifier, in their order.

    Raises `NotAllowedError`, and `ConflictError` for a batch that is not invite-only.
    """
    batch = _to_manage(rights, batch)
    outcomes = foresee_adding(batch, identifiers)
    enrol(batch, _people_in(outcomes, OutcomeState.ADDED, OutcomeState.REVIVED), by)
    return outcomes


def remove(rights: Rights, batch: Batch, identifiers: Iterable[str], by: By) -> list[Outcome]:
    """Remove likewise. Their progress is kept."""
    batch = _to_manage(rights, batch)
    outcomes = foresee_removing(batch, identifiers)
    withdraw(batch, _people_in(outcomes, OutcomeState.REMOVED), by)
    return outcomes


def counts_of(outcomes: Iterable[Outcome]) -> Counter[OutcomeState]:
    return Counter(outcome.state for outcome in outcomes)


def _to_manage(rights: Rights, batch: Batch) -> Batch:
    if not may_manage_participants(rights, batch):
        raise NotAllowedError(_("Only a state admin may add or remove participants of this batch in bulk."))
    must_be_invite_only(batch)
    return hold(batch.id)


def must_be_invite_only(batch: Batch) -> None:
    if batch.is_open:
        raise ConflictError(_("Enrollment type should be invite-only."))


def _outcomes(batch: Batch, identifiers: Iterable[str], decide: Decide) -> list[Outcome]:
    given = [*identifiers]
    keys = [*map(key_of, given)]
    people = _find(batch, {*keys})
    seen: set[uuid.UUID | str] = set()
    outcomes = []
    state: OutcomeState
    reason: str | None
    for identifier, key in zip(given, keys, strict=True):
        person = people.get(key)
        if person is None:
            state, reason = OutcomeState.FAILED, "not_found"
        elif person.stored_id in seen:
            state, reason = OutcomeState.SKIPPED, "repeated"
        else:
            state, reason = decide(person)
            seen.add(person.stored_id)
        outcomes.append(Outcome(identifier, state, reason, person))
    return outcomes


def _adding(person: Person) -> Decision:
    if not person.is_active:
        return OutcomeState.FAILED, "deactivated"
    if person.percent is None:
        return OutcomeState.ADDED, None
    return (OutcomeState.REVIVED, None) if person.is_removed else (OutcomeState.SKIPPED, "already_present")


def _removing(person: Person) -> Decision:
    if person.percent is None or person.is_removed:
        return OutcomeState.FAILED, "not_a_participant"
    if person.completed_on is not None:
        return OutcomeState.FAILED, "completed"
    return OutcomeState.REMOVED, None


def _people_in(outcomes: Iterable[Outcome], *states: OutcomeState) -> list[Person]:
    return [outcome.person for outcome in outcomes if outcome.person and outcome.state in states]


def message_of(reason: str) -> str:
    """The sentence for a reason of an outcome."""
    sentences = {
        "not_found": lambda: _("Nobody of this organisation has this user ID or state ID."),
        "deactivated": lambda: _("This person's account is deactivated."),
        "not_a_participant": lambda: _("This person is no participant of the batch."),
        "completed": lambda: _("This person has completed the course, and stays in the batch."),
        "already_present": lambda: _("This person is a participant already."),
        "repeated": lambda: _("This person was named before."),
    }
    return sentences[reason]()


# Who is meant.


def find(batch: Batch, identifiers: Iterable[str]) -> dict[str, Person]:
    """The people whom the identifiers name, by `key_of` each.

    An identifier is a user ID or a state ID of the batch's organisation: looked up as the one first, then as the
    other. People of other organisations are not found.
    """
    return _find(batch, {*map(key_of, identifiers)})


def _find(batch: Batch, keys: set[str]) -> dict[str, Person]:
    keys = {key for key in keys if "\0" not in key}  # no database takes one, and nobody is called so
    ids = {key: user_id for key in keys if (user_id := as_user_id(key)) is not None}
    ours = User.organisation_id == batch.organisation_id
    found: dict[str, Person] = {}
    if ids:
        by_id = {person.hex: person for person in _people(batch, ours, among(User.id, ids.values()))}
        found = {key: by_id[user_id.hex] for key, user_id in ids.items() if user_id.hex in by_id}
    if state_ids := keys - found.keys() - {""}:
        for person in _people(batch, ours, User.state_id_key.in_(texts(state_ids))):
            found[person.state_id_key or ""] = person
    return found


def find_by_id(batch: Batch, user_ids: Collection[uuid.UUID]) -> list[Person]:
    """People of the batch's organisation."""
    return _people(batch, User.organisation_id == batch.organisation_id, among(User.id, user_ids))


def find_anybody(batch: Batch, user_id: uuid.UUID) -> Person | None:
    """A person of whatever organisation."""
    return next(iter(_people(batch, User.id == user_id)), None)


def user_ids(batch: Batch, *, active: bool = True) -> list[str]:
    """Of those who take part; or of those who did, and were removed. In one text from the database: of a hundred
    thousand rows the reading takes longer than all else.
    """
    which = Participant.is_active if active else Participant.removed_at.is_not(None)
    query = select(cast(Participant.user_id, String).label("id")).where(Participant.batch_id == batch.id, which)
    stored = query.order_by(Participant.user_id).subquery()
    together = db.session.scalar(select(func.aggregate_strings(stored.c.id, ","))) or ""
    ids = together.split(",") if together else []
    return ids if db.engine.dialect.name == "postgresql" else [str(uuid.UUID(user_id)) for user_id in ids]


def as_user_id(key: str) -> uuid.UUID | None:
    """The user ID that is written so; nothing where it is something else."""
    if len(key) not in {32, 36}:
        return None
    try:
        return uuid.UUID(key)
    except ValueError:
        return None


def _people(batch: Batch, *which: ColumnElement[bool]) -> list[Person]:
    standing, is_theirs = standing_in(batch)
    query = select(*columns_of_person(standing)).outerjoin(standing, is_theirs).where(*which)
    db.session.flush()
    with closing(db.session.connection().execute(query)) as result:
        # As the driver gives them: SQLAlchemy would make an object of each, and we another.
        return [*map(Person._make, result.cursor.fetchall())]


def columns_of_person(standing: Any) -> tuple[Any, ...]:
    """What makes a `Person`: of users, and of their `standing`, rows of participants."""
    return (
        User.state_id_key,
        type_coerce(User.id, String),
        User.is_active,
        User.district,
        type_coerce(standing.enrolled_on, String),
        standing.percent,
        type_coerce(standing.completed_on, String),
        standing.removed_at.is_not(None),
    )


def standing_in(batch: Batch) -> tuple[Any, ColumnElement[bool]]:
    """A person's row in the batch, looked up for each person; and the condition that joins it to them.

    PostgreSQL has to be told: it takes a batch that has just been filled for an empty one, and would compare
    everybody with everybody.
    """
    is_theirs = and_(Participant.batch_id == batch.id, Participant.user_id == User.id)
    if db.engine.dialect.name != "postgresql":
        return Participant, is_theirs
    return aliased(Participant, select(Participant).where(is_theirs).limit(1).lateral()), true()


# What every way in and out ends in. The batch is held.


def enrol(batch: Batch, people: Collection[Person], by: By) -> None:
    """Make participants of people who are none: anew, or with the progress that they had."""
    at = now()
    today = day_in(at, batch.organisation.time_zone)
    new = [person._replace(percent=0, enrolled_on=today) for person in people if not person.has_taken_part]
    back = [person for person in people if person.has_taken_part]
    if new:
        _insert(batch, sorted(person.hex for person in new), at, today, by)
    if back:
        _update(batch, back, removed_at=None)
    if people:
        count_in(batch.id, [*new, *back])
        batch.participant_count += len(people)
        told = {"added": [person.hex for person in new], "revived": [person.hex for person in back]}
        audit.record(AuditAction.PARTICIPANTS_ADDED, About.batch(batch), by, told)


def withdraw(batch: Batch, people: Collection[Person], by: By) -> None:
    """End the participation of people who take part and have not completed. Their rows, and progress, stay."""
    if not people:
        return
    _update(batch, people, removed_at=now())
    count_out(batch.id, people)
    batch.participant_count -= len(people)
    told = {"removed": [person.hex for person in people]}
    audit.record(AuditAction.PARTICIPANTS_REMOVED, About.batch(batch), by, told)


def _insert(batch: Batch, user_ids: Iterable[str], at: datetime, today: date, by: By) -> None:
    values: dict[Any, Any] = {
        Participant.batch_id: batch.id,
        Participant.enrolled_at: at,
        Participant.enrolled_on: today,
        Participant.enrolled_by_id: by.user_id,
        Participant.percent: 0,
    }
    people = texts(user_ids)
    user_id = cast(people.selected_columns.value, Participant.user_id.type)
    query = people.with_only_columns(user_id, *(literal(value, column.type) for column, value in values.items()))
    names = ["user_id", *(column.key for column in values)]
    db.session.execute(insert(Participant).from_select(names, query, include_defaults=False))


def _update(batch: Batch, people: Collection[Person], *, removed_at: datetime | None) -> None:
    which = (Participant.batch_id == batch.id, among(Participant.user_id, (person.stored_id for person in people)))
    statement = update(Participant).where(*which).values(removed_at=removed_at)
    db.session.execute(statement.execution_options(synchronize_session=False))
