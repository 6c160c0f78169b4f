"""Another address for one's own account: asked for with the password, confirmed by the link of a letter.

The link alone is not enough: a mistyped address may be somebody else's, who must not come by the account. So the page
is for whoever is signed in as the account's person.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import new_address
from domain.link_tokens import AddressLink
from models import db
from views import access
from views.account import my_account, throttled
from views.extensions import limiter, password_hasher
from views.forms.account import NewAddressForm
from views.join import keep_private

bp = Blueprint("new_address", __name__)
bp.after_request(keep_private)

View = TypeVar("View", bound=Callable[..., Any])

#: Letters that one account may have sent, to whomever.
LETTERS = "5 per hour"


def _was_sent(response: Response) -> bool:
    return response.status_code == 303


@bp.get("/account/address")
@access.signed_in
def new() -> str:
    return render_template("account/address.html", form=NewAddressForm(password_hasher(), access.me(), formdata=None))


@bp.post("/account/address")
@access.signed_in
@throttled
@limiter.limit(LETTERS, key_func=my_account, deduct_when=_was_sent)
def ask() -> Response | tuple[str, int]:
    """The same answer whether the address has an account or not: its own letter tells."""
    form = NewAddressForm(password_hasher(), access.me())
    if not form.validate_on_submit():
        return render_template("account/address.html", form=form), 422
    new_address.ask(access.me(), form.email.data)
    db.session.commit()
    sentence = _(
        "A mail is on its way to %(email)s. Nothing is changed until you follow its link.", email=form.email.data
    )
    flash(sentence, "info")
    return redirect(url_for("account.show"), 303)


def by_link(view: View) -> View:
    """The view gets the link of the route's token; one that leads no further gets its page."""

    @wraps(view)
    def led(token: str) -> Any:
        link = current_app.extensions["link_tokens"].address.read(token)
        ending = new_address.ending_of(link, access.me())
        if ending is not None:
            return render_template("account/address_ended.html", ending=ending), 410
        return view(link)

    return led  # type: ignore[return-value]


@bp.get("/account/address/<token>")
@access.signed_in
@by_link
def show(link: AddressLink) -> str:
    return render_template("account/confirm_address.html", address=link.address)


@bp.post("/account/address/<token>")
@access.signed_in
@by_link
def confirm(link: AddressLink) -> Response:
    """Sessions elsewhere end; this one goes on."""
    new_address.change(access.me(), link, access.by())
    db.session.commit()
    access.sign_in(access.me())
    flash(_("Your address is now %(email)s. You have been signed out everywhere else.", email=link.address), "success")
    return redirect(url_for("account.show"), 303)
