"""What programs sign in with, and what they have been answered."""

import uuid

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import CreatedAt, Model, Moment, Name, PrimaryKey, db
from models.organisation import Organisation, Unit
from models.user import User

#: What a key is narrowed to within its organisation; none at all: all of it.
api_key_units = Table(
    "api_key_units",
    db.metadata,
    Column("api_key_id", ForeignKey("api_keys.id"), primary_key=True),
    Column("unit_id", primary_key=True),
    Column("organisation_id", ForeignKey("organisations.id"), nullable=False),
    ForeignKeyConstraint(["unit_id", "organisation_id"], ["units.id", "units.organisation_id"]),
    Index("ix_api_key_units_unit", "unit_id"),
)


class ApiKey(Model):
    """A key acts with its owner's rights, narrowed to its organisation and units. `id` is the key ID."""

    __tablename__ = "api_keys"

    id: Mapped[PrimaryKey]
    #: Whose rights it has.
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    #: Empty: a platform admin's, narrowed to nothing.
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[Name]
    #: SHA-256, in hexadecimal. A key is 256 random bits: nobody guesses one, so that a slow hash would protect nothing.
    secret_hash: Mapped[Name] = mapped_column(unique=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Moment]
    last_used_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]

    user: Mapped[User] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    units: Mapped[list[Unit]] = relationship(secondary=api_key_units, viewonly=True, order_by=Unit.name)

    __table_args__ = (
        CheckConstraint("name <> ''", name="name_present"),
        CheckConstraint("expires_at > created_at", name="expires_later"),
        Index("ix_api_keys_user", "user_id"),
        Index("ix_api_keys_organisation", "organisation_id"),
    )


class GivenAnswer(Model):
    """The first answer to a call with an `Idempotency-Key`: given again to who sends the same once more."""

    __tablename__ = "given_answers"

    api_key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("api_keys.id"), primary_key=True)
    idempotency_key: Mapped[Name] = mapped_column(primary_key=True)
    #: SHA-256 of method, path and body, in hexadecimal.
    request_hash: Mapped[Name]
    status: Mapped[int]
    location: Mapped[str | None]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]

    __table_args__ = (Index("ix_given_answers_created_at", "created_at"),)
