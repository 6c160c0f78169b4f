"""The audit log: an organisation's for its admins, all of it for platform admins."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from domain import audit_log, audit_people, audit_words, permissions
from domain.audit_log import Wanted
from domain.audit_people import Found
from domain.days import today_in
from models import AuditEntry, Organisation
from models.audit import AuditAction
from views import access
from views.downloads import csv_file
from views.forms.typed import typed_on_a_line
from views.paging import SIZE

bp = Blueprint("audit_log", __name__)

#: What nobody means by a day of the log, and what no database counts with.
_YEARS = range(1900, 9999)


@dataclass(frozen=True, slots=True)
class Log:
    """An organisation's, or without one the whole platform's."""

    organisation: Organisation | None

    @property
    def name(self) -> str:
        return self.organisation.name if self.organisation else _("Whole platform")

    def url(self, page: str = "list", **places: Any) -> str:
        if self.organisation is None:
            return url_for(f"audit_log.platform_{page}", **places)
        return url_for(f"audit_log.organisation_{page}", organisation_id=self.organisation.id, **places)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; what it cannot ask for is passed over."""

    words: str
    action: AuditAction | None
    since: date | None
    until: date | None

    @property
    def kept(self) -> dict[str, str]:
        """The same, as the address says it."""
        days = {name: day.isoformat() for name, day in (("from", self.since), ("to", self.until)) if day}
        kept = {"q": self.words, "action": self.action or "", **days}
        return {name: value for name, value in kept.items() if value}

    def wanted(self, found: Found) -> Wanted | None:
        """None: it is not clear whom it asks for."""
        if self.words and len(found.people) != 1:
            return None
        person = found.people[0] if self.words else None
        return Wanted(person, self.action, self.since, self.until)


@dataclass(frozen=True, slots=True)
class Listing:
    entries: Sequence[AuditEntry]
    #: Empty where there is nowhere to go.
    first_url: str | None
    previous_url: str | None
    next_url: str | None
    last_url: str | None


@bp.get("/audit-log")
@access.needs(permissions.may_see_some_audit_log)
def index() -> str | AnyResponse:
    """The logs; whoever may read only one goes there."""
    rights = access.my_rights()
    logs = [Log(organisation) for organisation in audit_log.organisations_for(rights)]
    if permissions.may_see_whole_audit_log(rights):
        logs.insert(0, Log(None))
    if len(logs) == 1:
        return redirect(logs[0].url(), 303)
    return render_template("audit_log/index.html", logs=logs)


@bp.get("/organisations/<uuid:organisation_id>/audit-log")
@access.organisation(permissions.may_see_audit_log_of)
def organisation_list(organisation: Organisation) -> str:
    return _list(Log(organisation))


@bp.get("/platform/audit-log")
@access.needs(permissions.may_see_whole_audit_log)
def platform_list() -> str:
    return _list(Log(None))


def _list(log: Log) -> str:
    asked = _asked_here()
    found = _found(log, asked)
    wanted = asked.wanted(found)
    return render_template(
        "audit_log/list.html",
        log=log,
        asked=asked,
        found=found,
        person=wanted.person if wanted else None,
        listing=_listing(log, asked, wanted) if wanted else None,
        actions={action.value: audit_words.name_of(action) for action in AuditAction},
        words=audit_words,
    )


def _listing(log: Log, asked: Asked, wanted: Wanted) -> Listing:
    start = audit_log.start_of(**{name: request.args.get(name, "") for name in ("after", "before", "at")})
    page = audit_log.page_of(log.organisation, wanted, start, SIZE)
    kept: Mapping[str, Any] = asked.kept
    return Listing(
        page.items,
        first_url=log.url(**kept) if page.before else None,
        previous_url=log.url(**kept, before=page.before.as_text()) if page.before else None,
        next_url=log.url(**kept, after=page.after.as_text()) if page.after else None,
        last_url=log.url(**kept, at="last") if page.after else None,
    )


# As files.


@bp.get("/organisations/<uuid:organisation_id>/audit-log.csv")
@access.organisation(permissions.may_see_audit_log_of)
def organisation_file(organisation: Organisation) -> Response:
    return _file(Log(organisation))


@bp.get("/platform/audit-log.csv")
@access.needs(permissions.may_see_whole_audit_log)
def platform_file() -> Response:
    return _file(Log(None))


def _file(log: Log) -> Response:
    """All pages of what is asked for."""
    asked = _asked_here()
    wanted = asked.wanted(_found(log, asked)) or abort(404)
    short_name = log.organisation.short_name if log.organisation else "platform"
    today = today_in(audit_log.time_zone_of(log.organisation))
    return csv_file(audit_log.file_of(log.organisation, wanted), f"audit-log-{short_name}-{today}.csv")


@bp.get("/organisations/<uuid:organisation_id>/audit-log/<uuid:entry_id>.csv")
@access.organisation(permissions.may_see_audit_log_of)
def organisation_people(organisation: Organisation, entry_id: uuid.UUID) -> Response:
    return _people(Log(organisation), entry_id)


@bp.get("/platform/audit-log/<uuid:entry_id>.csv")
@access.needs(permissions.may_see_whole_audit_log)
def platform_people(entry_id: uuid.UUID) -> Response:
    return _people(Log(None), entry_id)


def _people(log: Log, entry_id: uuid.UUID) -> Response:
    entry = audit_log.entry_of(log.organisation, entry_id) or abort(404)
    return csv_file(audit_log.people_of(entry), f"people-{entry.at:%Y-%m-%d}.csv")


# What is asked for.


def _asked_here() -> Asked:
    action = request.args.get("action", "")
    return Asked(
        words=typed_on_a_line(request.args.get("q"))[:200],
        action=AuditAction(action) if action in [*AuditAction] else None,
        since=_day(request.args.get("from", "")),
        until=_day(request.args.get("to", "")),
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _found(log: Log, asked: Asked) -> Found:
    return audit_people.find(log.organisation, asked.words) if asked.words else Found([])
