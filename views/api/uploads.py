"""Files of invitations, of participants and of people: checked, processed, and what became of them."""

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response, current_app, request
from flask_babel import gettext as _
from pydantic import BaseModel, Field, RootModel

from domain import upload_view, uploads
from domain.errors import NotAllowedError
from domain.permissions import (
    may_manage_participants,
    may_process_upload,
    may_run_organisation,
    may_see_upload,
    may_upload_invitations,
)
from domain.retention import kept_until
from models import Batch, Organisation, Upload, UploadFinding, db
from models.upload import Level, UploadKind, UploadState
from views import access
from views.api import problems
from views.api.blueprint import ApiBlueprint
from views.api.calls import Answer, Given, call, malformed
from views.api.links import absolute
from views.downloads import csv_file
from views.invitations import limits
from views.uploads import participant_limits, people_limits

bp = ApiBlueprint("api_uploads", problems.tell, url_prefix="/api/v1/uploads")


class UploadForm(Given):
    kind: UploadKind = Field(description="What the file is for.", examples=["invitations"])
    batch: uuid.UUID | None = Field(None, description="The ID of the batch, for a file of participants.")
    organisation: str | None = Field(
        None, description="The short name of the organisation, for a file of people.", examples=["pradesh"]
    )
    process: bool = Field(False, description="Process the file at once, if there is no error in it.")


class UploadCounts(BaseModel):
    lines: int = Field(description="Of data: without the header and blank ones.")
    invitations: int = Field(description="To send; of other files, people to add, update or remove.")
    people: int = Field(description="To whom that will be done; of a file of people, those of them who are new.")
    collaborations: int = Field(description="To which they will be invited; of other files none.")
    will_fail: int = Field(description="Foreseen.")
    skipped: int = Field(description="Foreseen, or once it is processed those that were.")
    sent: int = Field(description="Taken by a mail server; of other files, those added, revived, updated or removed.")
    failed: int
    waiting: int = Field(description="Of those processed, the ones that have come to no end yet.")


class FileError(BaseModel):
    """What must be mended before anything is done."""

    line: int | None = Field(description="As a spreadsheet numbers it. Null: the file as a whole.", examples=[4])
    column: str | None = Field(
        description="The schema's own name. Null: the line, or the file, as a whole.", examples=["invitees"]
    )
    value: str | None = Field(examples=["bad@@example.org"])
    message: str = Field(examples=["“bad@@example.org” is not an e-mail address: it has more than one @."])


class ForInvitation(BaseModel):
    """Why an invitation will fail, or is skipped."""

    line: int
    invitee: str = Field(examples=["r.doe@example.org"])
    collaboration: str = Field(description="Its short name, or what the file wrote.", examples=["cumulusgrp"])
    reason: str = Field(
        description="Of failures `collaboration_not_found`, `label_not_found`, `ambiguous_collaboration`, "
        "`group_not_found`, `not_allowed`; of skips `already_invited`, `already_member`, `repeated`.",
        examples=["group_not_found"],
    )
    message: str


class ForParticipant(BaseModel):
    """Why somebody will not be added or removed."""

    line: int
    identifier: str = Field(description="As the file writes it.", examples=["PR-05501"])
    reason: str = Field(
        description="Of failures `not_found`, `deactivated`, `not_a_participant`, `completed`; of skips "
        "`already_present`, `repeated`.",
        examples=["not_found"],
    )
    message: str


class ForPerson(BaseModel):
    """Why nothing will be done about somebody."""

    line: int
    email: str = Field(description="As the file writes it.", examples=["asha.rao@example.org"])
    reason: str = Field(
        description="Of failures `address_unusable`, `two_people`, `signs_in_with_another_address`, "
        "`user_name_taken`, `repeated`; of skips `unchanged`.",
        examples=["user_name_taken"],
    )
    message: str


class FileNotice(BaseModel):
    """Something worth knowing about the file that is no fault."""

    code: str = Field(examples=["unknown_column"])
    message: str


class UploadLinks(BaseModel):
    self: str
    page: str = Field(description="For people.")
    process: str
    result: str = Field(description="A CSV file, once it is processed.")


