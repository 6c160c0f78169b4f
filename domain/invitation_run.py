"""Processing an upload of invitations: lines into invitations, some at a time.

Each chunk is one transaction that writes what its lines became and counts the upload up to the last of
them. A worker that dies leaves whole chunks only; the next one goes on behind the last.
"""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from domain.invitation_check import check_lines, read_lines
from domain.invitation_plan import Plan, Step, count_steps, names_in, with_standing
from domain.invitation_sheet import Line
from domain.invitations import Draft, defaults_of, make
from domain.language import gettext as _
from domain.post import failure_letter, post
from domain.processing import Run, Settings, release, rights_now
from domain.purview import Purview, purview_of
from domain.rows import insert_rows
from domain.uploads import column_names, store_check, stored_records
from models import Collaboration, Invitation, Organisation, Upload, UploadOutcome, db, now
from models.base import among
from models.upload import Level, OutcomeState, UploadState

#: Invitations a transaction, about: a line is never divided.
CHUNK = 500


class InvitationRun(Run[Line]):
    def __init__(self, upload_id: uuid.UUID, worker: str, lease: timedelta, settings: Settings) -> None:
        super().__init__(upload_id, worker, lease, settings)
        self.plan = Plan()
        self.lines: list[Line] = []
        #: The upload's `processed_line` as this run knows it.
        self._processed_line = 0
        self._foreseen: Counter[int] = Counter()
        #: Organisations that the uploader knew: should they lose their role, what follows is refused, not hidden.
        self._known: set[uuid.UUID] = set()

    def start(self) -> bool:
        """Check the whole file again as things stand now.

        A file in which time has made an error (a date that is past now) goes back to its uploader, unless
        part of it is processed already.
        """
        upload = self.mine()
        if upload is None:
            return False
        rights, self._known = rights_now(upload), _organisations_known(upload)
        records, columns = stored_records(upload), column_names(upload)
        if upload.processed_line == 0:
            check = check_lines(rights, columns, records, now(), self._known)
            if check.errors:
                _bring_back(upload)
            store_check(upload, check)
            if check.errors:
                return False
        lines, _errors = read_lines(columns, records, upload.process_pressed_at or now())
        self._processed_line = upload.processed_line
        self._look_ahead(upload, lines, purview_of(rights, names_in(lines), self._known))
        return True

    def _look_ahead(self, upload: Upload, lines: list[Line], purview: Purview) -> None:
        """Walk over the lines processed before, to know what they named; foresee how much the others will be."""
        for line in lines:
            if line.number <= upload.processed_line:
                self.plan.walk_over(line, purview)
            else:
                self.lines.append(line)
                self._foreseen[line.number] = count_steps(line, purview)
        upload.planned = _outcomes_so_far(upload) + self._foreseen.total()

    def chunks(self) -> Iterator[list[Line]]:
        chunk: list[Line] = []
        size = 0
        for line in self.lines:
            chunk.append(line)
            size += self._foreseen[line.number]
            if size >= CHUNK:
                yield chunk
                chunk, size = [], 0
        yield chunk

    def process(self, lines: list[Line]) -> bool:
        upload = self.mine()
        if upload is None or upload.processed_line != self._processed_line:
            return False
        purview = purview_of(rights_now(upload), names_in(lines), self._known)
        steps = with_standing([step for line in lines for step in self.plan.steps(line, purview)])
        self._known |= {step.target.place.organisation_id for step in steps if step.target}
        outcomes = self._outcomes(upload, steps)
        self._count(upload, lines, outcomes)
        insert_rows(UploadOutcome, outcomes)
        self._report_failures(upload, outcomes)
        if not lines or lines[-1] is self.lines[-1]:
            self.finish(upload)
        return True

    def _outcomes(self, upload: Upload, steps: Sequence[Step]) -> list[dict[str, Any]]:
        """A row for each step; the invitations among them are made here."""
        # In one order in all workers: two that invite the same people wait for each other, but not both.
        sending = sorted((step for step in steps if step.level is None), key=lambda step: step.pair)
        made = dict(zip((step.pair for step in sending), make(self._drafts(upload, sending)), strict=True))
        first, failed = _outcomes_so_far(upload), upload.failed
        rows = []
        for number, step in enumerate(steps, first):
            invitation_id = made[step.pair] if step.level is None else None
            if step.level is None and invitation_id is None:
                step = _just_invited(step)
            state = _STATES[step.level]
            if state is OutcomeState.FAILED:
                failed += 1
            rows.append(
                {
                    "upload_id": upload.id,
                    "number": number,
                    "line": step.line.number,
                    "invitee": step.invitee.email,
                    "collaboration": step.collaboration,
                    "groups": ", ".join(group.short_name for group in step.target.groups) if step.target else "",
                    "role": step.line.intended_role.value,
                    "state": state,
                    "reason": step.reason,
                    "message": step.message,
                    "failure_number": failed if state is OutcomeState.FAILED else None,
                    "invitation_id": invitation_id,
                }
            )
        return rows

    def _drafts(self, upload: Upload, steps: Sequence[Step]) -> list[Draft]:
        defaults_in = {
            organisation.id: defaults_of(organisation, upload.user, self.settings.invitation_days)
            for organisation in _organisations(steps)
        }
        drafts = []
        for step in steps:
            assert step.target is not None
            defaults = defaults_in[step.target.place.organisation_id]
            line = step.line
            drafts.append(
                Draft(
                    collaboration_id=step.target.place.id,
                    email=step.invitee.email,
                    email_key=step.invitee.key,
                    role=line.intended_role,
                    expires_at=line.invitation_expiry_date or defaults.expires_at,
                    membership_expires_at=line.membership_expiry_date,
                    message=line.message or defaults.message,
                    sender_name=line.sender_name or defaults.sender_name,
                    invited_by_id=upload.user_id,
                    upload_id=upload.id,
                    group_ids=tuple(group.id for group in step.target.groups),
                )
            )
        return drafts

    def _count(self, upload: Upload, lines: Sequence[Line], outcomes: Sequence[dict[str, Any]]) -> None:
        states = Counter(row["state"] for row in outcomes)
        upload.planned += len(outcomes) - sum(self._foreseen[line.number] for line in lines)
        upload.failed += states[OutcomeState.FAILED]
        upload.skipped += states[OutcomeState.SKIPPED]
        if lines:
            self._processed_line = upload.processed_line = lines[-1].number
        db.session.flush()

    def _report_failures(self, upload: Upload, outcomes: Sequence[dict[str, Any]]) -> None:
        """A mail each, up to the limit; what is beyond it is told when the upload is done."""
        limit = self.settings.failure_mail_limit
        told = [row for row in outcomes if row["failure_number"] is not None and row["failure_number"] <= limit]
        post([failure_letter(upload.id, row["number"], upload.user.email) for row in told])


