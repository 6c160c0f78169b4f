"""The table of roles, as people of each role try it: on the pages, and by the API where they may have a key.

A row is something to do, a column a role; a cell names where it may be done, by that role of that person. What
the cell does not name is refused, with 403 or 404, and nothing happens. Whether every route has its rule is another
table's business: `tests.house.test_access` and `tests.house.test_api_access`.
"""

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from models import Batch, Collaboration, Course, Invitation, Membership, Organisation, User, db
from models.batch import EnrolmentType
from models.collaboration import Role
from tests.clients import Client
from tests.people import (
    a_batch,
    a_course,
    a_membership,
    a_person,
    an_invitation,
    the_collaboration,
    the_person,
)
from tests.programs import Program, a_key
from tests.teaching import a_teacher, batch, in_days, pradesh

#: Collaborations: in the unit Yoda, in the unit Medicine, in no unit; and another organisation's.
COLLABORATIONS = {"C": "cumulusgrp", "S": "stratusgrp", "N": "nimbusgrp", "A": "auroragrp"}
ORGANISATIONS = {"H": "uniharderwijk", "O": "otherland", "P": "pradesh"}
#: Batches of Pradesh: one with the mentor named, one that the mentor has created, one of neither; and of Harderwijk.
BATCHES = {"n": "Pilot", "c": "Created", "o": "Other", "h": "Elsewhere"}

WHO = {
    "platform": "platform@muster.test",
    "admin": "admin@harderwijk.test",
    "manager": "manager@harderwijk.test",
    "unit": "yoda@harderwijk.test",
    "co_admin": "coadmin@harderwijk.test",
    "co_member": "member@harderwijk.test",
    "mentor": "mentor@pradesh.test",
    "anyone": "teacher@pradesh.test",
    "state": "state@pradesh.test",
    "smanager": "manager@pradesh.test",
}
#: Those for whom some key may be made.
WITH_KEYS = ("platform", "admin", "unit", "state")

TABLE = """
                             platform  admin manager unit  co_admin co_member mentor anyone state smanager
upload invitations           CSNA      CSN   CSN     C     -        -         -      -      -     -
invite one by one            CSNA      CSN   CSN     C     C        -         -      -      -     -
resend                       CSNA      CSN   CSN     C     C        -         -      -      -     -
revoke                       CSNA      CSN   CSN     C     C        -         -      -      -     -
see the members              CSNA      CSN   CSN     C     C        C         -      -      -     -
see their addresses          CSNA      CSN   CSN     C     C        -         -      -      -     -
change a member              CSNA      CSN   CSN     C     C        -         -      -      -     -
remove a member              CSNA      CSN   CSN     C     C        -         -      -      -     -
make groups                  CSNA      CSN   CSN     C     C        -         -      -      -     -
set labels                   CSNA      CSN   CSN     C     -        -         -      -      -     -
change a collaboration       CSNA      CSN   CSN     -     -        -         -      -      -     -
make collaborations          HOP       H     H       -     -        -         -      -      P     P
make units                   HOP       H     -       -     -        -         -      -      P     -
give roles                   HOP       H     -       -     -        -         -      -      P     -
name mentors                 HOP       H     H       -     -        -         -      -      P     P
make courses                 HOP       H     H       -     -        -         -      -      P     P
have API keys                HOP       H     -       H     -        -         -      -      P     -
read the audit log           HOP       H     -       -     -        -         -      -      P     -
change the settings          HOP       H     -       -     -        -         -      -      P     -
make a batch                 ncoh      h     h       -     -        -         nco    -      nco   nco
edit a batch                 ncoh      h     h       -     -        -         nc     -      nco   nco
see its dashboard            ncoh      h     h       -     -        -         nc     -      nco   nco
download its progress        ncoh      h     h       -     -        -         nc     -      nco   nco
add in its window            ncoh      h     h       -     -        -         nc     -      nco   nco
add in bulk                  ncoh      h     -       -     -        -         -      -      nco   -
remove in bulk               ncoh      h     -       -     -        -         -      -      nco   -
enrol by bulk_enroll         ncoh      -     -       -     -        -         -      -      -     -
make organisations           *         -     -       -     -        -         -      -      -     -
read the whole audit log     *         -     -       -     -        -         -      -      -     -
join an open batch           *         *     *       *     *        *         *      *      *     *
see what is one's own        *         *     *       *     *        *         *      *      *     *
"""


def cells() -> dict[str, dict[str, str]]:
    """By row and role: the letters of the places."""
    head, *lines = TABLE.strip().splitlines()
    table = {}
    for line in lines:
        name, *places = line.rsplit(maxsplit=len(WHO))
        table[name.strip()] = dict(zip(head.split(), places, strict=True))
    return table


