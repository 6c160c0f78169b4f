"""One's own account: what is known of the person, their name, their password."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import accounts
from domain.people import SHORTEST_PASSWORD
from models import db
from views import access
from views.extensions import limiter, password_hasher
from views.forms.account import ChangePasswordForm, NameForm
from views.session import PER_ACCOUNT, was_refused

bp = Blueprint("account", __name__)


def _my_account() -> str:
    return f"account:{access.me().id}"


@bp.get("/account")
@access.signed_in
def show() -> str:
    return render_template("account/show.html")


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
@limiter.limit(PER_ACCOUNT, key_func=_my_account, methods=["POST"], deduct_when=was_refused)
def change_password() -> Response | tuple[str, int]:
    """Sessions elsewhere end; this one goes on."""
    form = ChangePasswordForm(password_hasher(), access.me())
    if not form.validate_on_submit():
        page = render_template("account/password.html", form=form, shortest_password=SHORTEST_PASSWORD)
        return page, 422 if form.is_submitted() else 200
    accounts.set_password(password_hasher(), access.me(), form.password.data)
    db.session.commit()
    access.sign_in(access.me())
    flash(_("Your password has been changed. You have been signed out everywhere else."), "success")
    return redirect(url_for("account.show"), 303)
