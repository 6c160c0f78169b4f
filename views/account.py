"""One's own account: what is known of the person, their name, their password."""

import json
from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import logout_user
from werkzeug.wrappers import Response

from domain import account_deletion, accounts, identities, own_data
from domain.people import SHORTEST_PASSWORD
from models import db, now
from views import access, providers
from views.downloads import file
from views.extensions import limiter, password_hasher
from views.forms.account import ChangePasswordForm, DeleteAccountForm, NameForm
from views.session import PER_ACCOUNT, was_refused

bp = Blueprint("account", __name__)


def my_account() -> str:
    return f"account:{access.me().id}"


#: It looks through much that others wait for.
DOWNLOADS = "20 per hour"


def _is_looked_at() -> bool:
    return request.method == "GET"


#: Guesses of the person's own password, on whichever page.
throttled = limiter.shared_limit(
    PER_ACCOUNT, scope="own password", key_func=my_account, exempt_when=_is_looked_at, deduct_when=was_refused
)


@bp.get("/account")
@access.signed_in
def show() -> str:
    linked = identities.linked(access.me(), providers.ways())
    return render_template("account/show.html", linked=linked, provider_name=providers.name_of)


@bp.get("/account/data")
@access.signed_in
@limiter.limit(DOWNLOADS, key_func=my_account)
def download() -> Response:
    """All that is known of the person, as one file."""
    told = json.dumps(own_data.of(access.me()), ensure_ascii=False, indent=2, default=_as_text)
    name = f"muster-{access.me().user_name}-{now():%Y-%m-%d}.json"
    return file(told.encode(), name, "application/json")


def _as_text(value: date | UUID) -> str:
    """Times and days in ISO 8601."""
    return value.isoformat() if isinstance(value, date) else str(value)


@bp.route("/account/name", methods=["GET", "POST"])
@access.signed_in
def change_name() -> Response | tuple[str, int]:
    form = NameForm(obj=access.me())
    if not form.validate_on_submit():
        return render_template("account/name.html", form=form), 422 if form.is_submitted() else 200
    accounts.rename(access.me(), form.name.data)
    db.session.commit()
    flash(_("Your name has been changed."), "success")
    return redirect(url_for("account.show"), 303)


@bp.route("/account/password", methods=["GET", "POST"])
@access.signed_in
@providers.where_passwords_are_on
@throttled
def change_password() -> Response | tuple[str, int]:
    """Sessions elsewhere end; this one goes on."""
    if access.me().password_hash is None:
        return redirect(url_for("passwords.first"), 303)
    form = ChangePasswordForm(password_hasher(), access.me())
    if not form.validate_on_submit():
        page = render_template("account/password.html", form=form, shortest_password=SHORTEST_PASSWORD)
        return page, 422 if form.is_submitted() else 200
    accounts.set_password(password_hasher(), access.me(), form.password.data)
    db.session.commit()
    access.sign_in(access.me())
    flash(_("Your password has been changed. You have been signed out everywhere else."), "success")
    return redirect(url_for("account.show"), 303)


@bp.get("/account/delete")
@access.signed_in
def ask_to_delete() -> str:
    return _page_of_deletion(DeleteAccountForm(password_hasher(), access.me(), formdata=None))


@bp.post("/account/delete")
@access.signed_in
@throttled
def delete() -> Response | tuple[str, int]:
    form = DeleteAccountForm(password_hasher(), access.me())
    if not form.validate_on_submit():
        return _page_of_deletion(form), 422
    account_deletion.delete_account(access.me(), access.by())
    db.session.commit()
    logout_user()
    session.clear()
    flash(_("Your account is deleted."), "success")
    return redirect(url_for("session.login"), 303)


def _page_of_deletion(form: DeleteAccountForm) -> str:
    return render_template("account/delete.html", form=form, problem=account_deletion.problem_of(access.me()))
