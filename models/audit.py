"""Who did what, when, through what, to how many: written once, never changed."""

import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import CreatedAt, Model, Name, PrimaryKey, choice
from models.batch import Batch
from models.user import User


class AuditAction(StrEnum):
    PARTICIPANTS_ADDED = "participants-added"
    PARTICIPANTS_REMOVED = "participants-removed"
    JOINED = "joined"


class Through(StrEnum):
    """The door by which it came."""

    PAGE = "page"
    UPLOAD = "upload"
    API = "api"
    COMMAND = "command"


class AuditEntry(Model):
    """One thing done, to however many people."""

    __tablename__ = "audit_entries"

    id: Mapped[PrimaryKey]
    at: Mapped[CreatedAt]
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id"))
    #: Empty: the operator, by a command.
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    #: One of `AuditAction`.
    action: Mapped[Name]
    through: Mapped[Through] = mapped_column(choice(Through, "through"))
    upload_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("uploads.id"))
    batch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("batches.id"))
    #: By outcome: `{"added": 3, "skipped": 1}`.
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: The user IDs of those to whom something was done, by outcome: `{"added": ["…", …]}`.
    people: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)

    user: Mapped[User | None] = relationship()
    batch: Mapped[Batch | None] = relationship()

    __table_args__ = (
        Index("ix_audit_entries_organisation", "organisation_id", "id"),
        Index("ix_audit_entries_batch", "batch_id", "id"),
    )
