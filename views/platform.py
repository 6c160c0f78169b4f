"""What is of the whole platform: its admins, and the way to the other pages about it."""

import uuid

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import permissions, platform_admins
from domain.paging import page_of
from domain.people import rights_of
from models import User, db
from views import access
from views.forms.platform import PlatformAdminForm
from views.paging import SIZE, links_of, page_asked_for
from views.tabs import Tab

bp = Blueprint("platform", __name__)


@bp.app_template_global()
def platform_tabs(shown: str) -> list[Tab]:
    """The pages about the platform, which are for its admins; `shown`: which of them this is."""
    pages = {
        "organisations": (_("Organisations"), "organisations.index"),
        "admins": (_("Platform admins"), "platform.admins"),
        "api_keys": (_("API keys"), "api_keys.platform_list"),
        "audit_log": (_("Audit log"), "audit_log.platform_list"),
    }
    return [Tab(label, url_for(endpoint), name == shown) for name, (label, endpoint) in pages.items()]


@bp.get("/platform/admins")
@access.needs(permissions.may_name_platform_admins)
def admins() -> str:
    page = page_of(platform_admins.all_of_them(), page_asked_for(), SIZE)
    return render_template("platform/admins.html", page=page, links=links_of(page))


@bp.route("/platform/admins/new", methods=["GET", "POST"])
@access.needs(permissions.may_name_platform_admins)
def new_admin() -> Response | tuple[str, int]:
    form = PlatformAdminForm()
    if form.validate_on_submit():
        problem = platform_admins.name(access.my_rights(), form.email.data, access.by())
        if problem is None:
            db.session.commit()
            flash(_("%(email)s is a platform admin now. No mail tells them: do.", email=form.email.data), "success")
            return redirect(url_for("platform.admins"), 303)
        form.email.errors = [problem]
    return render_template("platform/new_admin.html", form=form), 422 if form.is_submitted() else 200


@bp.get("/platform/admins/<uuid:user_id>/take-away")
@access.needs(permissions.may_name_platform_admins)
def ask_to_take(user_id: uuid.UUID) -> str:
    admin = _admin(user_id)
    admins_url = url_for("platform.admins")
    return render_template(
        "confirm.html",
        title=_("Take platform admin away"),
        sentence=_(
            "%(name)s (%(email)s) will no longer be a platform admin, nor do their API keys of the platform reach "
            "beyond what else they may do. Their account stays, and so do their other roles.",
            name=admin.name,
            email=admin.email,
        ),
        submit_label=_("Take away"),
        cancel_url=admins_url,
        crumbs=[(_("Start"), url_for("home.index")), (_("Platform admins"), admins_url)],
    )


@bp.post("/platform/admins/<uuid:user_id>/take-away")
@access.needs(permissions.may_name_platform_admins)
def take(user_id: uuid.UUID) -> Response:
    """Who has just taken it from themself may not see who the others are, and goes to the start."""
    admin = _admin(user_id)
    platform_admins.take(access.my_rights(), admin, access.by())
    db.session.commit()
    flash(_("%(name)s is no longer a platform admin.", name=admin.name), "success")
    still_may = permissions.may_name_platform_admins(rights_of(access.me()))
    return redirect(url_for("platform.admins" if still_may else "home.index"), 303)


def _admin(user_id: uuid.UUID) -> User:
    return platform_admins.one(user_id) or abort(404)
