"""Uploads: received, checked as a whole, pressed to be processed, listed."""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.orm import joinedload

from domain.addresses import is_international
from domain.columns import knows, match_header
from domain.errors import ConflictError
from domain.findings import Finding, Notice
from domain.invitation_plan import Plan, Step, names_in, with_standing
from domain.invitation_sheet import COLUMNS, REQUIRED, Line, Sheet
from domain.language import gettext as _
from domain.language import ngettext
from domain.permissions import Rights
from domain.purview import purview_of
from domain.table import Limits, Record, read_table
from models import Upload, UploadFinding, UploadLine, UploadOutcome, User, db, now
from models.base import leave_work
from models.upload import INSERT_LINES, Level, OutcomeState, UploadState

#: A file of some kilobytes can make millions of invitations, and of errors: what is beyond these is not looked at.
MOST_INVITATIONS = 200_000
MOST_ERRORS = 100_000


@dataclass(slots=True)
class Check:
    """What checking found out, as things stand at its time."""

    errors: list[Finding] = field(default_factory=list)
    failures: list[Finding] = field(default_factory=list)
    skips: list[Finding] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    invitations: int = 0
    people: int = 0
    collaborations: int = 0

    @property
    def findings(self) -> list[Finding]:
        return [*self.errors, *self.failures, *self.skips]


def read_lines(
    columns: Sequence[str | None], records: Iterable[Record], at: datetime
) -> tuple[list[Line], list[Finding]]:
    """The well-formed lines, and the errors of the others."""
    sheet = Sheet(columns, at)
    lines, errors, people = [], [], 0
    for record in records:
        line, problems = sheet.read(record)
        if problems:
            errors += problems
        else:
            lines.append(line)
            people += len(line.invitees)
        if people > MOST_INVITATIONS or len(errors) > MOST_ERRORS:
            return lines, [*errors, _too_much(line)]
    return lines, errors


def check_lines(rights: Rights, columns: Sequence[str | None], records: Iterable[Record], at: datetime) -> Check:
    """Check a whole sheet: its values, what they stand for, and what each invitation would become."""
    lines, errors = read_lines(columns, records, at)
    purview = purview_of(rights, names_in(lines))
    plan = Plan()
    planned = list(islice((step for line in lines for step in plan.steps(line, purview)), MOST_INVITATIONS + 1))
    errors += plan.conflicts
    if len(planned) > MOST_INVITATIONS:
        errors.append(_too_much(planned[-1].line))
        planned = []
    steps = with_standing(planned)
    to_send = [step for step in steps if step.level is None]
    return Check(
        errors=sorted(errors, key=lambda error: error.line or 0),
        failures=_findings(steps, Level.FAILURE),
        skips=_findings(steps, Level.SKIP),
        notices=_notices(lines),
        invitations=len(to_send),
        people=len({step.invitee.key for step in to_send}),
        collaborations=len({step.pair[1] for step in to_send}),
    )


def _too_much(line: Line) -> Finding:
    message = _(
        "From line %(line)s on, the file was not looked at: it makes too many invitations, or has too many errors, to "
        "be checked at once. Split it into smaller files.",
        line=line.number,
    )
    return Finding(Level.ERROR, "too_much", message, line.number)


def _findings(steps: Iterable[Step], level: Level) -> list[Finding]:
    return [step.as_finding() for step in steps if step.level is level]


def _notices(lines: Iterable[Line]) -> list[Notice]:
    international = [
        (line.number, invitee.email) for line in lines for invitee in line.invitees if is_international(invitee.key)
    ]
    if not international:
        return []
    line, address = international[0]
    message = ngettext(
        "“%(address)s” on line %(line)s has letters before the @ that not every mail server can deliver to.",
        "%(number)s addresses, the first on line %(line)s, have letters before the @ that not every mail server can "
        "deliver to.",
        len(international),
        address=address,
        line=line,
    )
    return [Notice("international_address", message)]


def receive(user: User, rights: Rights, file_name: str, content: bytes, limits: Limits) -> Upload:
    """Store the file, read it, check it, and store what was found."""
    table = read_table(content, file_name, knows(COLUMNS), limits)
    matched = None
    if table.header and not table.errors:
        matched = match_header(table.header, COLUMNS, REQUIRED, table.records)
    upload = Upload(
        user_id=user.id,
        organisation_id=_the_one_organisation(rights),
        file_name=file_name.replace("\0", "")[-255:] or "upload",
        content=content,
        state=UploadState.UNREADABLE,
        created_at=now(),
    )
    db.session.add(upload)
    notices = [*table.notices, *(matched.notices if matched else ())]
    upload.notices = [asdict(notice) for notice in notices]
    errors = [*table.errors, *(matched.errors if matched else ())]
    if errors or matched is None:
        store_check(upload, Check(errors=errors))
        return upload
    records = [*matched.first_records, *table.records]
    upload.columns = [
        {"name": name, "title": title} for name, title in zip(matched.columns, matched.file_names, strict=True)
    ]
    upload.lines = len(records)
    check = check_lines(rights, matched.columns, records, upload.created_at)
    upload.state = UploadState.ERRORS if check.errors else UploadState.READY
    upload.notices = [asdict(notice) for notice in (*notices, *check.notices)]
    store_check(upload, check)
    _store_lines(upload, records)
    return upload


