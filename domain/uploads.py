"""Uploads: received, checked as a whole, pressed to be processed, listed."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import joinedload

from domain import invitation_check, participant_check, people_check
from domain.columns import Matched, knows, match_header
from domain.errors import ConflictError
from domain.findings import Finding
from domain.language import gettext as _
from domain.permissions import Rights
from domain.rows import insert_rows
from domain.table import Limits, Record, read_table
from domain.upload_check import Check, Purpose
from models import Batch, Organisation, Upload, UploadFinding, UploadLine, UploadOutcome, User, db, now
from models.base import as_json, leave_work
from models.upload import INSERT_LINES, Level, OutcomeState, UploadKind, UploadState


def receive(
    user: User,
    rights: Rights,
    file_name: str,
    content: bytes,
    limits: Limits,
    kind: UploadKind = UploadKind.INVITATIONS,
    about: Batch | Organisation | None = None,
) -> Upload:
    """Store the file, read it, check it, and store what was found. `about`: the batch of a file of participants, the
    organisation of one of people.

    Raises `NotAllowedError` and `ConflictError` where the person may not manage, or nobody may so manage, that
    batch's participants or that organisation's people.
    """
    purpose = _purpose(kind, rights, about)
    upload = Upload(
        kind=kind,
        user_id=user.id,
        organisation_id=purpose.organisation_id,
        batch_id=about.id if isinstance(about, Batch) else None,
        api_key_id=rights.api_key_id,
        file_name=file_name.replace("\0", "")[-255:] or "upload",
        content=content,
        state=UploadState.UNREADABLE,
        created_at=now(),
    )
    db.session.add(upload)
    table = read_table(content, file_name, knows(purpose.columns), limits)
    upload.notices = [*map(asdict, table.notices)]
    if table.header is None or table.errors:
        store_check(upload, Check(errors=table.errors))
        return upload
    matched = match_header(table.header, purpose.columns, purpose.required, table.records)
    upload.notices = [*upload.notices, *map(asdict, matched.notices)]
    if matched.errors:
        store_check(upload, Check(errors=matched.errors))
        return upload
    _check(upload, purpose, matched, [*matched.first_records, *table.records])
    return upload


def _purpose(kind: UploadKind, rights: Rights, about: Batch | Organisation | None) -> Purpose:
    if kind is UploadKind.INVITATIONS:
        return invitation_check.purpose(rights)
    if kind is UploadKind.PEOPLE:
        assert isinstance(about, Organisation), "people are those of an organisation"
        return people_check.purpose(rights, about)
    assert isinstance(about, Batch), "participants are those of a batch"
    return participant_check.purpose(rights, kind, about)


def _check(upload: Upload, purpose: Purpose, matched: Matched, records: Sequence[Record]) -> None:
    upload.columns = [
        {"name": name, "title": title} for name, title in zip(matched.columns, matched.file_names, strict=True)
    ]
    upload.lines = len(records)
    check = purpose.check(matched.columns, records, upload.created_at)
    upload.state = UploadState.ERRORS if check.errors else UploadState.READY
    upload.notices = [*upload.notices, *map(asdict, check.notices)]
    store_check(upload, check)
    _store_lines(upload, records)


_FINDING = [field.name for field in fields(Finding)]


def store_check(upload: Upload, check: Check) -> None:
    upload.error_count = len(check.errors)
    upload.to_do = check.to_do
    upload.people = check.people
    upload.collaborations = check.collaborations
    upload.will_fail = len(check.failures)
    upload.will_skip = len(check.skips)
    db.session.flush()
    db.session.execute(delete(UploadFinding).where(UploadFinding.upload_id == upload.id))
    rows = [
        {"upload_id": upload.id, "number": number, **{name: getattr(finding, name) for name in _FINDING}}
        for number, finding in enumerate(check.findings)
    ]
    insert_rows(UploadFinding, rows)


def _store_lines(upload: Upload, records: Iterable[Record]) -> None:
    statement = INSERT_LINES[db.engine.dialect.name]
    db.session.execute(statement, {"upload_id": upload.id, "lines": as_json(dict(records))})


def stored_records(upload: Upload) -> list[Record]:
    """The lines as they stand in the table, in the file's order."""
    rows = db.session.execute(
        select(UploadLine.number, UploadLine.cells).where(UploadLine.upload_id == upload.id).order_by(UploadLine.number)
    )
    return [Record(number, cells) for number, cells in rows]


def column_names(upload: Upload) -> list[str | None]:
    return [column["name"] for column in upload.columns]


def press_process(upload: Upload, api_key_id: uuid.UUID | None = None) -> bool:
    """Hand the upload to the worker, once: whoever comes second changes nothing. Answers whether this was the first.

    Only a file without errors, with something to do, can be processed. `api_key_id`: of the key that presses.
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
            api_key_id=api_key_id or Upload.api_key_id,
            planned=Upload.to_do + Upload.will_fail + Upload.will_skip,
        )
        .returning(Upload.id)
    ).all()
    if pressed:
        leave_work()
    return bool(pressed)


def process(upload: Upload, rights: Rights) -> None:
    """*Process*, pressed by a program. It may be pressed again.

    Raises `ConflictError` for a file that cannot be processed.
    """
    if not press_process(upload, rights.api_key_id):
        db.session.refresh(upload)
        if reason := _why_not_processed(upload):
            raise ConflictError(reason)


def _why_not_processed(upload: Upload) -> str | None:
    sentences = {
        UploadState.UNREADABLE: lambda: _("This file cannot be read as a list. Mend it, and upload it again."),
        UploadState.ERRORS: lambda: _("This file has errors. Mend it, and upload it again."),
        UploadState.READY: lambda: _("There is nothing to do in this file."),
        UploadState.DISCARDED: lambda: _("This upload has been discarded."),
    }
    return sentences[upload.state]() if upload.state in sentences else None


def discard(upload: Upload) -> None:
    """Put away an upload that has not been processed. Raises `ConflictError` once it has been processed."""
    if not _discard(upload.id, upload.user_id):
        raise ConflictError(_("This upload has been processed, or discarded, already."))


def replace_faulty(upload_id: uuid.UUID, user: User) -> None:
    """Put away an upload with errors, whose mended file its uploader has brought now."""
    _discard(upload_id, user.id, (UploadState.UNREADABLE, UploadState.ERRORS))


_NOT_PROCESSED = (UploadState.UNREADABLE, UploadState.ERRORS, UploadState.READY)


def _discard(upload_id: uuid.UUID, user_id: uuid.UUID, states: Sequence[UploadState] = _NOT_PROCESSED) -> bool:
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
    together = joinedload(Upload.user), joinedload(Upload.batch), joinedload(Upload.organisation)
    query = select(Upload).options(*together).order_by(Upload.id.desc())
    if rights.is_platform_admin:
        return query
    return query.where((Upload.user_id == user.id) | Upload.organisation_id.in_(rights.admin_of))


def findings(upload: Upload, level: Level) -> Select[Any]:
    query = select(UploadFinding).where(UploadFinding.upload_id == upload.id, UploadFinding.level == level)
    return query.order_by(UploadFinding.number)


def lines(upload: Upload) -> Select[Any]:
    return select(UploadLine).where(UploadLine.upload_id == upload.id).order_by(UploadLine.number)


def outcomes(upload: Upload, *states: OutcomeState) -> Select[Any]:
    """Those that ended, or stand, in one of the states; all of them where none is given."""
    query = select(UploadOutcome).where(UploadOutcome.upload_id == upload.id).order_by(UploadOutcome.number)
    return query.where(UploadOutcome.state.in_(states)) if states else query
