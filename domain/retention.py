"""Retention: what goes once it has been kept for long enough.

- `KEEP_FILES_DAYS` after it was processed, or brought: a file, its lines, findings and outcomes. The upload stays, with
  its counts.
- `KEEP_MAILS_DAYS` after it was sent, or given up: a letter (to whom, when, what the mail server said).
- `KEEP_INVITATIONS_DAYS` after it expired, was declined, revoked, or could not be delivered: an invitation, to a
  collaboration or to a role. Open and accepted ones stay.
- `KEEP_AUDIT_DAYS` after it was made: an entry of the audit log.

Nothing that is under way goes: uploads being processed, and what waiting letters tell of. Each kind goes in its own
time, also where another names it. Accounts, memberships, participants and enrolments still to be made have none.

All of it goes in portions, each in a transaction of its own: a function here takes one, and answers whether there may
be more. Rows that another worker holds are left to it.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self, cast

from sqlalchemy import ColumnElement, Select, Table, case, delete, exists, func, or_, select, text, type_coerce, update
from sqlalchemy.orm import InstrumentedAttribute

from models import (
    AuditEntry,
    AuditRetention,
    Invitation,
    Letter,
    RoleInvitation,
    Upload,
    UploadFinding,
    UploadLine,
    UploadOutcome,
    db,
    now,
)
from models.base import UtcDateTime, among, insert_new
from models.invitation import InvitationStatus, invitation_groups
from models.role_invitation import role_invitation_units
from models.upload import OutcomeState, UploadState

#: Rows that go at once.
PORTION = 1000
#: Files that go at once: each may be of ten megabytes.
FILES = 10
#: The database lets nobody delete entries of the audit log that are younger (migration 0006).
AUDIT_DAYS_AT_LEAST = 30


@dataclass(frozen=True, slots=True)
class Periods:
    """For how many days each is kept; 0: for good."""

    files: int
    mails: int
    invitations: int
    audit: int

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """As the settings say. Raises `ValueError` with a sentence for the operator."""
        return cls(**{field.name: _days(config, f"KEEP_{field.name.upper()}_DAYS") for field in fields(cls)})


def _days(config: Mapping[str, Any], name: str) -> int:
    days = config[name]
    if not isinstance(days, int) or days < 0:
        raise ValueError(f"{name} is {days!r}: set a whole number of days, or 0 to keep them for good.")
    if name == "KEEP_AUDIT_DAYS" and 0 < days < AUDIT_DAYS_AT_LEAST:
        raise ValueError(f"{name} is {days}: set {AUDIT_DAYS_AT_LEAST} or more, or 0 to keep the audit log for good.")
    return days


def kept_until(upload: Upload, days: int) -> datetime | None:
    """Until when its file and its result can be seen; nothing where that has no end, or none yet, or is past."""
    if not days or upload.gone_at or upload.state is UploadState.PROCESSING:
        return None
    return (upload.finished_at or upload.created_at) + timedelta(days=days)


def steps(periods: Periods) -> Iterator[Callable[[], bool]]:
    """What is to be done, each until it answers that there is no more."""
    at = _sure_to_be_past()
    for days, step in (
        (periods.files, let_files_go),
        (periods.mails, delete_letters),
        (periods.invitations, partial(delete_invitations, Invitation)),
        (periods.invitations, partial(delete_invitations, RoleInvitation)),
        (periods.audit, delete_audit_entries),
    ):
        if days:
            yield partial(step, at - timedelta(days=days))
    yield empty_uploads


def _sure_to_be_past() -> datetime:
    """Now; by the database's clock where that of this machine has run ahead: what is deleted does not come back."""
    told = db.session.scalar(select(type_coerce(func.current_timestamp(), UtcDateTime)))
    return min(now(), told) if told else now()


# Files.


def let_files_go(before: datetime) -> bool:
    """Nobody sees them from now on. Those that were never processed are put away with it."""
    due = (
        select(Upload.id)
        .where(Upload.is_kept, Upload.created_at < before)
        .where(or_(Upload.finished_at.is_(None), Upload.finished_at < before))
        .where(~exists().where(Letter.upload_id == Upload.id, Letter.is_waiting))
        .order_by(Upload.created_at)
    )
    ids = _held(due.limit(FILES))
    stays_done = case((Upload.state == UploadState.DONE, Upload.state), else_=UploadState.DISCARDED)
    nothing = {"content": b"", "columns": [], "notices": []}
    if ids:
        _do(update(Upload).where(among(Upload.id, ids)).values(state=stays_done, gone_at=now(), **nothing))
    return bool(ids)


