"""Who did what, when, through what, to how many: written once, never changed, and deleted after its time."""

import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.api_key import ApiKey
from models.base import CreatedAt, Model, Moment, Name, PrimaryKey, Words, choice
from models.batch import Batch
from models.collaboration import Collaboration
from models.course import Course
from models.organisation import Organisation
from models.user import User

#: What is about a course as a whole, or about the platform.
ABOUT_OTHERS = text("batch_id IS NULL AND collaboration_id IS NULL AND api_key_id IS NULL")


class AuditAction(StrEnum):
    PARTICIPANTS_ADDED = "participants-added"
    PARTICIPANTS_REMOVED = "participants-removed"
    #: In bulk, by Open edX's call, or afterwards as their accounts were made: counted by what has changed for each.
    ENROLMENTS_CHANGED = "enrolments-changed"
    MEMBER_JOINED = "member-joined"
    #: By what they are now, where that is new.
    MEMBER_CHANGED = "member-changed"
    MEMBER_REMOVED = "member-removed"
    MEMBERSHIPS_EXPIRED = "memberships-expired"
    COLLABORATION_MADE = "collaboration-made"
    COLLABORATION_CHANGED = "collaboration-changed"
    COLLABORATION_ARCHIVED = "collaboration-archived"
    COLLABORATION_RESTORED = "collaboration-restored"
    GROUP_MADE = "group-made"
    GROUP_CHANGED = "group-changed"
    GROUP_DELETED = "group-deleted"
    COURSE_MADE = "course-made"
    COURSE_CHANGED = "course-changed"
    PLATFORM_ADMIN_MADE = "platform-admin-made"
    PLATFORM_ADMIN_TAKEN = "platform-admin-taken"
    ORGANISATION_MADE = "organisation-made"
    ORGANISATION_CHANGED = "organisation-changed"
    ORGANISATION_SUSPENDED = "organisation-suspended"
    ORGANISATION_RESUMED = "organisation-resumed"
    UNIT_MADE = "unit-made"
    UNIT_RENAMED = "unit-renamed"
    UNIT_DELETED = "unit-deleted"
    #: By what they are invited to be; so with revoked ones.
    ROLE_INVITED = "role-invited"
    ROLE_INVITATION_REVOKED = "role-invitation-revoked"
    #: By what they are made, or are no more: see `domain.roles.Kind`.
    ROLE_GIVEN = "role-given"
    #: A manager's units.
    ROLE_CHANGED = "role-changed"
    ROLE_TAKEN = "role-taken"
    #: From a file: those who came to be of the organisation, or were changed.
    PEOPLE_IMPORTED = "people-imported"
    PERSON_CHANGED = "person-changed"
    PERSON_DEACTIVATED = "person-deactivated"
    PERSON_REACTIVATED = "person-reactivated"
    #: How a provider of sign-in knows them: the note says which.
    IDENTITY_LINKED = "identity-linked"
    IDENTITY_UNLINKED = "identity-unlinked"
    API_KEY_MADE = "api-key-made"
    API_KEY_REVOKED = "api-key-revoked"
    #: By whose account it is.
    ADDRESS_CHANGED = "address-changed"
    ACCOUNT_DELETED = "account-deleted"


class Through(StrEnum):
    """The door by which it came."""

    PAGE = "page"
    UPLOAD = "upload"
    API = "api"
    COMMAND = "command"
    #: Nobody: its time had come.
    CLOCK = "clock"


class AuditEntry(Model):
    """One thing done, to however many people. The database lets nobody change or delete one: see migration 0004."""

    __tablename__ = "audit_entries"

    id: Mapped[PrimaryKey]
    at: Mapped[CreatedAt]
    #: Empty: it concerns the platform.
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisations.id"))
    #: Empty: the operator, by a command, or nobody.
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    #: One of `AuditAction`.
    action: Mapped[Name]
    through: Mapped[Through] = mapped_column(choice(Through, "through"))
    #: From where: the network address that a page or a call was asked for from.
    address: Mapped[Name | None]
    upload_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("uploads.id"))
    #: The key that an API call came with.
    through_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_keys.id"))
    batch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("batches.id"))
    course_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("courses.id"))
    collaboration_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("collaborations.id"))
    #: The key that it is about.
    api_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_keys.id"))
    #: By outcome: `{"added": 3, "skipped": 1}`.
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: Those to whom something was done, by outcome: `{"added": ["…", …]}`; user IDs, or addresses without an account.
    people: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    #: Why, as whoever did it says.
    note: Mapped[Words] = mapped_column(default="", server_default="")

    organisation: Mapped[Organisation | None] = relationship()
    user: Mapped[User | None] = relationship()
    through_key: Mapped[ApiKey | None] = relationship(foreign_keys=through_key_id)
    batch: Mapped[Batch | None] = relationship()
    course: Mapped[Course | None] = relationship()
    collaboration: Mapped[Collaboration | None] = relationship()
    api_key: Mapped[ApiKey | None] = relationship(foreign_keys=api_key_id)

    __table_args__ = (
        Index("ix_audit_entries_at", "at", "id"),
        Index("ix_audit_entries_action", "action", "at", "id"),
        Index("ix_audit_entries_organisation", "organisation_id", "at", "id"),
        Index("ix_audit_entries_organisation_action", "organisation_id", "action", "at", "id"),
        Index("ix_audit_entries_user", "user_id", "at", "id"),
        Index("ix_audit_entries_batch", "batch_id", "id"),
        Index("ix_audit_entries_collaboration", "collaboration_id", "id"),
        Index("ix_audit_entries_api_key", "api_key_id", "id"),
        Index(
            "ix_audit_entries_people",
            text("named_in(people)"),
            postgresql_using="gin",
            postgresql_where=text("batch_id IS NULL"),
        ).ddl_if(dialect="postgresql"),
        Index(
            "ix_audit_entries_others", "organisation_id", "id", sqlite_where=ABOUT_OTHERS, postgresql_where=ABOUT_OTHERS
        ),
    )


class AuditRetention(Model):
    """One row: entries from before `kept_since` may be deleted. A trigger refuses it of all others, and refuses here
    what lies within the last thirty days.
    """

    __tablename__ = "audit_retention"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    kept_since: Mapped[Moment]

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)
