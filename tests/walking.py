"""A walk through the whole house, in an organisation that `tests.benchmarks.million` has filled: every page and every
call, as everybody who may, with what lists are searched by, sorted by and turned to; and what the clock does.
"""

import html
import io
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from domain.new_address import mark_of_account
from domain.people import find_by_email
from models import (
    AuditEntry,
    Batch,
    Collaboration,
    Course,
    Group,
    Identity,
    Invitation,
    Membership,
    Organisation,
    OrganisationRole,
    PendingEnrolment,
    RoleInvitation,
    Unit,
    Upload,
    User,
    db,
    now,
)
from models.invitation import InvitationStatus
from tests.programs import a_key
from views.access import OPEN_ENDPOINTS
from views.api.blueprint import ApiBlueprint
from worker import tasks

#: Who walks. Their numbers are those of `million.sql`: the first fifty people manage a unit each.
CAST = {
    "platform": "platform@muster.test",
    "state admin": "state@pradesh.test",
    "unit manager": "teacher00000007@pradesh.test",
    "mentor": "mentor@pradesh.test",
    "learner": "teacher00000052@pradesh.test",
}
PROGRAMS = ("platform", "state admin")
#: Of many, of few, of nobody, too short to be looked up by its parts, and one of exactly one person.
WORDS = ("kumar", "zuleikha", "nobody is called so", "zq", "PR-00000077")
#: Of one page: searches, and links that lead to the same list, narrowed, sorted or turned.
MOST_TURNS = 15
#: Whose lists are searched and turned: those who see everything, and those whose rights are looked up by the way.
_TURNERS = {"state admin", "unit manager"}


@dataclass(frozen=True)
class Visit:
    who: str
    method: str
    endpoint: str
    path: str
    sent: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.endpoint}) as {self.who}"


#: How a visit is made: `Visitors.visit`, with whatever is to be watched around it.
Visiting = Callable[[Visit], TestResponse]


class Visitors:
    """The cast, signed in, and the programs, with their keys."""

    def __init__(self, app: Flask) -> None:
        self.clients = {who: _signed_in(app, email) for who, email in CAST.items()}
        self.headers = {f"program of {who}": credential_of(CAST[who]) for who in PROGRAMS}
        self.clients |= {who: FlaskClient(app, app.response_class, use_cookies=False) for who in self.headers}

    def visit(self, visit: Visit) -> TestResponse:
        headers = self.headers.get(visit.who, {})
        client = self.clients[visit.who]
        db.session.commit()
        return Context().run(client.open, visit.path, method=visit.method, headers=headers, buffered=True, **visit.sent)


def _signed_in(app: Flask, email: str) -> FlaskClient:
    client = FlaskClient(app, app.response_class, use_cookies=True)
    answer = Context().run(client.post, "/login", data={"email": email, "password": "muster-demo"})
    assert answer.status_code == 303, f"{email} could not sign in"
    return client


def credential_of(email: str) -> dict[str, str]:
    organisation = None if email.startswith("platform") else "pradesh"
    return {"Authorization": f"Bearer {a_key(email, organisation).secret}"}


def walk(app: Flask, visiting: Visiting) -> None:
    """Look at everything first, then send something to everything."""
    places = places_in(app)
    for visit in looks(app, places):
        answer = visiting(visit)
        for turn in itertools.islice(turns(visit, answer), MOST_TURNS):
            visiting(turn)
    for visit in deeds(app, places):
        visiting(visit)


def sweeps() -> Sequence[Callable[[], None]]:
    """What the worker does when it starts, and every minute."""
    return [*dict.fromkeys((tasks.take_up_what_was_left, *tasks.EVERY_MINUTE))]


def turns(visit: Visit, answer: TestResponse) -> Iterator[Visit]:
    """Of a page with a list: what its search finds, and where its tabs, its headings and its pager lead."""
    if answer.status_code != 200 or answer.mimetype != "text/html" or visit.who not in _TURNERS:
        return
    for name in {*re.findall(r'<input[^>]*\bname="(q|search)"', answer.text)}:
        for words in WORDS:
            yield Visit(visit.who, "GET", visit.endpoint, f"{visit.path}?{name}={words}")
    links = re.findall(rf'href="({re.escape(visit.path)}\?[^"#]+)"', answer.text)
    for link in dict.fromkeys(map(html.unescape, links)):
        yield Visit(visit.who, "GET", visit.endpoint, link)


# What the routes are about.


