"""Batches: creating and editing them, those that a person runs, and a batch's own page with joining it."""

import uuid
from typing import Any

from flask import Blueprint, current_app, flash, get_template_attribute, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from jinja2_fragments.flask import render_block
from werkzeug.wrappers import Response

from domain import batch_draft, batch_lists, batches, language, people_search, permissions
from domain.batch_lists import Whose
from domain.batches import BatchState
from domain.days import today_in
from domain.paging import page_of
from domain.people import rights_of
from domain.permissions import may_run_batches
from models import Batch, Course, db
from views import access
from views.forms.batch import PICKED, BatchForm
from views.paging import SIZE, links_of, page_asked_for
from views.tabs import shown_of, tab

bp = Blueprint("batches", __name__)

#: Bytes of a form: room for 80,000 people who are picked.
LARGEST_FORM = 4_000_000


@bp.url_value_preprocessor
def _take_large_forms(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    request.max_form_memory_size = LARGEST_FORM


# Creating.


@bp.get("/courses/<key>/batches/new")
@access.course(permissions.may_create_batch)
def new(course: Course) -> str:
    mentors = batches.default_mentors(access.my_rights(), course)
    return _new_page(course, BatchForm.for_new(today_in(course.organisation.time_zone), mentors))


@bp.post("/courses/<key>/batches/new")
@access.course(permissions.may_create_batch)
def create(course: Course) -> Response | str | tuple[str, int]:
    form = BatchForm()
    if form.is_searching:
        return _found_alone(form, course) or _new_page(course, form)
    saved = batches.create(course, form.draft, form.mentors.data, form.participants.data, access.by())
    if saved.problems:
        form.tell(saved.problems)
        return _new_page(course, form), 422
    db.session.commit()
    flash(_("“%(name)s” is created.", name=form.name.data) + _added_in_words(saved.added), "success")
    return redirect(url_for("courses.show", key=course.key), 303)


def _new_page(course: Course, form: BatchForm) -> str:
    return render_template("batches/new.html", course=course, form=form, pickers=_pickers(form, course))


def _added_in_words(added: int) -> str:
    if not added:
        return ""
    sentence = ngettext(
        "%(number)s participant has been added.",
        "%(number)s participants have been added.",
        added,
        number=language.number(added),
    )
    return f" {sentence}"


# Picking people.


def _pickers(form: BatchForm, course: Course, batch: Batch | None = None) -> dict[str, people_search.Picker]:
    return {name: _picker(name, form, course, batch) for name in PICKED}


def _picker(name: str, form: BatchForm, course: Course, batch: Batch | None) -> people_search.Picker:
    circle = {
        "mentors": people_search.who_may_mentor(course.organisation_id, batch.mentor_ids if batch else ()),
        "participants": people_search.who_may_take_part(course.organisation_id, batch.id if batch else None),
    }[name]
    return people_search.picker(circle, form[name].data, form.searched_for(name))


def _found_alone(form: BatchForm, course: Course, batch: Batch | None = None) -> str | None:
    """Of one picker, what a search has found, where htmx asks for that alone."""
    name = request.headers.get("HX-Target", "").removesuffix("-found")
    if name not in PICKED:
        return None
    found = get_template_attribute("batches/_picker.html", "found")
    return str(found(name, _picker(name, form, course, batch)))


# Editing. The window is reached from the course and from the workspace, alike in everything but the way back.


@bp.get("/batches/<uuid:batch_id>/edit")
@access.batch(permissions.may_edit_batch)
def edit(batch: Batch) -> str:
    if request.headers.get("HX-Target") == "taking-part":
        return str(render_block("batches/edit.html", "taking_part", **_window(batch, is_alone=True)))
    return _edit_page(batch, BatchForm.for_batch(batch))


@bp.post("/batches/<uuid:batch_id>/edit")
@access.batch(permissions.may_edit_batch)
def save(batch: Batch) -> Response | str | tuple[str, int]:
    form = BatchForm.for_changes_of(batch)
    if form.is_searching:
        return _found_alone(form, batch.course, batch) or _edit_page(batch, form)
    picked = form.mentors.data, form.participants.data
    saved = batches.edit(batch, form.draft, *picked, access.by(), current_app.config["BATCH_EDIT_LIMIT"])
    if saved.problems:
        form.tell(saved.problems)
        return _edit_page(batch, form), 422
    db.session.commit()
    flash(_("“%(name)s” is saved.", name=batch.name) + _added_in_words(saved.added), "success")
    return redirect(_way_back(batch), 303)


@bp.post("/batches/<uuid:batch_id>/edit/remove")
@access.batch(permissions.may_edit_batch)
def remove_participant(batch: Batch) -> Response:
    user_id = request.form.get("participant", type=uuid.UUID)
    if batches.remove(batch, user_id, access.by(), current_app.config["BATCH_EDIT_LIMIT"]):
        db.session.commit()
        flash(_("The participant has been removed. Their progress is kept."), "success")
    else:
        flash(_("This person is no participant of the batch any more."), "info")
    return redirect(url_for("batches.edit", batch_id=batch.id, **_from()), 303)


def _edit_page(batch: Batch, form: BatchForm) -> str:
    window = _window(batch)
    form.keep(batch, window["stays"])
    pickers = _pickers(form, batch.course, batch)
    return render_template("batches/edit.html", form=form, pickers=pickers, way_back=_way_back(batch), **window)


def _window(batch: Batch, *, is_alone: bool = False) -> dict[str, Any]:
    return {
        "batch": batch,
        "window": batches.window_of(batch, current_app.config["BATCH_EDIT_LIMIT"]),
        "stays": batch_draft.what_stays(batch, today_in(batch.organisation.time_zone)),
        "may_manage_participants": permissions.may_manage_participants(access.my_rights(), batch),
        "for_the_state_admin": batches.for_the_state_admin(),
        "came_from": _from(),
        "is_alone": is_alone,
    }


def _from() -> dict[str, Any]:
    """Where the window was reached from, as the query of its addresses; nothing where it was the course."""
    return {"from": "workspace"} if request.args.get("from") == "workspace" else {}


def _way_back(batch: Batch) -> str:
    """Who mentors nothing any more has no workspace to go back to."""
    if _from() and may_run_batches(rights_of(access.me())):
        return url_for("batches.workspace")
    return url_for("courses.show", key=batch.course.key)


# Those that a person runs.


@bp.get("/workspace/batches")
@access.needs(may_run_batches)
def workspace() -> str:
    rights = access.my_rights()
    labels = {
        BatchState.ONGOING: _("Ongoing"),
        BatchState.UPCOMING: _("Upcoming"),
        BatchState.ENDED: _("Ended"),
    }
    choices, shown = batch_lists.choices_of(rights), BatchState(shown_of(labels))
    whose = _whose(choices)
    counts = batch_lists.counts_run_by(rights, whose)
    page = page_of(batch_lists.run_by(rights, whose, shown), page_asked_for(), SIZE, counts[shown])
    return render_template(
        "batches/workspace.html",
        lines=batch_lists.lines_of(page.items, rights),
        links=links_of(page),
        tabs=[tab(name, label, counts[name], shown, whose=whose) for name, label in labels.items()],
        shown=shown,
        whose=whose,
        choices=choices,
    )


def _whose(choices: list[Whose]) -> Whose:
    asked = request.args.get("whose", "")
    return Whose(asked) if asked in choices else choices[0]


# A batch's own page.


@bp.get("/batches/<uuid:batch_id>")
@access.batch(permissions.may_see_batch)
def show(batch: Batch) -> str:
    rights, today = access.my_rights(), today_in(batch.organisation.time_zone)
    return render_template(
        "batches/show.html",
        batch=batch,
        state=batches.state_on(batch, today),
        participation=batches.participation_of(access.me(), batch),
        closed_because=batches.why_closed(batch, today),
        may_edit=permissions.may_edit_batch(rights, batch),
        may_manage_participants=permissions.may_manage_participants(rights, batch),
        is_at_home=permissions.may_see_course(rights, batch.course),
    )


@bp.post("/batches/<uuid:batch_id>/join")
@access.batch(permissions.may_see_batch)
def join(batch: Batch) -> Response:
    if batches.join(batch, access.me(), access.by()):
        db.session.commit()
        flash(_("You take part in “%(name)s”.", name=batch.name), "success")
    else:
        flash(_("You take part in “%(name)s” already.", name=batch.name), "info")
    return redirect(url_for("batches.show", batch_id=batch.id), 303)
