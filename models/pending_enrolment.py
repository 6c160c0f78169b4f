"""People who are to be in a course before they have an account."""

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import CreatedAt, Model, Moment, Name, PrimaryKey
from models.batch import Batch
from models.course import Course


class PendingEnrolment(Model):
    """An address that may enrol in a course, or will be enrolled, once its account is there and active.

    The row stays when that has happened (Open edX: `CourseEnrollmentAllowed`); it goes when it is taken back.
    """

    __tablename__ = "pending_enrolments"

    id: Mapped[PrimaryKey]
    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("courses.id"))
    #: As it was given; compared by `email_key`.
    email: Mapped[Name]
    email_key: Mapped[Name]
    #: Enrolled as soon as the account is there; otherwise the person may enrol by themself.
    auto_enrol: Mapped[bool]
    #: Where to; empty: the course's open batch.
    batch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("batches.id"))
    requested_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    #: Since when it has become an enrolment: it does so once.
    fulfilled_at: Mapped[Moment | None]

    course: Mapped[Course] = relationship()
    batch: Mapped[Batch | None] = relationship()

    __table_args__ = (
        UniqueConstraint("course_id", "email_key"),
        CheckConstraint("email_key <> ''", name="email_present"),
        Index("ix_pending_enrolments_email", "email_key"),
        Index(
            "ix_pending_enrolments_waiting",
            "email_key",
            sqlite_where=text("auto_enrol AND fulfilled_at IS NULL"),
            postgresql_where=text("auto_enrol AND fulfilled_at IS NULL"),
        ),
    )
