"""Lists of batches: a course's, those that a person runs, those that they take part in.

A batch's state follows from its dates and from today, which is a day of its organisation's: in SQL as in
`domain.batches.state_on`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, case, false, func, literal, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from domain.batches import BatchState, state_on, why_closed
from domain.days import today_in
from domain.permissions import Rights, may_edit_batch, may_manage_participants
from models import Batch, Course, Organisation, Participant, db
from models.base import among
from models.batch import EnrolmentType


class Whose(StrEnum):
    """What the workspace is narrowed to."""

    #: Created or mentored by oneself.
    MINE = "mine"
    CREATED = "created"
    MENTORED = "mentored"
    #: All that one may edit: for those who manage an organisation.
    ALL = "all"


def choices_of(rights: Rights) -> list[Whose]:
    """What the person may choose from; the first is meant where they do not choose."""
    everything = [Whose.ALL] if rights.is_platform_admin or rights.admin_of or rights.manager_of else []
    return [*everything, Whose.MINE, Whose.CREATED, Whose.MENTORED]


@dataclass(frozen=True, slots=True)
class Line:
    """A batch in a list, as it is to one person today."""

    batch: Batch
    state: BatchState
    may_edit: bool
    #: In bulk.
    may_manage_participants: bool
    #: The person is none of its participants, and may become one by themself.
    may_join: bool
    #: How far the person is in it themself; empty where they do not take part.
    percent: int | None


# Which batches, as conditions. They need the organisation joined where they ask for a state.


def editable_by(rights: Rights) -> ColumnElement[bool]:
    """The batches that `permissions.may_edit_batch` lets the person edit."""
    if rights.is_platform_admin:
        return true()
    created = and_(Batch.created_by_id == rights.user_id, Batch.organisation_id.in_(rights.mentor_in))
    managed = Batch.organisation_id.in_(rights.admin_of | rights.manager_of)
    return or_(managed, among(Batch.id, rights.mentors_batches), created)


def visible_to(rights: Rights) -> ColumnElement[bool]:
    """The batches of a course that `permissions.may_see_batch` shows the person."""
    is_open = Batch.enrolment_type == EnrolmentType.OPEN
    return or_(is_open, among(Batch.id, rights.takes_part_in), editable_by(rights))


def in_states(today: ColumnElement[date]) -> Mapping[BatchState, ColumnElement[bool]]:
    has_ended = func.coalesce(Batch.end_date < today, false())
    return {
        BatchState.ONGOING: and_(Batch.start_date <= today, ~has_ended),
        BatchState.UPCOMING: Batch.start_date > today,
        BatchState.ENDED: has_ended,
    }


def today() -> ColumnElement[date]:
    """Today in the organisation's time zone: by what day it is where, of which there are three at most."""
    zones_by_day: defaultdict[date, list[str]] = defaultdict(list)
    for zone in db.session.scalars(select(Organisation.time_zone).distinct()):
        zones_by_day[today_in(zone)].append(zone)
    days = [(Organisation.time_zone.in_(zones), literal(day, Date)) for day, zones in zones_by_day.items()]
    return case(*days, else_=literal(today_in("UTC"), Date)) if days else literal(today_in("UTC"), Date)


# The lists.


def of_course(course: Course, rights: Rights) -> Select[Any]:
    """The batches of the course that the person may see: ongoing ones first, ended ones last."""
    states = in_states(today())
    order = case((states[BatchState.ONGOING], 0), (states[BatchState.UPCOMING], 1), else_=2)
    query = _batches().where(Batch.course_id == course.id, visible_to(rights))
    return query.order_by(order, Batch.start_date.desc(), Batch.name, Batch.id)


def run_by(rights: Rights, whose: Whose, state: BatchState) -> Select[Any]:
    """The batches in this state that the person may edit, and that are theirs in this sense; the newest first."""
    query = _batches().where(editable_by(rights), _are(whose, rights), in_states(today())[state])
    return query.order_by(Batch.start_date.desc(), Batch.name, Batch.id)


def counts_run_by(rights: Rights, whose: Whose) -> dict[BatchState, int]:
    """How many there are in each state."""
    states = in_states(today())
    sums = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in states.values()]
    query = select(*sums).select_from(Batch).join(Batch.organisation)
    row = db.session.execute(query.where(editable_by(rights), _are(whose, rights))).one()
    return dict(zip(states, row, strict=True))


def taken_part_in(rights: Rights, most: int) -> Sequence[Participant]:
    """The person's participations with their batches and courses, the newest first."""
    query = (
        select(Participant)
        .where(
            Participant.user_id == rights.user_id,
            Participant.is_active,
            among(Participant.batch_id, rights.takes_part_in),
        )
        .order_by(Participant.enrolled_at.desc(), Participant.batch_id)
        .options(joinedload(Participant.batch).joinedload(Batch.course))
        .limit(most)
    )
    return db.session.scalars(query).all()


def _batches() -> Select[Any]:
    together = joinedload(Batch.course), joinedload(Batch.organisation), selectinload(Batch.mentors)
    return select(Batch).join(Batch.organisation).options(*together)


def _are(whose: Whose, rights: Rights) -> ColumnElement[bool]:
    created = Batch.created_by_id == rights.user_id
    mentored = among(Batch.id, rights.mentors_batches)
    return {
        Whose.ALL: true(),
        Whose.CREATED: created,
        Whose.MENTORED: mentored,
        Whose.MINE: or_(created, mentored),
    }[whose]


def lines_of(batches: Sequence[Batch], rights: Rights) -> list[Line]:
    """The batches as they are to the person; one query, however many."""
    query = select(Participant.batch_id, Participant.percent).where(
        Participant.user_id == rights.user_id,
        among(Participant.batch_id, [batch.id for batch in batches]),
        Participant.is_active,
    )
    percents = dict(db.session.execute(query).all())
    return [_line(batch, rights, percents.get(batch.id)) for batch in batches]


def _line(batch: Batch, rights: Rights, percent: int | None) -> Line:
    today = today_in(batch.organisation.time_zone)
    return Line(
        batch,
        state_on(batch, today),
        may_edit=may_edit_batch(rights, batch),
        may_manage_participants=may_manage_participants(rights, batch) and not batch.is_open,
        may_join=percent is None and why_closed(batch, today) is None,
        percent=percent,
    )
