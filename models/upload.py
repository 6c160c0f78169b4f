"""One file somebody brought: its lines, what was found in them, what each became."""

import uuid
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, TextClause, Uuid, bindparam, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.api_key import ApiKey
from models.base import CreatedAt, Model, Moment, Name, PrimaryKey, Words, choice
from models.batch import Batch
from models.organisation import Organisation
from models.user import User


class UploadKind(StrEnum):
    INVITATIONS = "invitations"
    PARTICIPANTS_ADD = "participants-add"
    PARTICIPANTS_REMOVE = "participants-remove"
    PEOPLE = "people"


class UploadState(StrEnum):
    #: Cannot be read as a list.
    UNREADABLE = "unreadable"
    #: Read, with errors: nothing of it can be sent.
    ERRORS = "errors"
    READY = "ready"
    PROCESSING = "processing"
    DONE = "done"
    DISCARDED = "discarded"


class Level(StrEnum):
    """How bad a finding is."""

    #: The file must be mended before anything of it can be sent.
    ERROR = "error"
    #: This one will fail, the others will not.
    FAILURE = "failure"
    #: Nothing to do for this one.
    SKIP = "skip"


class OutcomeState(StrEnum):
    WAITING = "waiting"
    #: Of an invitation, when a mail server has taken its mail.
    SENT = "sent"
    #: Of participants.
    ADDED = "added"
    REVIVED = "revived"
    REMOVED = "removed"
    #: Of people, beside those added.
    UPDATED = "updated"
    FAILED = "failed"
    SKIPPED = "skipped"


class Upload(Model):
    __tablename__ = "uploads"

    id: Mapped[PrimaryKey]
    kind: Mapped[UploadKind] = mapped_column(choice(UploadKind, "kind"), default=UploadKind.INVITATIONS)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    #: The one organisation it can concern; empty when its uploader may invite in several.
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisations.id"))
    #: Whose participants it adds or removes.
    batch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("batches.id"))
    #: The API key by which it was brought, or *Process* was pressed: it is done with no more than that one's rights.
    api_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_keys.id"))
    file_name: Mapped[Name]
    #: Empty once it is gone.
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    state: Mapped[UploadState] = mapped_column(choice(UploadState, "state"))
    created_at: Mapped[CreatedAt]
    #: The columns of the lines' cells, in the file's order: the schema's own name, or the file's for unknown ones.
    columns: Mapped[list[Any]] = mapped_column(JSON, default=list)
    #: What was noticed about the file: `[{"code", "message"}]`.
    notices: Mapped[list[Any]] = mapped_column(JSON, default=list)

    # What the check foresees.
    lines: Mapped[int] = mapped_column(default=0)
    error_count: Mapped[int] = mapped_column(default=0)
    #: Invitations to send; participants to add or to remove; people to add or to update.
    to_do: Mapped[int] = mapped_column(default=0)
    #: Whom that is about; of a file of people, those of them who are new: as foreseen, and then as it came.
    people: Mapped[int] = mapped_column(default=0)
    collaborations: Mapped[int] = mapped_column(default=0)
    will_fail: Mapped[int] = mapped_column(default=0)
    will_skip: Mapped[int] = mapped_column(default=0)

    # What processing did. Counted here so that a page costs the same for 100 lines and 100,000.
    process_pressed_at: Mapped[Moment | None]
    #: How many outcomes there will be: done, failed and skipped.
    planned: Mapped[int] = mapped_column(default=0)
    #: Invitations sent; participants added, revived or removed; people added or updated.
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    #: Lines up to and with this number have their outcomes.
    processed_line: Mapped[int] = mapped_column(default=0)
    #: Every line has its outcomes; mails may still be on their way.
    all_lines_processed: Mapped[bool] = mapped_column(default=False)
    finished_at: Mapped[Moment | None]
    #: Since when its file, lines, findings and outcomes can be seen no more: they were kept for long enough.
    gone_at: Mapped[Moment | None]
    #: When the last of them was deleted. They may be many, and go in portions.
    emptied_at: Mapped[Moment | None]
    #: The worker at it, and until when nobody else takes it up.
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[Moment | None]

    user: Mapped[User] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    batch: Mapped[Batch | None] = relationship()
    api_key: Mapped[ApiKey | None] = relationship()

    #: Spelt out, so that the indexes over such uploads serve (they do not for a parameter).
    is_processing: ClassVar[TextClause] = text("uploads.state = 'processing'")
    is_kept: ClassVar[TextClause] = text("uploads.gone_at IS NULL AND uploads.state <> 'processing'")
    is_to_empty: ClassVar[TextClause] = text("uploads.gone_at IS NOT NULL AND uploads.emptied_at IS NULL")
    is_to_process: ClassVar[TextClause] = text("uploads.state = 'processing' AND NOT uploads.all_lines_processed")

    __table_args__ = (
        CheckConstraint("state NOT IN ('ready', 'processing', 'done') OR error_count = 0", name="no_errors_processed"),
        CheckConstraint("done + failed + skipped <= planned", name="counts_within_plan"),
        CheckConstraint("(kind IN ('invitations', 'people')) = (batch_id IS NULL)", name="participants_of_a_batch"),
        CheckConstraint("kind <> 'people' OR organisation_id IS NOT NULL", name="people_of_an_organisation"),
        CheckConstraint("gone_at IS NULL OR state IN ('done', 'discarded')", name="gone_when_over"),
        CheckConstraint("emptied_at IS NULL OR gone_at IS NOT NULL", name="emptied_when_gone"),
        Index("ix_uploads_user", "user_id", "id"),
        Index("ix_uploads_organisation", "organisation_id", "id"),
        Index(
            "ix_uploads_processing",
            "process_pressed_at",
            sqlite_where=text("state = 'processing'"),
            postgresql_where=text("state = 'processing'"),
        ),
        Index(
            "ix_uploads_to_process",
            "id",
            sqlite_where=text("state = 'processing' AND NOT all_lines_processed"),
            postgresql_where=text("state = 'processing' AND NOT all_lines_processed"),
        ),
        Index(
            "ix_uploads_kept",
            "created_at",
            sqlite_where=text("gone_at IS NULL AND state <> 'processing'"),
            postgresql_where=text("gone_at IS NULL AND state <> 'processing'"),
        ),
        Index(
            "ix_uploads_to_empty",
            "gone_at",
            sqlite_where=text("gone_at IS NOT NULL AND emptied_at IS NULL"),
            postgresql_where=text("gone_at IS NOT NULL AND emptied_at IS NULL"),
        ),
    )

    @property
    def waiting(self) -> int:
        return self.planned - self.done - self.failed - self.skipped

    @property
    def new_people(self) -> int:
        """Of a file of people, how many were added."""
        return self.people if self.done else 0

    @property
    def is_finished(self) -> bool:
        return self.state is UploadState.DONE