class _UploadAnswer(BaseModel):
    id: uuid.UUID
    kind: UploadKind
    file_name: str = Field(examples=["invitations.csv"])
    state: UploadState
    counts: UploadCounts
    kept_until: datetime | None = Field(
        description="Until then it can be processed, or its result downloaded. Null: that has no end, or none yet, or "
        "is past."
    )
    gone_at: datetime | None = Field(
        description="Since then its file and result, `errors`, `foreseen` and `skips` are gone. What it counted stays."
    )
    errors: list[FileError] = Field(description="All of them. With any, nothing of the file can be processed.")


class InvitationsUpload(_UploadAnswer):
    kind: Literal[UploadKind.INVITATIONS]
    foreseen: list[ForInvitation] = Field(description="Invitations that will fail; the others are sent.")
    skips: list[ForInvitation] = Field(description="Invitations for which there is nothing to do.")
    notices: list[FileNotice]
    links: UploadLinks


class ParticipantsUpload(_UploadAnswer):
    kind: Literal[UploadKind.PARTICIPANTS_ADD, UploadKind.PARTICIPANTS_REMOVE]
    foreseen: list[ForParticipant] = Field(description="Who will not be added or removed; the others will.")
    skips: list[ForParticipant] = Field(description="For whom there is nothing to do.")
    notices: list[FileNotice]
    links: UploadLinks


class PeopleUpload(_UploadAnswer):
    kind: Literal[UploadKind.PEOPLE]
    foreseen: list[ForPerson] = Field(description="Who will neither be added nor updated; the others will.")
    skips: list[ForPerson] = Field(description="About whom there is nothing new.")
    notices: list[FileNotice]
    links: UploadLinks


class UploadAnswer(
    RootModel[Annotated[InvitationsUpload | ParticipantsUpload | PeopleUpload, Field(discriminator="kind")]]
):
    """A file and its check, and how far it has been processed."""


@bp.post("")
@access.signed_in
@call(
    "Upload a file",
    "Of invitations, of participants to add to or remove from an invite-only batch, or of people of an organisation, "
    "in the form field `file`. The whole file is checked, as on the page, and the check is answered. Nothing is sent "
    "or changed before it is "
    "processed.",
    body=UploadForm,
    media_type="multipart/form-data",
    answer=UploadAnswer,
    status=201,
    creates=True,
    refusals=(409, 413),
)
def create(body: UploadForm) -> Answer:
    about, rights = _what_it_is_about(body), access.my_rights()
    file = request.files.get("file")
    if file is None or not file.filename:
        raise malformed({"file": [_("Choose a file first.")]})
    most = _LIMITS[body.kind]()
    upload = uploads.receive(access.me(), rights, file.filename, file.read(), most, body.kind, about)
    if body.process:
        uploads.press_process(upload, rights.api_key_id)
        db.session.refresh(upload)
    return Answer(_told(upload), 201, location=_links(upload).self)


_LIMITS = {
    UploadKind.INVITATIONS: limits,
    UploadKind.PARTICIPANTS_ADD: participant_limits,
    UploadKind.PARTICIPANTS_REMOVE: participant_limits,
    UploadKind.PEOPLE: people_limits,
}


def _what_it_is_about(form: UploadForm) -> Batch | Organisation | None:
    if form.kind is UploadKind.PEOPLE:
        return _organisation_for(form)
    if form.organisation:
        raise malformed({"organisation": [_("Only people are those of an organisation: leave it out.")]})
    if form.kind is UploadKind.INVITATIONS:
        if form.batch:
            raise malformed({"batch": [_("Invitations are to collaborations: leave the batch out.")]})
        if not may_upload_invitations(access.my_rights()):
            raise NotAllowedError(_("Your roles do not include inviting people by a file."))
        return None
    if form.batch is None:
        raise malformed({"batch": [_("Participants are those of a batch: name its ID.")]})
    return access.batch_named(form.batch, may_manage_participants)


def _organisation_for(form: UploadForm) -> Organisation:
    if form.batch:
        raise malformed({"batch": [_("People are those of an organisation: leave the batch out.")]})
    if form.organisation is None:
        raise malformed({"organisation": [_("People are those of an organisation: name its short name.")]})
    return access.organisation_named(form.organisation, may_run_organisation)


