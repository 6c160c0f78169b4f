"""The part of the demo world where teachers learn: an organisation, its courses, batches and 6,000 people."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import insert, select

from domain.days import day_in
from domain.tallies import count_in
from models import Batch, Course, Organisation, Participant, User, db, key_of, new_id, now
from models.batch import EnrolmentType
from models.user import search_text_of

TEACHERS = 6_000
COURSE_UNITS = 12
#: The same world each time.
_SEED = 2026
#: These have completed the course; of the others below, none of the first hundred has.
_COMPLETED = {1, 5001}
_FIRST_NAMES = """
    Aarti Abhay Aisha Ajay Alka Amit Anita Anjali Arjun Arun Asha Ashok Bhavna Chitra Deepak Devika Divya Farida
    Ganesh Gauri Gita Harish Hema Imran Indira Ishaan Jaya Jyoti Kabir Kavita Kiran Lakshmi Lata Leela Madhu
    Mahesh Manoj Meena Mohan Nandini Neha Nikhil Nisha Pooja Prakash Prem Priya Rahul Rajesh Rekha Ritu Rohan Sana
    Sanjay Sarita Savita Shanti Shreya Sita Sunil Sunita Suresh Tara Uma Usha Varun Vijay Vikram Vimala Zoya
"""
_LAST_NAMES = """
    Agarwal Ahmed Bhat Bose Chauhan Chopra Das Deshmukh Deshpande Dutta Gandhi Ghosh Gill Gupta Iyer Jain Joshi
    Kapoor Kaur Khan Kulkarni Kumar Malhotra Mehta Menon Mishra Nair Naidu Pandey Patel Patil Pillai Rao Reddy Roy
    Saxena Sen Shah Sharma Sheikh Shetty Singh Sinha Thakur Trivedi Varma Verma Yadav
