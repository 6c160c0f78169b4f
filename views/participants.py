"""The participants of a batch, for state admins: the list, files that add or remove many, and what has changed."""

import uuid

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from domain import audit_log, participant_changes, uploads
from domain.paging import page_of
from domain.participant_list import SortBy, counts_of
from domain.participants import must_be_invite_only
from domain.permissions import may_manage_participants
from domain.tallies import tallies_of
from models import Batch, db
from views import access, participant_list
from views.downloads import csv_file
from views.forms.participants import ParticipantsForm
from views.paging import SIZE, links_of, page_asked_for
from views.uploads import participant_limits

bp = Blueprint("participants", __name__)

COLUMNS = (
    SortBy.NAME,
    SortBy.STATE_ID,
    participant_list.EMAIL,
    SortBy.DISTRICT,
    SortBy.ENROLLED_ON,
    SortBy.PROGRESS,
)
SAMPLE = (["identifier"], ["PR-05501"], ["PR-05502"], ["0192f0c1-2b7a-7c3d-9e4f-5a6b7c8d9e0f"])


@bp.get("/batches/<uuid:batch_id>/participants")
@access.batch(may_manage_participants)
def index(batch: Batch) -> Response | str:
    return _page(batch, ParticipantsForm())


@bp.post("/batches/<uuid:batch_id>/participants")
@access.batch(may_manage_participants)
def receive(batch: Batch) -> AnyResponse | tuple[Response | str, int]:
    must_be_invite_only(batch)
    form = ParticipantsForm()
    if not form.validate_on_submit():
        return _page(batch, form), 422
    file, limits = form.file.data, participant_limits()
    upload = uploads.receive(
        access.me(), access.my_rights(), file.filename, file.read(), limits, kind=form.kind, about=batch
    )
    if form.replaces.data:
        uploads.replace_faulty(uuid.UUID(form.replaces.data), access.me())
    db.session.commit()
    return redirect(url_for("uploads.show", upload_id=upload.id), 303)


@bp.get("/batches/<uuid:batch_id>/participants/sample.csv")
@access.batch(may_manage_participants)
def sample(batch: Batch) -> Response:
    return csv_file(SAMPLE, "participants-sample.csv")


def _page(batch: Batch, form: ParticipantsForm) -> Response | str:
    counts = counts_of(tallies_of(batch.id))
    listing = participant_list.listing_of(batch, COLUMNS, counts)
    context = {"batch": batch, "listing": listing, "form": form, "limits": participant_limits()}
    return participant_list.alone("participants/index.html", **context) or render_template(
        "participants/index.html", **context
    )


# What has changed.


@bp.get("/batches/<uuid:batch_id>/participants/changes")
@access.batch(may_manage_participants)
def changes(batch: Batch) -> str:
    page = page_of(participant_changes.changes_of(batch), page_asked_for(), SIZE)
    return render_template("participants/changes.html", batch=batch, page=page, links=links_of(page))


@bp.get("/batches/<uuid:batch_id>/participants/changes/<uuid:entry_id>.csv")
@access.batch(may_manage_participants)
def changed_people(batch: Batch, entry_id: uuid.UUID) -> Response:
    entry = participant_changes.change_of(batch, entry_id) or abort(404)
    return csv_file(audit_log.people_of(entry), f"participants-{entry.at:%Y-%m-%d}.csv")
