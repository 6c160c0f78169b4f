"""The people of an organisation by our own API: listed, read, deactivated, reactivated, and brought by a file."""

import io
from typing import Any

import pytest
from flask import Flask

from models import AuditEntry, User, db
from models.audit import Through
from tests.clients import Client
from tests.people import a_person, an_organisation, teachers
from tests.people_files import a_file_of, numbered, people
from tests.programs import Program, program
from tests.queries import counted
from tests.teaching import MENTOR, STATE_ADMIN, a_teacher, pradesh
from worker.tasks import do_what_waits

HERE = "/api/v1/organisations/pradesh/people"
UPLOADS = "/api/v1/uploads"


@pytest.fixture
def state(world: Flask) -> Program:
    return program(world, STATE_ADMIN)


def asha(**given: Any) -> User:
    plain = {"name": "Asha Rao", "organisation": pradesh(), "state_id": "PR-1"}
    return a_person("asha@pradesh.test", **plain | given)


def listed(caller: Program, query: str = "") -> dict[str, Any]:
    answer = caller.get(f"{HERE}{query}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def names(answer: dict[str, Any]) -> list[str]:
    return [item["name"] for item in answer["items"]]


# Listed and read.


def test_a_person_is_told_with_what_the_organisation_knows(state: Program) -> None:
    person = asha(district="North", mobile="+91 98765 43210")
    told = {
        "user_id": str(person.id),
        "user_name": "asha.pradesh.test",
        "name": "Asha Rao",
        "email": "asha@pradesh.test",
        "state_id": "PR-1",
        "district": "North",
        "school": None,
        "block": None,
        "mobile": "+91 98765 43210",
        "account": "open",
        "has_signed_in": False,
    }
    assert listed(state, "?search=asha") == {"items": [told], "next": None}
    assert [state.get(f"{HERE}/{name}").json for name in ("pr-1", "PR-1", person.id)] == [told] * 3


@pytest.mark.parametrize(
    "person", ["PR-9", "EL-1", "x%00", "0192f0c1-2b7a-7c3d-9e4f-5a6b7c8d9e0f", "asha@pradesh.test"]
)
def test_nobody_else_is_found(state: Program, person: str) -> None:
    a_person("x@elsewhere.test", organisation=an_organisation("elsewhere"), state_id="EL-1")
    assert state.get(f"{HERE}/{person}").status_code == 404


def test_all_of_them_come_once_page_by_page(state: Program) -> None:
    teachers(pradesh(), 25)
    for sort in ("name", "newest"):
        seen: list[str] = []
        cursor = ""
        while cursor is not None:
            answer = listed(state, f"?limit=10&search=teacher&sort={sort}&cursor={cursor}")
            seen += names(answer)
            cursor = answer["next"]
        expected = [f"Teacher {number:05}" for number in range(1, 26)]
        assert seen == (expected if sort == "name" else [*reversed(expected)])


def test_they_are_narrowed_by_their_accounts(state: Program) -> None:
    asha(is_active=False)
    assert names(listed(state, "?account=deactivated")) == ["Asha Rao"]
    assert "Asha Rao" not in names(listed(state, "?account=open"))


@pytest.mark.parametrize("query", ["account=lost", "limit=1001", "cursor=x", "sort=district"])
def test_a_query_that_is_not_well_formed_is_refused(state: Program, query: str) -> None:
    answer = state.get(f"{HERE}?{query}")
    assert (answer.status_code, len(answer.json["errors"])) == (422, 1)


def test_a_list_costs_the_same_queries_for_few_and_for_many(state: Program) -> None:
    teachers(pradesh(), 2)

    def queries() -> int:
        with counted() as statements:
            listed(state, "?limit=1000")
        return len(statements)

    queries()
    few = queries()
    teachers(pradesh(), 300, first=60_001)
    assert queries() == few


def test_an_organisation_that_there_is_not_is_not_found(state: Program) -> None:
    for name in ("nowhere", "uniharderwijk", "x%00"):
        assert state.get(f"/api/v1/organisations/{name}/people").status_code == 404


# Deactivated and reactivated.


def test_accounts_are_closed_with_an_outcome_for_each(state: Program, world: Flask) -> None:
    person = a_teacher("bose@pradesh.test", state_id="PR-2")
    theirs = Client(world).sign_in(person.email)
    answer = state.post(f"{HERE}/deactivate", json={"identifiers": ["pr-2", "PR-2", "PR-9"]})
    assert answer.json == {
        "deactivated": 1,
        "skipped": 1,
        "failed": 1,
        "results": [
            {"identifier": "pr-2", "outcome": "deactivated", "reason": None},
            {"identifier": "PR-2", "outcome": "skipped", "reason": "repeated"},
            {"identifier": "PR-9", "outcome": "failed", "reason": "not_found"},
        ],
    }
    assert theirs.get("/account").status_code == 303
    answer = state.post(f"{HERE}/reactivate", json={"identifiers": [str(person.id), "PR-9"]})
    assert (answer.json["reactivated"], answer.json["failed"], person.is_active) == (1, 1, True)
    entries = db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(2)).all()
    assert {(entry.action, entry.through) for entry in entries} == {
        ("person-deactivated", Through.API),
        ("person-reactivated", Through.API),
    }


