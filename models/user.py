"""People and how they are recognised."""

import secrets
import uuid
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, TextClause, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.base import CreatedAt, Model, Moment, Name, PrimaryKey, Words, key_of
from models.organisation import Organisation, OrganisationRole


def new_session_key() -> str:
    return secrets.token_urlsafe(16)


def search_text_of(name: str, email: str, state_id: str) -> str:
    """What a search for a person looks through."""
    return "\n".join((name, email, state_id)).casefold()


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
    #: The person has deleted their account: of them nothing is left here but what others did together with them.
    deleted_at: Mapped[Moment | None]
    #: Chosen by the person, such as `nl`; empty: their browser's, and in letters their organisation's.
    language: Mapped[Name | None]
    created_at: Mapped[CreatedAt]

    #: The one whose person this is; it alone gives the state ID and tells district, school and block.
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisations.id"))
    #: As the organisation writes it; compared by `state_id_key`.
    state_id: Mapped[Name | None]
    state_id_key: Mapped[Name | None]
    #: Of changes to it `domain.tallies` must know.
    district: Mapped[Name | None]
    school: Mapped[Name | None]
    block: Mapped[Name | None]
    mobile: Mapped[Name | None]
    #: Name, e-mail address and state ID, without regard to case.
    search_text: Mapped[Words] = mapped_column(server_default="")

    organisation: Mapped[Organisation | None] = relationship()
    organisation_roles: Mapped[list[OrganisationRole]] = relationship(viewonly=True)

    #: Spelt out, so that the index over such people serves.
    is_closed: ClassVar[TextClause] = text("NOT users.is_active")

    __table_args__ = (
        CheckConstraint(
            "state_id_key IS NULL OR (state_id_key <> '' AND organisation_id IS NOT NULL)",
            name="state_id_of_an_organisation",
        ),
        CheckConstraint("(state_id IS NULL) = (state_id_key IS NULL)", name="state_id_has_its_key"),
        Index("uq_users_state_id", "organisation_id", "state_id_key", unique=True),
        CheckConstraint("email_key <> ''", name="email_present"),
        CheckConstraint("user_name_key <> ''", name="user_name_present"),
        CheckConstraint("deleted_at IS NULL OR NOT is_active", name="deleted_is_closed"),
        Index("ix_users_search", text("parts_of(search_text)"), postgresql_using="gin").ddl_if(dialect="postgresql"),
        Index(
            "ix_users_platform_admins",
            "name",
            "id",
            sqlite_where=text("is_platform_admin"),
            postgresql_where=text("is_platform_admin"),
        ),
        Index("ix_users_organisation", "organisation_id", "id"),
        Index("ix_users_organisation_name", "organisation_id", "name", "id"),
        Index(
            "ix_users_closed",
            "organisation_id",
            "name",
            "id",
            sqlite_where=text("NOT is_active"),
            postgresql_where=text("NOT is_active"),
        ),
    )

    @validates("email", "user_name", "state_id", "name")
    def _keep_key(self, field: str, value: str | None) -> str | None:
        if field != "name":
            setattr(self, f"{field}_key", key_of(value) if value is not None else None)
        if field != "user_name":
            told = {"name": self.name or "", "email": self.email or "", "state_id": self.state_id or ""}
            self.search_text = search_text_of(**told | {field: value or ""})
        return value


class Identity(Model):
    """How a provider of sign-in (OpenID Connect) knows a person: by its own name and their subject there."""

    __tablename__ = "identities"

    id: Mapped[PrimaryKey]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    #: As its tokens say it: a URL, compared letter by letter.
    issuer: Mapped[Name]
    subject: Mapped[Name]
    linked_at: Mapped[CreatedAt]

    user: Mapped[User] = relationship()

    __table_args__ = (UniqueConstraint("issuer", "subject"), Index("ix_identities_user", "user_id"))
