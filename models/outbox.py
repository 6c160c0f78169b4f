"""Mail that is to go out: stored with what it tells of, sent afterwards."""

import uuid
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, TextClause, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import CreatedAt, Model, Moment, Name, PrimaryKey, Words, choice


class LetterKind(StrEnum):
    INVITATION = "invitation"
    #: To the uploader: one invitation failed.
    FAILURE = "failure"
    #: To the uploader: the failures beyond the limit, together.
    FAILURES_TOGETHER = "failures_together"
    #: To the inviter.
    ACCEPTED = "accepted"
    DECLINED = "declined"
    #: To the inviter: an invitation by form could not be delivered.
    UNDELIVERED = "undelivered"
    #: To whom Open edX's bulk enrolment has enrolled, is to enrol, or has unenrolled, when it is asked to tell them.
    ENROLLED = "enrolled"
    TO_REGISTER = "to_register"
    UNENROLLED = "unenrolled"
    #: To whoever has asked for a new password.
    PASSWORD_RESET = "password_reset"
    #: To an invitee who has not answered, once.
    REMINDER = "reminder"
    #: To the uploader: a file that took long is processed.
    UPLOAD_DONE = "upload_done"
    #: To a member.
    MEMBERSHIP_ENDING = "membership_ending"
    #: To whom an organisation invites to a role in it, and to who invited them.
    ROLE_INVITATION = "role_invitation"
    ROLE_ACCEPTED = "role_accepted"
    ROLE_DECLINED = "role_declined"
    ROLE_UNDELIVERED = "role_undelivered"
    #: To an address that somebody wants to use for their account.
    CONFIRM_ADDRESS = "confirm_address"
    #: To the address that an account had before.
    ADDRESS_CHANGED = "address_changed"


class LetterState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    #: The mail server will never take it.
    REFUSED = "refused"
    #: No longer wanted when its turn came (an invitation revoked meanwhile).
    DROPPED = "dropped"


class Letter(Model):
    """A letter in the outbox. It names what it tells of; the text, with its link, is written when it is sent."""

    __tablename__ = "outbox"

    id: Mapped[PrimaryKey]
    kind: Mapped[LetterKind] = mapped_column(choice(LetterKind, "kind"))
    #: What must not be written twice, such as `invitation:<id>:<link number>`.
    once: Mapped[Name] = mapped_column(unique=True)
    to_address: Mapped[Name]
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("invitations.id"))
    role_invitation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("role_invitations.id"))
    membership_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("memberships.id"))
    upload_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("uploads.id"))
    course_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("courses.id"))
    #: Whose account it tells of.
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    #: Of the upload, the outcome that it tells of.
    outcome_number: Mapped[int | None]
    state: Mapped[LetterState] = mapped_column(choice(LetterState, "state"), default=LetterState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[CreatedAt]
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[Moment | None]
    #: What the mail server said last.
    last_answer: Mapped[Words | None]
    created_at: Mapped[CreatedAt]
    #: When it was sent, or given up.
    sent_at: Mapped[Moment | None]

    #: Spelt out, so that the index over waiting letters serves (it does not for a parameter).
    is_waiting: ClassVar[TextClause] = text("outbox.state = 'waiting'")
    is_closed: ClassVar[TextClause] = text("outbox.state <> 'waiting'")
    #: The same as `is_waiting`, asked of letters that are known by their ids. Where PostgreSQL believes that hardly any
    #: wait, it would find one by going through all that do.
    is_open: ClassVar[TextClause] = text("outbox.sent_at IS NULL")

    __table_args__ = (
        Index(
            "ix_outbox_due",
            "due_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_outbox_closed",
            "sent_at",
            sqlite_where=text("state <> 'waiting'"),
            postgresql_where=text("state <> 'waiting'"),
        ),
        Index("ix_outbox_to_address", "to_address"),
        Index("ix_outbox_invitation", "invitation_id"),
        Index(
            "ix_outbox_role_invitation",
            "role_invitation_id",
            sqlite_where=text("role_invitation_id IS NOT NULL"),
            postgresql_where=text("role_invitation_id IS NOT NULL"),
        ),
        Index("ix_outbox_upload", "upload_id"),
    )
