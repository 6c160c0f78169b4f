"""Register links: for whom they make an account, and why they make none."""

import uuid
from enum import StrEnum

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from domain.people import create_account, find_by_email
from domain.suspending import assert_in_use
from models import Batch, Course, PendingEnrolment, User, db


class Ending(StrEnum):
    """Why a link makes no account, as its visitor is told."""

    #: The course is no longer offered to the address.
    TAKEN_BACK = "taken_back"
    HAS_ACCOUNT = "has_account"


def find(pending_id: uuid.UUID) -> PendingEnrolment | None:
    """What the link names, with its course; nothing where that has been taken back."""
    query = select(PendingEnrolment).where(PendingEnrolment.id == pending_id)
    return db.session.scalar(query.options(joinedload(PendingEnrolment.course).joinedload(Course.organisation)))


def ending_of(pending: PendingEnrolment | None) -> Ending | None:
    """Nothing where an account can be made."""
    if pending is None:
        return Ending.TAKEN_BACK
    return Ending.HAS_ACCOUNT if find_by_email(pending.email) else None


def register(hasher: PasswordHasher, pending: PendingEnrolment, *, name: str, password: str) -> User:
    """Make an account for the invited address, which the link has proved. Where they are to be enrolled, they are.

    Raises `ConflictError` where the address has an account by now, and `SuspendedError`.
    """
    assert_in_use(pending.course.organisation)
    return create_account(hasher, email=pending.email, name=name, password=password)


def open_batch_of(course: Course) -> Batch:
    """Where one enrols by oneself."""
    return db.session.scalars(select(Batch).where(Batch.course_id == course.id, Batch.is_default)).one()
