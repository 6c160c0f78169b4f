"""One e-mail address invited to a role in an organisation."""

import uuid
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Table, TextClause, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import CreatedAt, Model, Moment, Name, PrimaryKey, Words, choice, db, now
from models.invitation import InvitationStatus
from models.organisation import Organisation, OrganisationRoleName, Unit
from models.user import User

#: The units that a manager-to-be will manage. Both ends lie in one organisation.
role_invitation_units = Table(
    "role_invitation_units",
    db.metadata,
    Column("invitation_id", primary_key=True),
    Column("unit_id", primary_key=True),
    Column("organisation_id", ForeignKey("organisations.id"), nullable=False),
    ForeignKeyConstraint(
        ["invitation_id", "organisation_id"], ["role_invitations.id", "role_invitations.organisation_id"]
    ),
    # The units go with the invitation only: without any it would be one to manage the whole organisation.
    ForeignKeyConstraint(["unit_id", "organisation_id"], ["units.id", "units.organisation_id"]),
    Index("ix_role_invitation_units_unit", "unit_id"),
)


class RoleInvitation(Model):
    __tablename__ = "role_invitations"

    id: Mapped[PrimaryKey]
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id"))
    email: Mapped[Name]
    email_key: Mapped[Name]
    role: Mapped[OrganisationRoleName] = mapped_column(choice(OrganisationRoleName, "role"))
    status: Mapped[InvitationStatus] = mapped_column(choice(InvitationStatus, "status"), default=InvitationStatus.OPEN)
    #: Part of the link's token: sending again counts it up, and the old link ends.
    link_number: Mapped[int] = mapped_column(default=1)
    expires_at: Mapped[Moment]
    message: Mapped[Words] = mapped_column(default="")
    invited_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    answered_at: Mapped[Moment | None]

    organisation: Mapped[Organisation] = relationship()
    invited_by: Mapped[User] = relationship()
    #: Spelt out, so that the index over such invitations serves (it does not for a parameter).
    is_answered_with_no: ClassVar[TextClause] = text(
        "role_invitations.answered_at IS NOT NULL AND role_invitations.status <> 'accepted'"
    )
    units: Mapped[list[Unit]] = relationship(secondary=role_invitation_units, viewonly=True, order_by=Unit.name)

    __table_args__ = (
        UniqueConstraint("id", "organisation_id"),
        Index(
            "uq_role_invitations_open",
            "organisation_id",
            "email_key",
            "role",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_role_invitations_newest", "organisation_id", "status", "id"),
        Index("ix_role_invitations_email", "email_key", "status"),
        Index(
            "ix_role_invitations_unanswered",
            "expires_at",
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
        Index(
            "ix_role_invitations_answered",
            "answered_at",
            sqlite_where=text("answered_at IS NOT NULL AND status <> 'accepted'"),
            postgresql_where=text("answered_at IS NOT NULL AND status <> 'accepted'"),
        ),
    )

    @property
    def is_open(self) -> bool:
        return self.status is InvitationStatus.OPEN and not self.is_expired

    @property
    def is_expired(self) -> bool:
        return self.status is InvitationStatus.OPEN and self.expires_at <= now()
