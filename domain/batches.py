"""Batches: when they run, who mentors them, who takes part, and what may be changed about them."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from domain import people_search
from domain.audit import By
from domain.batch_draft import Draft, as_texts, problems_of_change, problems_of_new, read, write
from domain.days import today_in
from domain.errors import ConflictError
from domain.language import day, ngettext
from domain.language import gettext as _
from domain.participants import Person, enrol, find_anybody, find_by_id, hold, message_of, withdraw
from domain.permissions import Rights
from domain.said import Problems
from domain.suspending import assert_in_use
from domain.tallies import keep_districts
from models import Batch, Course, OrganisationRole, Participant, User, db, new_id
from models.base import among
from models.organisation import OrganisationRoleName


class BatchState(StrEnum):
    UPCOMING = "upcoming"
    ONGOING = "ongoing"
    ENDED = "ended"


def state_on(batch: Batch, today: date) -> BatchState:
    """Its first and its last day count. `today`: in the organisation's time zone (`domain.days.today_in`)."""
    if today < batch.start_date:
        return BatchState.UPCOMING
    return BatchState.ENDED if batch.end_date and batch.end_date < today else BatchState.ONGOING


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of saving. With problems, nothing is done."""

    problems: Problems = field(default_factory=dict)
    #: How many people have become participants.
    added: int = 0
    #: As it is now.
    batch: Batch | None = None


def default_mentors(rights: Rights, course: Course) -> list[uuid.UUID]:
    """Whoever is a mentor there mentors the batches that they create, unless they say otherwise."""
    return [rights.user_id] if course.organisation_id in rights.mentor_in else []


def create(course: Course, draft: Draft, mentors: Collection[uuid.UUID], add: Collection[uuid.UUID], by: By) -> Saved:
    """Make a batch of the course. `mentors` and `add` (participants, any number) are user IDs."""
    batch = Batch(id=new_id(), course_id=course.id, organisation_id=course.organisation_id)
    keep_districts(select(Course.organisation_id).where(Course.id == course.id))
    people = find_by_id(batch, add)
    named = _named(course.organisation_id, mentors)
    problems = _merged(
        problems_of_new(draft, today_in(course.organisation.time_zone)),
        _problems_of_mentors(course, mentors, named),
        _problems_of_people(add, people),
    )
    if problems:
        return Saved(problems)
    write(batch, draft)
    batch.created_by_id, batch.mentors, batch.participant_count = by.user_id, [*named], 0
    db.session.add(batch)
    db.session.flush()
    enrol(batch, people, by)
    return Saved(added=len(people), batch=batch)


def edit(
    batch: Batch, draft: Draft, mentors: Collection[uuid.UUID], add: Collection[uuid.UUID], by: By, limit: int
) -> Saved:
    """Make the batch what the draft says, `mentors` its mentors, and those of `add` participants who are none yet.

    The window that this serves takes a batch up to `limit` participants; the batch is held, so that two at once
    do not pass it together.
    """
    batch = hold(batch.id)
    people = find_by_id(batch, add)
    new = [person for person in people if not person.takes_part]
    named = _named(batch.organisation_id, mentors, batch.mentor_ids)
    problems = _merged(
        problems_of_change(batch, draft, today_in(batch.organisation.time_zone)),
        _problems_of_mentors(batch.course, mentors, named),
        _problems_of_size(batch, add, new, limit) or _problems_of_people(add, people),
    )
    if problems:
        return Saved(problems)
    write(batch, draft)
    batch.mentors = [*named]
    enrol(batch, new, by)
    db.session.flush()
    return Saved(added=len(new), batch=batch)


def change(batch: Batch, said: Mapping[str, str], mentors: Collection[uuid.UUID] | None, by: By, limit: int) -> Saved:
    """Edit only what is said: texts as for `batch_draft.read`, and user IDs, where the mentors are."""
    batch = hold(batch.id)
    named = batch.mentor_ids if mentors is None else mentors
    return edit(batch, read({**as_texts(batch), **said}), named, (), by, limit)


def remove(batch: Batch, user_id: uuid.UUID | None, by: By, limit: int) -> bool:
    """Remove one participant; answers whether they were one.

    Raises `ConflictError` for a batch of more than `limit`, and for who has completed the course.
    """
    batch = hold(batch.id)
    if batch.participant_count > limit:
        raise ConflictError(for_the_state_admin())
    person = find_anybody(batch, user_id) if user_id else None
    if person is None or not person.takes_part:
        return False
    if person.completed_on is not None:
        raise ConflictError(message_of("completed"))
    withdraw(batch, [person], by)
    return True


def for_the_state_admin() -> str:
    return _("Please contact your state admin to add or remove participants from this batch")


def _named(
    organisation_id: uuid.UUID, mentors: Collection[uuid.UUID], already: Collection[uuid.UUID] = ()
) -> Sequence[User]:
    circle = people_search.who_may_mentor(organisation_id, already)
    return db.session.scalars(select(User).where(circle.people, among(User.id, mentors))).all()


def _problems_of_mentors(course: Course, given: Collection[uuid.UUID], named: Sequence[User]) -> Problems:
    if len({*given}) == len(named):
        return {}
    return {"mentors": [_("Mentors must be people of %(organisation)s.", organisation=course.organisation.name)]}


def _problems_of_people(given: Collection[uuid.UUID], people: Sequence[Person]) -> Problems:
    missing = len({*given}) - sum(person.is_active or person.takes_part for person in people)
    if not missing:
        return {}
    sentence = ngettext(
        "%(number)s person that was picked cannot be added, and has been left out: only active people of the "
        "organisation can.",
        "%(number)s people that were picked cannot be added, and have been left out: only active people of the "
        "organisation can.",
        missing,
    )
    return {"participants": [sentence]}


def _problems_of_size(batch: Batch, given: Collection[uuid.UUID], new: Sequence[Person], limit: int) -> Problems:
    if given and batch.participant_count > limit:
        return {"participants": [for_the_state_admin()]}
    if new and batch.participant_count + len(new) > limit:
        sentence = ngettext(
            "You can only select %(number)s participant.", "You can only select %(number)s participants.", limit
        )
        return {"participants": [sentence]}
    return {}


def _merged(*some: Problems) -> Problems:
    return {name: sentences for problems in some for name, sentences in problems.items()}


# The Edit batch window.


@dataclass(frozen=True, slots=True)
class Window:
    """What the Edit batch window shows of the participants."""

    count: int
    limit: int
    #: By name; none where there are more than the limit.
    participants: Sequence[Participant]
    #: Names of those to turn to where there are more.
    state_admins: Sequence[str]

    @property
    def seats_left(self) -> int:
        return max(0, self.limit - self.count)

    @property
    def is_over(self) -> bool:
        return self.count > self.limit


def window_of(batch: Batch, limit: int) -> Window:
    """The same number of queries whatever the batch's size: participants are looked at only up to the limit."""
    if batch.participant_count > limit:
        return Window(batch.participant_count, limit, [], _state_admins(batch.organisation_id))
    query = (
        select(Participant)
        .join(Participant.user)
        .where(Participant.batch_id == batch.id, Participant.is_active)
        .order_by(User.name, User.id)
        .options(joinedload(Participant.user))
    )
    return Window(batch.participant_count, limit, db.session.scalars(query).all(), [])


