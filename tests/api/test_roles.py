"""Who is what in an organisation by our own API: listed, invited, changed and taken away, as the pages do it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from models import AuditEntry, Letter, Organisation, OrganisationRole, RoleInvitation, Unit, db, now
from models.api_key import api_key_units
from models.audit import AuditAction, Through
from models.invitation import InvitationStatus
from models.organisation import OrganisationRoleName
from models.outbox import LetterKind
from tests.people import a_batch, a_course, a_person, a_role_invitation, the_person
from tests.programs import Program, a_key, program
from tests.queries import counted

HERE = "/api/v1/organisations/uniharderwijk"
ADMIN, MANAGER, YODA = "admin@harderwijk.test", "manager@harderwijk.test", "yoda@harderwijk.test"
NEW = "new@example.org"


@pytest.fixture
def aaltje(world: Flask) -> Program:
    return program(world, ADMIN)


def harderwijk() -> Organisation:
    return db.session.scalars(select(Organisation).where(Organisation.short_name == "uniharderwijk")).one()


def unit(name: str = "Yoda data management") -> Unit:
    return db.session.scalars(select(Unit).where(Unit.name == name)).one()


def role_of(email: str) -> OrganisationRole:
    return db.session.scalars(select(OrganisationRole).where(OrganisationRole.user_id == the_person(email).id)).one()


def role(email: str) -> str:
    return f"/api/v1/roles/{role_of(email).id}"


def an_invitation(**given: Any) -> RoleInvitation:
    invitation = a_role_invitation(NEW, harderwijk(), the_person(ADMIN), **given)
    db.session.commit()
    return invitation


def invite(caller: Program, *addresses: str, role: str = "mentor", **given: Any) -> TestResponse:
    return caller.post(f"{HERE}/role-invitations", json={"addresses": addresses, "role": role, **given})


def problems(answer: TestResponse) -> dict[str, str]:
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    return {error["pointer"]: error["message"] for error in answer.json["errors"]}


def names(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200
    return [item["name"] for item in answer.json["items"]]


def newest_entry() -> AuditEntry:
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


# Roles.


def test_roles_are_listed_by_the_name_of_the_person(aaltje: Program) -> None:
    answer = aaltje.get(f"{HERE}/roles")
    assert names(answer) == ["Aaltje de Vries", "Mehmet Yilmaz", "Yolanda Damen"]
    assert [item["role"] for item in answer.json["items"]] == ["admin", "manager", "unit-manager"]
    yoda = answer.json["items"][2]
    assert yoda == {
        "id": str(role_of(YODA).id),
        "role": "unit-manager",
        "units": ["Yoda data management"],
        "user_id": str(the_person(YODA).id),
        "name": "Yolanda Damen",
        "email": YODA,
        "account": "open",
        "created_at": yoda["created_at"],
    }


def test_they_are_searched_and_come_once_page_by_page(aaltje: Program) -> None:
    for number in range(5):
        a_person(f"m{number}@harderwijk.test", name="Same", mentor_in=harderwijk(), is_active=False)
    found = aaltje.get(f"{HERE}/roles?search=SAME").json["items"]
    assert {item["account"] for item in found} == {"deactivated"}
    seen, cursor = [], ""
    while cursor is not None:
        page = aaltje.get(f"{HERE}/roles?limit=2&search=same&cursor={cursor}").json
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert (len(seen), len({*seen})) == (5, 5)


def test_lists_cost_the_same_queries_for_few_and_for_many(aaltje: Program) -> None:
    def queries(what: str) -> int:
        with counted() as statements:
            aaltje.get(f"{HERE}/{what}?limit=1000")
        return len(statements)

    an_invitation(units=[unit()])
    queries("roles")
    few = [queries("roles"), queries("role-invitations")]
    for number in range(20):
        a_person(f"manager{number}@harderwijk.test", manages=[unit()])
        inviter = a_person(f"inviter{number}@harderwijk.test")
        a_role_invitation(f"i{number}@example.org", harderwijk(), inviter, units=[unit()])
    assert [queries("roles"), queries("role-invitations")] == few


def test_a_manager_manages_other_units_then_all_then_some(aaltje: Program) -> None:
    path = role(YODA)
    both = ["medicine", "Yoda data management"]
    assert aaltje.patch(path, json={"units": both}).json["units"] == ["Medicine", "Yoda data management"]
    answer = aaltje.patch(path, json={"role": "manager"}).json
    assert (answer["role"], answer["units"]) == ("manager", [])
    answer = aaltje.patch(path, json={"role": "unit-manager", "units": ["Medicine"]}).json
    assert (answer["role"], answer["units"]) == ("unit-manager", ["Medicine"])
    assert (newest_entry().action, newest_entry().through) == (AuditAction.ROLE_CHANGED, Through.API)


def test_what_is_left_out_stays(aaltje: Program) -> None:
    for body in ({}, {"role": "unit-manager"}):
        assert aaltje.patch(role(YODA), json=body).json["units"] == ["Yoda data management"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"units": []}, {"/units": "Choose the units that they manage."}),
        ({"units": ["Law"]}, {"/units": "There is no unit “Law”."}),
        ({"role": "admin"}, {"/role": "Input should be 'manager' or 'unit-manager'"}),
        (
            {"role": "manager", "units": ["Medicine"]},
            {"/units": "Only unit managers have units: choose that role, or no units."},
        ),
    ],
)
def test_what_a_manager_cannot_manage_is_told(aaltje: Program, body: Any, expected: dict[str, str]) -> None:
    assert problems(aaltje.patch(role(YODA), json=body)) == expected
    assert [one.name for one in role_of(YODA).units] == ["Yoda data management"]


def test_only_managers_have_units(aaltje: Program) -> None:
    a_person("mentor@harderwijk.test", mentor_in=harderwijk())
    answer = aaltje.patch(role("mentor@harderwijk.test"), json={"role": "manager"})
    assert (answer.status_code, answer.json["detail"]) == (409, "Only managers have units.")


def test_a_role_is_taken_away_and_a_mentor_off_their_batches(aaltje: Program) -> None:
    mentor = a_person("mentor@harderwijk.test", mentor_in=harderwijk())
    batch = a_batch(a_course(harderwijk()), mentors=[mentor])
    where = role(mentor.email)
    assert aaltje.delete(where).status_code == 204
    assert aaltje.delete(where).status_code == 404
    db.session.refresh(batch)
    assert batch.mentors == []
    assert newest_entry().action == AuditAction.ROLE_TAKEN


def test_the_last_admin_stays(aaltje: Program) -> None:
    answer = aaltje.delete(role(ADMIN))
    assert answer.status_code == 409
    assert answer.json["detail"].startswith("An organisation needs an admin whose account is open")


# Invitations.


def test_people_are_invited_or_told_why_not(aaltje: Program) -> None:
    an_invitation(role=OrganisationRoleName.MANAGER)
    given = {"role": "unit-manager", "units": ["MEDICINE"], "message": "Welcome.\r\nAll of you."}
    answer = invite(aaltje, "A@example.org", NEW, MANAGER, **given)
    assert answer.status_code == 200
    [made] = answer.json["made"]
    assert made["email"] == "A@example.org"
    assert [(one["email"], one["reason"]) for one in answer.json["skipped"]] == [
        (NEW, "already_invited"),
        (MANAGER, "has_the_role"),
    ]
    invitation = db.session.get_one(RoleInvitation, UUID(made["id"]))
    assert (invitation.message, [one.name for one in invitation.units]) == ("Welcome.\nAll of you.", ["Medicine"])
    letters = select(Letter.to_address).where(Letter.kind == LetterKind.ROLE_INVITATION)
    assert db.session.scalars(letters).all() == ["A@example.org"]
    assert (newest_entry().action, newest_entry().through) == (AuditAction.ROLE_INVITED, Through.API)


def test_the_same_key_invites_once(aaltje: Program) -> None:
    sent = {"addresses": [NEW], "role": "mentor"}
    answers = [
        aaltje.post(f"{HERE}/role-invitations", json=sent, headers={"Idempotency-Key": "1"}).json for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(answers[0]["made"]) == 1


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"addresses": ["x@@example.org"]}, "/addresses"),
        ({"addresses": [f"p{number}@example.org" for number in range(21)]}, "/addresses"),
        ({"addresses": ["x\0@example.org"]}, "/addresses"),
        ({"role": "owner"}, "/role"),
        ({"role": "unit-manager"}, "/units"),
        ({"units": ["Medicine"]}, "/units"),
        ({"role": "unit-manager", "units": ["Law\0"]}, "/units"),
        ({"message": "x" * 10_001}, "/message"),
    ],
)
def test_with_anything_wrong_nobody_is_invited(aaltje: Program, given: dict[str, Any], pointer: str) -> None:
    sent = {"addresses": [NEW], "role": "mentor", **given}
    assert pointer in problems(aaltje.post(f"{HERE}/role-invitations", json=sent))
    assert db.session.scalars(select(RoleInvitation)).all() == []


def test_invitations_are_listed_until_they_are_accepted(aaltje: Program) -> None:
    invitation = an_invitation(units=[unit()])
    [told] = aaltje.get(f"{HERE}/role-invitations?search=NEW").json["items"]
    assert told == {
        "id": str(invitation.id),
        "email": NEW,
        "role": "unit-manager",
        "units": ["Yoda data management"],
        "state": "open",
        "expires_at": told["expires_at"],
        "invited_by": "Aaltje de Vries",
        "created_at": told["created_at"],
    }
    assert aaltje.get(f"{HERE}/role-invitations?search=old").json["items"] == []
    states = []
    for given in ({"expires_at": now() - timedelta(days=1)}, {"status": "declined"}, {"status": "accepted"}):
        for name, value in given.items():
            setattr(invitation, name, value)
        states += [item["state"] for item in aaltje.get(f"{HERE}/role-invitations").json["items"]]
    assert states == ["expired", "declined"]


def test_an_invitation_is_sent_again_and_revoked(aaltje: Program) -> None:
    invitation = an_invitation(expires_at=now() - timedelta(days=1))
    path = f"/api/v1/role-invitations/{invitation.id}"
    assert aaltje.post(f"{path}/resend").json["state"] == "open"
    assert aaltje.delete(path).status_code == 204
    db.session.refresh(invitation)
    assert (invitation.link_number, invitation.status) == (2, InvitationStatus.REVOKED)
    assert [aaltje.delete(path).status_code, aaltje.post(f"{path}/resend").status_code] == [409, 409]


# Who may.


def narrowed(world: Flask, email: str) -> Program:
    """A key for the unit Yoda, of somebody who runs more."""
    key = a_key(email, "uniharderwijk")
    row = {"api_key_id": key.key.id, "unit_id": unit().id, "organisation_id": harderwijk().id}
    db.session.execute(insert(api_key_units), row)
    db.session.commit()
    return Program(world, key.secret)


@pytest.mark.parametrize("email", ["platform@muster.test", ADMIN, YODA])
def test_a_key_for_units_does_none_of_it(world: Flask, email: str) -> None:
    caller, invitation = narrowed(world, email) if email != YODA else program(world, YODA), an_invitation()
    path = f"/api/v1/role-invitations/{invitation.id}"
    answers = [
        caller.get(f"{HERE}/roles"),
        caller.patch(role(YODA), json={"role": "manager"}),
        caller.delete(role(MANAGER)),
        caller.get(f"{HERE}/role-invitations"),
        invite(caller, "a@example.org"),
        caller.post(f"{path}/resend"),
        caller.delete(path),
    ]
    assert {answer.status_code for answer in answers} == {403}


def test_an_admin_elsewhere_finds_nothing(world: Flask) -> None:
    other, invitation = program(world, "admin@otherland.test"), an_invitation()
    path = f"/api/v1/role-invitations/{invitation.id}"
    answers = [
        other.get(f"{HERE}/roles"),
        other.patch(role(YODA), json={"role": "manager"}),
        other.delete(role(YODA)),
        invite(other, "a@example.org"),
        other.post(f"{path}/resend"),
        other.delete(path),
    ]
    assert {answer.status_code for answer in answers} == {404}
