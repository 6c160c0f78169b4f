"""Courses, batches and their people for tests in the demo world."""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from domain.days import today_in
from models import Batch, Course, Organisation, Participant, User, db
from tests.people import a_person, enrolled, teachers, the_person

MENTOR = "mentor@pradesh.test"
STATE_ADMIN = "state@pradesh.test"
TEACHER = "teacher@pradesh.test"
STRANGER = "admin@otherland.test"
LITERACY = "/courses/course-v1:pradesh+FLN101+2026"
CONTACT = "Please contact your state admin to add or remove participants from this batch"


def pradesh() -> Organisation:
    return db.session.scalars(select(Organisation).where(Organisation.short_name == "pradesh")).one()


def course(run: str = "FLN101") -> Course:
    return db.session.scalars(select(Course).where(Course.key == f"course-v1:pradesh+{run}+2026")).one()


def batch(name: str = "Pilot") -> Batch:
    query = select(Batch).where(Batch.name == name, Batch.course_id == course().id)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def in_days(days: int) -> str:
    """A day from today in Pradesh, as forms have it."""
    return (today_in("Asia/Kolkata") + timedelta(days=days)).isoformat()


def a_teacher(email: str = TEACHER, **given: Any) -> User:
    """A person of Pradesh who can sign in."""
    plain = {"organisation": pradesh(), "password_hash": the_person(MENTOR).password_hash}
    return a_person(email, **plain | given)


def fill(number: int, name: str = "Pilot") -> list[uuid.UUID]:
    """So many teachers take part in the batch."""
    people = teachers(pradesh(), number)
    enrolled(batch(name), people)
    db.session.commit()
    return people


def more(number: int) -> list[uuid.UUID]:
    """So many teachers more, who take part in nothing."""
    people = teachers(pradesh(), number, first=50_001)
    db.session.commit()
    return people


def completed(user_id: uuid.UUID, name: str = "Pilot") -> None:
    participant = db.session.get_one(Participant, (batch(name).id, user_id))
    participant.percent, participant.completed_at = 100, participant.enrolled_at
    participant.completed_on = participant.enrolled_on
    db.session.flush()


def as_typed(batch: Batch, **given: Any) -> dict[str, Any]:
    """The form of the Edit batch window as it comes, with what is given instead."""
    plain = {
        "name": batch.name,
        "description": batch.description,
        "start_date": batch.start_date.isoformat(),
        "end_date": batch.end_date.isoformat() if batch.end_date else "",
        "enrolment_end_date": "",
        "mentors": [str(mentor.id) for mentor in batch.mentors],
    }
    return plain | given


def ids(people: Iterable[uuid.UUID]) -> list[str]:
    return [str(person) for person in people]
