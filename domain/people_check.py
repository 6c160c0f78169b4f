"""Checking a file of people of an organisation: every error of its lines, and what would become of each person."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache, partial

from domain.errors import NotAllowedError
from domain.findings import Finding
from domain.language import gettext as _
from domain.people_import import UNCHANGED, PersonOutcome, PersonState, foresee, message_of
from domain.people_sheet import COLUMNS, REQUIRED, Line, read_lines
from domain.permissions import Rights, may_run_organisation
from domain.table import Record
from domain.upload_check import Check, Purpose
from models import Organisation
from models.upload import Level


def purpose(rights: Rights, organisation: Organisation) -> Purpose:
    """Raises `NotAllowedError`."""
    if not may_run_organisation(rights, organisation):
        raise NotAllowedError(_("Only admins of the organisation may bring a file of its people."))
    return Purpose(COLUMNS, REQUIRED, organisation.id, partial(check_lines, rights, organisation))


def check_lines(
    rights: Rights, organisation: Organisation, columns: Sequence[str | None], records: Sequence[Record], at: datetime
) -> Check:
    """`at` is what every check is told; a person is the same at any time."""
    lines, errors = read_lines(columns, records)
    outcomes = foresee(rights, organisation, lines)
    counts = Counter(outcome.state for outcome in outcomes)
    check = Check(
        errors, to_do=counts[PersonState.ADDED] + counts[PersonState.UPDATED], people=counts[PersonState.ADDED]
    )
    for line, outcome, (reason, message) in zip(lines, outcomes, reasons(outcomes), strict=True):
        if outcome.state is PersonState.FAILED:
            check.failures.append(_finding(Level.FAILURE, line, reason, message))
        elif outcome.state is PersonState.UNCHANGED:
            check.skips.append(_finding(Level.SKIP, line, reason, message))
    return check


def _finding(level: Level, line: Line, reason: str | None, message: str | None) -> Finding:
    return Finding(level, reason or "", message or "", line.number, invitee=line.address.email)


def reasons(outcomes: Iterable[PersonOutcome]) -> Iterator[tuple[str | None, str | None]]:
    """Of each outcome, why nothing is done: a word for programs, and a sentence."""
    sentence_of = cache(message_of)
    for outcome in outcomes:
        reason = UNCHANGED if outcome.state is PersonState.UNCHANGED else outcome.reason
        yield reason, sentence_of(reason) if reason else None
