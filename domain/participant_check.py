"""Checking a file of participants to add or to remove: whom each line names, and what would become of them."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache, partial

from domain.errors import NotAllowedError
from domain.findings import Finding
from domain.language import gettext as _
from domain.participant_sheet import COLUMNS, REQUIRED, Line, read_lines
from domain.participants import Outcome, foresee_adding, foresee_removing, message_of, must_be_invite_only
from domain.permissions import Rights, may_manage_participants
from domain.table import Record
from domain.upload_check import Check, Purpose
from models import Batch
from models.upload import Level, OutcomeState, UploadKind

_FORESEE = {UploadKind.PARTICIPANTS_ADD: foresee_adding, UploadKind.PARTICIPANTS_REMOVE: foresee_removing}


def purpose(rights: Rights, kind: UploadKind, batch: Batch) -> Purpose:
    """Raises `NotAllowedError`, and `ConflictError` for a batch that is not invite-only."""
    if not may_manage_participants(rights, batch):
        raise NotAllowedError(_("Only a state admin may bring a file of participants for this batch."))
    must_be_invite_only(batch)
    return Purpose(COLUMNS, REQUIRED, batch.organisation_id, partial(check_lines, kind, batch))


def check_lines(
    kind: UploadKind, batch: Batch, columns: Sequence[str | None], records: Sequence[Record], at: datetime
) -> Check:
    """`at` is what every check is told; an identifier means the same at any time."""
    lines, errors = read_lines(columns, records)
    outcomes = _FORESEE[kind](batch, [line.identifier for line in lines])
    check = Check(errors)
    for line, outcome, message in zip(lines, outcomes, messages(lines, outcomes), strict=True):
        if outcome.state is OutcomeState.FAILED:
            check.failures.append(_finding(Level.FAILURE, line, outcome, message))
        elif outcome.state is OutcomeState.SKIPPED:
            check.skips.append(_finding(Level.SKIP, line, outcome, message))
        else:
            check.to_do += 1
    check.people = check.to_do
    return check


def _finding(level: Level, line: Line, outcome: Outcome, message: str | None) -> Finding:
    return Finding(level, outcome.reason or "", message or "", line.number, invitee=line.identifier)


def messages(lines: Sequence[Line], outcomes: Sequence[Outcome]) -> Iterator[str | None]:
    """Of each line's outcome, why it is not done; of a repeat, where the person stood first."""
    sentence_of = cache(message_of)
    first: dict[uuid.UUID | str, int] = {}
    for line, outcome in zip(lines, outcomes, strict=True):
        stood_on = first.setdefault(outcome.person.stored_id, line.number) if outcome.person else line.number
        if outcome.reason == "repeated":
            yield _("The same person stands on line %(line)s already.", line=stood_on)
        else:
            yield sentence_of(outcome.reason) if outcome.reason else None
