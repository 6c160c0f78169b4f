"""One e-mail address invited to one collaboration."""

import uuid
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
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import CreatedAt, Model, Moment, Name, PrimaryKey, Words, choice, db, now
from models.collaboration import Collaboration, Group, Role
from models.user import User


class InvitationStatus(StrEnum):
    #: Waiting for its answer; past `expires_at` it is expired.
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    #: Expired, and closed because a newer one was made.
    REPLACED = "replaced"
    #: Its mail could not be delivered.
    UNDELIVERED = "undelivered"


invitation_groups = Table(
    "invitation_groups",
    db.metadata,
    Column("invitation_id", primary_key=True),
    Column("group_id", primary_key=True),
    Column("collaboration_id", ForeignKey("collaborations.id"), nullable=False),
    ForeignKeyConstraint(["invitation_id", "collaboration_id"], ["invitations.id", "invitations.collaboration_id"]),
    ForeignKeyConstraint(["group_id", "collaboration_id"], ["groups.id", "groups.collaboration_id"]),
    Index("ix_invitation_groups_group", "group_id"),
)


class Invitation(Model):
    __tablename__ = "invitations"

    id: Mapped[PrimaryKey]
    collaboration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("collaborations.id"))
    email: Mapped[Name]
    email_key: Mapped[Name]
    role: Mapped[Role] = mapped_column(choice(Role, "role"), default=Role.MEMBER)
    status: Mapped[InvitationStatus] = mapped_column(choice(InvitationStatus, "status"), default=InvitationStatus.OPEN)
    #: Part of the link's token: sending again counts it up, and the old link ends.
    link_number: Mapped[int] = mapped_column(default=1)
    expires_at: Mapped[Moment]
    membership_expires_at: Mapped[Moment | None]
    message: Mapped[Words] = mapped_column(default="")
    sender_name: Mapped[Name]
    invited_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    upload_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("uploads.id"))
    created_at: Mapped[CreatedAt]
    answered_at: Mapped[Moment | None]
    #: When a letter reminded of it.
    reminded_at: Mapped[Moment | None]
    #: The membership that accepting led to.
    membership_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("memberships.id"))

    collaboration: Mapped[Collaboration] = relationship()
    invited_by: Mapped[User] = relationship()
    #: Spelt out, so that the index over such invitations serves (it does not for a parameter).
    is_to_remind: ClassVar[TextClause] = text("invitations.status = 'open' AND invitations.reminded_at IS NULL")
    is_answered_with_no: ClassVar[TextClause] = text(
        "invitations.answered_at IS NOT NULL AND invitations.status <> 'accepted'"
    )

    groups: Mapped[list[Group]] = relationship(secondary=invitation_groups, viewonly=True, order_by=Group.short_name)

    __table_args__ = (
        UniqueConstraint("id", "collaboration_id"),
        CheckConstraint("(status = 'accepted') = (membership_id IS NOT NULL)", name="accepted_has_membership"),
        Index(
            "uq_invitations_open",
            "collaboration_id",
            "email_key",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_invitations_email", "email_key", "status"),
        Index(
            "ix_invitations_unanswered",
            "expires_at",
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
        Index(
            "ix_invitations_answered",
            "answered_at",
            sqlite_where=text("answered_at IS NOT NULL AND status <> 'accepted'"),
            postgresql_where=text("answered_at IS NOT NULL AND status <> 'accepted'"),
        ),
        Index("ix_invitations_newest", "collaboration_id", "status", "id"),
        Index("ix_invitations_upload", "upload_id"),
        Index("ix_invitations_invited_by", "invited_by_id"),
        Index(
            "ix_invitations_to_remind",
            "expires_at",
            sqlite_where=text("status = 'open' AND reminded_at IS NULL"),
            postgresql_where=text("status = 'open' AND reminded_at IS NULL"),
        ),
    )

    @property
    def is_open(self) -> bool:
        return self.status is InvitationStatus.OPEN and not self.is_expired

    @property
    def is_expired(self) -> bool:
        return self.status is InvitationStatus.OPEN and self.expires_at <= now()
