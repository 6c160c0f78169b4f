"""People and how they are recognised."""

import secrets

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.base import CreatedAt, Model, Name, PrimaryKey, key_of
from models.organisation import OrganisationRole


def new_session_key() -> str:
    return secrets.token_urlsafe(16)


class User(Model):
    """A person. `id` is the user ID that their profile shows."""

    __tablename__ = "users"

    id: Mapped[PrimaryKey]
    #: As the person writes it; compared by `email_key`.
    email: Mapped[Name]
    email_key: Mapped[Name] = mapped_column(unique=True)
    user_name: Mapped[Name]
    user_name_key: Mapped[Name] = mapped_column(unique=True)
    name: Mapped[Name]
    #: Argon2; nobody signs in by password while it is empty.
    password_hash: Mapped[str | None]
    #: Part of the session cookie: a new one signs the person out everywhere.
    session_key: Mapped[str] = mapped_column(default=new_session_key)
    is_platform_admin: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[CreatedAt]

    organisation_roles: Mapped[list[OrganisationRole]] = relationship(viewonly=True)

    __table_args__ = (
        CheckConstraint("email_key <> ''", name="email_present"),
        CheckConstraint("user_name_key <> ''", name="user_name_present"),
    )

    @validates("email", "user_name")
    def _keep_key(self, field: str, value: str) -> str:
        setattr(self, f"{field}_key", key_of(value))
        return value
