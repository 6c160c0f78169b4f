"""Courses: each with its open batch from its creation, and the cards by which they are found."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain import courses
from domain.courses import Card
from domain.days import today_in
from domain.errors import ConflictError
from domain.people import rights_of
from domain.permissions import Rights, may_see_course
from models import Batch, Course, Organisation, User, db
from models.batch import EnrolmentType
from tests.people import a_batch, a_course, a_person, an_organisation, enrolled, teachers
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("app")

KEY = "course-v1:pradesh+FLN101+2026"


def found(rights: Rights, words: str = "") -> list[str]:
    return [course.name for course in db.session.scalars(courses.search(rights, words))]


def card_of(course: Course) -> Card:
    [card] = courses.cards_of([course])
    return card


def test_a_course_has_an_open_batch_from_its_creation() -> None:
    organisation = an_organisation("pradesh", time_zone="Pacific/Kiritimati")
    course = courses.create(organisation, key=KEY, name="Foundational Literacy")
    batch = db.session.scalars(select(Batch).where(Batch.course_id == course.id)).one()
    assert (batch.name, batch.is_default, batch.is_open, batch.created_by_id) == ("Open batch", True, True, None)
    assert (batch.start_date, batch.end_date) == (today_in("Pacific/Kiritimati"), None)


def test_a_key_is_taken_once() -> None:
    organisation = an_organisation("pradesh")
    courses.create(organisation, key=KEY, name="Foundational Literacy")
    with pytest.raises(ConflictError, match="a course with this key already"):
        courses.create(organisation, key=KEY, name="Another")
    assert len(db.session.scalars(select(Course)).all()) == 1


def cast(pradesh: Organisation, other: Organisation) -> list[User]:
    return [
        a_person("teacher@pradesh.test", organisation=pradesh),
        a_person("mentor@pradesh.test", mentor_in=pradesh),
        a_person("admin@other.test", admin_of=other),
        a_person("platform@muster.test", is_platform_admin=True),
        a_person("nobody@example.org"),
    ]


def test_the_list_shows_what_permissions_allow() -> None:
    pradesh, other = an_organisation("pradesh"), an_organisation("other")
    made = [a_course(pradesh, name="Literacy"), a_course(other, name="Otherness")]
    for user in cast(pradesh, other):
        rights = rights_of(user)
        assert found(rights) == [course.name for course in made if may_see_course(rights, course)]


@pytest.mark.parametrize("words", ["LITERACY", " acy ", "fln", "pradesh+FLN"])
def test_courses_are_found_by_name_and_key(words: str) -> None:
    pradesh = an_organisation("pradesh")
    a_course(pradesh, name="Literacy")
    a_course(pradesh, "ICT201", name="Computers, 100%")
    rights = Rights(pradesh.id, admin_of=frozenset([pradesh.id]))
    assert found(rights, words) == ["Literacy"]
    assert found(rights, "100%") == ["Computers, 100%"]


def test_a_card_counts_batches_by_the_organisations_day_and_participants() -> None:
    pradesh = an_organisation("pradesh", time_zone="Pacific/Pago_Pago")
    course, today = a_course(pradesh), today_in("Pacific/Pago_Pago")
    enrolled(a_batch(course, start_date=today), teachers(pradesh, 3))
    a_batch(course, start_date=today + timedelta(days=1), enrolment_type=EnrolmentType.OPEN)
    a_batch(course, start_date=today - timedelta(days=5), end_date=today - timedelta(days=1))
    assert card_of(course) == Card(course, ongoing=1, upcoming=1, participants=3)


def test_a_course_without_batches_has_a_card_too() -> None:
    course = a_course(an_organisation("pradesh"))
    assert card_of(course) == Card(course, 0, 0, 0)


def test_many_cards_cost_as_many_queries_as_one() -> None:
    pradesh = an_organisation("pradesh")
    made = [a_course(pradesh, f"C{number}") for number in range(20)]
    with counted() as for_one:
        courses.cards_of(made[:1])
    with counted() as for_many:
        courses.cards_of(made)
    assert len(for_many) == len(for_one) == 2