ROWS = cells()


class Actor:
    """Somebody with a browser; and with a key, where there may be one."""

    def __init__(self, world: Flask, role: str) -> None:
        self.page = Client(world).sign_in(WHO[role])
        self.page.checks_pages = False  # there are some hundred of them, which other tests look at
        self.program = Program(world, a_key(WHO[role]).secret) if role in WITH_KEYS else None


def has_happened(status: int) -> bool:
    assert status in {200, 201, 204, 303, 403, 404}, status
    return status < 400


# The places.


def organisation(letter: str) -> Organisation:
    return db.session.scalars(select(Organisation).where(Organisation.short_name == ORGANISATIONS[letter])).one()


def collaboration(letter: str) -> Collaboration:
    return the_collaboration(COLLABORATIONS[letter])


def a_batch_at(letter: str) -> Batch:
    return db.session.scalars(select(Batch).where(Batch.name == BATCHES[letter])).one()


def somebody() -> str:
    return f"{uuid.uuid4().hex}@example.org"


def a_member(letter: str) -> Membership:
    return a_membership(a_person(somebody()), collaboration(letter))


def invited(letter: str) -> Invitation:
    return an_invitation(somebody(), collaboration(letter), the_person(WHO["platform"]))


# What is tried. Each answers whether it has happened.

Try = Callable[[Actor, str], bool]


def by_page(path: Callable[[str], str], **form: Any) -> Try:
    """Sending a form. What is different each time comes as a function."""

    def tried(actor: Actor, letter: str) -> bool:
        filled = {name: value() if callable(value) else value for name, value in form.items()}
        where = path(letter)
        return has_happened(actor.page.post(where, data=filled).status_code)

    return tried


def by_looking(path: Callable[[str], str]) -> Try:
    return lambda actor, letter: has_happened(actor.page.get(path(letter)).status_code)


def by_api(method: str, path: Callable[[str], str], body: Callable[[str], Any] = lambda _letter: None) -> Try:
    def tried(actor: Actor, letter: str) -> bool:
        assert actor.program is not None
        where, sent = path(letter), body(letter)
        return has_happened(actor.program.open(where, method=method, json=sent).status_code)

    return tried


def upload_by_page(actor: Actor, letter: str) -> bool:
    content = f"short_names,invitees\n{COLLABORATIONS[letter]},{somebody()}\n"
    form = {"file": (io.BytesIO(content.encode()), "list.csv")}
    answer = actor.page.post("/invitations/upload", data=form, content_type="multipart/form-data")
    return has_happened(answer.status_code) and actor.page.page(answer.location).heading == "Ready: 1 invitation"


def upload_by_api(actor: Actor, letter: str) -> bool:
    assert actor.program is not None
    content = f"short_names,invitees\n{COLLABORATIONS[letter]},{somebody()}\n"
    form = {"kind": "invitations", "file": (io.BytesIO(content.encode()), "list.csv")}
    answer = actor.program.post("/api/v1/uploads", data=form, content_type="multipart/form-data")
    return has_happened(answer.status_code) and answer.json["counts"]["invitations"] == 1


def see_addresses(actor: Actor, letter: str) -> bool:
    email = a_member(letter).user.email
    answer = actor.page.get(f"/collaborations/{collaboration(letter).id}/members")
    return has_happened(answer.status_code) and email in answer.text


def settle(column: str) -> Try:
    """Whether what was sent for `column` of a collaboration's settings stands there afterwards."""

    def tried(actor: Actor, letter: str) -> bool:
        word, chosen = a_word(), collaboration(letter)
        kept = {"name": chosen.name, "short_name": chosen.short_name, "units": [str(one) for one in chosen.unit_ids]}
        actor.page.post(f"/collaborations/{chosen.id}/settings", data={**kept, column: word})
        return word in {collaboration(letter).description, *(label.name for label in collaboration(letter).labels)}

    return tried


def add_in_window(actor: Actor, letter: str) -> bool:
    chosen = a_batch_at(letter)
    dates = {"start_date": chosen.start_date.isoformat(), "enrolment_type": "invite-only", "name": chosen.name}
    teacher = a_person(somebody(), organisation_id=chosen.organisation_id)
    form = {**dates, "participants": [str(teacher.id)], "mentors": [str(one.id) for one in chosen.mentors]}
    return has_happened(actor.page.post(f"/batches/{chosen.id}/edit", data=form).status_code)


