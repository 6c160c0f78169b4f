"""What every page has: its blueprints, and what the frame around it shows."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from domain import language
from domain.masking import masked_email
from domain.permissions import (
    may_create_organisations,
    may_have_api_keys,
    may_run_batches,
    may_run_organisations,
    may_see_some_audit_log,
    may_upload_invitations,
)
from domain.person_names import person_name
from models import User
from views import (
    access,
    account,
    api_docs,
    api_keys,
    audit_log,
    batches,
    collaboration_settings,
    collaborations,
    courses,
    dashboard,
    directory,
    groups,
    home,
    identities,
    invitations,
    join,
    languages,
    mailbox,
    memberships,
    new_address,
    operating,
    organisations,
    participants,
    passwords,
    people_import,
    platform,
    provider_sign_in,
    registering,
    role_answers,
    role_invitations,
    roles,
    session,
    units,
    uploads,
)


def register(app: Flask) -> None:
    rooms = (
        home,
        session,
        account,
        new_address,
        passwords,
        provider_sign_in,
        identities,
        invitations,
        uploads,
        collaborations,
        collaboration_settings,
        groups,
        memberships,
        courses,
        batches,
        dashboard,
        participants,
        join,
        registering,
        api_docs,
        organisations,
        platform,
        roles,
        role_invitations,
        role_answers,
        directory,
        people_import,
        units,
        api_keys,
        audit_log,
        languages,
        mailbox,
        operating,
    )
    for blueprint in (room.bp for room in rooms):
        app.register_blueprint(blueprint)
    app.context_processor(_frame)
    app.add_template_filter(language.day, "day")
    app.add_template_filter(language.minute, "minute")
    app.add_template_filter(language.name_of, "language_name")
    app.add_template_filter(masked_email)
    app.add_template_filter(person_name)
    app.add_template_filter(language.number, "numberformat")
    app.url_defaults(_with_hash)
    app.extensions["has_htmx"] = (Path(app.static_folder or "") / "vendor" / "htmx.min.js").exists()


@dataclass(frozen=True, slots=True)
class NavigationItem:
    label: str
    url: str
    is_current: bool


def _frame() -> dict[str, Any]:
    """The context of base.html. It asks for the person only where they are known already: an error page comes last."""
    me = access.me_if_known()
    return {
        "me": me,
        "navigation": list(_navigation(me)),
        "has_api_keys": me is not None and may_have_api_keys(access.my_rights()),
        "has_audit_log": me is not None and may_see_some_audit_log(access.my_rights()),
        "demo": current_app.config["DEMO"],
        "has_htmx": current_app.extensions["has_htmx"],
        "has_mailbox": current_app.extensions["mailbox"] is not None,
        "language": language.tag_of(str(get_locale())),
        "languages": [] if me else languages.offers(),
    }


def _navigation(me: User | None) -> Iterator[NavigationItem]:
    """Where this person may go."""
    if me is None:
        return
    sections = [
        (_("Start"), "home.index"),
        (_("Collaborations"), "collaborations.index"),
        (_("Courses"), "courses.index"),
    ]
    if may_upload_invitations(access.my_rights()):
        sections[1:1] = [(_("Upload invitations"), "invitations.upload"), (_("Uploads"), "uploads.index")]
    if may_run_batches(access.my_rights()):
        sections.append((_("Batches"), "batches.workspace"))
    if may_run_organisations(access.my_rights()):
        runs_all = may_create_organisations(access.my_rights())
        sections.append((_("Organisations") if runs_all else _("Organisation"), "organisations.index"))
    for label, endpoint in sections:
        yield NavigationItem(label, url_for(endpoint), endpoint.partition(".")[0] == _section())


def _section() -> str | None:
    """Where this page belongs: roles and units to their organisation; batches to their course, but for the workspace
    and what is reached from it.
    """
    if request.endpoint == "batches.workspace" or request.args.get("from") == "workspace":
        return "batches"
    if request.blueprint in {"platform", "roles", "role_invitations", "directory", "people_import", "units"}:
        return "organisations"
    if request.blueprint in {"collaboration_settings", "groups", "memberships"}:
        return "collaborations"
    return "courses" if request.blueprint in {"batches", "dashboard", "participants"} else request.blueprint


def _with_hash(endpoint: str, values: dict[str, Any]) -> None:
    """Static files carry a hash of their content: they may be kept for ever, and a new one is fetched at once."""
    if endpoint == "static" and "filename" in values and current_app.static_folder:
        values["v"] = _hash_of(Path(current_app.static_folder) / values["filename"])


@cache
def _hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
