"""Collaborations made, changed and archived by our own API, their groups and members too: as the pages do it."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from models import AuditEntry, Collaboration, Group, db, now
from models.audit import AuditAction, Through
from models.collaboration import Role
from tests.invitees import MEREL, YODA, collaboration, group, group_names, invited, member, membership_of, newcomer
from tests.programs import Program, program

HERE = "/api/v1/collaborations"
NEW = {"organisation": "uniharderwijk", "name": "Altocumulus", "short_name": "altogrp"}
ADMIN = "admin@harderwijk.test"


@pytest.fixture
def aaltje(world: Flask) -> Program:
    return program(world, ADMIN)


@pytest.fixture
def yoda(world: Flask) -> Program:
    return program(world, YODA)


def path(rest: str = "", of: str = "cumulusgrp") -> str:
    return f"{HERE}/{collaboration(of).id}{rest}"


def problems(answer: TestResponse) -> dict[str, str]:
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    return {error["pointer"]: error["message"] for error in answer.json["errors"]}


# Collaborations.


def test_a_collaboration_is_made_and_read(aaltje: Program) -> None:
    given = {"description": "High\nclouds.", "labels": ["Climate", "pilot"], "units": ["yoda DATA management"]}
    answer = aaltje.post(HERE, json={**NEW, **given})
    assert answer.status_code == 201
    assert answer.json == {
        "id": str(collaboration("altogrp").id),
        "short_name": "altogrp",
        "name": "Altocumulus",
        "labels": ["climate", "pilot"],
        "organisation": "uniharderwijk",
        "units": ["Yoda data management"],
        "groups": [],
        "description": "High\nclouds.",
        "archived_at": None,
    }
    assert answer.headers["Location"].endswith(path(of="altogrp"))
    assert aaltje.get(path(of="altogrp")).json == answer.json
    [entry] = db.session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.COLLABORATION_MADE))
    assert (entry.through, entry.note) == (Through.API, "altogrp")


def test_every_problem_is_told_by_its_field(aaltje: Program) -> None:
    wrong = {**NEW, "name": "", "short_name": "a b", "labels": ["1st", "ok"], "description": "x" * 4001}
    assert {*problems(aaltje.post(HERE, json=wrong))} == {"/name", "/short_name", "/labels", "/description"}
    told = problems(aaltje.post(HERE, json={**NEW, "units": ["Law\0"]}))
    assert told["/units"].startswith("There is no unit “Law")
    assert "already" in problems(aaltje.post(HERE, json={**NEW, "short_name": "cumulusgrp"}))["/short_name"]


@pytest.mark.parametrize("organisation", ["otherland", "nowhere", "\0"])
def test_another_organisation_does_not_exist(aaltje: Program, organisation: str) -> None:
    answer = aaltje.post(HERE, json={**NEW, "organisation": organisation})
    assert answer.status_code == 404
    assert "Otherland" not in answer.text


def test_the_same_call_again_makes_one(aaltje: Program) -> None:
    headers = {"Idempotency-Key": "once"}
    answers = [aaltje.post(HERE, json=NEW, headers=headers).json for _time in range(2)]
    assert answers[0] == answers[1]
    assert len(db.session.scalars(select(Collaboration).where(Collaboration.short_name == "altogrp")).all()) == 1


def test_only_what_is_sent_is_changed(aaltje: Program) -> None:
    answer = aaltje.patch(path(), json={"name": "Cumulus", "units": ["Medicine"]}).json
    assert (answer["name"], answer["short_name"], answer["units"]) == ("Cumulus", "cumulusgrp", ["Medicine"])
    assert answer["labels"] == ["climate", "yoda"]
    assert aaltje.patch(path(), json={"labels": [], "description": "Clouds."}).json["labels"] == []
    assert aaltje.patch(path(), json={}).status_code == 200


def test_a_key_for_units_changes_labels_and_no_more(yoda: Program) -> None:
    assert yoda.patch(path(), json={"labels": ["pilot"]}).json["labels"] == ["pilot"]
    assert problems(yoda.patch(path(), json={"labels": ["1st"]}))["/labels"].startswith("“1st” is no label")
    assert yoda.patch(path(), json={"labels": [], "name": "Mine"}).status_code == 403
    assert yoda.post(f"{path()}/archive").status_code == 403
    assert collaboration().name == "Cumulus research group"


def test_it_is_archived_and_restored_once_each(aaltje: Program) -> None:
    invited("ann@example.org")
    assert aaltje.post(path("/archive")).json["archived_at"]
    assert aaltje.post(path("/archive")).status_code == 409
    answer = aaltje.post(path("/invitations"), json={"invitees": ["bob@example.org"]})
    assert (answer.status_code, "is archived" in answer.json["detail"]) == (409, True)
    assert aaltje.post(path("/restore")).json["archived_at"] is None
    assert aaltje.post(path("/restore")).status_code == 409


def test_archived_ones_are_listed_where_they_are_asked_for(yoda: Program) -> None:
    collaboration().archived_at = now()

    def listed(query: str) -> list[str]:
        return [item["short_name"] for item in yoda.get(HERE + query).json["items"]]

    assert (listed(""), listed("?archived=true")) == (["cirrusgrp"], ["cumulusgrp"])


# Groups.


def test_a_group_is_made_listed_changed_and_deleted(yoda: Program) -> None:
    new = {"name": "Writers", "short_name": "writers", "auto_provision": True, "with_members": True}
    answer = yoda.post(path("/groups"), json=new)
    made = answer.json
    assert answer.status_code == 201
    assert made == {"id": made["id"], "short_name": "writers", "name": "Writers", "auto_provision": True, "members": 1}
    where = f"/api/v1/groups/{made['id']}"
    assert answer.headers["Location"].endswith(where)
    assert yoda.get(where).json == made
    assert [item["short_name"] for item in yoda.get(path("/groups")).json["items"]] == ["researchers", "writers"]
    assert yoda.patch(where, json={"auto_provision": False}).json == {**made, "auto_provision": False}
    assert yoda.delete(where).status_code == 204
    assert yoda.get(where).status_code == 404


def test_groups_come_in_pages(yoda: Program) -> None:
    db.session.add(Group(collaboration_id=collaboration().id, short_name="a", name="A"))
    first = yoda.get(path("/groups?limit=1")).json
    second = yoda.get(path(f"/groups?limit=1&cursor={first['next']}")).json
    assert [item["short_name"] for item in first["items"] + second["items"]] == ["a", "researchers"]


def test_what_is_wrong_with_a_group_is_told(yoda: Program) -> None:
    wrong: dict[str, Any] = {"name": "\0", "short_name": "researchers"}
    assert problems(yoda.post(path("/groups"), json=wrong)) == {"/name": "Give it a name."}
    told = problems(yoda.post(path("/groups"), json={**wrong, "name": "Twice"}))
    assert told == {"/short_name": "The collaboration has a group with this short name already."}
    where = f"/api/v1/groups/{group('researchers').id}"
    assert {*problems(yoda.patch(where, json={"name": "", "short_name": " "}))} == {"/name", "/short_name"}


# Members.


def where_merel_is() -> str:
    membership = membership_of(MEREL, collaboration().id)
    assert membership
    return f"/api/v1/memberships/{membership.id}"


def test_of_a_member_only_what_is_sent_is_changed(yoda: Program) -> None:
    ann = member(newcomer(), groups=("researchers",))
    where = f"/api/v1/memberships/{ann.id}"
    assert yoda.patch(where, json={"role": "admin"}).json["role"] == "admin"
    answer = yoda.patch(where, json={"membership_expiry_date": "2998-06-30"}).json
    assert (answer["role"], answer["expires_at"][:10]) == ("admin", "2998-06-30")
    assert [one["short_name"] for one in answer["groups"]] == ["researchers"]
    assert yoda.patch(where, json={"groups": [], "membership_expiry_date": None}).json["expires_at"] is None
    assert (group_names(ann), ann.role) == ([], Role.ADMIN)


def test_what_is_wrong_with_a_member_is_told(yoda: Program) -> None:
    past = problems(yoda.patch(where_merel_is(), json={"membership_expiry_date": "2001-01-01"}))
    assert past["/membership_expiry_date"].startswith("1 January 2001 is past.")
    told = problems(yoda.patch(where_merel_is(), json={"groups": ["analysts"]}))
    assert told["/groups"] == "There is no group “analysts” (looked in: cumulusgrp)."


def test_a_member_is_removed_once(yoda: Program) -> None:
    where = where_merel_is()
    assert yoda.delete(where).status_code == 204
    assert yoda.delete(where).status_code == 404
    assert membership_of(MEREL, collaboration().id) is None