def file_of_participants(action: str) -> Try:
    def tried(actor: Actor, letter: str) -> bool:
        chosen = a_batch_at(letter)
        teacher = a_person(somebody(), organisation_id=chosen.organisation_id)
        form = {"action": action, "file": (io.BytesIO(f"identifier\n{teacher.id}\n".encode()), "list.csv")}
        answer = actor.page.post(f"/batches/{chosen.id}/participants", data=form, content_type="multipart/form-data")
        return has_happened(answer.status_code)

    return tried


def enrol(actor: Actor, letter: str) -> bool:
    assert actor.program is not None
    sent = {"action": "enroll", "courses": a_batch_at(letter).course.key, "identifiers": somebody()}
    return has_happened(actor.program.post("/api/bulk_enroll/v1/bulk_enroll", json=sent).status_code)


def ours(actor: Actor, _letter: str) -> bool:
    return all(has_happened(actor.page.get(path).status_code) for path in ("/", "/collaborations", "/courses"))


def in_collaboration(path: str) -> Callable[[str], str]:
    return lambda letter: f"/collaborations/{collaboration(letter).id}{path}"


def in_organisation(path: str) -> Callable[[str], str]:
    return lambda letter: f"/organisations/{organisation(letter).id}{path}"


def role_invitations(letter: str) -> str:
    return f"/api/v1/organisations/{ORGANISATIONS[letter]}/role-invitations"


def in_batch(path: str, before: str = "/batches") -> Callable[[str], str]:
    return lambda letter: f"{before}/{a_batch_at(letter).id}{path}"


def a_word() -> str:
    return f"w{uuid.uuid4().hex[:12]}"


def one_of_them(letter: str) -> dict[str, list[str]]:
    return {"identifiers": [str(a_person(somebody(), organisation_id=a_batch_at(letter).organisation_id).id)]}


def open_batch() -> Batch:
    return batch("Open batch")


def new_batch(_letter: str) -> dict[str, str]:
    return {"name": "Another", "enrolment_type": "invite-only", "start_date": in_days(1)}


PAGES: dict[str, Try] = {
    "upload invitations": upload_by_page,
    "invite one by one": by_page(in_collaboration("/invite"), invitees=somebody, intended_role="member"),
    "resend": by_page(lambda letter: f"/invitations/{invited(letter).id}/resend"),
    "revoke": by_page(lambda letter: f"/invitations/{invited(letter).id}/revoke"),
    "see the members": by_looking(in_collaboration("/members")),
    "see their addresses": see_addresses,
    "change a member": by_page(lambda letter: f"/memberships/{a_member(letter).id}/edit", role="admin"),
    "remove a member": by_page(lambda letter: f"/memberships/{a_member(letter).id}/remove"),
    "make groups": by_page(in_collaboration("/groups/new"), name=a_word, short_name=a_word),
    "set labels": settle("labels"),
    "change a collaboration": settle("description"),
    "make collaborations": by_page(in_organisation("/collaborations/new"), name="A name", short_name=a_word),
    "make units": by_page(in_organisation("/units/new"), name=a_word),
    "give roles": by_page(in_organisation("/people/invite"), addresses=somebody, kind="manager"),
    "name mentors": by_page(in_organisation("/people/invite"), addresses=somebody, kind="mentor"),
    "make courses": by_page(in_organisation("/courses/new"), name="A name", org=a_word, course="A1", run="2027"),
    "have API keys": by_page(in_organisation("/api-keys/new"), name="A name", until=lambda: in_days(9)),
    "read the audit log": by_looking(in_organisation("/audit-log")),
    "change the settings": by_page(in_organisation("/settings"), name="A name", time_zone="UTC"),
    "make a batch": by_page(
        lambda letter: f"/courses/{a_batch_at(letter).course.key}/batches/new", **{**new_batch("")}
    ),
    "edit a batch": by_looking(in_batch("/edit")),
    "see its dashboard": by_looking(in_batch("/dashboard")),
    "download its progress": by_looking(in_batch("/progress.csv")),
    "add in its window": add_in_window,
    "add in bulk": file_of_participants("add"),
    "remove in bulk": file_of_participants("remove"),
    "make organisations": by_page(
        lambda _letter: "/organisations/new", name=a_word, short_name=a_word, time_zone="UTC", admin_email=somebody
    ),
    "read the whole audit log": by_looking(lambda _letter: "/platform/audit-log"),
    "join an open batch": by_page(lambda _letter: f"/batches/{open_batch().id}/join"),
    "see what is one's own": ours,
}
API = "/api/v1"
CALLS: dict[str, Try] = {
    "upload invitations": upload_by_api,
    "invite one by one": by_api(
        "POST",
        lambda letter: API + in_collaboration("/invitations")(letter),
        lambda _letter: {"invitees": [somebody()]},
    ),
    "resend": by_api("POST", lambda letter: f"{API}/invitations/{invited(letter).id}/resend"),
    "revoke": by_api("DELETE", lambda letter: f"{API}/invitations/{invited(letter).id}"),
    "see the members": by_api("GET", lambda letter: API + in_collaboration("/members")(letter)),
    "change a member": by_api(
        "PATCH", lambda letter: f"{API}/memberships/{a_member(letter).id}", lambda _letter: {"role": "admin"}
    ),
    "remove a member": by_api("DELETE", lambda letter: f"{API}/memberships/{a_member(letter).id}"),
    "make groups": by_api(
        "POST",
        lambda letter: API + in_collaboration("/groups")(letter),
        lambda _letter: {"name": a_word(), "short_name": a_word()},
    ),
    "set labels": by_api(
        "PATCH", lambda letter: API + in_collaboration("")(letter), lambda _letter: {"labels": [a_word()]}
    ),
    "change a collaboration": by_api(
        "PATCH", lambda letter: API + in_collaboration("")(letter), lambda _letter: {"description": a_word()}
    ),
    "make collaborations": by_api(
        "POST",
        lambda _letter: f"{API}/collaborations",
        lambda letter: {"organisation": ORGANISATIONS[letter], "name": a_word(), "short_name": a_word()},
    ),
    "make units": by_api(
        "POST",
        lambda letter: f"{API}/organisations/{ORGANISATIONS[letter]}/units",
        lambda _letter: {"name": a_word()},
    ),
    "give roles": by_api("POST", role_invitations, lambda _letter: {"addresses": [somebody()], "role": "manager"}),
    "name mentors": by_api("POST", role_invitations, lambda _letter: {"addresses": [somebody()], "role": "mentor"}),
    "make courses": by_api(
        "POST",
        lambda _letter: f"{API}/courses",
        lambda letter: {"organisation": ORGANISATIONS[letter], "name": a_word(), "course": a_word(), "run": "1"},
    ),
    "make a batch": by_api("POST", lambda letter: f"{API}/courses/{a_batch_at(letter).course.key}/batches", new_batch),
    "edit a batch": by_api("PATCH", in_batch("", f"{API}/batches"), lambda _letter: {"description": "New"}),
    "add in bulk": by_api("POST", in_batch("/participants", f"{API}/batches"), one_of_them),
    "remove in bulk": by_api("DELETE", in_batch("/participants", f"{API}/batches"), one_of_them),
    "enrol by bulk_enroll": enrol,
}


