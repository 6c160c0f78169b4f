"""A batch with many people in it, beside the demo world of a service."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import insert, text

from app import create_app
from domain import api_keys, demo
from domain.people import find_by_email, rights_of
from domain.tallies import count_in
from models import Batch, Organisation, Participant, User, begin_writing, db, now
from models.batch import EnrolmentType
from tests.benchmarks.service import Service
from tests.people import BY_NOBODY, a_batch, a_course, a_person, an_organisation, teachers

ADMIN = "admin@crowd.test"


@dataclass(frozen=True)
class Crowd:
    app: Flask
    organisation_id: uuid.UUID
    course_key: str
    #: With all of them in it.
    batch_id: uuid.UUID
    people: list[uuid.UUID]
    #: A key of its admin's.
    secret: str


@contextmanager
def crowd(service: Service, size: int) -> Iterator[Crowd]:
    """So many people of an organisation, all of them in one batch, each with some progress; and a state admin."""
    app = create_app(
        {"INSTANCE_PATH": str(service.folder), "SECRET_KEY": "bench", "DATABASE_URL": service.database_url}
    )
    with app.app_context():
        organisation = an_organisation("crowd", time_zone="Asia/Kolkata")
        secret = _key_of_admin(organisation)
        people = teachers(organisation, size)
        batch = a_batch(a_course(organisation), "Everybody")
        _enrol(batch, people)
        made = Crowd(app, organisation.id, batch.course.key, batch.id, people, secret)
        db.session.commit()
        _gather_statistics()
        yield made
        db.session.remove()
        db.engine.dispose()


def _key_of_admin(organisation: Organisation) -> str:
    known = find_by_email(demo.ACCOUNTS[0].email)
    assert known is not None
    admin = a_person(ADMIN, admin_of=organisation, organisation=organisation, password_hash=known.password_hash)
    until = now().date() + timedelta(days=1)
    return api_keys.make(rights_of(admin), admin, organisation, "Benchmarks", until, BY_NOBODY).secret


class _Progress(NamedTuple):
    enrolled_on: date
    percent: int
    completed_on: date | None
    district: str | None


def _enrol(batch: Batch, people: list[uuid.UUID]) -> None:
    at = now()
    rows: list[dict[str, Any]] = []
    counted = []
    districts: dict[uuid.UUID, str | None] = {
        row.id: row.district for row in db.session.execute(db.select(User.id, User.district))
    }
    for number, user_id in enumerate(people):
        progress = _progress(number, at, districts[user_id])
        completed_at = at if progress.completed_on else None
        rows.append(
            {
                "batch_id": batch.id,
                "user_id": user_id,
                "enrolled_at": at,
                "enrolled_on": progress.enrolled_on,
                "percent": progress.percent,
                "last_activity_at": at,
                "completed_at": completed_at,
                "completed_on": progress.completed_on,
            }
        )
        counted.append(progress)
    db.session.execute(insert(Participant), rows)
    count_in(batch.id, counted)
    batch.participant_count = len(rows)


def _progress(number: int, at: datetime, district: str | None) -> _Progress:
    percent = (0, 25, 60, 100)[number % 4]
    enrolled_on = at.date() - timedelta(days=number % 60)
    return _Progress(enrolled_on, percent, at.date() if percent == 100 else None, district)


def _gather_statistics() -> None:
    """PostgreSQL does so by itself after a minute."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def empty_batch(crowd: Crowd, name: str) -> uuid.UUID:
    begin_writing()
    course_id = db.session.get_one(Batch, crowd.batch_id).course_id
    batch = Batch(
        course_id=course_id,
        organisation_id=crowd.organisation_id,
        name=name,
        enrolment_type=EnrolmentType.INVITE_ONLY,
        start_date=now().date(),
    )
    db.session.add(batch)
    db.session.flush()
    batch_id = batch.id
    db.session.commit()
    return batch_id