def _state_admins(organisation_id: uuid.UUID) -> Sequence[str]:
    query = (
        select(User.name)
        .join(OrganisationRole, OrganisationRole.user_id == User.id)
        .where(
            OrganisationRole.organisation_id == organisation_id,
            OrganisationRole.role == OrganisationRoleName.ADMIN,
            User.is_active,
        )
        .order_by(User.name)
        .limit(10)
    )
    return db.session.scalars(query).all()


# Joining.


def why_closed(batch: Batch, today: date) -> str | None:
    """Why nobody can join the batch by themself; nothing where anybody can. `today`: in its time zone."""
    if not batch.is_open:
        return _("This batch is invite-only: its mentors choose who takes part.")
    if batch.end_date and batch.end_date < today:
        return _("The batch ended on %(day)s.", day=day(batch.end_date))
    if batch.enrolment_end_date and batch.enrolment_end_date < today:
        return _("Enrolment ended on %(day)s.", day=day(batch.enrolment_end_date))
    return None


def join(batch: Batch, user: User, by: By) -> bool:
    """Make a participant of whoever asks, of any organisation; answers whether they were none.

    Raises `ConflictError` where nobody can join by themself (any more), and `SuspendedError`.
    """
    batch = hold(batch.id)
    assert_in_use(batch.organisation)
    person = find_anybody(batch, user.id)
    if person is None or person.takes_part:
        return False
    if reason := why_closed(batch, today_in(batch.organisation.time_zone)):
        raise ConflictError(reason)
    enrol(batch, [person], by)
    return True


def participation_of(user: User, batch: Batch) -> Participant | None:
    query = select(Participant).where(
        Participant.batch_id == batch.id, Participant.user_id == user.id, Participant.is_active
    )
    return db.session.scalar(query)
