"""Organisations: the list, making one, one with its figures, and its settings."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import founding, organisation_settings, organisations, permissions, suspending
from domain.days import time_zones
from domain.paging import page_of
from models import Organisation, db
from views import access
from views.forms.organisation import NewOrganisationForm, SettingsForm
from views.forms.typed import typed_on_a_line
from views.loaders import Rule
from views.paging import SIZE, links_of, page_asked_for
from views.tabs import Tab

bp = Blueprint("organisations", __name__)


@bp.get("/organisations")
@access.needs(permissions.may_run_organisations)
def index() -> str | Response:
    """Those that the person runs or names the mentors of; whoever has only one goes there."""
    rights, words = access.my_rights(), typed_on_a_line(request.args.get("q"))
    if only := organisations.the_only_one_of(rights):
        return redirect(begin_at(only), 303)
    page = page_of(organisations.search(rights, words), page_asked_for(), SIZE)
    may_create = permissions.may_create_organisations(rights)
    return render_template(
        "organisations/index.html",
        page=page,
        links=links_of(page),
        words=words,
        may_create=may_create,
        begin_at=begin_at,
    )


@bp.route("/organisations/new", methods=["GET", "POST"])
@access.needs(permissions.may_create_organisations)
def new() -> Response | tuple[str, int]:
    form = NewOrganisationForm(time_zone="UTC")
    if form.validate_on_submit():
        days = current_app.config["INVITATION_DAYS"]
        founded = founding.create(access.my_rights(), access.me(), form.said, days, access.by())
        if founded.organisation:
            db.session.commit()
            words = _(
                "“%(name)s” is made, and %(email)s is invited to be its admin.",
                name=founded.organisation.name,
                email=form.admin_email.data,
            )
            flash(words, "success")
            return redirect(url_for("organisations.show", organisation_id=founded.organisation.id), 303)
        form.tell(founded.problems)
    page = render_template("organisations/new.html", form=form, time_zones=time_zones())
    return page, 422 if form.is_submitted() else 200


@bp.get("/organisations/<uuid:organisation_id>")
@access.organisation(permissions.may_run_organisation)
def show(organisation: Organisation) -> str:
    may_suspend = permissions.may_suspend_organisation(access.my_rights(), organisation)
    return _tab("overview", organisation, counts=organisations.counts_of(organisation), may_suspend=may_suspend)


@bp.route("/organisations/<uuid:organisation_id>/settings", methods=["GET", "POST"])
@access.organisation(permissions.may_run_organisation)
def settings(organisation: Organisation) -> Response | tuple[str, int]:
    form = SettingsForm.for_organisation(organisation)
    if form.validate_on_submit():
        problems = organisation_settings.change(access.my_rights(), organisation, form.said, access.by())
        if not problems:
            db.session.commit()
            flash(_("The settings are saved."), "success")
            return redirect(url_for("organisations.settings", organisation_id=organisation.id), 303)
        form.tell(problems)
    return _tab("settings", organisation, form=form, time_zones=time_zones()), 422 if form.is_submitted() else 200


# Suspending.


@bp.get("/organisations/<uuid:organisation_id>/suspend")
@access.organisation(permissions.may_suspend_organisation)
def ask_to_suspend(organisation: Organisation) -> str:
    sentence = _(
        "Until you resume it, nobody but platform admins can do anything in %(name)s. Its people see a page that says "
        "so; its API keys and the links in its mails lead no further; what remains of files being processed fails. "
        "Nothing is deleted: once it is resumed, everything is as before.",
        name=organisation.name,
    )
    title = _("Suspend %(name)s", name=organisation.name)
    return _confirm(organisation, title, sentence, _("Suspend organisation"), "danger")


@bp.post("/organisations/<uuid:organisation_id>/suspend")
@access.organisation(permissions.may_suspend_organisation)
def suspend(organisation: Organisation) -> Response:
    suspending.suspend(access.my_rights(), organisation, access.by())
    db.session.commit()
    flash(_("%(name)s is suspended.", name=organisation.name), "success")
    return redirect(url_for("organisations.show", organisation_id=organisation.id), 303)


@bp.get("/organisations/<uuid:organisation_id>/resume")
@access.organisation(permissions.may_suspend_organisation)
def ask_to_resume(organisation: Organisation) -> str:
    sentence = _(
        "Its people, API keys and links work again at once, as far as they have not expired meanwhile. What failed of "
        "files that were being processed can be uploaded again."
    )
    title = _("Resume %(name)s", name=organisation.name)
    return _confirm(organisation, title, sentence, _("Resume organisation"), "primary")


@bp.post("/organisations/<uuid:organisation_id>/resume")
@access.organisation(permissions.may_suspend_organisation)
def resume(organisation: Organisation) -> Response:
    suspending.resume(access.my_rights(), organisation, access.by())
    db.session.commit()
    flash(_("%(name)s is resumed.", name=organisation.name), "success")
    return redirect(url_for("organisations.show", organisation_id=organisation.id), 303)


def _confirm(organisation: Organisation, title: str, sentence: str, submit_label: str, submit_kind: str) -> str:
    here = url_for("organisations.show", organisation_id=organisation.id)
    return render_template(
        "confirm.html",
        title=title,
        sentence=sentence,
        submit_label=submit_label,
        submit_kind=submit_kind,
        cancel_url=here,
        crumbs=[(_("Organisations"), url_for("organisations.index")), (organisation.name, here)],
    )


# What all of its pages have.


def begin_at(organisation: Organisation) -> str:
    """The first of its pages that is for this person."""
    return tabs_of(organisation, "")[0].url


@bp.app_template_global()
def tabs_of(organisation: Organisation, shown: str) -> list[Tab]:
    """Its pages that are for this person; `shown`: which of them this is."""
    theirs: dict[str, tuple[str, str, Rule]] = {
        "overview": (_("Overview"), "organisations.show", permissions.may_run_organisation),
        "people": (_("People and roles"), "roles.index", permissions.may_name_mentors),
        "directory": (_("All people"), "directory.index", permissions.may_run_organisation),
        "units": (_("Units"), "units.index", permissions.may_run_organisation),
        "settings": (_("Settings"), "organisations.settings", permissions.may_run_organisation),
    }
    return [
        Tab(label, url_for(endpoint, organisation_id=organisation.id), name == shown)
        for name, (label, endpoint, may) in theirs.items()
        if may(access.my_rights(), organisation)
    ]


def _tab(tab: str, organisation: Organisation, **context: Any) -> str:
    return render_template(f"organisations/{tab}.html", tab=tab, organisation=organisation, **context)