def places_in(app: Flask) -> dict[str, str]:
    """A value for each place that the path of a route has."""
    pradesh = _one(select(Organisation).where(Organisation.short_name == "pradesh"))
    large = _one(select(Batch).order_by(Batch.participant_count.desc()))
    collaboration = _one(select(Collaboration).where(Collaboration.short_name == "group1"))
    is_theirs = Invitation.collaboration_id == collaboration.id
    invitation = _one(select(Invitation).where(is_theirs, Invitation.status == InvitationStatus.OPEN))
    person = _person(77)
    managers = [_person(number).id for number in range(8, 50)]
    tokens, later = app.extensions["link_tokens"], now() + timedelta(hours=1)
    course = db.session.get_one(Course, large.course_id)
    return {
        "organisation_id": pradesh.id,
        "organisation": "pradesh",
        "batch_id": large.id,
        "key": course.key,
        "collaboration_id": collaboration.id,
        "group_id": _one(select(Group).where(Group.collaboration_id == collaboration.id)).id,
        "invitation_id": invitation.id,
        "membership_id": _one(
            select(Membership).where(Membership.collaboration_id == collaboration.id, Membership.ended_at.is_(None))
        ).id,
        "upload_id": _one(select(Upload).where(Upload.organisation_id == pradesh.id)).id,
        "entry_id": _one(select(AuditEntry).where(AuditEntry.batch_id == large.id)).id,
        "role_id": _one(select(OrganisationRole).where(OrganisationRole.user_id.in_(managers))).id,
        "unit_id": _one(select(Unit).where(Unit.organisation_id == pradesh.id)).id,
        "user_id": person.id,
        "person": person.state_id,
        "role_invitation_id": _one(select(RoleInvitation).where(RoleInvitation.status == "open")).id,
        "identity_id": _one(select(Identity)).id,
        "api_key_id": a_key(CAST["state admin"], "pradesh").key.id,
        "join": tokens.join.make(invitation.id, invitation.link_number),
        "passwords": tokens.password.make(person.id, person.session_key, later),
        "new_address": tokens.address.make(person.id, mark_of_account(person), "new@pradesh.test", later),
        "registering": tokens.register.make(_one(select(PendingEnrolment)).id),
        "role_answers": tokens.role.make(_one(select(RoleInvitation).where(RoleInvitation.status == "open")).id, 1),
        "name": "nothing",
        "number": 0,
    }


def _one(query: Any) -> Any:
    return db.session.scalars(query.limit(1)).one()


def _person(number: int) -> User:
    found = find_by_email(f"teacher{number:08}@pradesh.test")
    assert found is not None
    return found


def _path(app: Flask, rule: Rule, places: Mapping[str, Any]) -> str:
    family = rule.endpoint.partition(".")[0]
    values = {place: places[family if place == "token" else place] for place in rule.arguments}
    with app.test_request_context():
        return url_for(rule.endpoint, **values)


def _rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in OPEN_ENDPOINTS:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def _who_goes(app: Flask, rule: Rule) -> list[str]:
    is_api = isinstance(app.blueprints[rule.endpoint.partition(".")[0]], ApiBlueprint)
    return [f"program of {who}" for who in PROGRAMS] if is_api else [*CAST]


def looks(app: Flask, places: Mapping[str, Any]) -> Iterator[Visit]:
    for rule, method in _rules(app):
        if method == "GET":
            path = _path(app, rule, places)
            for who in _who_goes(app, rule):
                yield Visit(who, "GET", rule.endpoint, path)


# What is sent.

#: These end the visit, or everybody's, or make another visitor of them.
_LEFT_OUT = {
    "session.sign_in",
    "account.delete",
    "account.change_password",
    "passwords.set_chosen",
    "organisations.suspend",
    "session.logout",
    "join.sign_out",
    "role_answers.sign_out",
}
_DOERS = ("state admin", "platform", "program of state admin", "program of platform")

Sent = Callable[[], dict[str, Any]]


def deeds(app: Flask, places: Mapping[str, Any]) -> Iterator[Visit]:
    """Something that can be done, where `what_is_sent` knows it; else an empty form, which is refused."""
    sent = what_is_sent(places)
    for rule, method in _rules(app):
        if method != "GET" and rule.endpoint not in _LEFT_OUT:
            for who in {*_who_goes(app, rule)}.intersection(_DOERS):
                what = sent.get(rule.endpoint, lambda: {"data": {}})
                yield Visit(who, method, rule.endpoint, _path(app, rule, places), what())


def what_is_sent(places: Mapping[str, Any], lines: int = 100) -> dict[str, Sent]:
    """By endpoint; made anew for each visit: a file is read once, a name taken once.

    `lines`: of each file, and people of each call.
    """
    return {**_forms(places), **_bodies(places, lines), **_files(lines)}


_numbers = itertools.count(101)


def _next(text: str) -> str:
    return f"{text}{next(_numbers)}"


def _teachers(lines: int) -> list[int]:
    return [*range(201, 201 + lines)]


