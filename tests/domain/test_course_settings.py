"""Making a course by what is said of it, and changing that."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from domain import course_settings
from domain.errors import NotAllowedError
from domain.permissions import Rights
from domain.said import Problems
from models import AuditEntry, Batch, Course, Organisation, begin_writing, db, new_id
from models.audit import AuditAction
from tests.people import BY_NOBODY, a_course, a_unit, an_organisation
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("app")

GIVEN = {"org": "pradesh", "course": "FLN101", "run": "2026", "name": "Foundational Literacy", "description": "Read."}
KEY = "course-v1:pradesh+FLN101+2026"
TAKEN = {"course": [f"There is a course with the key {KEY} already: change a part of it."]}


def manager_of(organisation: Organisation) -> Rights:
    return Rights(new_id(), manager_of=frozenset([organisation.id]))


def create(organisation: Organisation, **given: str) -> course_settings.Made:
    return course_settings.create(manager_of(organisation), organisation, GIVEN | given, BY_NOBODY)


def logged() -> list[tuple[str, str]]:
    return [(entry.action, entry.note) for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def test_a_course_is_made_with_its_key_and_its_open_batch() -> None:
    course = create(an_organisation("pradesh")).course
    assert course
    assert (course.key, course.name, course.description) == (KEY, "Foundational Literacy", "Read.")
    assert db.session.scalars(select(Batch.is_default).where(Batch.course_id == course.id)).all() == [True]
    assert logged() == [(AuditAction.COURSE_MADE, KEY)]


@pytest.mark.parametrize("wrong", ["", "a b", "a+b", "a,b", "a/b", "é", "a\nb", "x" * 81])
def test_each_part_of_the_key_that_cannot_be_is_told(wrong: str) -> None:
    problems = create(an_organisation("pradesh"), org=wrong, course=wrong, run=wrong, name="").problems
    assert set(problems) == {"org", "course", "run", "name"}
    assert problems["run"] == [
        "Write at most 80 letters without accents, digits, dashes, dots, underscores and tildes."
    ]


def test_a_key_is_taken_once_on_the_platform_and_nobody_learns_by_whom() -> None:
    create(an_organisation("pradesh"))
    assert create(an_organisation("other")).problems == TAKEN
    assert db.session.scalar(select(func.count()).select_from(Course)) == 1


def test_of_two_at_once_with_one_key_one_is_made(app: Flask) -> None:
    here_id, found = an_organisation("pradesh").id, []

    def make() -> None:
        begin_writing()
        found.append(create(db.session.get_one(Organisation, here_id)).problems)
        db.session.commit()

    at_once(app, make, make)
    assert sorted(found, key=len) == [{}, TAKEN]


def change(course: Course, **given: str) -> Problems:
    now_said = course_settings.as_texts(course)
    return course_settings.change(manager_of(course.organisation), course, now_said | given, BY_NOBODY)


def test_name_and_description_are_changed_and_the_key_stays() -> None:
    course = a_course(an_organisation("pradesh"))
    assert change(course, name="Literacy", description="To read.", org="x", run="z") == {}
    assert (course.name, course.description, course.key) == ("Literacy", "To read.", KEY)
    assert change(course) == {}
    assert logged() == [(AuditAction.COURSE_CHANGED, "")]


def test_what_cannot_be_said_is_told() -> None:
    course = a_course(an_organisation("pradesh"))
    assert change(course, name="", description="x" * 4001) == {
        "name": ["Give it a name."],
        "description": ["The description has 4,001 characters; at most 4,000 fit."],
    }


def test_only_admins_and_managers_of_the_organisation_make_and_change_courses() -> None:
    here, there = an_organisation("pradesh"), an_organisation("there")
    course, unit = a_course(here), a_unit(here)
    mentor = Rights(new_id(), mentor_in=frozenset([here.id]))
    unit_manager = Rights(new_id(), unit_manager_in=frozenset([here.id]), manages_units=frozenset([unit.id]))
    for rights in (mentor, unit_manager, manager_of(there)):
        with pytest.raises(NotAllowedError):
            course_settings.create(rights, here, GIVEN, BY_NOBODY)
        with pytest.raises(NotAllowedError):
            course_settings.change(rights, course, GIVEN, BY_NOBODY)
