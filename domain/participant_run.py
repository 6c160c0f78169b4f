"""Processing an upload of participants: all of them at once, in one transaction.

A worker that dies, or a fault, leaves nothing half-done; the next run does it all.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from domain import participants
from domain.audit import By
from domain.errors import ConflictError, NotAllowedError, RefusalError
from domain.participant_check import messages
from domain.participant_sheet import Line, read_lines
from domain.participants import Outcome, counts_of
from domain.processing import Run, Settings, rights_now
from domain.rows import insert_rows
from domain.uploads import column_names, stored_records
from models import Upload, UploadOutcome
from models.audit import Through
from models.upload import OutcomeState, UploadKind

_DO = {UploadKind.PARTICIPANTS_ADD: participants.add, UploadKind.PARTICIPANTS_REMOVE: participants.remove}
_REFUSED: dict[type[RefusalError], str] = {NotAllowedError: "not_allowed", ConflictError: "not_invite_only"}


class ParticipantRun(Run[Line]):
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
        outcomes, sentences = _do(upload, lines)
        _count(upload, lines, outcomes)
        insert_rows(UploadOutcome, _rows(upload, lines, outcomes, sentences))
        self.finish(upload)
        return True


def _do(upload: Upload, lines: Sequence[Line]) -> tuple[list[Outcome], list[str | None]]:
    """What becomes of each line, and why it is not done."""
    assert upload.batch_id is not None
    batch = participants.hold(upload.batch_id)
    by = By(upload.user_id, Through.UPLOAD, upload.id, upload.api_key_id)
    identifiers = [line.identifier for line in lines]
    try:
        outcomes = _DO[upload.kind](rights_now(upload), batch, identifiers, by)
    except RefusalError as refusal:  # of all of them: before anything was changed
        failed = [Outcome(identifier, OutcomeState.FAILED, _REFUSED[type(refusal)]) for identifier in identifiers]
        return failed, [str(refusal)] * len(failed)
    return outcomes, [*messages(lines, outcomes)]


def _count(upload: Upload, lines: Sequence[Line], outcomes: Sequence[Outcome]) -> None:
    states = counts_of(outcomes)
    upload.planned = len(outcomes)
    upload.failed, upload.skipped = states[OutcomeState.FAILED], states[OutcomeState.SKIPPED]
    upload.done = upload.planned - upload.failed - upload.skipped
    upload.processed_line = lines[-1].number


def _rows(
    upload: Upload, lines: Sequence[Line], outcomes: Sequence[Outcome], sentences: Sequence[str | None]
) -> list[dict[str, Any]]:
    rows, failed = [], 0
    for number, (line, outcome, sentence) in enumerate(zip(lines, outcomes, sentences, strict=True)):
        is_failure = outcome.state is OutcomeState.FAILED
        failed += is_failure
        row = {
            "upload_id": upload.id,
            "number": number,
            "line": line.number,
            "invitee": line.identifier,
            "groups": "",
            "state": outcome.state,
            "reason": outcome.reason,
            "message": sentence,
            "failure_number": failed if is_failure else None,
        }
        rows.append(row)
    return rows
