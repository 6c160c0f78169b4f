"""Enrolments that wait for an account: written, taken back, and made true once the account is there."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, select, update

from domain import audit, enrolments
from domain.audit import CLOCK, About
from domain.enrolments import HeldCourse, Pending
from domain.participants import enrol
from domain.rows import insert_rows, update_rows
from models import Course, Organisation, PendingEnrolment, User, db, now
from models.audit import AuditAction
from models.base import among

#: By course.
HeldCourses = Mapping[uuid.UUID, HeldCourse]

#: What has changed for whoever is enrolled so, as the audit log calls it.
FULFILLED = "from allowed to enroll to enrolled"


def insert(course: Course, pending: Collection[Pending], requested_by_id: uuid.UUID | None) -> None:
    """The course is held."""
    given = {"course_id": course.id, "requested_by_id": requested_by_id, "created_at": now()}
    insert_rows(PendingEnrolment, [{**one._asdict(), **given} for one in pending])


def renew(pending: Collection[Pending]) -> None:
    """They wait again, as they are wanted now."""
    update_rows(
        PendingEnrolment,
        [{"id": p.id, "auto_enrol": p.auto_enrol, "batch_id": p.batch_id, "fulfilled_at": None} for p in pending],
    )


def take_back(ids: Collection[uuid.UUID]) -> None:
    if ids:
        db.session.execute(delete(PendingEnrolment).where(among(PendingEnrolment.id, ids)))


def mark_fulfilled(ids: Collection[uuid.UUID]) -> None:
    """They do not become enrolments a second time."""
    if ids:
        is_new = PendingEnrolment.fulfilled_at.is_(None)
        db.session.execute(
            update(PendingEnrolment).where(among(PendingEnrolment.id, ids), is_new).values(fulfilled_at=now())
        )


def hold(email_keys: Collection[str]) -> HeldCourses:
    """Hold the courses in which an enrolment waits for these addresses.

    For who then holds accounts that are there already: whoever brings people into a batch holds that first too, and
    no two wait for each other.
    """
    query = select(Course).join(PendingEnrolment, PendingEnrolment.course_id == Course.id)
    waits = PendingEnrolment.auto_enrol, PendingEnrolment.fulfilled_at.is_(None)
    return _hold({*db.session.scalars(query.where(among(PendingEnrolment.email_key, email_keys), *waits))})


def fulfil(user_ids: Collection[uuid.UUID], held: HeldCourses | None = None) -> None:
    """Enrol people whose accounts have just been made or activated, wherever that waits for them; once.

    Whoever is in the course by then stays where they are. `held`: in no other courses; what has come to wait elsewhere
    at this very moment is left to `fulfil_what_was_left`.
    """
    _fulfil(among(User.id, user_ids), held=held)


def fulfil_what_was_left() -> None:
    """Likewise of those whose account was made at the very moment at which they were to be enrolled: neither of the
    two transactions saw the other's."""
    _fulfil()


def _fulfil(*whose: ColumnElement[bool], held: HeldCourses | None = None) -> None:
    if held is None:
        held = _hold({one.course for one in _waiting(*whose)})
    waiting = _waiting(*whose) if held else []  # some may have been taken back meanwhile
    for course in held.values():
        theirs = [one for one in waiting if one.course is course.course]
        _enrol(course, theirs)
        mark_fulfilled([one.id for one in theirs])


def _hold(courses: Collection[Course]) -> HeldCourses:
    return enrolments.hold(courses) if courses else {}


class _Waiting(NamedTuple):
    id: uuid.UUID
    course: Course
    batch_id: uuid.UUID | None
    user_id: uuid.UUID


def _waiting(*whose: ColumnElement[bool]) -> list[_Waiting]:
    """Those of an organisation that is suspended wait until it is resumed."""
    query = (
        select(PendingEnrolment.id, Course, PendingEnrolment.batch_id, User.id)
        .join(PendingEnrolment.course)
        .join(Course.organisation)
        .join(User, User.email_key == PendingEnrolment.email_key)
        .where(User.is_active, Organisation.suspended_at.is_(None), *whose)
        .where(PendingEnrolment.auto_enrol, PendingEnrolment.fulfilled_at.is_(None))
    )
    return [*map(_Waiting._make, db.session.execute(query))]


def _enrol(held: HeldCourse, waiting: Sequence[_Waiting]) -> None:
    by_batch: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for one in waiting:
        by_batch[one.batch_id or held.open_batch.id].append(one.user_id)
    enrolled: list[uuid.UUID] = []
    for batch in held.batches:
        standings = enrolments.find_by_id(held, batch, by_batch[batch.id])
        people = [standing.person for standing in standings if standing.person and not standing.batches]
        enrol(batch, people, CLOCK)
        enrolled += [person.id for person in people]
    if enrolled:
        audit.record(AuditAction.ENROLMENTS_CHANGED, About.course(held.course), CLOCK, {FULFILLED: enrolled})
