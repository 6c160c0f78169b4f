"""Inviting people to a role in an organisation, and what becomes of the invitations."""

from flask import Blueprint, current_app, flash, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from domain import permissions, role_invitations, role_inviting, roles, units
from domain.inviting import Invited
from models import Organisation, RoleInvitation, db
from views import access
from views.forms.role import RoleInvitationForm
from views.roles import crumbs_of, to_people

bp = Blueprint("role_invitations", __name__)


@bp.route("/organisations/<uuid:organisation_id>/people/invite", methods=["GET", "POST"])
@access.organisation(permissions.may_name_mentors)
def invite(organisation: Organisation) -> Response | tuple[str, int]:
    kinds = roles.kinds_decided_by(access.my_rights(), organisation)
    form = RoleInvitationForm(kinds, db.session.scalars(units.units_of(organisation)))
    if form.validate_on_submit():
        days = current_app.config["INVITATION_DAYS"]
        answer = role_inviting.invite(access.my_rights(), organisation, access.me(), form.said, days, access.by())
        if not answer.problems:
            db.session.commit()
            _tell(answer.invited)
            return to_people(organisation)
        form.tell(answer.problems)
    page = render_template(
        "role_invitations/invite.html",
        organisation=organisation,
        form=form,
        most=role_inviting.MOST_AT_ONCE,
        only_mentors=kinds == [roles.Kind.MENTOR],
    )
    return page, 422 if form.is_submitted() else 200


def _tell(invited: Invited) -> None:
    if invited.made:
        words = ngettext(
            "%(num)s person is invited; the mail is on its way.",
            "%(num)s people are invited; the mails are on their way.",
            len(invited.made),
        )
        flash(words, "success")
    if invited.skipped:
        flash(invited.skipped_in_words, "info")


@bp.post("/role-invitations/<uuid:role_invitation_id>/resend")
@access.role_invitation(permissions.may_decide_on_role)
def resend(role_invitation: RoleInvitation) -> Response:
    days = current_app.config["INVITATION_DAYS"]
    role_invitations.resend(access.my_rights(), role_invitation.id, days)
    db.session.commit()
    flash(_("Sent again to %(email)s. Only the link in the new mail works.", email=role_invitation.email), "success")
    return to_people(role_invitation.organisation)


@bp.get("/role-invitations/<uuid:role_invitation_id>/revoke")
@access.role_invitation(permissions.may_decide_on_role)
def ask_to_revoke(role_invitation: RoleInvitation) -> str:
    organisation = role_invitation.organisation
    return render_template(
        "confirm.html",
        title=_("Revoke the invitation"),
        sentence=_(
            "The link in the mail to %(email)s, to be %(role)s of %(organisation)s, will no longer work. You can "
            "invite the same person again later.",
            email=role_invitation.email,
            role=roles.words_of(role_invitation),
            organisation=organisation.name,
        ),
        submit_label=_("Revoke"),
        cancel_url=url_for("roles.index", organisation_id=organisation.id),
        crumbs=crumbs_of(organisation),
    )


@bp.post("/role-invitations/<uuid:role_invitation_id>/revoke")
@access.role_invitation(permissions.may_decide_on_role)
def revoke(role_invitation: RoleInvitation) -> Response:
    role_invitations.revoke(access.my_rights(), role_invitation.id, access.by())
    db.session.commit()
    flash(_("The invitation of %(email)s is revoked.", email=role_invitation.email), "success")
    return to_people(role_invitation.organisation)
