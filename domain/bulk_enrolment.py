"""Open edX's bulk enrolment: many people into courses, or out of them, each with what was before and what is after.

What each word of it means here: whoever takes part in any batch of a course is enrolled in it; people enrolled in
the course and no more are in its open batch; a cohort is a batch of the course by its name.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, NamedTuple

from domain import audit, enrolments, pending_enrolments
from domain.audit import About, By
from domain.enrolments import HeldCourse, Pending, Standing
from domain.errors import NotAllowedError
from domain.language import gettext as _
from domain.participants import Person, enrol, withdraw
from domain.permissions import Rights, may_enrol_in_bulk
from domain.post import course_letter, post
from models import Batch, new_id
from models.audit import AuditAction
from models.outbox import LetterKind


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for."""

    #: User names, e-mail addresses, state IDs; those that are repeated are gone through again.
    identifiers: Sequence[str]
    #: Their keys.
    courses: Sequence[str]
    #: Names of batches, one for each of the courses, or none at all; only for those who are enrolled.
    cohorts: Sequence[str]
    #: Or unenrols.
    enrols: bool
    #: Addresses without an account, as soon as they have one; otherwise they may then enrol by themselves.
    auto_enrol: bool
    #: Writes a letter to each, for each course.
    tells_them: bool
    #: Why, for the audit log.
    reason: str


class State(NamedTuple):
    """Of somebody, or an address, in a course."""

    #: They are in it.
    enrollment: bool
    #: What is pending becomes an enrolment by itself.
    auto_enroll: bool
    #: There is an account.
    user: bool
    #: An enrolment is pending.
    allowed: bool
    #: Told where cohorts are named.
    cohort: str | None = None


class Result(NamedTuple):
    """What became of one identifier. Without states, nothing: it names nobody, or somebody who has to stay."""

    #: As it was given.
    identifier: str
    before: State | None = None
    after: State | None = None
    #: It names somebody, or an address.
    is_valid: bool = True


class UnknownCourseError(Exception):
    """There is no course with this key."""


class UnknownCohortError(Exception):
    """There is no such batch."""

    def __init__(self, cohort: str, course_key: str) -> None:
        super().__init__(cohort, course_key)
        self.cohort = cohort
        self.course_key = course_key


def carry_out(rights: Rights, order: Order, by: By) -> dict[str, list[Result]]:
    """By course key, the results in the order of the identifiers.

    Raises `NotAllowedError`; `UnknownCohortError`, and then `UnknownCourseError`, with nothing done.
    """
    if not may_enrol_in_bulk(rights):
        raise NotAllowedError(_("Only a platform admin may enrol people in bulk."))
    courses = enrolments.courses_called(order.courses)
    held = enrolments.hold(courses.values())
    places = _places(order, {key: held[course.id] for key, course in courses.items()})
    letters: dict[tuple[uuid.UUID, str], dict[str, Any]] = {}
    results = {place.course.key: _Change(order, place, cohort, by, letters).carry_out() for place, cohort in places}
    post([*letters.values()])
    return results


def _places(order: Order, held: dict[str, HeldCourse]) -> list[tuple[HeldCourse, Batch | None]]:
    """The courses, in their order, each with its cohort where one is named."""
    cohorts: list[Batch | None] = []
    for key, name in zip(order.courses, order.cohorts, strict=False):
        cohort = held[key].cohort(name) if key in held else None
        if cohort is None:
            raise UnknownCohortError(name, key)
        cohorts.append(cohort)
    if not held.keys() >= {*order.courses}:
        raise UnknownCourseError
    return [*zip_longest((held[key] for key in order.courses), cohorts)]


