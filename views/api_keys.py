"""API keys: those of an organisation or of the platform, making one, revoking one."""

from dataclasses import dataclass

from flask import Blueprint, Response, current_app, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from domain import api_keys, permissions
from domain.paging import page_of
from models import ApiKey, Organisation, db, now
from views import access
from views.forms.api_key import ApiKeyForm
from views.paging import SIZE, links_of, page_asked_for

bp = Blueprint("api_keys", __name__)

#: In the session: the ID of a key that was made a moment ago, and the key itself, until its page has been shown.
NEW_KEY = "new_api_key"


@bp.after_request
def _keep_private(response: Response) -> Response:
    """Nor does going back show a key again."""
    response.headers["Cache-Control"] = "no-store"
    return response


@dataclass(frozen=True, slots=True)
class Place:
    """Where keys are kept: with an organisation, or without one for the whole platform."""

    organisation: Organisation | None

    @property
    def name(self) -> str:
        return self.organisation.name if self.organisation else _("Whole platform")

    @property
    def url(self) -> str:
        return self._url("list")

    @property
    def new_url(self) -> str:
        return self._url("new")

    def _url(self, page: str) -> str:
        if self.organisation is None:
            return url_for(f"api_keys.platform_{page}")
        return url_for(f"api_keys.organisation_{page}", organisation_id=self.organisation.id)


@bp.get("/api-keys")
@access.needs(permissions.may_have_api_keys)
def index() -> str | AnyResponse:
    """The places; whoever has only one goes there."""
    rights = access.my_rights()
    places = [Place(organisation) for organisation in api_keys.organisations_for(rights)]
    if permissions.may_have_platform_keys(rights):
        places.insert(0, Place(None))
    if len(places) == 1:
        return redirect(places[0].url, 303)
    return render_template("api_keys/index.html", places=places)


@bp.get("/organisations/<uuid:organisation_id>/api-keys")
@access.organisation(permissions.may_have_keys_of)
def organisation_list(organisation: Organisation) -> str:
    return _list(Place(organisation), sees_all=permissions.may_see_all_keys_of(access.my_rights(), organisation))


@bp.get("/platform/api-keys")
@access.needs(permissions.may_have_platform_keys)
def platform_list() -> str:
    return _list(Place(None), sees_all=True)


def _list(place: Place, *, sees_all: bool) -> str:
    query = api_keys.keys_of(access.my_rights(), place.organisation, all_of_them=sees_all)
    page = page_of(query, page_asked_for(), SIZE)
    return render_template(
        "api_keys/list.html",
        place=place,
        page=page,
        links=links_of(page),
        sees_all=sees_all,
        state_of=api_keys.state_of,
        new_key=session.pop(NEW_KEY, None),
        base_url=current_app.config["BASE_URL"],
    )


# Making.


@bp.route("/organisations/<uuid:organisation_id>/api-keys/new", methods=["GET", "POST"])
@access.organisation(permissions.may_have_keys_of)
def organisation_new(organisation: Organisation) -> AnyResponse | tuple[str, int]:
    return _new(Place(organisation))


@bp.route("/platform/api-keys/new", methods=["GET", "POST"])
@access.needs(permissions.may_have_platform_keys)
def platform_new() -> AnyResponse | tuple[str, int]:
    return _new(Place(None))


def _new(place: Place) -> AnyResponse | tuple[str, int]:
    form, rights = ApiKeyForm(now().date()), access.my_rights()
    if not form.validate_on_submit() or form.day is None:
        units = api_keys.units_for(rights, place.organisation)
        page = render_template("api_keys/new.html", place=place, form=form, units=units)
        return page, 422 if form.is_submitted() else 200
    made = api_keys.make(rights, access.me(), place.organisation, form.name.data, form.day, access.by())
    db.session.commit()
    session[NEW_KEY] = (str(made.key.id), made.secret)
    return redirect(place.url, 303)


# Revoking.


@bp.get("/api-keys/<uuid:api_key_id>/revoke")
@access.api_key(permissions.may_revoke_key)
def ask_to_revoke(api_key: ApiKey) -> str:
    place, title = Place(api_key.organisation), _("Revoke “%(name)s”", name=api_key.name)
    return render_template(
        "confirm.html",
        title=title,
        sentence=_("Programs that use this key, or a token that it was exchanged for, are refused from then on."),
        submit_label=_("Revoke"),
        cancel_url=place.url,
        crumbs=[(_("API keys"), url_for("api_keys.index")), (place.name, place.url)],
    )


@bp.post("/api-keys/<uuid:api_key_id>/revoke")
@access.api_key(permissions.may_revoke_key)
def revoke(api_key: ApiKey) -> AnyResponse:
    api_keys.revoke(access.my_rights(), api_key, access.by())
    db.session.commit()
    flash(_("“%(name)s” is revoked.", name=api_key.name), "success")
    return redirect(Place(api_key.organisation).url, 303)