"""
_DISTRICTS = {
    "Ambapur": ("Ambapur", "Kherli", "Nandgaon"),
    "Bhimtal": ("Bhimtal", "Ramgarh", "Okhal"),
    "Chandrapur": ("Chandrapur", "Ballar", "Mul", "Warod"),
    "Devgarh": ("Devgarh", "Barkot", "Tilei"),
    "Gopalganj": ("Gopalganj", "Kuchai", "Manjha"),
    "Jaitpur": ("Jaitpur", "Burhar"),
    "Kamalpur": ("Kamalpur", "Salema", "Durga"),
    "Lakhanpur": ("Lakhanpur", "Udaipura", "Sitapur"),
    "Mandla": ("Mandla", "Nainpur", "Bichhiya"),
    "Rajnagar": ("Rajnagar", "Railmagra", "Khamnor", "Bhim"),
}


class _Plan(NamedTuple):
    """A batch to be: whom it has, by their numbers, and how many days ago it began and how many it lasts."""

    name: str
    first: int
    last: int
    began: int
    lasts: int
    description: str


_BATCHES = (
    _Plan("Pilot", 5001, 5012, 75, 180, "Twelve teachers who try the course out before the others."),
    _Plan("Full house", 5101, 5200, 60, 150, "One room, every chair taken."),
    _Plan("One too many", 5301, 5401, 45, 150, "One participant more than the Edit batch window takes."),
    _Plan("State training", 1, 5000, 90, 240, "The course for the teachers of the whole state."),
)


def fill(pradesh: Organisation, mentor: User, *, teachers: bool) -> None:
    """Courses and batches, with their people where `teachers` says so."""
    literacy = _course(pradesh, "FLN101", "Foundational Literacy", "Teaching children to read, from the first letter.")
    ict = _course(pradesh, "ICT201", "ICT in class", "What a projector, a telephone and an hour can do.")
    for course in (literacy, ict):
        _batch(course, mentor, _Plan("Open batch", 1, 0, 120, 0, "For everybody who wants to learn."))
    chance = Random(_SEED)
    ids = _teachers(pradesh, chance) if teachers else []
    for plan in _BATCHES:
        batch = _batch(literacy, mentor, plan)
        if teachers:
            _enrol(batch, ids, plan, mentor, chance)
    db.session.flush()


def _course(pradesh: Organisation, code: str, name: str, description: str) -> Course:
    key = f"course-v1:{pradesh.short_name}+{code}+2026"
    course = Course(organisation=pradesh, key=key, name=name, description=description)
    db.session.add(course)
    db.session.flush()
    return course


def _batch(course: Course, mentor: User, plan: _Plan) -> Batch:
    today = day_in(now(), course.organisation.time_zone)
    begins = today - timedelta(days=plan.began)
    is_open = plan.name == "Open batch"
    batch = Batch(
        course=course,
        organisation_id=course.organisation_id,
        name=plan.name,
        description=plan.description,
        enrolment_type=EnrolmentType.OPEN if is_open else EnrolmentType.INVITE_ONLY,
        start_date=begins,
        end_date=begins + timedelta(days=plan.lasts) if plan.lasts else None,
        is_default=is_open,
        created_by_id=None if is_open else mentor.id,
        mentors=[mentor],
    )
    db.session.add(batch)
    db.session.flush()
    return batch


def _teachers(pradesh: Organisation, chance: Random) -> list[uuid.UUID]:
    """By their numbers, from 1."""
    rows = [_teacher(pradesh, number, chance) for number in range(1, TEACHERS + 1)]
    db.session.execute(insert(User), rows)
    return [row["id"] for row in rows]


def _teacher(pradesh: Organisation, number: int, chance: Random) -> dict[str, Any]:
    user_name, state_id = f"teacher{number:05}", f"PR-{number:05}"
    email = f"{user_name}@pradesh.test"
    name = f"{chance.choice(_FIRST_NAMES.split())} {chance.choice(_LAST_NAMES.split())}"
    district = chance.choices([*_DISTRICTS], range(len(_DISTRICTS), 0, -1))[0]
    block = chance.choice(_DISTRICTS[district])
    school = f"{chance.choice(('Government Primary School', 'Zilla School', 'Model School'))} {block}"
    return {
        "id": new_id(),
        "email": email,
        "email_key": email,
        "user_name": user_name,
        "user_name_key": user_name,
        "name": name,
        "organisation_id": pradesh.id,
        "state_id": state_id,
        "state_id_key": key_of(state_id),
        "district": district,
        "block": block,
        "school": f"{school} {chance.randint(1, 9)}",
        "mobile": f"+91 9{chance.randint(0, 999_999_999):09}",
        "search_text": search_text_of(name, email, state_id),
    }


class _Progress(NamedTuple):
    """What a participant is counted by, and the rest of their row."""

    enrolled_on: date
    percent: int
    completed_on: date | None
    district: str | None
    row: dict[str, Any]


def _enrol(batch: Batch, ids: Sequence[uuid.UUID], plan: _Plan, mentor: User, chance: Random) -> None:
    people = ids[plan.first - 1 : plan.last]
    districts = dict(
        db.session.execute(select(User.id, User.district).where(User.organisation_id == batch.organisation_id)).all()
    )
    participants = [
        _participant(batch, user_id, number, districts[user_id], chance)
        for number, user_id in enumerate(people, plan.first)
    ]
    db.session.execute(
        insert(Participant), [{**one.row, "batch_id": batch.id, "enrolled_by_id": mentor.id} for one in participants]
    )
    count_in(batch.id, participants)
    batch.participant_count = len(participants)
    batch.last_activity_at = max((one.row["last_activity_at"] for one in participants if one.percent), default=None)


def _participant(batch: Batch, user_id: uuid.UUID, number: int, district: str | None, chance: Random) -> _Progress:
    """Most enrol in the first weeks; a third has not begun, some have done it all."""
    time_zone = batch.organisation.time_zone
    first, last = datetime.combine(batch.start_date, time(5), UTC), now() - timedelta(hours=1)
    span = (last - first).total_seconds()
    enrolled_at = first + timedelta(seconds=span * chance.random() ** 2 * 0.8)
    units = _units(number, chance)
    last_activity_at = enrolled_at + (last - enrolled_at) * (0.3 + 0.7 * chance.random()) if units else None
    completed_at = last_activity_at if units == COURSE_UNITS else None
    enrolled_on = day_in(enrolled_at, time_zone)
    completed_on = day_in(completed_at, time_zone) if completed_at else None
    percent = 100 * units // COURSE_UNITS
    row = {
        "user_id": user_id,
        "enrolled_at": enrolled_at,
        "enrolled_on": enrolled_on,
        "completed_units": units,
        "total_units": COURSE_UNITS,
        "percent": percent,
        "last_activity_at": last_activity_at,
        "completed_at": completed_at,
        "completed_on": completed_on,
    }
    return _Progress(enrolled_on, percent, completed_on, district, row)


def _units(number: int, chance: Random) -> int:
    if number in _COMPLETED:
        return COURSE_UNITS
    luck = chance.random()
    if luck < 0.33:
        return 0
    may_be_done = number > 100 and not 5001 <= number <= 5012
    return COURSE_UNITS if may_be_done and luck > 0.8 else chance.randint(1, COURSE_UNITS - 1)
