"""Batches of a course: who mentors them, who takes part, and how far they are."""

import uuid
from datetime import date
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Table,
    TextClause,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import CreatedAt, Model, Moment, Name, PrimaryKey, Words, choice, db
from models.course import Course
from models.organisation import Organisation
from models.user import User


class EnrolmentType(StrEnum):
    #: Any signed-in person may enrol, through the enrolment end date.
    OPEN = "open"
    #: Nobody enrols by themself.
    INVITE_ONLY = "invite-only"


batch_mentors = Table(
    "batch_mentors",
    db.metadata,
    Column("batch_id", ForeignKey("batches.id"), primary_key=True),
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Index("ix_batch_mentors_user", "user_id"),
)


class Batch(Model):
    """One run of a course for a set of people. Its days are inclusive, in the organisation's time zone."""

    __tablename__ = "batches"

    id: Mapped[PrimaryKey]
    course_id: Mapped[uuid.UUID]
    #: The course's.
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[Name]
    description: Mapped[Words] = mapped_column(default="")
    enrolment_type: Mapped[EnrolmentType] = mapped_column(choice(EnrolmentType, "enrolment_type"))
    start_date: Mapped[date]
    end_date: Mapped[date | None]
    enrolment_end_date: Mapped[date | None]
    #: The one that every course has from its creation.
    is_default: Mapped[bool] = mapped_column(default=False)
    #: Empty: it came with its course.
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    #: Active ones. Counted here, so that no page has to count them; changed by `domain.participants` only, which
    #: holds the batch meanwhile.
    participant_count: Mapped[int] = mapped_column(default=0)
    #: The latest of any participant's.
    last_activity_at: Mapped[Moment | None]

    course: Mapped[Course] = relationship(overlaps="organisation")
    organisation: Mapped[Organisation] = relationship(overlaps="course")
    created_by: Mapped[User | None] = relationship()
    mentors: Mapped[list[User]] = relationship(secondary=batch_mentors, order_by=User.name)

    __table_args__ = (
        ForeignKeyConstraint(["course_id", "organisation_id"], ["courses.id", "courses.organisation_id"]),
        CheckConstraint("name <> ''", name="name_present"),
        CheckConstraint("end_date > start_date", name="ends_after_start"),
        CheckConstraint("enrolment_end_date >= start_date", name="enrolment_ends_after_start"),
        CheckConstraint("enrolment_end_date <= end_date", name="enrolment_ends_before_end"),
        CheckConstraint("participant_count >= 0", name="participants_counted"),
        CheckConstraint("NOT is_default OR enrolment_type = 'open'", name="default_is_open"),
        Index("ix_batches_course", "course_id", "start_date"),
        Index("ix_batches_organisation", "organisation_id", "start_date"),
        Index("ix_batches_created_by", "created_by_id"),
        Index(
            "uq_batches_default",
            "course_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    @property
    def is_open(self) -> bool:
        return self.enrolment_type is EnrolmentType.OPEN

    @property
    def mentor_ids(self) -> frozenset[uuid.UUID]:
        return frozenset(mentor.id for mentor in self.mentors)


class Participant(Model):
    """A person in a batch: one row for ever, also after they were removed, so that their progress is kept."""

    __tablename__ = "participants"

    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    enrolled_at: Mapped[Moment]
    #: The same as a day of the organisation's, as of `completed_on`.
    enrolled_on: Mapped[date]
    #: Who brought them in; themself, where they joined.
    enrolled_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    completed_units: Mapped[int | None]
    total_units: Mapped[int | None]
    #: 0 to 100.
    percent: Mapped[int] = mapped_column(default=0)
    last_activity_at: Mapped[Moment | None]
    completed_at: Mapped[Moment | None]
    completed_on: Mapped[date | None]
    #: Empty: active.
    removed_at: Mapped[Moment | None]
    #: Neither read nor written: the audit log tells who removed whom. Old code fills it; the next revision drops it.
    removed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))

    batch: Mapped[Batch] = relationship()
    user: Mapped[User] = relationship(foreign_keys=user_id)

    #: Spelt out, so that the index over active ones serves.
    is_active: ClassVar[TextClause] = text("participants.removed_at IS NULL")

    __table_args__ = (
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        CheckConstraint("completed_units >= 0 AND completed_units <= total_units", name="units"),
        CheckConstraint("(percent = 100) = (completed_at IS NOT NULL)", name="completed_at_100"),
        CheckConstraint("(completed_at IS NULL) = (completed_on IS NULL)", name="completed_on_a_day"),
        CheckConstraint("removed_at IS NULL OR completed_at IS NULL", name="completed_stay"),
        Index("ix_participants_user_batch", "user_id", "batch_id"),
        Index(
            "ix_participants_enrolled",
            "batch_id",
            "enrolled_on",
            "user_id",
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
        {"sqlite_with_rowid": False},  # it is looked up by batch and user, and lies in that order
    )


class TallyKind(StrEnum):
    """What active participants of a batch are counted by."""

    #: Key: 0 to 100.
    PERCENT = "percent"
    #: Key: the day, as in ISO 8601.
    ENROLLED = "enrolled"
    COMPLETED = "completed"
    #: Key: the district, empty where it is not known.
    DISTRICT = "district"
    COMPLETED_IN_DISTRICT = "completed-district"


class BatchTally(Model):
    """How many active participants of a batch have this in common.

    Kept with every change by `domain.tallies`, so that a dashboard costs the same for 100 participants and
    100,000.
    """

    __tablename__ = "batch_tallies"

    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    kind: Mapped[TallyKind] = mapped_column(choice(TallyKind, "kind"), primary_key=True)
    key: Mapped[Name] = mapped_column(primary_key=True)
    #: Of no check: PostgreSQL would hold the difference that is added to it against one.
    count: Mapped[int]