@pytest.fixture
def cast(world: Flask) -> Flask:
    """Everybody of the table, and the batches."""
    password = {"password_hash": the_person(WHO["mentor"]).password_hash}
    a_membership(a_person(WHO["co_admin"], **password), the_collaboration("cumulusgrp"), Role.ADMIN)
    a_teacher(WHO["anyone"])
    a_person(WHO["smanager"], manager_of=pradesh(), **password)
    course = batch().course
    mentor: User = the_person(WHO["mentor"])
    a_batch(course, BATCHES["c"], created_by_id=mentor.id)
    a_batch(course, BATCHES["o"])
    elsewhere: Course = a_course(organisation("H"), "ABC101")
    a_batch(elsewhere, BATCHES["h"])
    a_batch(elsewhere, "Open batch", is_default=True, enrolment_type=EnrolmentType.OPEN)
    db.session.commit()
    return world


def places_of(row: str) -> str:
    """All that the row could name."""
    named = "".join(ROWS[row].values())
    known = next((letters for letters in (COLLABORATIONS, ORGANISATIONS, BATCHES) if {*named} & {*letters}), {"*": ""})
    return "".join(known)


@pytest.mark.parametrize("role", WHO)
def test_each_role_does_where_the_table_says_and_nowhere_else(cast: Flask, role: str) -> None:
    actor, wrong = Actor(cast, role), {}
    for row, cell in ROWS.items():
        expected = {*cell[role]} - {"-"}
        for way, tries in {"page": PAGES, "API": CALLS}.items():
            if row in tries and (way == "page" or actor.program):
                done = {letter for letter in places_of(row) if tries[row](actor, letter)}
                if done != expected:
                    wrong[f"{row}, {way}"] = ("".join(sorted(done)), "".join(sorted(expected)))
    assert wrong == {}, "done, allowed"


def test_only_those_of_the_table_may_have_a_key(cast: Flask) -> None:
    allowed = {role for role, places in ROWS["have API keys"].items() if places != "-"}
    assert allowed == {*WITH_KEYS}


def test_every_row_is_tried() -> None:
    assert {*ROWS} == {*PAGES, *CALLS}
