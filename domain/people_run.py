"""Processing an upload of people: some thousand lines at once, in one transaction.

Others write in between: on SQLite, one at a time. A worker that dies, or a fault, leaves nothing half-done; the next
run goes on with the lines that are left.
"""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from domain import people_import
from domain.audit import By
from domain.errors import ConflictError, NotAllowedError
from domain.people_check import reasons
from domain.people_import import PersonOutcome, PersonState
from domain.people_sheet import Line, read_lines
from domain.permissions import Rights
from domain.processing import Run, Settings, rights_now
from domain.rows import insert_rows
from domain.uploads import column_names, stored_records
from models import Organisation, Upload, UploadFinding, UploadOutcome, db
from models.audit import Through
from models.upload import Level, OutcomeState

STATES = {
    PersonState.ADDED: OutcomeState.ADDED,
    PersonState.UPDATED: OutcomeState.UPDATED,
    PersonState.UNCHANGED: OutcomeState.SKIPPED,
    PersonState.FAILED: OutcomeState.FAILED,
}
#: Lines in one transaction: some seconds of work.
PORTION = 10_000
#: At once, where others are making the same accounts at this very moment.
_TRIES = 5

#: Why nothing is done: a word for programs, and a sentence.
Reason = tuple[str | None, str | None]
Told = tuple[PersonOutcome, Reason]


class PeopleRun(Run[Line]):
    def __init__(self, upload_id: uuid.UUID, worker: str, lease: timedelta, settings: Settings) -> None:
        super().__init__(upload_id, worker, lease, settings)
        self.lines: list[Line] = []
        #: Lines about people on lines before, as the check has found: that may have been in another portion.
        self._repeated: set[int] = set()
        #: As this run knows it.
        self._processed_line = 0

    def start(self) -> bool:
        upload = self.mine()
        if upload is None:
            return False
        lines, _errors = read_lines(column_names(upload), stored_records(upload))
        self.lines = [line for line in lines if line.number > upload.processed_line]
        self._repeated = _found_repeated(upload)
        self._processed_line = upload.processed_line
        upload.planned = len(lines)
        return True

    def chunks(self) -> Iterator[list[Line]]:
        for start in range(0, len(self.lines), PORTION):
            yield self.lines[start : start + PORTION]

    def process(self, lines: list[Line]) -> bool:
        upload = self.mine()
        if upload is None or upload.processed_line != self._processed_line:
            return False
        told = self._become(upload, lines)
        insert_rows(UploadOutcome, _rows(upload, lines, told))
        _count(upload, lines, told)
        self._processed_line = upload.processed_line
        if lines[-1] is self.lines[-1]:
            self.finish(upload)
        return True

    def _become(self, upload: Upload, lines: Sequence[Line]) -> list[Told]:
        """What becomes of each line."""
        again = [PersonOutcome(line.number, PersonState.FAILED, "repeated") for line in lines if self._is_again(line)]
        told = _bring(upload, [line for line in lines if not self._is_again(line)])
        return sorted([*told, *zip(again, reasons(again), strict=True)], key=lambda one: one[0].line)

    def _is_again(self, line: Line) -> bool:
        return line.number in self._repeated


def _found_repeated(upload: Upload) -> set[int]:
    found = select(UploadFinding.line).where(
        UploadFinding.upload_id == upload.id,
        UploadFinding.level == Level.FAILURE,
        UploadFinding.reason == "repeated",
    )
    return {line for line in db.session.scalars(found) if line is not None}


def _bring(upload: Upload, lines: Sequence[Line]) -> list[Told]:
    assert upload.organisation_id is not None
    organisation = db.session.get_one(Organisation, upload.organisation_id)
    by = By(upload.user_id, Through.UPLOAD, upload.id, upload.api_key_id)
    try:
        outcomes = _bring_after_all(rights_now(upload), organisation, lines, by)
    except NotAllowedError as refusal:  # of all of them: before anything was changed
        why = "not_allowed", str(refusal)
        return [(PersonOutcome(line.number, PersonState.FAILED, "not_allowed"), why) for line in lines]
    return [*zip(outcomes, reasons(outcomes), strict=True)]


def _bring_after_all(
    rights: Rights, organisation: Organisation, lines: Sequence[Line], by: By, tries: int = _TRIES
) -> list[PersonOutcome]:
    """Where another account was being made, it is there by now, and seen."""
    try:
        return people_import.bring(rights, organisation, lines, by)
    except ConflictError:
        if tries == 1:
            raise  # these lines are tried again, later
        return _bring_after_all(rights, organisation, lines, by, tries - 1)


def _count(upload: Upload, lines: Sequence[Line], told: Sequence[Told]) -> None:
    states = Counter(STATES[outcome.state] for outcome, _why in told)
    added, updated = states[OutcomeState.ADDED], states[OutcomeState.UPDATED]
    is_first = upload.processed_line == 0
    upload.people = added + (0 if is_first else upload.people)  # until then, as the check has foreseen
    upload.done += added + updated
    upload.failed += states[OutcomeState.FAILED]
    upload.skipped += states[OutcomeState.SKIPPED]
    upload.processed_line = lines[-1].number


def _rows(upload: Upload, lines: Sequence[Line], told: Sequence[Told]) -> list[dict[str, Any]]:
    rows, failed = [], upload.failed
    first = upload.done + upload.failed + upload.skipped
    for number, (line, (outcome, (reason, message))) in enumerate(zip(lines, told, strict=True), first):
        is_failure = outcome.state is PersonState.FAILED
        failed += is_failure
        row = {
            "upload_id": upload.id,
            "number": number,
            "line": line.number,
            "invitee": line.address.email,
            "groups": "",
            "state": STATES[outcome.state],
            "reason": reason,
            "message": message,
            "failure_number": failed if is_failure else None,
        }
        rows.append(row)
    return rows
