"""Who is what in an organisation: the list, giving a role, changing it, taking it away."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import permissions, roles, units
from domain.paging import page_of
from domain.people import rights_of
from models import Organisation, OrganisationRole, db
from views import access
from views.forms.role import GivenRoleForm, ManagerForm
from views.forms.typed import typed_on_a_line
from views.paging import SIZE, links_of, page_asked_for

bp = Blueprint("roles", __name__)


@bp.get("/organisations/<uuid:organisation_id>/people")
@access.organisation(permissions.may_run_organisation)
def index(organisation: Organisation) -> str:
    words = typed_on_a_line(request.args.get("q"))
    page = page_of(roles.roles_in(organisation, words), page_asked_for(), SIZE)
    return render_template(
        "roles/index.html",
        tab="people",
        organisation=organisation,
        page=page,
        links=links_of(page),
        words=words,
        kind_of=roles.kind_of,
    )


@bp.route("/organisations/<uuid:organisation_id>/people/new", methods=["GET", "POST"])
@access.organisation(permissions.may_run_organisation)
def give(organisation: Organisation) -> Response | tuple[str, int]:
    form = GivenRoleForm(db.session.scalars(units.units_of(organisation)))
    if form.validate_on_submit():
        what = form.chosen_kind, form.unit_ids
        problems = roles.give(access.my_rights(), organisation, form.email.data, *what, access.by())
        if not problems:
            db.session.commit()
            flash(_("The role is given to %(email)s.", email=form.email.data), "success")
            return _to_people(organisation)
        form.tell(problems)
    page = render_template("roles/new.html", organisation=organisation, form=form)
    return page, 422 if form.is_submitted() else 200


@bp.route("/roles/<uuid:role_id>/edit", methods=["GET", "POST"])
@access.role(permissions.may_run_organisation)
def edit(role: OrganisationRole) -> Response | tuple[str, int]:
    form = ManagerForm(db.session.scalars(units.units_of(role.organisation)), role)
    if form.validate_on_submit():
        problems = roles.change(access.my_rights(), role, form.chosen_kind, form.unit_ids, access.by())
        if not problems:
            db.session.commit()
            flash(_("What %(name)s manages is saved.", name=role.user.name), "success")
            return _to_people(role.organisation)
        form.tell(problems)
    page = render_template("roles/edit.html", organisation=role.organisation, role=role, form=form)
    return page, 422 if form.is_submitted() else 200


@bp.get("/roles/<uuid:role_id>/take-away")
@access.role(permissions.may_run_organisation)
def ask_to_take(role: OrganisationRole) -> str:
    people_url = url_for("roles.index", organisation_id=role.organisation_id)
    return render_template(
        "confirm.html",
        title=_("Take a role away"),
        sentence=_(
            "%(name)s (%(email)s) will no longer be %(role)s of %(organisation)s. Their account stays, and what they "
            "have done.",
            name=role.user.name,
            email=role.user.email,
            role=roles.words_of(role),
            organisation=role.organisation.name,
        ),
        submit_label=_("Take away"),
        cancel_url=people_url,
        crumbs=[
            (role.organisation.name, url_for("organisations.show", organisation_id=role.organisation_id)),
            (_("People and roles"), people_url),
        ],
    )


@bp.post("/roles/<uuid:role_id>/take-away")
@access.role(permissions.may_run_organisation)
def take(role: OrganisationRole) -> Response:
    organisation, name, words = role.organisation, role.user.name, roles.words_of(role)
    roles.take(access.my_rights(), role, access.by())
    db.session.commit()
    flash(_("%(name)s is no longer %(role)s.", name=name, role=words), "success")
    return _to_people(organisation)


def _to_people(organisation: Organisation) -> Response:
    """Who has just taken away their own role runs the organisation no more, and goes to the start."""
    if permissions.may_run_organisation(rights_of(access.me()), organisation):
        return redirect(url_for("roles.index", organisation_id=organisation.id), 303)
    return redirect(url_for("home.index"), 303)
