"""Collaborations (COs), their labels and groups, and who is a member until when."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Table,
    TextClause,
    UniqueConstraint,
    and_,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import CreatedAt, Model, Moment, Name, PrimaryKey, Words, choice, db, now
from models.organisation import Organisation, Unit
from models.user import User


class Role(StrEnum):
    """What a person is in a collaboration."""

    ADMIN = "admin"
    MEMBER = "member"


class MembershipEnd(StrEnum):
    EXPIRED = "expired"
    REMOVED = "removed"


collaboration_units = Table(
    "collaboration_units",
    db.metadata,
    Column("collaboration_id", primary_key=True),
    Column("unit_id", primary_key=True),
    Column("organisation_id", ForeignKey("organisations.id"), nullable=False),
    ForeignKeyConstraint(
        ["collaboration_id", "organisation_id"], ["collaborations.id", "collaborations.organisation_id"]
    ),
    ForeignKeyConstraint(["unit_id", "organisation_id"], ["units.id", "units.organisation_id"]),
    Index("ix_collaboration_units_unit", "unit_id"),
)


class Label(Model):
    """A tag on a collaboration: `[a-z][a-z0-9_-]{0,31}`."""

    __tablename__ = "collaboration_labels"

    collaboration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("collaborations.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)

    __table_args__ = (
        CheckConstraint("name = lower(name) AND name <> ''", name="lower"),
        Index("ix_collaboration_labels_name", "name"),
    )


class Collaboration(Model):
    """A group of people working together."""

    __tablename__ = "collaborations"

    id: Mapped[PrimaryKey]
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id"))
    short_name: Mapped[Name]
    name: Mapped[Name]
    description: Mapped[Words] = mapped_column(default="")
    #: Since then nobody is invited to it any more; who is a member stays one.
    archived_at: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]

    organisation: Mapped[Organisation] = relationship()
    units: Mapped[list[Unit]] = relationship(secondary=collaboration_units, viewonly=True, order_by=Unit.name)
    labels: Mapped[list[Label]] = relationship(order_by=Label.name)
    groups: Mapped[list["Group"]] = relationship(back_populates="collaboration", order_by="Group.short_name")

    __table_args__ = (
        UniqueConstraint("organisation_id", "short_name"),
        UniqueConstraint("id", "organisation_id"),
        CheckConstraint("short_name = lower(short_name) AND short_name <> ''", name="short_name_lower"),
        Index("ix_collaborations_short_name", "short_name"),
    )

    @property
    def unit_ids(self) -> frozenset[uuid.UUID]:
        return frozenset(unit.id for unit in self.units)

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


class Group(Model):
    """A sub-group of one collaboration."""

    __tablename__ = "groups"

    id: Mapped[PrimaryKey]
    collaboration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("collaborations.id"))
    short_name: Mapped[Name]
    name: Mapped[Name]
    #: Every new member of the collaboration joins it.
    auto_provision: Mapped[bool] = mapped_column(default=False)

    collaboration: Mapped[Collaboration] = relationship(back_populates="groups")

    __table_args__ = (
        UniqueConstraint("collaboration_id", "short_name"),
        UniqueConstraint("id", "collaboration_id"),
        CheckConstraint("short_name = lower(short_name) AND short_name <> ''", name="short_name_lower"),
    )


#: The groups of a membership, each of the membership's own collaboration.
group_memberships = Table(
    "group_memberships",
    db.metadata,
    Column("membership_id", primary_key=True),
    Column("group_id", primary_key=True),
    Column("collaboration_id", ForeignKey("collaborations.id"), nullable=False),
    ForeignKeyConstraint(["membership_id", "collaboration_id"], ["memberships.id", "memberships.collaboration_id"]),
    ForeignKeyConstraint(["group_id", "collaboration_id"], ["groups.id", "groups.collaboration_id"]),
    Index("ix_group_memberships_group", "group_id"),
)


class Membership(Model):
    """A person in a collaboration. An ended one stays as history; one at most is current."""

    __tablename__ = "memberships"

    id: Mapped[PrimaryKey]
    collaboration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("collaborations.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[Role] = mapped_column(choice(Role, "role"), default=Role.MEMBER)
    expires_at: Mapped[Moment | None]
    joined_at: Mapped[CreatedAt]
    #: When a letter said that it is about to end.
    end_announced_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    ended_because: Mapped[MembershipEnd | None] = mapped_column(choice(MembershipEnd, "ended_because"))

    collaboration: Mapped[Collaboration] = relationship()
    user: Mapped[User] = relationship()
    groups: Mapped[list[Group]] = relationship(secondary=group_memberships, viewonly=True, order_by=Group.short_name)

    __table_args__ = (
        UniqueConstraint("id", "collaboration_id"),
        CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="end_has_a_cause"),
        Index(
            "uq_memberships_current",
            "collaboration_id",
            "user_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_memberships_user", "user_id"),
        Index(
            "ix_memberships_expiring",
            "expires_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_memberships_to_announce",
            "expires_at",
            sqlite_where=text("ended_at IS NULL AND end_announced_at IS NULL"),
            postgresql_where=text("ended_at IS NULL AND end_announced_at IS NULL"),
        ),
        Index("ix_memberships_newest", "collaboration_id", "ended_at", "id", "expires_at"),
    )

    #: Spelt out, so that the index over such memberships serves.
    is_to_announce: ClassVar[TextClause] = text("memberships.ended_at IS NULL AND memberships.end_announced_at IS NULL")

    @staticmethod
    def is_current(at: BindParameter[datetime] | None = None) -> ColumnElement[bool]:
        """Neither ended nor past its expiry: one that has run out counts no more, before the sweep has ended it.

        `at`: now, in a statement that is made beforehand.
        """
        not_expired = or_(Membership.expires_at.is_(None), Membership.expires_at > (now() if at is None else at))
        return and_(Membership.ended_at.is_(None), not_expired)