def _in_a_few_days() -> date:
    return now().date() + timedelta(days=2)


def _forms(places: Mapping[str, Any]) -> dict[str, Sent]:
    day = _in_a_few_days()
    a_batch = {"start_date": day.isoformat(), "end_date": (day + timedelta(days=90)).isoformat()}

    def form(**given: Any) -> Sent:
        return lambda: {"data": {name: one() if callable(one) else one for name, one in given.items()}}

    return {
        "account.change_name": form(name="A name"),
        "batches.create": form(name=lambda: _next("New "), enrolment_type="invite-only", **a_batch),
        "batches.save": form(step="find-participants", find_participants=WORDS[1], find_mentors=WORDS[1], **a_batch),
        "batches.remove_participant": form(user_id=places["user_id"]),
        "collaborations.invite": form(invitees=lambda: _next("one") + "@example.org", intended_role="member"),
        "collaboration_settings.new": form(name="A new one", short_name=lambda: _next("new")),
        "courses.new": form(name="New", org="pradesh", course=lambda: _next("N"), run="2026"),
        "directory.edit": form(name="Somebody", state_id=places["person"], district=lambda: _next("District ")),
        "groups.new": form(name="A group", short_name=lambda: _next("part"), auto_provision="y", with_members="y"),
        "memberships.edit": form(role="admin", until=""),
        "passwords.ask": form(email="teacher00000300@pradesh.test"),
        "role_invitations.invite": form(addresses=lambda: _next("admin") + "@example.org", kind="admin"),
        "units.new": form(name=lambda: _next("Unit ")),
    }


def _bodies(places: Mapping[str, Any], lines: int) -> dict[str, Sent]:
    def body(**given: Any) -> Sent:
        return lambda: {"json": {name: one() if callable(one) else one for name, one in given.items()}}

    state_ids = [f"PR-{number:08}" for number in _teachers(lines)]
    addresses = ",".join(f"teacher{number:08}@pradesh.test" for number in _teachers(lines))
    progress = [{"identifier": state_id, "percent": 50} for state_id in state_ids]
    return {
        "api_participants.add": body(identifiers=state_ids),
        "api_participants.remove": body(identifiers=state_ids),
        "api_people.deactivate": body(identifiers=["PR-00000301", "PR-00000302"]),
        "api_people.reactivate": body(identifiers=["PR-00000301", "PR-00000302"]),
        "api_progress.report": body(progress=progress),
        "api_collaborations.invite": body(invitees=lambda: [_next("one") + "@example.org"]),
        "api_collaboration_settings.create": body(
            organisation="pradesh", name="A new one", short_name=lambda: _next("new")
        ),
        "api_collaboration_settings.change": body(description="What it is for."),
        "api_courses.create": body(organisation="pradesh", course=lambda: _next("A"), run="2026", name="New"),
        "api_courses.change": body(description="What it is about."),
        "api_batches.create": body(name=lambda: _next("New "), start_date=_in_a_few_days().isoformat()),
        "api_batches.change": body(description="Whom it is for."),
        "api_groups.create": body(name="A group", short_name=lambda: _next("part")),
        "api_groups.change": body(name="Another name"),
        "api_memberships.change": body(role="admin"),
        "api_role_invitations.invite": body(addresses=lambda: [_next("admin") + "@example.org"], role="admin"),
        "api_units.create": body(name=lambda: _next("Unit ")),
        "api_units.change": body(name=lambda: _next("Unit ")),
        "openedx.bulk_enroll": body(action="enroll", auto_enroll=True, courses=places["key"], identifiers=addresses),
        "sunbird.add": body(request={"userIds": [str(places["user_id"])]}),
        "sunbird.remove": body(request={"userIds": [str(places["user_id"])]}),
        "sunbird.list_participants": body(request={"batch": {"batchId": str(places["batch_id"])}}),
    }


def _files(lines: int) -> dict[str, Sent]:
    def file(head: str, each: Callable[[int], str], **given: str) -> Sent:
        content = "\n".join([head, *map(each, _teachers(lines))]).encode()
        return lambda: {"data": {**given, "file": (io.BytesIO(content), "some.csv")}}

    def an_invitation(number: int) -> str:
        return f"group{1 + number % 20},new{number}@example.org"

    return {
        "invitations.receive": file("short_names,invitees", an_invitation),
        "api_uploads.create": file("short_names,invitees", an_invitation, kind="invitations"),
        "people_import.receive": file(
            "name,email,state_id,district", lambda number: f"New {number},new{number}@pradesh.test,NEW-{number},North"
        ),
        "participants.receive": file("identifier", lambda number: f"PR-{number:08}", action="add"),
    }