def _the_one_organisation(rights: Rights) -> uuid.UUID | None:
    """The organisation whose admins see the upload too; none where it might tell of several."""
    one = len(rights.manages_in) == 1 and not rights.is_platform_admin
    return next(iter(rights.manages_in)) if one else None


def store_check(upload: Upload, check: Check) -> None:
    upload.error_count = len(check.errors)
    upload.to_do = check.invitations
    upload.people = check.people
    upload.collaborations = check.collaborations
    upload.will_fail = len(check.failures)
    upload.will_skip = len(check.skips)
    db.session.flush()
    db.session.execute(delete(UploadFinding).where(UploadFinding.upload_id == upload.id))
    rows = [
        {"upload_id": upload.id, "number": number, **asdict(finding)} for number, finding in enumerate(check.findings)
    ]
    if rows:
        db.session.execute(insert(UploadFinding), rows)


def _store_lines(upload: Upload, records: Iterable[Record]) -> None:
    statement = INSERT_LINES[db.engine.dialect.name]
    db.session.execute(statement, {"upload_id": upload.id, "lines": json.dumps(dict(records))})


def stored_records(upload: Upload) -> list[Record]:
    """The lines as they stand in the table, in the file's order."""
    rows = db.session.execute(
        select(UploadLine.number, UploadLine.cells).where(UploadLine.upload_id == upload.id).order_by(UploadLine.number)
    )
    return [Record(number, cells) for number, cells in rows]


def column_names(upload: Upload) -> list[str | None]:
    return [column["name"] for column in upload.columns]


def press_process(upload: Upload) -> bool:
    """Hand the upload to the worker, once: whoever comes second changes nothing. Answers whether this was the first.

    Only a file without errors, with something to send, can be processed.
    """
    pressed = db.session.scalars(
        update(Upload)
        .where(
            Upload.id == upload.id,
            Upload.state == UploadState.READY,
            Upload.error_count == 0,
            Upload.to_do > 0,
        )
        .values(
            state=UploadState.PROCESSING,
            process_pressed_at=now(),
            planned=Upload.to_do + Upload.will_fail + Upload.will_skip,
        )
        .returning(Upload.id)
    ).all()
    if pressed:
        leave_work()
    return bool(pressed)


def discard(upload: Upload) -> None:
    """Put away an upload of which nothing has been sent. Raises `ConflictError` once it has been processed."""
    if not _discard(upload.id, upload.user_id):
        raise ConflictError(_("This upload has been processed, or discarded, already."))


def replace_faulty(upload_id: uuid.UUID, user: User) -> None:
    """Put away an upload with errors, whose mended file its uploader has brought now."""
    _discard(upload_id, user.id, (UploadState.UNREADABLE, UploadState.ERRORS))


_NOT_SENT = (UploadState.UNREADABLE, UploadState.ERRORS, UploadState.READY)


def _discard(upload_id: uuid.UUID, user_id: uuid.UUID, states: Sequence[UploadState] = _NOT_SENT) -> bool:
    discarded = db.session.scalars(
        update(Upload)
        .where(Upload.id == upload_id, Upload.user_id == user_id, Upload.state.in_(states))
        .values(state=UploadState.DISCARDED)
        .returning(Upload.id)
    )
    return bool(discarded.all())


# Lists.


def uploads_for(user: User, rights: Rights) -> Select[Any]:
    """The uploads that `permissions.may_see_upload` shows the person, the newest first."""
    query = select(Upload).options(joinedload(Upload.user)).order_by(Upload.id.desc())
    if rights.is_platform_admin:
        return query
    return query.where((Upload.user_id == user.id) | Upload.organisation_id.in_(rights.admin_of))


def findings(upload: Upload, level: Level) -> Select[Any]:
    query = select(UploadFinding).where(UploadFinding.upload_id == upload.id, UploadFinding.level == level)
    return query.order_by(UploadFinding.number)


def lines(upload: Upload) -> Select[Any]:
    return select(UploadLine).where(UploadLine.upload_id == upload.id).order_by(UploadLine.number)


def outcomes(upload: Upload, state: OutcomeState | None = None) -> Select[Any]:
    query = select(UploadOutcome).where(UploadOutcome.upload_id == upload.id).order_by(UploadOutcome.number)
    return query if state is None else query.where(UploadOutcome.state == state)
