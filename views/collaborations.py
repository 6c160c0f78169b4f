"""Collaborations: the list, one with its members, inviting a few people, and what becomes of them."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select
from werkzeug.wrappers import Response

from domain import collaborations, invitations, inviting, permissions
from domain.paging import Page, page_of
from domain.people import rights_of
from models import Collaboration, Invitation, Membership, db
from views import access
from views.collaboration_tabs import tab_of
from views.forms.invitation import InvitationForm
from views.paging import OVERVIEW, SIZE, links_of, page_asked_for
from views.tabs import shown_of, tab

bp = Blueprint("collaborations", __name__)


def _words() -> str:
    """What is searched for. No database stores a NUL, and PostgreSQL does not even look for one."""
    return request.args.get("q", "").replace("\x00", "").strip()


@bp.get("/collaborations")
@access.signed_in
def index() -> str:
    """Those in use; with `show=archived` the others."""
    rights, words, shown = access.my_rights(), _words(), shown_of(("in-use", "archived"))
    found = collaborations.search(rights, words, archived=shown == "archived")
    page = page_of(found, page_asked_for(), SIZE)
    labels = {"in-use": _("In use"), "archived": _("Archived")}
    return render_template(
        "collaborations/index.html",
        page=page,
        shown=shown,
        views=[tab(name, label, None, shown) for name, label in labels.items()],
        has_archived=collaborations.has_archived(rights),
        links=links_of(page),
        words=words,
        rights=rights,
        may_create=permissions.may_create_collaborations(rights),
    )


@bp.get("/collaborations/<uuid:collaboration_id>")
@access.collaboration(permissions.may_see_collaboration)
def show(collaboration: Collaboration) -> str:
    return tab_of(collaboration, "about")


@bp.get("/collaborations/<uuid:collaboration_id>/members")
@access.collaboration(permissions.may_see_collaboration)
def members(collaboration: Collaboration) -> str:
    """Members and invited, the first ones of both; with `show` the one or the other, page by page."""
    words, only = _words(), request.args.get("show")
    in_detail = permissions.may_see_member_details(access.my_rights(), collaboration)
    queries: dict[str, Select[Any]] = {"members": collaborations.members(collaboration, words, by_address=in_detail)}
    if in_detail:
        queries["invited"] = collaborations.invited(collaboration, words)
    if only in queries:
        queries = {only: queries[only]}
    lists = {name: _page(query, alone=len(queries) == 1) for name, query in queries.items()}
    return tab_of(collaboration, "members", lists=lists, words=words, only=only, in_detail=in_detail, links_of=links_of)


def _page(query: Select[Any], *, alone: bool) -> Page[Any]:
    return page_of(query, page_asked_for() if alone else 1, SIZE if alone else OVERVIEW)


# Inviting.


@bp.route("/collaborations/<uuid:collaboration_id>/invite", methods=["GET", "POST"])
@access.collaboration(permissions.may_invite)
def invite(collaboration: Collaboration) -> Response | tuple[str, int]:
    collaborations.demand_in_use(collaboration)
    defaults = invitations.defaults_of(collaboration.organisation, access.me(), current_app.config["INVITATION_DAYS"])
    form = InvitationForm(collaboration, collaboration.groups, defaults)
    if not form.validate_on_submit():
        may_upload = permissions.may_invite_in_bulk(access.my_rights(), collaboration)
        page = render_template(
            "collaborations/invite.html",
            collaboration=collaboration,
            form=form,
            defaults=defaults,
            most=inviting.MOST_AT_ONCE,
            may_upload=may_upload,
        )
        return page, 422 if form.is_submitted() else 200
    invited = inviting.invite(collaboration, access.me(), form.line, form.group_ids, defaults)
    db.session.commit()
    _tell(invited)
    return _to_members(collaboration)


def _tell(invited: inviting.Invited) -> None:
    if invited.made:
        words = ngettext(
            "%(num)s person is invited; the mail is on its way.",
            "%(num)s people are invited; the mails are on their way.",
            len(invited.made),
        )
        flash(words, "success")
    if invited.skipped:
        flash(invited.skipped_in_words, "info")


@bp.post("/invitations/<uuid:invitation_id>/resend")
@access.invitation(permissions.may_invite)
def resend(invitation: Invitation) -> Response:
    invitations.resend(invitation.id, current_app.config["INVITATION_DAYS"])
    db.session.commit()
    flash(_("Sent again to %(email)s. Only the link in the new mail works.", email=invitation.email), "success")
    return _to_members(invitation.collaboration)


@bp.get("/invitations/<uuid:invitation_id>/revoke")
@access.invitation(permissions.may_invite)
def ask_to_revoke(invitation: Invitation) -> str:
    return _confirm(
        invitation.collaboration,
        _("Revoke the invitation"),
        _(
            "The link in the mail to %(email)s will no longer work. You can invite the same person again later.",
            email=invitation.email,
        ),
        _("Revoke"),
    )


@bp.post("/invitations/<uuid:invitation_id>/revoke")
@access.invitation(permissions.may_invite)
def revoke(invitation: Invitation) -> Response:
    invitations.revoke(invitation.id)
    db.session.commit()
    flash(_("The invitation of %(email)s is revoked.", email=invitation.email), "success")
    return _to_members(invitation.collaboration)


# Members.


@bp.get("/memberships/<uuid:membership_id>/remove")
@access.membership(permissions.may_invite)
def ask_to_remove(membership: Membership) -> str:
    return _confirm(
        membership.collaboration,
        _("Remove a member"),
        _(
            "%(name)s (%(email)s) will no longer be a member of %(collaboration)s or of its groups.",
            name=membership.user.name,
            email=membership.user.email,
            collaboration=membership.collaboration.name,
        ),
        _("Remove"),
    )


@bp.post("/memberships/<uuid:membership_id>/remove")
@access.membership(permissions.may_invite)
def remove(membership: Membership) -> Response:
    collaborations.remove_member(membership, access.by())
    db.session.commit()
    flash(_("%(name)s is no longer a member.", name=membership.user.name), "success")
    return _to_members(membership.collaboration)


def _confirm(collaboration: Collaboration, title: str, sentence: str, submit_label: str) -> str:
    members_url = url_for("collaborations.members", collaboration_id=collaboration.id)
    crumbs = [
        (_("Collaborations"), url_for("collaborations.index")),
        (collaboration.name, url_for("collaborations.show", collaboration_id=collaboration.id)),
        (_("Members"), members_url),
    ]
    return render_template(
        "confirm.html",
        title=title,
        sentence=sentence,
        submit_label=submit_label,
        cancel_url=members_url,
        crumbs=crumbs,
    )


def _to_members(collaboration: Collaboration) -> Response:
    """To the Members tab; who has just removed themselves sees it no more, and goes to the list."""
    if permissions.may_see_collaboration(rights_of(access.me()), collaboration):
        return redirect(url_for("collaborations.members", collaboration_id=collaboration.id), 303)
    return redirect(url_for("collaborations.index"), 303)