@bp.get("/<uuid:upload_id>")
@access.upload(may_see_upload)
@call("Read an upload", "Its check, and what became of it so far.", answer=UploadAnswer)
def show(upload: Upload) -> BaseModel:
    return _told(upload)


@bp.post("/<uuid:upload_id>/process")
@access.upload(may_process_upload)
@call(
    "Process an upload",
    "In the background. Once: a second time changes nothing, and answers the same upload.",
    answer=UploadAnswer,
    refusals=(409,),
)
def process(upload: Upload) -> BaseModel:
    uploads.process(upload, access.my_rights())
    db.session.refresh(upload)
    return _told(upload)


@bp.get("/<uuid:upload_id>/result.csv")
@access.upload(may_see_upload)
@call(
    "Download the result",
    "A row for each invitation, participant or person, in the file's order.",
    answer_media_type="text/csv",
    refusals=(409, 410),
)
def result(upload: Upload) -> Response:
    return csv_file(upload_view.result_file(upload), upload_view.file_name(upload, "result"))


def _told(upload: Upload) -> BaseModel:
    answer, tell = _SHAPES[upload.kind]
    return answer.model_construct(
        id=upload.id,
        kind=upload.kind,
        file_name=upload.file_name,
        state=upload.state,
        counts=_counts(upload),
        kept_until=kept_until(upload, current_app.config["KEEP_FILES_DAYS"]),
        gone_at=upload.gone_at,
        errors=[*map(_error, _findings(upload, Level.ERROR))],
        foreseen=[*map(tell, _findings(upload, Level.FAILURE))],
        skips=[*map(tell, _findings(upload, Level.SKIP))],
        notices=[FileNotice(**notice) for notice in upload.notices],
        links=_links(upload),
    )


def _counts(upload: Upload) -> UploadCounts:
    return UploadCounts(
        lines=upload.lines,
        invitations=upload.to_do,
        people=upload.people,
        collaborations=upload.collaborations,
        will_fail=upload.will_fail,
        skipped=upload.skipped if upload.process_pressed_at else upload.will_skip,
        sent=upload.done,
        failed=upload.failed,
        waiting=upload.waiting,
    )


def _findings(upload: Upload, level: Level) -> Iterable[Any]:
    """There may be a hundred thousand of them: as rows."""
    columns: list[Any] = [
        UploadFinding.line,
        UploadFinding.column,
        UploadFinding.value,
        UploadFinding.invitee,
        UploadFinding.collaboration,
        UploadFinding.reason,
        UploadFinding.message,
    ]
    return db.session.execute(uploads.findings(upload, level).with_only_columns(*columns))


def _error(found: Any) -> FileError:
    return FileError.model_construct(line=found.line, column=found.column, value=found.value, message=found.message)


def _for_invitation(found: Any) -> ForInvitation:
    return ForInvitation.model_construct(
        line=found.line,
        invitee=found.invitee,
        collaboration=found.collaboration,
        reason=found.reason,
        message=found.message,
    )


def _for_participant(found: Any) -> ForParticipant:
    return ForParticipant.model_construct(
        line=found.line, identifier=found.invitee, reason=found.reason, message=found.message
    )


def _for_person(found: Any) -> ForPerson:
    return ForPerson.model_construct(line=found.line, email=found.invitee, reason=found.reason, message=found.message)


_Shape = tuple[type[_UploadAnswer], Callable[[Any], BaseModel]]
_SHAPES: dict[UploadKind, _Shape] = {
    UploadKind.INVITATIONS: (InvitationsUpload, _for_invitation),
    UploadKind.PARTICIPANTS_ADD: (ParticipantsUpload, _for_participant),
    UploadKind.PARTICIPANTS_REMOVE: (ParticipantsUpload, _for_participant),
    UploadKind.PEOPLE: (PeopleUpload, _for_person),
}


def _links(upload: Upload) -> UploadLinks:
    return UploadLinks(
        self=absolute("api_uploads.show", upload_id=upload.id),
        page=absolute("uploads.show", upload_id=upload.id),
        process=absolute("api_uploads.process", upload_id=upload.id),
        result=absolute("api_uploads.result", upload_id=upload.id),
    )