class _Change:
    """What becomes of one course: gone through in memory, identifier by identifier, and then written in sets.

    `letters`: to whom, by course and address, one each.
    """

    def __init__(
        self,
        order: Order,
        held: HeldCourse,
        cohort: Batch | None,
        by: By,
        letters: dict[tuple[uuid.UUID, str], dict[str, Any]],
    ) -> None:
        self.order, self.held, self.cohort, self.by, self.letters = order, held, cohort, by, letters
        self.target = cohort or held.open_batch
        #: Names, by batch ID.
        self.cohorts: dict[uuid.UUID, str] = {
            batch.id: batch.name for batch in held.batches if batch is self.target or not batch.is_default
        }
        self.joining: list[Person] = []
        #: By batch ID.
        self.leaving: dict[uuid.UUID, list[Person]] = defaultdict(list)
        #: By address key, as they are in the end: those that were not there, and those that were.
        self.new_pending: dict[str, Pending] = {}
        self.changed_pending: dict[str, Pending] = {}
        self.fulfilled: list[uuid.UUID] = []
        self.taken_back: list[uuid.UUID] = []
        #: By what has changed for them, user IDs and addresses.
        self.told: dict[str, list[str]] = defaultdict(list)

    def carry_out(self) -> list[Result]:
        found = enrolments.find(self.held, self.target, self.order.identifiers)
        results = [self._result(identifier, found.get(identifier)) for identifier in self.order.identifiers]
        self._write()
        return results

    def _result(self, identifier: str, standing: Standing | None) -> Result:
        if standing is None:
            return Result(identifier, is_valid=False)
        before = _state(standing, self._cohort_of(standing) if self.cohort else None)
        if not (self._enrol(standing) if self.order.enrols else self._unenrol(standing)):
            return Result(identifier)
        after = _state(standing, self.cohort.name if self.cohort else None)
        who = standing.person.hex if standing.person else standing.email
        self.told[_transition(before, after, enrols=self.order.enrols)].append(who)
        return Result(identifier, before, after)

    def _cohort_of(self, standing: Standing) -> str | None:
        """The one that they are in, or would come into: if not the one that is asked for, the newest. The open batch
        is none, unless it is asked for."""
        if self.target.id in standing.batches:
            return self.target.name
        theirs = standing.batches or ([standing.pending.batch_id] if standing.pending else [])
        cohorts = [batch_id for batch_id in theirs if batch_id and batch_id in self.cohorts]
        return self.cohorts[max(cohorts)] if cohorts else None  # of UUIDs of version 7, the newest is the greatest

    # Each answers whether it was done: whoever has completed the course in a batch stays in it.

    def _enrol(self, standing: Standing) -> bool:
        if standing.person is None or not standing.person.is_active:
            self._allow(standing)
            return True
        if not standing.batches:
            self._join(standing, standing.person)
            self._tell(LetterKind.ENROLLED, standing, standing.email)
        elif self.cohort and not self._move(standing, standing.person):
            return False
        if standing.pending:
            self.fulfilled.append(standing.pending.id)
        return True

    def _join(self, standing: Standing, person: Person) -> None:
        self.joining.append(person)
        standing.batches[self.target.id] = person

    def _move(self, standing: Standing, person: Person) -> bool:
        here = standing.batches.pop(self.target.id, None)
        if standing.has_completed:
            return False
        self._leave(standing)
        if here is None:
            self._join(standing, person)
        else:
            standing.batches[self.target.id] = here
        return True

    def _leave(self, standing: Standing) -> None:
        for batch_id, person in standing.batches.items():
            self.leaving[batch_id].append(person)
        standing.batches.clear()

    def _unenrol(self, standing: Standing) -> bool:
        if standing.has_completed:
            return False
        if standing.batches or standing.pending:
            self._tell(LetterKind.UNENROLLED, standing, standing.email)
        if standing.pending:
            self.taken_back.append(standing.pending.id)
            standing.pending = None
        self._leave(standing)
        return True

    def _allow(self, standing: Standing) -> None:
        """They are to be enrolled, or may enrol, once the account is there and active."""
        was = standing.pending
        batch_id = self.cohort.id if self.cohort else was.batch_id if was else None
        identity = (was.id, was.email) if was else (new_id(), standing.email)
        standing.pending = pending = Pending(*identity, standing.email_key, self.order.auto_enrol, batch_id)
        is_new = was is None or standing.email_key in self.new_pending
        (self.new_pending if is_new else self.changed_pending)[standing.email_key] = pending
        self._tell(LetterKind.TO_REGISTER, standing, pending.email)

    def _tell(self, kind: LetterKind, standing: Standing, to: str) -> None:
        if self.order.tells_them:
            self.letters[self.held.course.id, standing.email_key] = course_letter(kind, self.held.course.id, to)

    def _write(self) -> None:
        enrol(self.target, self.joining, self.by)
        for batch in self.held.batches:
            withdraw(batch, self.leaving[batch.id], self.by)
        pending_enrolments.insert(self.held.course, self.new_pending.values(), self.by.user_id)
        pending_enrolments.renew(self.changed_pending.values())
        pending_enrolments.mark_fulfilled(self.fulfilled)
        pending_enrolments.take_back(self.taken_back)
        if self.told:
            about = About.course(self.held.course)
            audit.record(AuditAction.ENROLMENTS_CHANGED, about, self.by, self.told, self.order.reason)


def _state(standing: Standing, cohort: str | None) -> State:
    pending = standing.pending
    return State(
        bool(standing.batches),
        pending is not None and pending.auto_enrol,
        standing.person is not None,
        pending is not None,
        cohort,
    )


def _transition(before: State, after: State, *, enrols: bool) -> str:
    """In Open edX's words (its `ManualEnrollmentAudit`)."""
    was = "enrolled" if before.enrollment else "allowed to enroll" if before.allowed else "unenrolled"
    if not enrols:
        return f"from {was} to unenrolled"
    if after.enrollment:
        return f"from {was} to enrolled"
    return "N/A" if before.user else "from unenrolled to allowed to enroll"
