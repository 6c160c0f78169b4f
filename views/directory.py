"""The people of an organisation: the list, one of them, and changing what the organisation says of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import deactivating, directory
from domain import person as people
from domain.directory import Account, Page, SortBy, Wanted
from domain.language import gettext, ngettext, number
from domain.paging import MOST_COUNTED
from domain.permissions import may_run_organisation
from domain.roles import kind_of
from models import Organisation, User, db
from views import access
from views.downloads import csv_file
from views.forms.person import PersonForm
from views.forms.typed import typed_on_a_line
from views.paging import SIZE

bp = Blueprint("directory", __name__, url_prefix="/organisations/<uuid:organisation_id>/directory")


@dataclass(frozen=True, slots=True)
class Listing:
    page: Page
    wanted: Wanted
    #: How many people that is, in words.
    told: str
    #: What the list is narrowed and sorted by, as its address says it.
    kept: Mapping[str, str]
    #: Empty where there is nowhere to go.
    first_url: str | None
    previous_url: str | None
    next_url: str | None
    last_url: str | None


@bp.get("")
@access.organisation(may_run_organisation)
def index(organisation: Organisation) -> str:
    return render_template(
        "directory/index.html", tab="directory", organisation=organisation, listing=_listing_of(organisation)
    )


@bp.get("/people.csv")
@access.organisation(may_run_organisation)
def download(organisation: Organisation) -> Response:
    return csv_file(directory.file_of(organisation), directory.file_name(organisation))


@bp.get("/<uuid:user_id>")
@access.person(may_run_organisation)
def show(person: User) -> str:
    assert person.organisation is not None
    place = people.place_of(person, person.organisation)
    return render_template("directory/show.html", person=person, place=place, kind_of=kind_of)


@bp.route("/<uuid:user_id>/edit", methods=["GET", "POST"])
@access.person(may_run_organisation)
def edit(person: User) -> Response | tuple[str, int]:
    form = PersonForm.for_person(person)
    if form.validate_on_submit():
        problems = people.change(access.my_rights(), person, form.said, access.by())
        if not problems:
            db.session.commit()
            flash(_("What is known of %(name)s is saved.", name=person.name), "success")
            return redirect(_url_of(person), 303)
        form.tell(problems)
    return render_template("directory/edit.html", person=person, form=form), 422 if form.is_submitted() else 200


@bp.get("/<uuid:user_id>/deactivate")
@access.person(may_run_organisation)
def ask_to_deactivate(person: User) -> str:
    assert person.organisation is not None
    sentence = _(
        "%(name)s (%(email)s) is signed out at once, and can sign in no more, until somebody reactivates the account. "
        "They stay in their batches and collaborations.",
        name=person.name,
        email=person.email,
    )
    return render_template(
        "confirm.html",
        title=_("Deactivate this account?"),
        sentence=sentence,
        submit_label=_("Deactivate account"),
        cancel_url=_url_of(person),
        crumbs=[
            (person.organisation.name, url_for("organisations.show", organisation_id=person.organisation_id)),
            (_("All people"), url_for("directory.index", organisation_id=person.organisation_id)),
            (person.name, _url_of(person)),
        ],
    )


@bp.post("/<uuid:user_id>/deactivate")
@access.person(may_run_organisation)
def deactivate(person: User) -> Response:
    deactivating.deactivate_one(access.my_rights(), person, access.by())
    db.session.commit()
    flash(_("The account of %(name)s is deactivated.", name=person.name), "success")
    return redirect(_url_of(person), 303)


@bp.post("/<uuid:user_id>/reactivate")
@access.person(may_run_organisation)
def reactivate(person: User) -> Response:
    deactivating.reactivate_one(access.my_rights(), person, access.by())
    db.session.commit()
    flash(_("The account of %(name)s is open again.", name=person.name), "success")
    return redirect(_url_of(person), 303)


def _url_of(person: User) -> str:
    return url_for("directory.show", organisation_id=person.organisation_id, user_id=person.id)


# The list, as its address asks for it.


def _listing_of(organisation: Organisation) -> Listing:
    wanted, counts = _wanted_here(), directory.counts_of(organisation)
    start = directory.start_of(wanted, **{name: request.args.get(name, "") for name in ("after", "before", "at")})
    page, kept = directory.page_of(organisation, wanted, start, SIZE), _kept(wanted)
    return Listing(
        page=page,
        wanted=wanted,
        told=_found(page) if wanted.key else _counted(counts.of(wanted.account)),
        kept=kept,
        first_url=_url(**kept) if page.before else None,
        previous_url=_url(**kept, before=page.before.as_text()) if page.before else None,
        next_url=_url(**kept, after=page.after.as_text()) if page.after else None,
        last_url=_url(**kept, at="last") if page.after else None,
    )


def _wanted_here() -> Wanted:
    """What it cannot ask for is passed over."""
    show, sort = request.args.get("show", ""), request.args.get("sort", "")
    return Wanted(
        words=typed_on_a_line(request.args.get("q")),
        account=Account(show) if show in [*Account] else None,
        sort=SortBy(sort) if sort in [*SortBy] else SortBy.NAME,
    )


def _kept(wanted: Wanted) -> dict[str, str]:
    kept = {"q": wanted.words, "show": wanted.account or "", "sort": wanted.sort.value}
    return {name: value for name, value in kept.items() if value and value != SortBy.NAME}


def _counted(total: int | None) -> str:
    if total is None:
        return gettext("More than %(number)s people.", number=number(MOST_COUNTED))
    return ngettext("%(number)s person.", "%(number)s people.", total)


def _found(page: Page) -> str:
    """Where one page does not hold them all, it is not known how many they are."""
    if page.before or page.after:
        return gettext("More than %(number)s people found.", number=number(SIZE))
    return ngettext("%(number)s person found.", "%(number)s people found.", len(page.items))


def _url(**query: str) -> str:
    places: dict[str, Any] = {**(request.view_args or {}), **query}
    return url_for(request.endpoint or "", **places)