_STATES = {
    None: OutcomeState.WAITING,
    Level.FAILURE: OutcomeState.FAILED,
    Level.ERROR: OutcomeState.FAILED,  # a contradiction that came up only now: a label is on one CO more
    Level.SKIP: OutcomeState.SKIPPED,
}


def _bring_back(upload: Upload) -> None:
    """To its uploader, as if it had not been pressed."""
    upload.state, upload.process_pressed_at, upload.planned = UploadState.ERRORS, None, 0
    release(upload)


def _outcomes_so_far(upload: Upload) -> int:
    last = db.session.scalar(select(func.max(UploadOutcome.number)).where(UploadOutcome.upload_id == upload.id))
    return 0 if last is None else last + 1


def _organisations_known(upload: Upload) -> set[uuid.UUID]:
    """The one that it can concern, and those that it has invited to."""
    invited_to = (
        select(Collaboration.organisation_id)
        .join(Invitation, Invitation.collaboration_id == Collaboration.id)
        .where(Invitation.upload_id == upload.id)
    )
    return {*db.session.scalars(invited_to.distinct()), *filter(None, [upload.organisation_id])}


def _organisations(steps: Sequence[Step]) -> Sequence[Organisation]:
    ids = {step.target.place.organisation_id for step in steps if step.target}
    return db.session.scalars(select(Organisation).where(among(Organisation.id, ids))).all() if ids else ()


def _just_invited(step: Step) -> Step:
    message = _("Invited by somebody else at this very moment.")
    return step._replace(level=Level.SKIP, reason="already_invited", message=message)
