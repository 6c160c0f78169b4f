"""The invitee's page: what the invitation is, accepting and declining it, and why a link leads no further.

The link is the proof: it was sent to the invited address and to nobody else. So it stays out of search
engines and caches; nor do browsers pass it on as a referrer, from this page or any other of ours.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from domain import invitations, joining
from domain.joining import Ending
from domain.people import SHORTEST_PASSWORD
from domain.suspending import assert_in_use
from models import Invitation, db
from views import access, providers
from views.extensions import limiter, password_hasher
from views.forms.join import NewAccountForm
from views.session import end_session

bp = Blueprint("join", __name__)

View = TypeVar("View", bound=Callable[..., Any])

#: Attempts that lead nowhere, for one network address.
PER_ADDRESS = "50 per 15 minutes"


def _led_nowhere(response: AnyResponse) -> bool:
    """A fault of ours is nobody's attempt: a whole class may press *Accept* again and again until it is mended."""
    return 400 <= response.status_code < 500


throttled = limiter.shared_limit(PER_ADDRESS, scope="join", deduct_when=_led_nowhere)


@bp.after_request
def keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def by_link(view: View) -> View:
    """The view gets the invitation of the route's token, and the token; a link that leads no further gets its page."""

    @wraps(view)
    def led(token: str) -> Any:
        link = joining.follow(current_app.extensions["link_tokens"].join, token)
        if link is None:
            return render_template("join/unknown.html"), 404
        assert_in_use(link.invitation.collaboration.organisation)
        ending = joining.ending_of(link, access.me_if_known())
        if ending is Ending.ACCEPTED_BY_YOU:
            return _welcome(link.invitation)
        if ending is not None:
            page = render_template("join/ended.html", invitation=link.invitation, ending=ending, token=token)
            return page, 410
        return view(link.invitation, token)

    return led  # type: ignore[return-value]


@bp.get("/join/<token>")
@access.public
@by_link
def show(invitation: Invitation, token: str) -> str:
    return _page(invitation, token, NewAccountForm(formdata=None))


@bp.post("/join/<token>/accept")
@access.public
@throttled
@by_link
def accept(invitation: Invitation, token: str) -> AnyResponse:
    if not access.is_signed_in():
        return redirect(url_for("join.show", token=token), 303)
    invitations.accept(invitation.id, access.me(), request.remote_addr)
    db.session.commit()
    return _welcome(invitation)


@bp.post("/join/<token>/account")
@access.public
@providers.where_passwords_are_on
@throttled
@by_link
def accept_with_new_account(invitation: Invitation, token: str) -> AnyResponse | tuple[str, int]:
    form = NewAccountForm()
    if not form.validate_on_submit():
        return _page(invitation, token, form), 422
    user = joining.accept_with_new_account(
        password_hasher(),
        invitation,
        name=form.name.data,
        password=form.password.data,
        address=request.remote_addr,
    )
    db.session.commit()
    session.clear()
    access.sign_in(user)
    return _welcome(invitation)


@bp.post("/join/<token>/decline")
@access.public
@throttled
@by_link
def decline(invitation: Invitation, token: str) -> AnyResponse:
    invitations.decline(invitation.id)
    db.session.commit()
    return redirect(url_for("join.show", token=token), 303)


@bp.post("/join/<token>/sign-out")
@access.public
def sign_out(token: str) -> AnyResponse:
    """For whoever is signed in as somebody else than was invited: back to the invitation, as nobody yet."""
    end_session()
    return redirect(url_for("join.show", token=token), 303)


@bp.app_template_global()
def join_url(invitation: Invitation) -> str:
    """The page of an invitation; for the invited person's own eyes only."""
    token = current_app.extensions["link_tokens"].join.make(invitation.id, invitation.link_number)
    return url_for("join.show", token=token)


def _page(invitation: Invitation, token: str, form: NewAccountForm) -> str:
    return render_template(
        "join/show.html",
        invitation=invitation,
        offer=joining.offer_to(access.me_if_known(), invitation),
        token=token,
        form=form,
        shortest_password=SHORTEST_PASSWORD,
    )


def _welcome(invitation: Invitation) -> AnyResponse:
    flash(_("You have joined %(collaboration)s.", collaboration=invitation.collaboration.name), "success")
    return redirect(url_for("collaborations.show", collaboration_id=invitation.collaboration_id), 303)
