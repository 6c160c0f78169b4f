"""A new password for whoever has forgotten theirs, or has none yet: by a letter with a link, which is the proof."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, current_app, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import accounts
from domain.people import SHORTEST_PASSWORD
from models import User, db
from views import access, providers
from views.account import my_account
from views.extensions import limiter, password_hasher
from views.forms.account import ForgottenForm, NewPasswordForm
from views.join import keep_private, throttled
from views.session import PER_ADDRESS, account_named

bp = Blueprint("passwords", __name__)
bp.after_request(keep_private)

View = TypeVar("View", bound=Callable[..., Any])

#: Letters to one account.
PER_ACCOUNT = "5 per hour"


@bp.get("/forgot-password")
@access.public
@providers.where_passwords_are_on
def forgotten() -> str:
    return render_template("passwords/forgotten.html", form=ForgottenForm(formdata=None))


@bp.post("/forgot-password")
@access.public
@providers.where_passwords_are_on
@limiter.limit(PER_ADDRESS)
@limiter.limit(PER_ACCOUNT, key_func=account_named)
def ask() -> Response | tuple[str, int]:
    """The same answer, in the same time, whether there is an account or not."""
    form = ForgottenForm()
    if not form.validate_on_submit():
        return render_template("passwords/forgotten.html", form=form), 422
    accounts.ask_for_new_password(form.email.data)
    db.session.commit()
    flash(_("If this address has an account, a mail with a link to a new password is on its way to it."), "info")
    return redirect(url_for("session.login"), 303)


@bp.get("/account/first-password")
@access.signed_in
@providers.where_passwords_are_on
def first() -> str:
    """For whoever signs in with a provider: an open session is not enough to become a password that lasts."""
    return render_template("account/first_password.html")


@bp.post("/account/first-password")
@access.signed_in
@providers.where_passwords_are_on
@limiter.limit(PER_ACCOUNT, key_func=my_account)
def ask_for_first() -> Response:
    accounts.ask_for_new_password(access.me().email)
    db.session.commit()
    flash(_("A mail with a link to a new password is on its way to %(email)s.", email=access.me().email), "info")
    return redirect(url_for("account.show"), 303)


def by_link(view: View) -> View:
    """The view gets the person of the route's token; a link that leads no further gets its page."""

    @wraps(view)
    def led(token: str) -> Any:
        user = accounts.by_link(current_app.extensions["link_tokens"].password, token)
        if user is None:
            return render_template("passwords/ended.html"), 410
        return view(user)

    return led  # type: ignore[return-value]


@bp.get("/reset-password/<token>")
@access.public
@providers.where_passwords_are_on
@by_link
def choose(user: User) -> str:
    return _page(user, NewPasswordForm(formdata=None))


@bp.post("/reset-password/<token>")
@access.public
@providers.where_passwords_are_on
@throttled
@by_link
def set_chosen(user: User) -> Response | tuple[str, int]:
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return _page(user, form), 422
    accounts.set_password(password_hasher(), user, form.password.data)
    db.session.commit()
    session.clear()
    access.sign_in(user)
    flash(_("Your new password is set, and you are signed in. Everywhere else you have been signed out."), "success")
    return redirect(url_for("home.index"), 303)


def _page(user: User, form: NewPasswordForm) -> str:
    return render_template("passwords/choose.html", user=user, form=form, shortest_password=SHORTEST_PASSWORD)
