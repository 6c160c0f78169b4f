"""Letters into the outbox: in the same transaction as what they tell of."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.rows import insert_rows
from models import Letter, User, new_id, now
from models.base import leave_work
from models.outbox import LetterKind, LetterState

#: What the addresses of deleted accounts end in (RFC 2606, 2: there is no such domain, and never will be).
NOWHERE = "@deleted.invalid"


def post(letters: Sequence[dict[str, Any]]) -> None:
    """Put letters (see the functions below) into the outbox; they leave after the commit. Those to people who have
    deleted their account are not written.
    """
    wanted = [letter for letter in letters if not letter["to_address"].endswith(NOWHERE)]
    if wanted:
        at = now()
        insert_rows(Letter, [{"id": new_id(), "due_at": at, "created_at": at, **letter} for letter in wanted])
        leave_work()


def invitation_letter(invitation_id: uuid.UUID, link_number: int, to: str) -> dict[str, Any]:
    return _letter(LetterKind.INVITATION, f"{invitation_id}:{link_number}", to, invitation_id=invitation_id)


def reminder_letter(invitation_id: uuid.UUID, link_number: int, to: str) -> dict[str, Any]:
    return _letter(LetterKind.REMINDER, f"{invitation_id}:{link_number}", to, invitation_id=invitation_id)


def answer_letter(kind: LetterKind, invitation_id: uuid.UUID, to: str) -> dict[str, Any]:
    """To the inviter: accepted, declined, or not delivered."""
    return _letter(kind, str(invitation_id), to, invitation_id=invitation_id)


def role_invitation_letter(invitation_id: uuid.UUID, link_number: int, to: str) -> dict[str, Any]:
    return _letter(LetterKind.ROLE_INVITATION, f"{invitation_id}:{link_number}", to, role_invitation_id=invitation_id)


def role_answer_letter(kind: LetterKind, invitation_id: uuid.UUID, to: str) -> dict[str, Any]:
    """As `answer_letter`, of an invitation to a role."""
    return _letter(kind, str(invitation_id), to, role_invitation_id=invitation_id)


def failure_letter(upload_id: uuid.UUID, outcome_number: int, to: str) -> dict[str, Any]:
    once = f"{upload_id}:{outcome_number}"
    return _letter(LetterKind.FAILURE, once, to, upload_id=upload_id, outcome_number=outcome_number)


def failures_together_letter(upload_id: uuid.UUID, to: str) -> dict[str, Any]:
    return _letter(LetterKind.FAILURES_TOGETHER, str(upload_id), to, upload_id=upload_id)


def upload_done_letter(upload_id: uuid.UUID, to: str) -> dict[str, Any]:
    return _letter(LetterKind.UPLOAD_DONE, str(upload_id), to, upload_id=upload_id)


def membership_ending_letter(membership_id: uuid.UUID, announced_at: datetime, to: str) -> dict[str, Any]:
    """Once for each end that the membership is given."""
    once = f"{membership_id}:{announced_at.isoformat()}"
    return _letter(LetterKind.MEMBERSHIP_ENDING, once, to, membership_id=membership_id)


def course_letter(kind: LetterKind, course_id: uuid.UUID, to: str) -> dict[str, Any]:
    """About being enrolled, to be enrolled, or unenrolled: which may happen again."""
    return _letter(kind, str(new_id()), to, course_id=course_id)


def password_letter(user: User | None) -> dict[str, Any]:
    """To whoever has asked for a new password, each time anew. Where there is no such account it goes to nobody."""
    to, user_id = (user.email, user.id) if user else ("", None)
    return _letter(LetterKind.PASSWORD_RESET, str(new_id()), to, user_id=user_id)


def confirm_address_letter(user: User, address: str) -> dict[str, Any]:
    """To the new address, each time anew."""
    return _letter(LetterKind.CONFIRM_ADDRESS, str(new_id()), address, user_id=user.id)


def address_changed_letter(user: User, address: str) -> dict[str, Any]:
    """To the address that the account had before."""
    return _letter(LetterKind.ADDRESS_CHANGED, str(new_id()), address, user_id=user.id)


def _letter(
    kind: LetterKind,
    once: str,
    to: str,
    *,
    invitation_id: uuid.UUID | None = None,
    role_invitation_id: uuid.UUID | None = None,
    membership_id: uuid.UUID | None = None,
    upload_id: uuid.UUID | None = None,
    course_id: uuid.UUID | None = None,
    user_id: uuid.UUID | None = None,
    outcome_number: int | None = None,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "once": f"{kind}:{once}",
        "to_address": to,
        "invitation_id": invitation_id,
        "role_invitation_id": role_invitation_id,
        "membership_id": membership_id,
        "upload_id": upload_id,
        "course_id": course_id,
        "user_id": user_id,
        "outcome_number": outcome_number,
        "state": LetterState.WAITING,
        "attempts": 0,
    }