def test_the_keys_owner_is_not_closed_by_it(state: Program) -> None:
    me = db.session.scalars(db.select(User).where(User.email == STATE_ADMIN)).one()
    answer = state.post(f"{HERE}/deactivate", json={"identifiers": [str(me.id)]})
    assert answer.json["results"][0]["reason"] == "oneself"


def test_a_key_of_who_is_deactivated_works_no_more(state: Program, world: Flask) -> None:
    colleague = a_teacher("other@pradesh.test", admin_of=pradesh())
    db.session.commit()
    theirs = program(world, colleague.email)
    assert theirs.get(HERE).status_code == 200
    state.post(f"{HERE}/deactivate", json={"identifiers": [str(colleague.id)]})
    assert theirs.get(HERE).status_code == 401


# By a file.


def send(caller: Program, **form: str) -> Any:
    file = (io.BytesIO(a_file_of(*numbered(1, 3)).encode()), "people.csv")
    return caller.post(UPLOADS, data={"kind": "people", **form, "file": file}, content_type="multipart/form-data")


def test_a_file_is_checked_and_processed(state: Program) -> None:
    a_person("p1@pradesh.test", name="Person 1", organisation=pradesh(), state_id="N-1")
    a_person("x@pradesh.test", user_name="p9")
    answer = send(state, organisation="pradesh")
    assert answer.status_code == 201
    assert (answer.json["kind"], answer.json["state"]) == ("people", "ready")
    assert answer.json["counts"] == {
        "lines": 3,
        "invitations": 2,
        "people": 2,
        "collaborations": 0,
        "will_fail": 0,
        "skipped": 1,
        "sent": 0,
        "failed": 0,
        "waiting": 0,
    }
    assert answer.json["skips"] == [
        {
            "line": 2,
            "email": "p1@pradesh.test",
            "reason": "unchanged",
            "message": "Nothing is new about this person.",
        }
    ]
    state.post(f"{UPLOADS}/{answer.json['id']}/process")
    do_what_waits()
    done = state.get(f"{UPLOADS}/{answer.json['id']}").json
    assert (done["state"], done["counts"]["sent"], done["counts"]["skipped"]) == ("done", 2, 1)
    assert len(people()) == 3
    assert state.get(f"{UPLOADS}/{answer.json['id']}/result.csv").text.count("\n") == 4


def test_what_will_fail_is_foreseen(state: Program) -> None:
    a_person("p1@pradesh.test", organisation=an_organisation("elsewhere"))
    assert [(found["line"], found["reason"]) for found in send(state, organisation="pradesh").json["foreseen"]] == [
        (2, "address_unusable")
    ]


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        ({}, "/organisation"),
        ({"organisation": "pradesh", "batch": "0192f0c1-2b7a-7c3d-9e4f-5a6b7c8d9e0f"}, "/batch"),
        ({"organisation": "pradesh", "kind": "invitations"}, "/organisation"),
    ],
)
def test_a_form_that_fits_no_file_is_refused(state: Program, form: dict[str, str], pointer: str) -> None:
    answer = send(state, **form)
    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])


@pytest.mark.parametrize("organisation", ["nowhere", "uniharderwijk", "pra\0desh"])
def test_another_organisations_people_cannot_be_brought(state: Program, organisation: str) -> None:
    assert send(state, organisation=organisation).status_code == 404


def test_a_mentor_has_no_key_for_it(world: Flask) -> None:
    with pytest.raises(Exception, match="Your roles include no API keys"):
        program(world, MENTOR)
