"""The units of an organisation: the list, making one, changing it, and doing away with it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import permissions, units
from domain.paging import page_of
from models import Organisation, Unit, db
from views import access
from views.forms.organisation import UnitForm
from views.paging import SIZE, links_of, page_asked_for

bp = Blueprint("units", __name__)


@bp.get("/organisations/<uuid:organisation_id>/units")
@access.organisation(permissions.may_run_organisation)
def index(organisation: Organisation) -> str:
    page = page_of(units.units_of(organisation), page_asked_for(), SIZE)
    return render_template(
        "units/index.html",
        tab="units",
        organisation=organisation,
        lines=units.lines_of(page.items),
        links=links_of(page),
    )


@bp.route("/organisations/<uuid:organisation_id>/units/new", methods=["GET", "POST"])
@access.organisation(permissions.may_run_organisation)
def new(organisation: Organisation) -> Response | tuple[str, int]:
    form = UnitForm()
    if form.validate_on_submit():
        made = units.create(access.my_rights(), organisation, form.name.data, access.by())
        if made.unit:
            db.session.commit()
            flash(_("“%(name)s” is made.", name=form.name.data), "success")
            return _to_units(organisation)
        form.name.errors = [made.problem]
    page = render_template("units/new.html", organisation=organisation, form=form)
    return page, 422 if form.is_submitted() else 200


@bp.route("/units/<uuid:unit_id>/edit", methods=["GET", "POST"])
@access.unit(permissions.may_run_organisation)
def edit(unit: Unit) -> Response | tuple[str, int]:
    form = UnitForm(name=unit.name)
    if form.validate_on_submit():
        problem = units.rename(access.my_rights(), unit, form.name.data, access.by())
        if problem is None:
            db.session.commit()
            flash(_("“%(name)s” is saved.", name=unit.name), "success")
            return _to_units(unit.organisation)
        form.name.errors = [problem]
    page = render_template("units/edit.html", unit=unit, form=form, stays=units.why_it_stays(unit))
    return page, 422 if form.is_submitted() else 200


@bp.get("/units/<uuid:unit_id>/delete")
@access.unit(permissions.may_run_organisation)
def ask_to_delete(unit: Unit) -> str:
    organisation, edit_url = unit.organisation, url_for("units.edit", unit_id=unit.id)
    return render_template(
        "confirm.html",
        title=_("Delete the unit “%(name)s”", name=unit.name),
        sentence=units.why_it_stays(unit) or _("Nobody manages it, and nothing belongs to it."),
        submit_label=_("Delete unit"),
        cancel_url=edit_url,
        crumbs=[
            (organisation.name, url_for("organisations.show", organisation_id=organisation.id)),
            (_("Units"), url_for("units.index", organisation_id=organisation.id)),
            (unit.name, edit_url),
        ],
    )


@bp.post("/units/<uuid:unit_id>/delete")
@access.unit(permissions.may_run_organisation)
def delete(unit: Unit) -> Response:
    name, organisation = unit.name, unit.organisation
    units.delete(access.my_rights(), unit, access.by())
    db.session.commit()
    flash(_("“%(name)s” is deleted.", name=name), "success")
    return _to_units(organisation)


def _to_units(organisation: Organisation) -> Response:
    return redirect(url_for("units.index", organisation_id=organisation.id), 303)
