"""Signing in with a provider: the way there, the way back, and why it leads no further."""

from typing import TYPE_CHECKING

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from domain import identities
from domain.identities import Ending, SignInEnded, Told
from models import begin_writing, db
from views import access, providers, under_way
from views.extensions import limiter, password_hasher
from views.identities import ask_whether_to_link
from views.join import keep_private
from views.session import PER_ADDRESS, safe_next
from views.under_way import SignIn

if TYPE_CHECKING:
    from domain.openid import Provider

bp = Blueprint("provider_sign_in", __name__)
bp.after_request(keep_private)

Answer = Response | tuple[str, int]

#: The longest address to come back to that fits into a cookie several times.
_LONGEST = 400

STATUS = {
    Ending.EXPIRED: 400,
    Ending.MISTAKEN: 400,
    Ending.CANCELLED: 403,
    Ending.NO_ADDRESS: 403,
    Ending.UNVERIFIED: 403,
    Ending.CLOSED: 403,
    Ending.OTHER_PERSON: 403,
    Ending.TAKEN: 409,
    Ending.AWAY: 503,
}


def _led_nowhere(response: Response) -> bool:
    return response.status_code >= 400


throttled = limiter.shared_limit(PER_ADDRESS, scope="provider sign-in", deduct_when=_led_nowhere)


@bp.get("/login/<key>")
@access.public
@throttled
@providers.named
def begin(provider: "Provider") -> Answer:
    target = safe_next(request.args.get("next"))
    if access.is_signed_in():
        return redirect(target, 303)
    return _leave_for(provider, target if len(target) <= _LONGEST else url_for("home.index"))


@bp.get("/account/link/<key>")
@access.signed_in
@throttled
@providers.named
def begin_to_link(provider: "Provider") -> Answer:
    return _leave_for(provider, url_for("account.show"), links=True)


def _leave_for(provider: "Provider", target: str, *, links: bool = False) -> Answer:
    try:
        begun = under_way.begin(provider.key, target, links=links)
        return redirect(provider.address(_way_back(provider), begun.secrets), 303)
    except SignInEnded as ended:
        return _page(ended.ending, provider, target)


def _way_back(provider: "Provider") -> str:
    """As the provider knows it, whatever name the browser asks for us by."""
    return str(current_app.config["BASE_URL"]).rstrip("/") + url_for("provider_sign_in.finish", key=provider.key)


@bp.get("/login/<key>/callback")
@access.public
@throttled
@providers.named
def finish(provider: "Provider") -> Answer:
    sign_in = under_way.take(provider.key, request.args.get("state", ""))
    if sign_in is None:
        return _page(Ending.EXPIRED, provider, url_for("home.index"))
    try:
        told = provider.told(request.args, _way_back(provider), sign_in.secrets)
        return ask_whether_to_link(told) if sign_in.links else _sign_in(provider, told, sign_in)
    except SignInEnded as ended:
        db.session.rollback()
        return _page(ended.ending, provider, sign_in.target)


def _sign_in(provider: "Provider", told: Told, sign_in: SignIn) -> Response:
    """Writing begins only here, whatever has been read: nobody waits while the provider is asked."""
    db.session.rollback()
    begin_writing()
    user = identities.recognise(password_hasher(), told, request.remote_addr)
    db.session.commit()
    under_way.keep_others()
    access.sign_in(user)
    session["provider"] = provider.name
    return redirect(sign_in.target, 303)


def _page(ending: Ending, provider: "Provider", target: str) -> tuple[str, int]:
    page = render_template("session/provider_ended.html", ending=ending, provider=provider, target=target)
    return page, STATUS[ending]
