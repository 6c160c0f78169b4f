"""Who is what in an organisation, and who is invited to be; changing what a manager manages, taking a role away."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select
from werkzeug.wrappers import Response

from domain import permissions, role_invitations, roles, units
from domain.paging import Page, page_of
from domain.people import rights_of
from models import Organisation, OrganisationRole, db
from views import access
from views.forms.role import ManagerForm
from views.forms.typed import typed_on_a_line
from views.organisations import begin_at
from views.paging import OVERVIEW, SIZE, links_of, page_asked_for

bp = Blueprint("roles", __name__)


@bp.get("/organisations/<uuid:organisation_id>/people")
@access.organisation(permissions.may_name_mentors)
def index(organisation: Organisation) -> str:
    """Those with a role and those invited to one, the first of both; with `show` the one or the other, page by page.
    Whoever decides on mentors only sees mentors only.
    """
    words, only = typed_on_a_line(request.args.get("q")), request.args.get("show")
    kinds = roles.kinds_decided_by(access.my_rights(), organisation)
    queries = {
        "roles": roles.roles_in(organisation, kinds, words),
        "invited": role_invitations.listed(organisation, kinds, words),
    }
    shown = {only: queries[only]} if only in queries else queries
    return render_template(
        "roles/index.html",
        tab="people",
        organisation=organisation,
        lists={name: _page(query, alone=len(shown) == 1) for name, query in shown.items()},
        links_of=links_of,
        words=words,
        only=only if only in queries else None,
        kind_of=roles.kind_of,
        only_mentors=kinds == [roles.Kind.MENTOR],
    )


def _page(query: Select[Any], *, alone: bool) -> Page[Any]:
    return page_of(query, page_asked_for() if alone else 1, SIZE if alone else OVERVIEW)


@bp.route("/roles/<uuid:role_id>/edit", methods=["GET", "POST"])
@access.role(permissions.may_decide_on_role)
def edit(role: OrganisationRole) -> Response | tuple[str, int]:
    roles.demand_manager(role)
    form = ManagerForm(db.session.scalars(units.units_of(role.organisation)), role)
    if form.validate_on_submit():
        problems = roles.change(access.my_rights(), role, form.chosen_kind, form.unit_ids, access.by())
        if not problems:
            db.session.commit()
            flash(_("What %(name)s manages is saved.", name=role.user.name), "success")
            return to_people(role.organisation)
        form.tell(problems)
    page = render_template("roles/edit.html", organisation=role.organisation, role=role, form=form)
    return page, 422 if form.is_submitted() else 200


@bp.get("/roles/<uuid:role_id>/take-away")
@access.role(permissions.may_decide_on_role)
def ask_to_take(role: OrganisationRole) -> str:
    people_url = url_for("roles.index", organisation_id=role.organisation_id)
    return render_template(
        "confirm.html",
        title=_("Take a role away"),
        sentence=_what_it_means(role),
        submit_label=_("Take away"),
        cancel_url=people_url,
        crumbs=crumbs_of(role.organisation),
    )


def _what_it_means(role: OrganisationRole) -> str:
    sentence: str = _(
        "%(name)s (%(email)s) will no longer be %(role)s of %(organisation)s. Their account stays, and what they "
        "have done.",
        name=role.user.name,
        email=role.user.email,
        role=roles.words_of(role),
        organisation=role.organisation.name,
    )
    if not (batches := roles.batches_mentored_with(role)):
        return sentence
    more: str = ngettext(
        "They are a mentor of %(num)s batch, and will be taken off it.",
        "They are a mentor of %(num)s batches, and will be taken off them.",
        batches,
    )
    return f"{sentence} {more}"


@bp.post("/roles/<uuid:role_id>/take-away")
@access.role(permissions.may_decide_on_role)
def take(role: OrganisationRole) -> Response:
    organisation, name, words = role.organisation, role.user.name, roles.words_of(role)
    roles.take(access.my_rights(), role, access.by())
    db.session.commit()
    flash(_("%(name)s is no longer %(role)s.", name=name, role=words), "success")
    return to_people(organisation)


def to_people(organisation: Organisation) -> Response:
    """Who has just taken away their own role may not see who has the others, and goes to the start."""
    if permissions.may_name_mentors(rights_of(access.me()), organisation):
        return redirect(url_for("roles.index", organisation_id=organisation.id), 303)
    return redirect(url_for("home.index"), 303)


def crumbs_of(organisation: Organisation) -> list[tuple[str, str]]:
    """The way to a page below the list."""
    return [
        (organisation.name, begin_at(organisation)),
        (_("People and roles"), url_for("roles.index", organisation_id=organisation.id)),
    ]
