"""Processing an upload of people: all of them at once, in one transaction.

A worker that dies, or a fault, leaves nothing half-done; the next run does it all.
"""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

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
from models import Organisation, Upload, UploadOutcome, db
from models.audit import Through
from models.upload import OutcomeState

STATES = {
    PersonState.ADDED: OutcomeState.ADDED,
    PersonState.UPDATED: OutcomeState.UPDATED,
    PersonState.UNCHANGED: OutcomeState.SKIPPED,
    PersonState.FAILED: OutcomeState.FAILED,
}
#: At once, where others are making the same accounts at this very moment.
_TRIES = 5

#: Why nothing is done: a word for programs, and a sentence.
Reason = tuple[str | None, str | None]


class PeopleRun(Run[Line]):
    def __init__(self, upload_id: uuid.UUID, worker: str, lease: timedelta, settings: Settings) -> None:
        super().__init__(upload_id, worker, lease, settings)
        self.lines: list[Line] = []

    def start(self) -> bool:
        upload = self.mine()
        if upload is not None:
            self.lines, _errors = read_lines(column_names(upload), stored_records(upload))
        return upload is not None

    def chunks(self) -> Iterator[list[Line]]:
        yield self.lines

    def process(self, lines: list[Line]) -> bool:
        upload = self.mine()
        if upload is None:
            return False
        outcomes, why = _bring(upload, lines)
        _count(upload, lines, outcomes)
        insert_rows(UploadOutcome, _rows(upload, lines, outcomes, why))
        self.finish(upload)
        return True


def _bring(upload: Upload, lines: Sequence[Line]) -> tuple[list[PersonOutcome], list[Reason]]:
    """What becomes of each line, and why it is not done."""
    assert upload.organisation_id is not None
    organisation = db.session.get_one(Organisation, upload.organisation_id)
    by = By(upload.user_id, Through.UPLOAD, upload.id, upload.api_key_id)
    try:
        outcomes = _bring_after_all(rights_now(upload), organisation, lines, by)
    except NotAllowedError as refusal:  # of all of them: before anything was changed
        failed = [PersonOutcome(line.number, PersonState.FAILED, "not_allowed") for line in lines]
        return failed, [("not_allowed", str(refusal))] * len(failed)
    return outcomes, [*reasons(outcomes)]


def _bring_after_all(
    rights: Rights, organisation: Organisation, lines: Sequence[Line], by: By, tries: int = _TRIES
) -> list[PersonOutcome]:
    """Where another account was being made, it is there by now, and seen."""
    try:
        return people_import.bring(rights, organisation, lines, by)
    except ConflictError:
        if tries == 1:
            raise  # the whole upload is tried again, later
        return _bring_after_all(rights, organisation, lines, by, tries - 1)


def _count(upload: Upload, lines: Sequence[Line], outcomes: Sequence[PersonOutcome]) -> None:
    states = Counter(STATES[outcome.state] for outcome in outcomes)
    upload.planned = len(outcomes)
    upload.failed, upload.skipped = states[OutcomeState.FAILED], states[OutcomeState.SKIPPED]
    upload.done = upload.planned - upload.failed - upload.skipped
    upload.people = states[OutcomeState.ADDED]
    upload.processed_line = lines[-1].number


def _rows(
    upload: Upload, lines: Sequence[Line], outcomes: Sequence[PersonOutcome], why: Sequence[Reason]
) -> list[dict[str, Any]]:
    rows, failed = [], 0
    for number, (line, outcome, (reason, message)) in enumerate(zip(lines, outcomes, why, strict=True)):
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
