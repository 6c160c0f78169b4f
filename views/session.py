"""Signing in and out."""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import logout_user
from werkzeug.wrappers import Response

from domain import demo, people
from models import key_of
from views import access, providers
from views.extensions import limiter, password_hasher
from views.forms.session import SignInForm

bp = Blueprint("session", __name__)

#: Failed attempts, for one account and for one network address.
PER_ACCOUNT = "10 per 15 minutes"
PER_ADDRESS = "50 per 15 minutes"

#: What makes the first account.
FIRST_ACCOUNT = "flask --app app users create --platform-admin"


def safe_next(target: str | None) -> str:
    """The page to go to after signing in: one of our own, whatever the link said."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")):
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc and target.isprintable():
            return target
    return url_for("home.index")


def has_accounts() -> bool:
    """Whether there is any yet. Once there is one, that is remembered, and no database is asked again."""
    if not current_app.extensions.get("has_accounts"):
        current_app.extensions["has_accounts"] = not demo.is_empty()
    return bool(current_app.extensions["has_accounts"])


def account_named() -> str:
    """By the form that is sent, whether there is one or not."""
    return "account:" + key_of(request.form.get("email", ""))


def was_refused(response: Response) -> bool:
    return response.status_code == 422


@bp.get("/login")
@access.public
def login() -> str | Response:
    if access.is_signed_in():
        return redirect(safe_next(request.args.get("next")), 303)
    if not current_app.config["DEMO"] and not has_accounts():
        return render_template("session/first.html", command=FIRST_ACCOUNT)
    return _page(SignInForm(request.args, meta={"csrf": True}))


@bp.post("/login")
@access.public
@providers.where_passwords_are_on
@limiter.limit(PER_ADDRESS, deduct_when=was_refused)
@limiter.limit(PER_ACCOUNT, key_func=account_named, deduct_when=was_refused)
def sign_in() -> str | Response | tuple[str, int]:
    form = SignInForm()
    if not form.validate_on_submit():
        return _page(form), 422
    user = people.find_by_email(form.email.data)
    if not people.check_password(password_hasher(), user, form.password.data) or user is None:
        form.form_errors.append(_("This address and password do not belong together. Check both, and try again."))
        return _page(form), 422
    session.clear()
    access.sign_in(user)
    return redirect(safe_next(form.next.data), 303)


@bp.post("/logout")
@access.public
def logout() -> Response:
    end_session()
    return redirect(url_for("session.login"), 303)


def end_session() -> None:
    """The session here: at the provider, whoever has signed in with one may still be signed in."""
    provider = session.get("provider")
    logout_user()
    session.clear()
    if provider:
        flash(_("You are signed out of Muster. At %(provider)s you may still be signed in.", provider=provider), "info")


def _page(form: SignInForm) -> str:
    shown = demo.ACCOUNTS if current_app.config["DEMO"] and providers.by_password() else ()
    accounts = [(account.email, account.role) for account in shown]
    return render_template("session/login.html", form=form, demo_accounts=accounts)