def empty_uploads() -> bool:
    """Delete what has gone of an upload: a portion of it."""
    ids = _held(select(Upload.id).where(Upload.is_to_empty).order_by(Upload.gone_at).limit(1))
    if not ids:
        return False
    [upload_id] = ids
    for table in (UploadLine, UploadFinding, UploadOutcome):
        first = select(table.number).where(table.upload_id == upload_id).order_by(table.number).limit(PORTION)
        if _do(delete(table).where(table.upload_id == upload_id, table.number.in_(first))):
            return True
    _do(update(Upload).where(Upload.id == upload_id).values(emptied_at=now()))
    return True


# Letters.


def delete_letters(before: datetime) -> bool:
    """Not of an invitation about which another letter waits, for that one may quote what the mail server said; nor of
    one whose upload does not know yet that it was sent.
    """
    due = (
        select(Letter.id)
        .where(Letter.is_closed, Letter.sent_at < before)
        .where(~_waits(_OTHER.c.invitation_id == Letter.invitation_id))
        .where(~_waits(_OTHER.c.role_invitation_id == Letter.role_invitation_id))
        .where(~_is_unsettled(Letter.invitation_id))
        .order_by(Letter.sent_at)
    )
    ids = _held(due.limit(PORTION))
    if ids:
        _do(delete(Letter).where(among(Letter.id, ids)))
    return bool(ids)


_OTHER = cast(Table, Letter.__table__).alias("other")


def _waits(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is a letter like this that waits."""
    return exists().where(which, text("other.state = 'waiting'")).select_from(_OTHER)


def _is_unsettled(invitation_id: Any) -> ColumnElement[bool]:
    """Whether an upload waits for what becomes of the invitation."""
    return exists().where(UploadOutcome.invitation_id == invitation_id, UploadOutcome.state == OutcomeState.WAITING)


# Invitations.


def delete_invitations(invitations: type[Invitation] | type[RoleInvitation], before: datetime) -> bool:
    """Those that led to nothing. What names one stays for its own time, and names none any more."""
    parts, references = _OF[invitations]
    ids = _held(_expired(invitations, before)) or _held(_answered(invitations, before))
    if not ids:
        return False
    _do(delete(parts).where(among(parts.c.invitation_id, ids)))
    for reference in references:
        _do(update(reference.class_).where(among(reference, ids)).values({reference: None}))
    _do(delete(invitations).where(among(invitations.id, ids)))
    return True


#: What goes with an invitation, and what names it.
_OF: dict[Any, tuple[Table, tuple[InstrumentedAttribute[Any], ...]]] = {
    Invitation: (invitation_groups, (UploadOutcome.invitation_id, Letter.invitation_id)),
    RoleInvitation: (role_invitation_units, (Letter.role_invitation_id,)),
}


def _expired(invitations: Any, before: datetime) -> Select[Any]:
    """Nobody has answered them; some were replaced by newer ones."""
    is_open = (invitations.answered_at.is_(None), invitations.status != InvitationStatus.ACCEPTED)
    return _over(invitations, *is_open, invitations.expires_at < before)


def _answered(invitations: Any, before: datetime) -> Select[Any]:
    return _over(invitations, invitations.is_answered_with_no, invitations.answered_at < before)


def _over(invitations: Any, *which: ColumnElement[bool]) -> Select[Any]:
    """Without those about which a letter waits."""
    of_letters = _OTHER.c.invitation_id if invitations is Invitation else _OTHER.c.role_invitation_id
    query = select(invitations.id).where(*which, ~_waits(of_letters == invitations.id))
    if invitations is Invitation:
        query = query.where(~_is_unsettled(Invitation.id))
    return query.limit(PORTION)


# The audit log.


def delete_audit_entries(before: datetime) -> bool:
    """The log says first from when on it is kept: its table lets go of nothing else."""
    due = select(AuditEntry.id).where(AuditEntry.at < before).order_by(AuditEntry.at, AuditEntry.id)
    ids = _held(due.limit(PORTION))
    if not ids:
        return False
    db.session.execute(insert_new(AuditRetention).values(id=1, kept_since=before))
    _do(update(AuditRetention).values(kept_since=before))
    _do(delete(AuditEntry).where(among(AuditEntry.id, ids)))
    return True


def _held(query: Select[Any]) -> Sequence[uuid.UUID]:
    """The IDs of these rows; of those that no other worker is at."""
    return db.session.scalars(query.with_for_update(skip_locked=True)).all()


def _do(statement: Any) -> int:
    """To how many rows. What the session remembers of them is not looked for: it is this statement's alone."""
    done: Any = db.session.execute(statement, execution_options={"synchronize_session": False})
    return int(done.rowcount)
