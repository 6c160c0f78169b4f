"""Organisations of many people, all in one batch, one collaboration and one upload, in one service for all that is
measured among them.
"""

import subprocess
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import insert, text

from app import create_app
from domain import api_keys, demo
from domain.people import find_by_email, rights_of
from domain.tallies import count_in
from models import (
    Batch,
    Membership,
    Organisation,
    Participant,
    Upload,
    UploadOutcome,
    User,
    begin_writing,
    db,
    now,
)
from models.batch import EnrolmentType
from models.upload import OutcomeState, UploadState
from tests.benchmarks.service import Service, running
from tests.people import BY_NOBODY, a_batch, a_collaboration, a_course, a_person, add, an_organisation, teachers

#: With so many people, a page is what it is to be compared with.
FEW = 100


@dataclass(frozen=True)
class Crowd:
    #: The address of who may do everything in it.
    admin: str
    organisation: str
    organisation_id: uuid.UUID
    #: These three with all of its people in them.
    batch_id: uuid.UUID
    collaboration_id: uuid.UUID
    upload_id: uuid.UUID
    people: list[uuid.UUID]
    #: A key of its admin's.
    secret: str


@dataclass(frozen=True)
class Crowds:
    """A service, and what is in it, by how many people there are."""

    service: Service
    database: str
    of: Mapping[int, Crowd]

    @property
    def largest(self) -> Crowd:
        return self.of[max(self.of)]

    @property
    def web(self) -> subprocess.Popen[bytes]:
        return self.service.processes[0]


@contextmanager
def crowds(database: str, sizes: Collection[int]) -> Iterator[Crowds]:
    """Of each of these sizes, and of that which pages are compared with."""
    with running(database) as service, context_of(service):
        made = {size: a_crowd(size) for size in sorted({FEW, *sizes})}
        gather_statistics()
        yield Crowds(service, database, made)


@contextmanager
def context_of(service: Service) -> Iterator[None]:
    """An application on the same database, in this process."""
    app = create_app(
        {"INSTANCE_PATH": str(service.folder), "SECRET_KEY": "bench", "DATABASE_URL": service.database_url}
    )
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def a_crowd(size: int) -> Crowd:
    """So many people of an organisation `crowd<size>`, each with some progress; and its admin."""
    begin_writing()
    organisation = an_organisation(f"crowd{size}", time_zone="Asia/Kolkata")
    admin, secret = _an_admin(organisation)
    people = teachers(organisation, size)
    batch = a_batch(a_course(organisation), "Everybody")
    _enrol(batch, people)
    collaboration = a_collaboration(organisation)
    db.session.execute(insert(Membership), [{"collaboration_id": collaboration.id, "user_id": one} for one in people])
    upload = _an_upload(organisation, admin, size)
    made = Crowd(
        admin.email, organisation.short_name, organisation.id, batch.id, collaboration.id, upload.id, people, secret
    )
    db.session.commit()
    return made


def _an_admin(organisation: Organisation) -> tuple[User, str]:
    """And a key of theirs."""
    known = find_by_email(demo.ACCOUNTS[0].email)
    assert known is not None
    email = f"admin@{organisation.short_name}.test"
    admin = a_person(email, admin_of=organisation, organisation=organisation, password_hash=known.password_hash)
    until = now().date() + timedelta(days=1)
    return admin, api_keys.make(rights_of(admin), admin, organisation, "Benchmarks", until, BY_NOBODY).secret


def _an_upload(organisation: Organisation, admin: User, size: int) -> Upload:
    """Of so many invitations, half of them sent so far."""
    upload: Upload = add(
        Upload(
            user=admin,
            organisation=organisation,
            file_name="people.csv",
            content=b"",
            state=UploadState.PROCESSING,
            process_pressed_at=now(),
            all_lines_processed=True,
            **dict.fromkeys(("lines", "to_do", "people", "planned"), size),
            done=size // 2,
        )
    )
    db.session.execute(insert(UploadOutcome), [_outcome(upload, number, size) for number in range(size)])
    return upload


def _outcome(upload: Upload, number: int, size: int) -> dict[str, Any]:
    return {
        "upload_id": upload.id,
        "number": number,
        "line": number + 2,
        "invitee": f"person{number:06}@example.org",
        "collaboration": "cumulusgrp",
        "role": "member",
        "state": OutcomeState.SENT if number < size // 2 else OutcomeState.WAITING,
    }


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


def gather_statistics() -> None:
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
