"""Courses: making one, and the cards by which they are found."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from domain import batch_lists
from domain.batches import BatchState
from domain.days import today_in
from domain.errors import ConflictError
from domain.language import gettext as _
from domain.permissions import Rights
from models import Batch, Course, Organisation, db, key_of
from models.batch import EnrolmentType

#: What the batch is called that every course has (batches.md, "A batch").
OPEN_BATCH = "Open batch"


def create(organisation: Organisation, *, key: str, name: str, description: str = "") -> Course:
    """A new course with its open batch, from today on.

    `key`: as in `course-v1:org+course+run`. Raises `ConflictError` where there is a course with this key.
    """
    course = Course(organisation=organisation, key=key, name=name, description=description)
    try:
        with db.session.begin_nested():
            db.session.add(course)
    except IntegrityError:
        raise ConflictError(_("There is a course with this key already.")) from None
    db.session.add(
        Batch(
            course_id=course.id,
            organisation_id=organisation.id,
            name=OPEN_BATCH,
            enrolment_type=EnrolmentType.OPEN,
            start_date=today_in(organisation.time_zone),
            is_default=True,
        )
    )
    db.session.flush()
    return course


def visible_to(rights: Rights) -> ColumnElement[bool]:
    """The courses that `permissions.may_see_course` shows the person, as a condition."""
    if rights.is_platform_admin:
        return true()
    return Course.organisation_id.in_(rights.manages_in | rights.mentor_in | rights.guest_in)


def search(rights: Rights, words: str) -> Select[Any]:
    """The courses that the person may see whose name or key contains the words."""
    query = select(Course).where(visible_to(rights)).order_by(Course.name, Course.id)
    if words := key_of(words):
        matches = (func.lower(column).contains(words, autoescape=True) for column in (Course.name, Course.key))
        query = query.where(or_(*matches))
    return query.options(joinedload(Course.organisation))


@dataclass(frozen=True, slots=True)
class Card:
    course: Course
    #: Batches.
    ongoing: int
    upcoming: int
    #: In all batches.
    participants: int


def cards_of(courses: Sequence[Course]) -> list[Card]:
    """Their cards, in their order; two queries, however many."""
    states = batch_lists.in_states(batch_lists.today())
    counts = [func.sum(case((states[state], 1), else_=0)) for state in (BatchState.ONGOING, BatchState.UPCOMING)]
    query = (
        select(Batch.course_id, *counts, func.sum(Batch.participant_count))
        .join(Batch.organisation)
        .where(Batch.course_id.in_([course.id for course in courses]))
        .group_by(Batch.course_id)
    )
    found: dict[uuid.UUID, tuple[int, ...]] = {course_id: tuple(rest) for course_id, *rest in db.session.execute(query)}
    return [Card(course, *found.get(course.id, (0, 0, 0))) for course in courses]
