"""The groups of a collaboration: its Groups tab, making one, changing it, and doing away with it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import groups, permissions
from domain.paging import page_of
from models import Collaboration, Group, db
from views import access
from views.collaboration_tabs import tab_of
from views.forms.group import GroupForm
from views.paging import SIZE, links_of, page_asked_for

bp = Blueprint("groups", __name__)


@bp.get("/collaborations/<uuid:collaboration_id>/groups")
@access.collaboration(permissions.may_see_collaboration)
def index(collaboration: Collaboration) -> str:
    page = page_of(groups.groups_of(collaboration), page_asked_for(), SIZE)
    may_edit_groups = permissions.may_edit_groups(access.my_rights(), collaboration)
    lines, links = groups.lines_of(page.items), links_of(page)
    return tab_of(collaboration, "groups", lines=lines, links=links, may_edit_groups=may_edit_groups)


@bp.route("/collaborations/<uuid:collaboration_id>/groups/new", methods=["GET", "POST"])
@access.collaboration(permissions.may_edit_groups)
def new(collaboration: Collaboration) -> Response | tuple[str, int]:
    form = GroupForm()
    if form.validate_on_submit():
        made = groups.create(access.my_rights(), collaboration, form.wanted, access.by())
        if made.group:
            db.session.commit()
            flash(_("“%(name)s” is made.", name=made.group.name), "success")
            return _to_groups(collaboration)
        form.tell(made.problems)
    page = render_template("groups/new.html", collaboration=collaboration, form=form)
    return page, 422 if form.is_submitted() else 200


@bp.route("/groups/<uuid:group_id>/edit", methods=["GET", "POST"])
@access.group(permissions.may_edit_groups)
def edit(group: Group) -> Response | tuple[str, int]:
    form = GroupForm.for_group(group)
    if form.validate_on_submit():
        problems = groups.change(access.my_rights(), group, form.wanted, access.by())
        if not problems:
            db.session.commit()
            flash(_("“%(name)s” is saved.", name=group.name), "success")
            return _to_groups(group.collaboration)
        form.tell(problems)
    page = render_template("groups/edit.html", group=group, collaboration=group.collaboration, form=form)
    return page, 422 if form.is_submitted() else 200


@bp.get("/groups/<uuid:group_id>/delete")
@access.group(permissions.may_edit_groups)
def ask_to_delete(group: Group) -> str:
    collaboration, edit_url = group.collaboration, url_for("groups.edit", group_id=group.id)
    return render_template(
        "confirm.html",
        title=_("Delete the group “%(name)s”", name=group.name),
        sentence=groups.what_deleting_does(group),
        submit_label=_("Delete group"),
        cancel_url=edit_url,
        crumbs=[
            (collaboration.name, url_for("collaborations.show", collaboration_id=collaboration.id)),
            (_("Groups"), url_for("groups.index", collaboration_id=collaboration.id)),
            (group.name, edit_url),
        ],
    )


@bp.post("/groups/<uuid:group_id>/delete")
@access.group(permissions.may_edit_groups)
def delete(group: Group) -> Response:
    name, collaboration = group.name, group.collaboration
    groups.delete_group(access.my_rights(), group, access.by())
    db.session.commit()
    flash(_("“%(name)s” is deleted.", name=name), "success")
    return _to_groups(collaboration)


def _to_groups(collaboration: Collaboration) -> Response:
    return redirect(url_for("groups.index", collaboration_id=collaboration.id), 303)
