"""Making a collaboration, its Settings tab, archiving and restoring it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import collaboration_settings, organisations, permissions, units
from domain.paging import page_of
from models import Collaboration, Organisation, db
from views import access
from views.collaboration_tabs import tab_of
from views.forms.collaboration import CollaborationForm, LabelsForm
from views.forms.typed import typed_on_a_line
from views.paging import SIZE, links_of, page_asked_for

bp = Blueprint("collaboration_settings", __name__)


@bp.get("/collaborations/new")
@access.needs(permissions.may_create_collaborations)
def choose() -> str | Response:
    """Where: whoever may make some in one organisation only goes there."""
    rights, words = access.my_rights(), typed_on_a_line(request.args.get("q"))
    if only := organisations.the_only_one_of(rights):
        return redirect(url_for("collaboration_settings.new", organisation_id=only.id), 303)
    page = page_of(organisations.search(rights, words), page_asked_for(), SIZE)
    return render_template("collaborations/choose.html", page=page, links=links_of(page), words=words)


@bp.route("/organisations/<uuid:organisation_id>/collaborations/new", methods=["GET", "POST"])
@access.organisation(permissions.may_create_collaborations_in)
def new(organisation: Organisation) -> Response | tuple[str, int]:
    form = CollaborationForm(db.session.scalars(units.units_of(organisation)))
    if form.validate_on_submit():
        made = collaboration_settings.create(access.my_rights(), organisation, form.said, form.unit_ids, access.by())
        if made.collaboration:
            db.session.commit()
            flash(_("“%(name)s” is made. Now invite its people.", name=made.collaboration.name), "success")
            return redirect(url_for("collaborations.show", collaboration_id=made.collaboration.id), 303)
        form.tell(made.problems)
    page = render_template("collaborations/new.html", organisation=organisation, form=form)
    return page, 422 if form.is_submitted() else 200


@bp.route("/collaborations/<uuid:collaboration_id>/settings", methods=["GET", "POST"])
@access.collaboration(permissions.may_label)
def edit(collaboration: Collaboration) -> Response | tuple[str, int]:
    """All of it, or only its labels, as the person may."""
    rights = access.my_rights()
    if permissions.may_edit_collaboration(rights, collaboration):
        return _edit_all(collaboration)
    form = LabelsForm(collaboration)
    if form.validate_on_submit():
        problems = collaboration_settings.relabel(rights, collaboration, form.said["labels"], access.by())
        if not problems:
            return _saved(collaboration)
        form.tell(problems)
    return tab_of(collaboration, "settings", form=form), 422 if form.is_submitted() else 200


def _edit_all(collaboration: Collaboration) -> Response | tuple[str, int]:
    form = CollaborationForm(db.session.scalars(units.units_of(collaboration.organisation)), collaboration)
    if form.validate_on_submit():
        said = form.said, form.unit_ids
        problems = collaboration_settings.change(access.my_rights(), collaboration, *said, access.by())
        if not problems:
            return _saved(collaboration)
        form.tell(problems)
    return tab_of(collaboration, "settings", form=form), 422 if form.is_submitted() else 200


def _saved(collaboration: Collaboration) -> Response:
    db.session.commit()
    flash(_("The settings are saved."), "success")
    return _to_settings(collaboration)


def _to_settings(collaboration: Collaboration) -> Response:
    return redirect(url_for("collaboration_settings.edit", collaboration_id=collaboration.id), 303)


# Archiving and restoring.


@bp.get("/collaborations/<uuid:collaboration_id>/archive")
@access.collaboration(permissions.may_edit_collaboration)
def ask_to_archive(collaboration: Collaboration) -> str:
    settings_url = url_for("collaboration_settings.edit", collaboration_id=collaboration.id)
    return render_template(
        "confirm.html",
        title=_("Archive “%(name)s”", name=collaboration.name),
        sentence=_(
            "Nobody can be invited to it any more, and open invitations to it cannot be accepted. Its members stay. "
            "Restoring it undoes this."
        ),
        submit_label=_("Archive collaboration"),
        cancel_url=settings_url,
        crumbs=[
            (_("Collaborations"), url_for("collaborations.index")),
            (collaboration.name, url_for("collaborations.show", collaboration_id=collaboration.id)),
            (_("Settings"), settings_url),
        ],
    )


@bp.post("/collaborations/<uuid:collaboration_id>/archive")
@access.collaboration(permissions.may_edit_collaboration)
def archive(collaboration: Collaboration) -> Response:
    collaboration_settings.archive(access.my_rights(), collaboration, access.by())
    db.session.commit()
    flash(_("“%(name)s” is archived.", name=collaboration.name), "success")
    return _to_settings(collaboration)


@bp.post("/collaborations/<uuid:collaboration_id>/restore")
@access.collaboration(permissions.may_edit_collaboration)
def restore(collaboration: Collaboration) -> Response:
    collaboration_settings.restore(access.my_rights(), collaboration, access.by())
    db.session.commit()
    flash(_("“%(name)s” is restored: people can be invited to it again.", name=collaboration.name), "success")
    return _to_settings(collaboration)