class UploadLine(Model):
    """One line of the file, numbered as a spreadsheet numbers it."""

    __tablename__ = "upload_lines"

    upload_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("uploads.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    #: The values as they stand in the file, trimmed.
    cells: Mapped[list[Any]] = mapped_column(JSON)


#: Any number of lines in one statement: they come as one JSON object, the cells of each by its number.
INSERT_LINES = {
    "sqlite": text(
        "INSERT INTO upload_lines (upload_id, number, cells) "
        "SELECT :upload_id, CAST(key AS integer), value FROM json_each(:lines)"
    ).bindparams(bindparam("upload_id", type_=Uuid())),
    "postgresql": text(
        "INSERT INTO upload_lines (upload_id, number, cells) "
        "SELECT :upload_id, CAST(key AS integer), value FROM json_each(CAST(:lines AS json))"
    ).bindparams(bindparam("upload_id", type_=Uuid())),
}


class UploadFinding(Model):
    """Something the check found: an error, a failure foreseen or a skip."""

    __tablename__ = "upload_findings"

    upload_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("uploads.id"), primary_key=True)
    #: Its place among all findings of the upload, in the file's order.
    number: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[Level] = mapped_column(choice(Level, "level"))
    #: Empty where it is the file's as a whole.
    line: Mapped[int | None]
    #: The schema's own name, whatever the file called it; empty where it is the line's as a whole.
    column: Mapped[Name | None]
    value: Mapped[Words | None]
    invitee: Mapped[Words | None]
    collaboration: Mapped[Words | None]
    reason: Mapped[Name]
    message: Mapped[Words]

    __table_args__ = (Index("ix_upload_findings_level", "upload_id", "level", "number"),)


class UploadOutcome(Model):
    """What one thing of an upload became: an invitation (each invitee x CO of each line), a participant, a person."""

    __tablename__ = "upload_outcomes"

    upload_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("uploads.id"), primary_key=True)
    #: Its place among all outcomes of the upload, in the file's order.
    number: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[int]
    #: The invitee's address, or the participant's identifier, as the file writes it.
    invitee: Mapped[Words]
    #: The CO's short name, or what the file wrote where no CO was found. Only invitations have one, and a role.
    collaboration: Mapped[Words | None]
    groups: Mapped[Words] = mapped_column(default="")
    role: Mapped[Name | None]
    state: Mapped[OutcomeState] = mapped_column(choice(OutcomeState, "state"))
    reason: Mapped[Name | None]
    message: Mapped[Words | None]
    #: The how-manieth failure of its upload: the first ones get a mail each, the rest one together.
    failure_number: Mapped[int | None]
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("invitations.id"), unique=True)

    __table_args__ = (
        CheckConstraint("(state = 'failed') = (failure_number IS NOT NULL)", name="failures_are_numbered"),
        Index("ix_upload_outcomes_state", "upload_id", "state", "number"),
    )
