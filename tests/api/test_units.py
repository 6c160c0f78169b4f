"""The units of an organisation by our own API: listed, made, renamed and deleted, as the pages do it."""

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from models import AuditEntry, Organisation, Unit, db
from models.audit import AuditAction, Through
from tests.people import a_collaboration, a_person, a_unit
from tests.programs import Program, a_key, program
from tests.queries import counted

HERE = "/api/v1/organisations/uniharderwijk/units"
ADMIN, YODA = "admin@harderwijk.test", "yoda@harderwijk.test"


@pytest.fixture
def aaltje(world: Flask) -> Program:
    return program(world, ADMIN)


def harderwijk() -> Organisation:
    return db.session.scalars(select(Organisation).where(Organisation.short_name == "uniharderwijk")).one()


def unit(name: str = "Yoda data management") -> Unit:
    return db.session.scalars(select(Unit).where(Unit.name == name)).one()


def path(name: str = "Yoda data management") -> str:
    return f"/api/v1/units/{unit(name).id}"


def problems(answer: TestResponse) -> dict[str, str]:
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    return {error["pointer"]: error["message"] for error in answer.json["errors"]}


def test_units_are_listed_with_who_manages_them(aaltje: Program) -> None:
    medicine, yoda = aaltje.get(HERE).json["items"]
    assert medicine["name"] == "Medicine"
    assert yoda == {
        "id": str(unit().id),
        "name": "Yoda data management",
        "managers": ["Yolanda Damen"],
        "collaborations": 2,
    }
    assert aaltje.get(path()).json == yoda


def test_the_list_goes_on_page_by_page(aaltje: Program) -> None:
    first = aaltje.get(f"{HERE}?limit=1").json
    second = aaltje.get(f"{HERE}?limit=1&cursor={first['next']}").json
    assert [one["items"][0]["name"] for one in (first, second)] == ["Medicine", "Yoda data management"]
    assert second["next"] is None


def test_a_list_costs_the_same_queries_for_few_and_for_many(aaltje: Program) -> None:
    def queries() -> int:
        with counted() as statements:
            aaltje.get(f"{HERE}?limit=1000")
        return len(statements)

    queries()
    few = queries()
    for number in range(20):
        more = a_unit(harderwijk(), f"Unit {number:02}")
        a_person(f"manager{number}@harderwijk.test", manages=[more])
        a_collaboration(harderwijk(), f"group{number}", units=[more])
    assert queries() == few


def test_a_unit_is_made_renamed_and_deleted(aaltje: Program) -> None:
    answer = aaltje.post(HERE, json={"name": "Geosciences"})
    assert answer.status_code == 201
    assert answer.json == {
        "id": str(unit("Geosciences").id),
        "name": "Geosciences",
        "managers": [],
        "collaborations": 0,
    }
    assert answer.headers["Location"].endswith(path("Geosciences"))
    where = path("Geosciences")
    assert aaltje.patch(where, json={"name": "Earth sciences"}).json["name"] == "Earth sciences"
    assert aaltje.delete(where).status_code == 204
    assert aaltje.get(where).status_code == 404
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(3)).all()
    assert {(entry.action, entry.through) for entry in entries} == {
        (AuditAction.UNIT_MADE, Through.API),
        (AuditAction.UNIT_RENAMED, Through.API),
        (AuditAction.UNIT_DELETED, Through.API),
    }


def test_a_name_that_cannot_be_is_told(aaltje: Program) -> None:
    taken = {"/name": "There is a unit of this name already."}
    assert problems(aaltje.post(HERE, json={"name": "MEDICINE"})) == taken
    assert problems(aaltje.patch(path(), json={"name": "medicine"})) == taken
    assert problems(aaltje.post(HERE, json={"name": "\0"})) == {"/name": "Give the unit a name."}


def test_a_unit_that_something_belongs_to_stays(aaltje: Program) -> None:
    answer = aaltje.delete(path())
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert answer.json["detail"].startswith("This unit cannot be deleted: 1 person manages it")


def test_a_platform_admin_s_key_for_the_organisation_does_it_too(world: Flask) -> None:
    key = Program(world, a_key("platform@muster.test", "uniharderwijk").secret)
    assert key.post(HERE, json={"name": "Law"}).status_code == 201
    assert key.post("/api/v1/organisations/pradesh/units", json={"name": "Law"}).status_code == 404


def test_a_key_for_units_does_none_of_it(world: Flask) -> None:
    yoda = program(world, YODA)
    assert yoda.get(HERE).status_code == 403
    assert yoda.post(HERE, json={"name": "Law"}).status_code == 403
    for answer in (yoda.get(path()), yoda.patch(path(), json={"name": "Law"}), yoda.delete(path())):
        assert answer.status_code == 403
    assert unit().name == "Yoda data management"
