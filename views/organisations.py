"""Organisations: the list, making one, one with its figures, and its settings."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import founding, organisation_settings, organisations, permissions
from domain.days import time_zones
from domain.paging import page_of
from models import Organisation, db
from views import access
from views.forms.organisation import NewOrganisationForm, SettingsForm
from views.forms.typed import typed_on_a_line
from views.paging import SIZE, links_of, page_asked_for

bp = Blueprint("organisations", __name__)


@bp.get("/organisations")
@access.needs(permissions.may_run_organisations)
def index() -> str | Response:
    """Those that the person runs; whoever runs only one goes there."""
    rights, words = access.my_rights(), typed_on_a_line(request.args.get("q"))
    if only := organisations.the_only_one_run_by(rights):
        return redirect(url_for("organisations.show", organisation_id=only), 303)
    page = page_of(organisations.search(rights, words), page_asked_for(), SIZE)
    may_create = permissions.may_create_organisations(rights)
    return render_template(
        "organisations/index.html", page=page, links=links_of(page), words=words, may_create=may_create
    )


@bp.route("/organisations/new", methods=["GET", "POST"])
@access.needs(permissions.may_create_organisations)
def new() -> Response | tuple[str, int]:
    form = NewOrganisationForm(time_zone="UTC")
    if form.validate_on_submit():
        founded = founding.create(access.my_rights(), form.said, access.by())
        if founded.organisation:
            db.session.commit()
            flash(_("“%(name)s” is made.", name=founded.organisation.name), "success")
            return redirect(url_for("organisations.show", organisation_id=founded.organisation.id), 303)
        form.tell(founded.problems)
    page = render_template("organisations/new.html", form=form, time_zones=time_zones())
    return page, 422 if form.is_submitted() else 200


@bp.get("/organisations/<uuid:organisation_id>")
@access.organisation(permissions.may_run_organisation)
def show(organisation: Organisation) -> str:
    return _tab("overview", organisation, counts=organisations.counts_of(organisation))


@bp.route("/organisations/<uuid:organisation_id>/settings", methods=["GET", "POST"])
@access.organisation(permissions.may_run_organisation)
def settings(organisation: Organisation) -> Response | tuple[str, int]:
    form = SettingsForm.for_organisation(organisation)
    if form.validate_on_submit():
        problems = organisation_settings.change(access.my_rights(), organisation, form.said)
        if not problems:
            db.session.commit()
            flash(_("The settings are saved."), "success")
            return redirect(url_for("organisations.settings", organisation_id=organisation.id), 303)
        form.tell(problems)
    return _tab("settings", organisation, form=form, time_zones=time_zones()), 422 if form.is_submitted() else 200


def _tab(tab: str, organisation: Organisation, **context: Any) -> str:
    return render_template(f"organisations/{tab}.html", tab=tab, organisation=organisation, **context)
