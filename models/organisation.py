"""Tenants, their units, and who manages what."""

import uuid
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import CreatedAt, Model, Moment, Name, PrimaryKey, Words, choice, db

if TYPE_CHECKING:
    from models.user import User


class OrganisationRoleName(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    MENTOR = "mentor"


class Organisation(Model):
    """The tenant: owns units, collaborations and courses."""

    __tablename__ = "organisations"

    id: Mapped[PrimaryKey]
    short_name: Mapped[Name] = mapped_column(unique=True)
    name: Mapped[Name]
    #: Whom people may ask; shown on dead ends.
    contact_email: Mapped[Name | None]
    #: An IANA name; days of batches begin and end in it.
    time_zone: Mapped[Name] = mapped_column(default="UTC")
    #: How long an invitation stays open when its line gives no date; empty: the application's setting.
    invitation_days: Mapped[int | None]
    default_message: Mapped[Words | None]
    default_sender_name: Mapped[Name | None]
    #: So many days before it expires an open invitation is reminded of, once; empty: never.
    reminder_days: Mapped[int | None]
    #: Of letters to people who have chosen none, such as `nl`; empty: English.
    language: Mapped[Name | None]
    #: Since then nobody but platform admins may do anything in it.
    suspended_at: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]

    __table_args__ = (
        CheckConstraint("short_name = lower(short_name)", name="short_name_lower"),
        CheckConstraint("invitation_days > 0", name="invitation_days_positive"),
        CheckConstraint("reminder_days > 0", name="reminder_days_positive"),
    )


class Unit(Model):
    """A department of an organisation."""

    __tablename__ = "units"

    id: Mapped[PrimaryKey]
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[Name]

    organisation: Mapped[Organisation] = relationship()

    __table_args__ = (UniqueConstraint("organisation_id", "name"), UniqueConstraint("id", "organisation_id"))


#: The units of a manager. Both ends lie in one organisation; the units go with the role.
manager_units = Table(
    "manager_units",
    db.metadata,
    Column("role_id", primary_key=True),
    Column("unit_id", primary_key=True),
    Column("organisation_id", ForeignKey("organisations.id"), nullable=False),
    ForeignKeyConstraint(
        ["role_id", "organisation_id"],
        ["organisation_roles.id", "organisation_roles.organisation_id"],
        ondelete="CASCADE",
    ),
    # A unit cannot go while somebody manages it: without any, they would manage the whole organisation.
    ForeignKeyConstraint(["unit_id", "organisation_id"], ["units.id", "units.organisation_id"]),
    Index("ix_manager_units_unit", "unit_id"),
)


class OrganisationRole(Model):
    """What a person is in an organisation. A manager with units is a unit manager, one without an org manager."""

    __tablename__ = "organisation_roles"

    id: Mapped[PrimaryKey]
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[OrganisationRoleName] = mapped_column(choice(OrganisationRoleName, "role"))
    created_at: Mapped[CreatedAt]

    organisation: Mapped[Organisation] = relationship()
    user: Mapped["User"] = relationship()
    units: Mapped[list[Unit]] = relationship(secondary=manager_units, viewonly=True)

    __table_args__ = (
        UniqueConstraint("user_id", "organisation_id", "role"),
        UniqueConstraint("id", "organisation_id"),
        Index("ix_organisation_roles_organisation", "organisation_id"),
    )
