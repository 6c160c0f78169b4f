"""What a member is in a collaboration, changed by form."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import memberships, permissions
from models import Membership, db
from views import access
from views.forms.membership import MembershipForm

bp = Blueprint("memberships", __name__)


@bp.route("/memberships/<uuid:membership_id>/edit", methods=["GET", "POST"])
@access.membership(permissions.may_invite)
def edit(membership: Membership) -> Response | tuple[str, int]:
    form, collaboration = MembershipForm(membership), membership.collaboration
    if form.validate_on_submit():
        problems = memberships.change(access.my_rights(), membership, form.wanted, access.by())
        if not problems:
            db.session.commit()
            flash(_("What %(name)s is in the collaboration is saved.", name=membership.user.name), "success")
            return redirect(url_for("collaborations.members", collaboration_id=collaboration.id), 303)
        form.tell(problems)
    page = render_template("memberships/edit.html", membership=membership, collaboration=collaboration, form=form)
    return page, 422 if form.is_submitted() else 200
