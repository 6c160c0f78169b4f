"""Courses, batches and their people for tests in the demo world."""

import threading
import time
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from domain import participants
from domain.audit import By
from domain.days import today_in
from models import Batch, Course, Organisation, Participant, User, begin_writing, db
from models.audit import Through
from tests.people import a_batch, a_course, a_person, an_organisation, enrolled, pending_for, teachers, the_person

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


def an_open_batch_waits_for(email: str) -> uuid.UUID:
    """Of a course in which an enrolment waits for the address."""
    course = a_course(an_organisation("waiting"))
    pending_for(email, course)
    return a_batch(course, is_default=True, enrolment_type="open").id


def enrol_slowly(batch_id: uuid.UUID, user_id: uuid.UUID, is_held: threading.Event) -> None:
    """Let others come in between, once the batch is held."""
    begin_writing()
    batch = participants.hold(batch_id)
    is_held.set()
    time.sleep(0.3)
    person = participants.find_anybody(batch, user_id)
    participants.enrol(batch, [person] if person else [], By(user_id, Through.API))
    db.session.commit()


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
