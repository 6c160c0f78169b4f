"""Bulk enrolment: the same cost for ten and ten thousand, two at once as one after the other, all or nothing."""

from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask

from domain import bulk_enrolment, courses, pending_enrolments
from domain.audit import By
from domain.bulk_enrolment import Order, Result, UnknownCourseError
from domain.errors import NotAllowedError
from domain.people import rights_of
from models import Batch, Course, Letter, Participant, PendingEnrolment, User, begin_writing, db
from models.audit import Through
from models.outbox import LetterKind
from tests.people import a_batch, a_person, an_organisation, enrolled, pending_for, teachers
from tests.queries import counted
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("app")

KEY = "course-v1:pradesh+FLN101+2026"
OTHER = "course-v1:pradesh+MATH1+2026"


class Here:
    """An organisation with teachers, two courses with a cohort each, and a platform admin."""

    def __init__(self, people: int = 3) -> None:
        self.organisation = an_organisation("pradesh")
        self.teachers = teachers(self.organisation, people)
        self.courses = [courses.create(self.organisation, key=key, name=key) for key in (KEY, OTHER)]
        self.cohorts = [a_batch(course, "Autumn") for course in self.courses]
        self.admin_id = a_person("platform@muster.test", is_platform_admin=True).id
        db.session.commit()

    def carry_out(self, identifiers: Sequence[str], keys: Sequence[str] = (KEY,), **given: Any) -> list[Result]:
        """The results in the first course."""
        plain = {"cohorts": (), "enrols": True, "auto_enrol": True, "tells_them": False, "reason": ""}
        order = Order(identifiers, keys, **plain | given)
        admin = db.session.get_one(User, self.admin_id)
        results = bulk_enrolment.carry_out(rights_of(admin), order, By(admin.id, Through.API))
        db.session.flush()
        return results[keys[0]]


def names(first: int, last: int) -> list[str]:
    """Of people by each of their names, of addresses that nobody has, and of nothing."""
    kinds = ("pradesh{:05}", "teacher{:05}@pradesh.test", "PR-{:05}", "new{}@example.org", "nothing{}")
    return [kinds[number % len(kinds)].format(number) for number in range(first, last)]


def taking_part(course: Course) -> int:
    """Counted in the table, and on the batches."""
    theirs = db.select(Batch.id).where(Batch.course_id == course.id)
    rows = db.select(db.func.count()).select_from(Participant).where(Participant.is_active)
    count = db.session.scalars(rows.where(Participant.batch_id.in_(theirs))).one()
    told = db.session.scalars(db.select(db.func.sum(Batch.participant_count)).where(Batch.course_id == course.id)).one()
    assert count == told
    return count


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"cohorts": ("Autumn", "Autumn")},
        {"enrols": False},
        {"tells_them": True},
        {"tells_them": True, "enrols": False},
    ],
    ids=str,
)
def test_many_cost_the_same_queries_as_few(asked: dict[str, Any]) -> None:
    here = Here(600)
    enrolled(here.cohorts[1], here.teachers[::2])
    here.carry_out([*names(1, 8), *names(300, 400)], (KEY, OTHER))  # some are there already
    numbers = []
    for some in (names(1, 21), names(300, 600)):
        with counted() as queries:
            here.carry_out(some, (KEY, OTHER), **asked)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_ten_thousand_are_enrolled_with_a_result_for_each() -> None:
    here = Here(10_000)
    results = here.carry_out([f"teacher{number:05}@pradesh.test" for number in range(1, 10_001)])
    assert len(results) == 10_000
    assert all(result.after and result.after.enrollment for result in results)
    assert taking_part(here.courses[0]) == 10_000


