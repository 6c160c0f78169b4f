"""The page of a register link: which course it is for, and the account that leads there.

As with `views.join`, the link is the proof: it was sent to the invited address and to nobody else.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Response, current_app, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from domain import registering
from domain.people import SHORTEST_PASSWORD
from domain.suspending import assert_in_use
from models import PendingEnrolment, db
from views import access, providers
from views.extensions import password_hasher
from views.forms.join import NewAccountForm
from views.join import keep_private, throttled

bp = Blueprint("registering", __name__)
bp.after_request(keep_private)

View = TypeVar("View", bound=Callable[..., Any])


def by_link(view: View) -> View:
    """The view gets the pending enrolment of the route's token, and the token; a link that leads no further gets its
    page."""

    @wraps(view)
    def led(token: str) -> Any:
        pending_id = current_app.extensions["link_tokens"].register.read(token)
        if pending_id is None:
            return render_template("join/unknown.html"), 404
        pending = registering.find(pending_id)
        if pending:
            assert_in_use(pending.course.organisation)
        ending = registering.ending_of(pending)
        me = access.me_if_known()
        if pending is not None and me is not None and me.email_key == pending.email_key:
            return _welcome(pending)
        if pending is None or ending is not None:
            return render_template("registering/ended.html", pending=pending, ending=ending), 410
        return view(pending, token)

    return led  # type: ignore[return-value]


@bp.get("/register/<token>")
@access.public
@by_link
def show(pending: PendingEnrolment, token: str) -> str:
    return _page(pending, token, NewAccountForm(formdata=None))


@bp.post("/register/<token>")
@access.public
@providers.where_passwords_are_on
@throttled
@by_link
def create_account(pending: PendingEnrolment, token: str) -> AnyResponse | tuple[str, int]:
    form = NewAccountForm()
    if not form.validate_on_submit():
        return _page(pending, token, form), 422
    user = registering.register(password_hasher(), pending, name=form.name.data, password=form.password.data)
    db.session.commit()
    session.clear()
    access.sign_in(user)
    return _welcome(pending)


def _page(pending: PendingEnrolment, token: str, form: NewAccountForm) -> str:
    return render_template(
        "registering/show.html", pending=pending, token=token, form=form, shortest_password=SHORTEST_PASSWORD
    )


def _welcome(pending: PendingEnrolment) -> Response | AnyResponse:
    course = pending.course
    if pending.fulfilled_at:
        flash(_("You have been enrolled in %(course)s.", course=course.name), "success")
        return redirect(url_for("courses.show", key=course.key), 303)
    flash(_("Your account is ready. You can enrol in %(course)s here.", course=course.name), "success")
    return redirect(url_for("batches.show", batch_id=registering.open_batch_of(course).id), 303)
