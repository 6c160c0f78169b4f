"""The page of whoever is invited to a role: what it is, accepting and declining it, and why a link leads no further.

As with `views.join`, the link is the proof: it was sent to the invited address and to nobody else. A role lets people
do more than membership does: it goes to the account of that address only.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import role_invitations, role_joining, roles
from domain.people import SHORTEST_PASSWORD
from domain.role_joining import Ending
from domain.suspending import assert_in_use
from models import RoleInvitation, db
from models.organisation import OrganisationRoleName
from views import access, providers
from views.extensions import password_hasher
from views.forms.join import NewAccountForm
from views.join import keep_private, throttled
from views.session import end_session

bp = Blueprint("role_answers", __name__)
bp.after_request(keep_private)

View = TypeVar("View", bound=Callable[..., Any])


def by_link(view: View) -> View:
    """The view gets the invitation of the route's token, and the token; a link that leads no further gets its page."""

    @wraps(view)
    def led(token: str) -> Any:
        link = role_joining.follow(current_app.extensions["link_tokens"].role, token)
        if link is None:
            return render_template("join/unknown.html"), 404
        assert_in_use(link.invitation.organisation)
        ending = role_joining.ending_of(link, access.me_if_known())
        if ending is Ending.ACCEPTED_BY_YOU:
            return _welcome(link.invitation)
        if ending is not None:
            page = render_template("role_answers/ended.html", invitation=link.invitation, ending=ending, token=token)
            return page, 410
        return view(link.invitation, token)

    return led  # type: ignore[return-value]


@bp.get("/role-invitations/<token>")
@access.public
@by_link
def show(invitation: RoleInvitation, token: str) -> str:
    return _page(invitation, token, NewAccountForm(formdata=None))


@bp.post("/role-invitations/<token>/accept")
@access.public
@throttled
@by_link
def accept(invitation: RoleInvitation, token: str) -> Response:
    if not access.is_signed_in():
        return redirect(url_for("role_answers.show", token=token), 303)
    role_invitations.accept(invitation.id, access.me(), access.by())
    db.session.commit()
    return _welcome(invitation)


@bp.post("/role-invitations/<token>/account")
@access.public
@providers.where_passwords_are_on
@throttled
@by_link
def accept_with_new_account(invitation: RoleInvitation, token: str) -> Response | tuple[str, int]:
    form = NewAccountForm()
    if not form.validate_on_submit():
        return _page(invitation, token, form), 422
    user = role_joining.accept_with_new_account(
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


@bp.post("/role-invitations/<token>/decline")
@access.public
@throttled
@by_link
def decline(invitation: RoleInvitation, token: str) -> Response:
    role_invitations.decline(invitation.id)
    db.session.commit()
    return redirect(url_for("role_answers.show", token=token), 303)


@bp.post("/role-invitations/<token>/sign-out")
@access.public
def sign_out(token: str) -> Response:
    """For whoever is signed in as somebody else than was invited: back to the invitation, as nobody yet."""
    end_session()
    return redirect(url_for("role_answers.show", token=token), 303)


@bp.app_template_global()
def role_invitation_url(invitation: RoleInvitation) -> str:
    """The page of an invitation; for the invited person's own eyes only."""
    token = current_app.extensions["link_tokens"].role.make(invitation.id, invitation.link_number)
    return url_for("role_answers.show", token=token)


@bp.app_template_global()
def role_in_words(invitation: RoleInvitation) -> str:
    return roles.words_of(invitation)


def _page(invitation: RoleInvitation, token: str, form: NewAccountForm) -> str:
    return render_template(
        "role_answers/show.html",
        invitation=invitation,
        offer=role_joining.offer_to(access.me_if_known(), invitation),
        explained=roles.explained(invitation),
        token=token,
        form=form,
        shortest_password=SHORTEST_PASSWORD,
    )


def _welcome(invitation: RoleInvitation) -> Response:
    """Admins begin in their organisation, the others with what waits for them."""
    organisation, words = invitation.organisation, roles.words_of(invitation)
    flash(_("You are now %(role)s of %(organisation)s.", role=words, organisation=organisation.name), "success")
    if invitation.role is OrganisationRoleName.ADMIN:
        return redirect(url_for("organisations.show", organisation_id=organisation.id), 303)
    return redirect(url_for("home.index"), 303)