def test_the_same_people_twice_at_once_are_enrolled_once(app: Flask) -> None:
    here = Here(200)
    some = [f"PR-{number:05}" for number in range(1, 201)] + [f"new{number}@example.org" for number in range(200)]
    orders = [(KEY, OTHER), (OTHER, KEY)] * 3
    before: list[int] = []

    def enrol(keys: tuple[str, str]) -> None:
        begin_writing()
        results = here.carry_out(some, keys, tells_them=True)
        db.session.commit()
        before.append(sum(bool(result.before and result.before.enrollment) for result in results))

    at_once(app, *(lambda keys=keys: enrol(keys) for keys in orders))
    assert sorted(before) == [0] + [200] * 5
    assert [taking_part(course) for course in here.courses] == [200, 200]
    assert db.session.scalar(db.select(db.func.count()).select_from(PendingEnrolment)) == 400
    enrolled_letters = db.select(db.func.count()).where(Letter.kind == LetterKind.ENROLLED)
    assert db.session.scalar(enrolled_letters) == 400


def test_enrolling_and_unenrolling_at_once_end_as_one_after_the_other(app: Flask) -> None:
    here = Here(50)
    some = names(1, 100)

    def change(**asked: Any) -> None:
        begin_writing()
        here.carry_out(some, (KEY, OTHER), **asked)
        db.session.commit()

    asked: list[dict[str, Any]] = [{}, {"enrols": False}, {"cohorts": ("Autumn", "Autumn")}] * 2
    at_once(app, *(lambda one=one: change(**one) for one in asked))
    there = {taking_part(course) for course in here.courses}
    assert len(there) == 1
    pending = db.session.scalar(db.select(db.func.count()).select_from(PendingEnrolment))
    assert bool(pending) == (there != {0})


def test_a_course_that_is_not_there_leaves_nothing_done() -> None:
    here = Here()
    with pytest.raises(UnknownCourseError):
        here.carry_out(["PR-00001"], (KEY, "course-v1:pradesh+NONE+2026"))
    assert taking_part(here.courses[0]) == 0


def test_only_a_platform_admin_may() -> None:
    here = Here()
    db.session.get_one(User, here.admin_id).is_platform_admin = False
    with pytest.raises(NotAllowedError):
        here.carry_out(["PR-00001"])


def test_of_two_cohorts_of_one_name_it_is_the_newest() -> None:
    here = Here(1)
    newest = a_batch(here.courses[0], "Autumn")
    here.carry_out(["PR-00001"], cohorts=["Autumn"])
    assert newest.participant_count == 1


def test_in_several_batches_the_newest_with_a_name_was_the_cohort() -> None:
    here = Here(1)
    newest = a_batch(here.courses[0], "Winter")
    for batch in (newest, here.cohorts[0], open_batch(here.courses[0])):
        enrolled(batch, here.teachers)
    (result,) = here.carry_out(["PR-00001"], cohorts=["Open batch"])
    assert cohort_before(result) == "Open batch"
    enrolled(newest, here.teachers)
    enrolled(here.cohorts[0], here.teachers)
    a_batch(here.courses[0], "Spring")
    (result,) = here.carry_out(["PR-00001"], cohorts=["Spring"])
    assert cohort_before(result) == "Winter"
    assert taking_part(here.courses[0]) == 1


def cohort_before(result: Result) -> str | None:
    assert result.before is not None
    return result.before.cohort


def open_batch(course: Course) -> Batch:
    return db.session.scalars(db.select(Batch).where(Batch.course_id == course.id, Batch.is_default)).one()


def test_whoever_is_enrolled_is_not_enrolled_once_more_by_what_was_pending() -> None:
    here = Here(1)
    pending_for("teacher00001@pradesh.test", here.courses[0])
    here.carry_out(["PR-00001"])
    pending_enrolments.fulfil(here.teachers)
    here.carry_out(["PR-00001"], enrols=False)
    assert taking_part(here.courses[0]) == 0
    assert db.session.scalars(db.select(PendingEnrolment)).all() == []


def test_asking_again_keeps_the_cohort_of_a_pending_address_unless_another_is_named() -> None:
    here = Here(1)
    here.carry_out(["new@example.org"], cohorts=["Autumn"])
    here.carry_out(["new@example.org"], auto_enrol=False)
    pending = db.session.scalars(
        db.select(PendingEnrolment).where(PendingEnrolment.course_id == here.courses[0].id)
    ).one()
    assert (pending.batch_id, pending.auto_enrol) == (here.cohorts[0].id, False)
