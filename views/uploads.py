"""Uploads: the history; one upload with its check, its progress and its outcome."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from jinja2_fragments.flask import render_block
from werkzeug.wrappers import Response as AnyResponse

from domain import upload_view, uploads
from domain.paging import page_of
from domain.permissions import may_process_upload, may_see_upload, may_upload_invitations
from domain.retention import kept_until
from domain.table import Limits
from models import Upload, UploadLine, db
from models.upload import Level, UploadKind, UploadState
from views import access
from views.downloads import csv_file
from views.forms.upload import UploadForm
from views.paging import SIZE, links_of, page_asked_for
from views.tabs import shown_of, tab

bp = Blueprint("uploads", __name__)


def participant_limits() -> Limits:
    """Of a file of participants, which may have more lines than one of invitations."""
    return Limits(current_app.config["UPLOAD_MAX_BYTES"], current_app.config["PARTICIPANTS_MAX_LINES"])


def people_limits() -> Limits:
    """Of a file of people, likewise."""
    return Limits(current_app.config["UPLOAD_MAX_BYTES"], current_app.config["PEOPLE_MAX_LINES"])


@bp.get("/uploads")
@access.signed_in
def index() -> str:
    rights = access.my_rights()
    page = page_of(uploads.uploads_for(access.me(), rights), page_asked_for(), SIZE)
    may_upload = may_upload_invitations(rights)
    return render_template("uploads/index.html", page=page, links=links_of(page), may_upload=may_upload)


@bp.get("/uploads/<uuid:upload_id>")
@access.upload(may_see_upload)
def show(upload: Upload) -> str:
    template, context_of = _view_of(upload)
    context = {
        "upload": upload,
        "kind_template": _KINDS[upload.kind].template,
        "is_mine": may_process_upload(access.my_rights(), upload),
        "kept_until": kept_until(upload, current_app.config["KEEP_FILES_DAYS"]),
        **context_of(upload),
    }
    if request.headers.get("HX-Target") == "progress":
        return str(render_block(template, "progress", **context))
    return render_template(template, **context)


@bp.post("/uploads/<uuid:upload_id>/process")
@access.upload(may_process_upload)
def process(upload: Upload) -> AnyResponse:
    uploads.press_process(upload)
    db.session.commit()
    return redirect(url_for("uploads.show", upload_id=upload.id), 303)


@bp.get("/uploads/<uuid:upload_id>/discard")
@access.upload(may_process_upload)
def ask_to_discard(upload: Upload) -> str:
    here = url_for("uploads.show", upload_id=upload.id)
    return render_template(
        "confirm.html",
        title=_("Discard this upload?"),
        sentence=_("“%(name)s” has not been processed, and will not be.", name=upload.file_name),
        submit_label=_("Discard"),
        cancel_url=here,
        crumbs=[(_("Uploads"), url_for("uploads.index")), (upload.file_name, here)],
    )


@bp.post("/uploads/<uuid:upload_id>/discard")
@access.upload(may_process_upload)
def discard(upload: Upload) -> AnyResponse:
    uploads.discard(upload)
    db.session.commit()
    flash(_("“%(name)s” has been discarded. It has not been processed.", name=upload.file_name), "success")
    return redirect(url_for("uploads.index"), 303)


@bp.get("/uploads/<uuid:upload_id>/errors.csv")
@access.upload(may_see_upload)
def errors_file(upload: Upload) -> AnyResponse:
    return csv_file(upload_view.errors_file(upload), upload_view.file_name(upload, "errors"))


@bp.get("/uploads/<uuid:upload_id>/result.csv")
@access.upload(may_see_upload)
def result_file(upload: Upload) -> AnyResponse:
    return csv_file(upload_view.result_file(upload), upload_view.file_name(upload, "result"))


# What each kind of upload, and each state of one, shows.


class _Kind(NamedTuple):
    #: Its own words, and its own columns.
    template: str
    #: What lines of it mean.
    meanings: Callable[[Upload, Sequence[UploadLine]], Sequence[Any]]


_PARTICIPANTS = _Kind("uploads/_participants.html", upload_view.namings)
_KINDS = {
    UploadKind.INVITATIONS: _Kind("uploads/_invitations.html", upload_view.meanings),
    UploadKind.PARTICIPANTS_ADD: _PARTICIPANTS,
    UploadKind.PARTICIPANTS_REMOVE: _PARTICIPANTS,
    UploadKind.PEOPLE: _Kind("uploads/_people.html", upload_view.bringings),
}


def _unreadable(upload: Upload) -> dict[str, Any]:
    problems = page_of(uploads.findings(upload, Level.ERROR), 1, SIZE, upload.error_count)
    return {"problems": problems.items, "form": UploadForm(replaces=upload.id)}


def _errors(upload: Upload) -> dict[str, Any]:
    page = page_of(uploads.findings(upload, Level.ERROR), page_asked_for(), SIZE, upload.error_count)
    return {
        "page": page,
        "links": links_of(page),
        "tasks": upload_view.tasks(upload),
        "form": UploadForm(replaces=upload.id),
    }


def _ready(upload: Upload) -> dict[str, Any]:
    shown = shown_of(("lines", "failures", "skips"))
    tabs = [
        tab("lines", _("Lines"), upload.lines, shown),
        tab("failures", _("Will fail"), upload.will_fail, shown),
        tab("skips", _("Will be skipped"), upload.will_skip, shown),
    ]
    query, total = {
        "lines": (uploads.lines(upload), upload.lines),
        "failures": (uploads.findings(upload, Level.FAILURE), upload.will_fail),
        "skips": (uploads.findings(upload, Level.SKIP), upload.will_skip),
    }[shown]
    page = page_of(query, page_asked_for(), SIZE, total)
    meanings = _KINDS[upload.kind].meanings(upload, page.items) if shown == "lines" else []
    return {"page": page, "links": links_of(page), "meanings": meanings, "shown": shown, "tabs": tabs}


def _processed(upload: Upload) -> dict[str, Any]:
    parts = {part.name: part for part in upload_view.parts(upload)}
    shown = shown_of(parts)
    page = page_of(uploads.outcomes(upload, *parts[shown].states), page_asked_for(), SIZE, parts[shown].count)
    tabs = [tab(part.name, part.label, part.count, shown) for part in parts.values()]
    return {"page": page, "links": links_of(page), "shown": shown, "tabs": tabs}


def _nothing_more(upload: Upload) -> dict[str, Any]:
    return {}


_View = tuple[str, Callable[[Upload], dict[str, Any]]]
_VIEWS: dict[UploadState, _View] = {
    UploadState.UNREADABLE: ("uploads/unreadable.html", _unreadable),
    UploadState.ERRORS: ("uploads/errors.html", _errors),
    UploadState.READY: ("uploads/ready.html", _ready),
    UploadState.PROCESSING: ("uploads/processed.html", _processed),
    UploadState.DONE: ("uploads/processed.html", _processed),
    UploadState.DISCARDED: ("uploads/discarded.html", _nothing_more),
}


def _view_of(upload: Upload) -> _View:
    if upload.gone_at and upload.is_finished:
        return ("uploads/gone.html", _nothing_more)
    return _VIEWS[upload.state]
