"""Something to learn."""

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import CreatedAt, Model, Name, PrimaryKey, Words
from models.organisation import Organisation


class Course(Model):
    __tablename__ = "courses"

    id: Mapped[PrimaryKey]
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id"))
    #: `course-v1:org+course+run` (Open edX, "Opaque keys").
    key: Mapped[Name] = mapped_column(unique=True)
    name: Mapped[Name]
    description: Mapped[Words] = mapped_column(default="")
    created_at: Mapped[CreatedAt]

    organisation: Mapped[Organisation] = relationship()

    __table_args__ = (
        UniqueConstraint("id", "organisation_id"),
        CheckConstraint("key <> ''", name="key_present"),
        Index("ix_courses_organisation", "organisation_id", "name"),
    )
