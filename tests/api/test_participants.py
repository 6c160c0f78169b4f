"""Participants by our own API, on both databases."""

import pytest
from flask import Flask

from models import AuditEntry, Participant, User, db
from tests.people import an_organisation, enrolled, teachers
from tests.programs import Program, program
from tests.queries import counted
from tests.teaching import MENTOR, STATE_ADMIN, batch, fill, more, pradesh


@pytest.fixture
def state(world: Flask) -> Program:
    return program(world, STATE_ADMIN)


def path(name: str = "Pilot", query: str = "") -> str:
    return f"/api/v1/batches/{batch(name).id}/participants{query}"


def those_who_take_part(name: str = "Pilot") -> int:
    query = db.select(db.func.count()).select_from(Participant)
    return db.session.scalars(query.where(Participant.batch_id == batch(name).id, Participant.is_active)).one()


def test_people_are_added_by_user_id_and_state_id_each_with_its_outcome(state: Program) -> None:
    first, *_others = teachers(pradesh(), 3)
    answer = state.post(path(), json={"identifiers": [first.hex, " pr-00002 ", "PR-00001", "PR-99999"]})
    assert answer.status_code == 200
    assert answer.json == {
        "added": 2,
        "revived": 0,
        "skipped": 1,
        "failed": 1,
        "results": [
            {"identifier": first.hex, "outcome": "added", "reason": None},
            {"identifier": " pr-00002 ", "outcome": "added", "reason": None},
            {"identifier": "PR-00001", "outcome": "skipped", "reason": "repeated"},
            {"identifier": "PR-99999", "outcome": "failed", "reason": "not_found"},
        ],
    }
    assert those_who_take_part() == 2


def test_people_are_removed_and_added_again_with_their_progress(state: Program) -> None:
    fill(2)
    removed = state.delete(path(), json={"identifiers": ["PR-00001"]})
    assert (removed.json["removed"], removed.json["results"][0]["outcome"]) == (1, "removed")
    assert those_who_take_part() == 1
    revived = state.post(path(), json={"identifiers": ["PR-00001"]})
    assert (revived.json["revived"], revived.json["results"][0]["outcome"]) == (1, "revived")


def test_a_dry_run_says_what_would_happen_and_changes_nothing(state: Program) -> None:
    more(2)
    answer = state.post(path(query="?dry_run=true"), json={"identifiers": ["PR-50001", "PR-50002"]})
    assert answer.json["added"] == 2
    assert those_who_take_part() == 0


def test_the_audit_log_names_the_key(state: Program) -> None:
    more(1)
    state.post(path(), json={"identifiers": ["PR-50001"]})
    entry = db.session.scalars(db.select(AuditEntry).where(AuditEntry.batch_id == batch().id)).one()
    assert (entry.through, entry.through_key.name, entry.counts) == ("api", "For the tests", {"added": 1})


def test_people_of_another_organisation_are_not_found(state: Program) -> None:
    (stranger,) = teachers(an_organisation("elsewhere"), 1)
    answer = state.post(path(), json={"identifiers": [str(stranger)]})
    assert answer.json["results"][0]["reason"] == "not_found"


def test_an_identifier_that_no_database_takes_is_only_not_found(state: Program) -> None:
    more(1)
    answer = state.post(path(), json={"identifiers": ["PR-\0", "PR-50001"]})
    assert [result["outcome"] for result in answer.json["results"]] == ["failed", "added"]


def test_an_open_batch_is_refused(state: Program) -> None:
    answer = state.post(path("Open batch"), json={"identifiers": ["PR-00001"]})
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert answer.json["detail"] == "Enrollment type should be invite-only."


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/identifiers"),
        ({"identifiers": []}, "/identifiers"),
        ({"identifiers": "PR-00001"}, "/identifiers"),
        ({"identifiers": [""] * 200_001}, "/identifiers"),
        ({"identifiers": ["PR-00001", 7]}, "/identifiers/1"),
        ({"identifiers": ["PR-00001"], "identifer": []}, "/identifer"),
        ([], "/"),
    ],
)
def test_a_body_that_is_not_well_formed_is_told_value_by_value(state: Program, body: object, pointer: str) -> None:
    answer = state.post(path(), json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_what_is_no_json_is_told(state: Program) -> None:
    assert state.post(path(), data=b"{", content_type="application/json").status_code == 400
    assert state.post(path(), data=b"a", content_type="text/plain").status_code == 415


def test_a_mentor_has_no_key_and_a_key_of_another_organisation_finds_nothing(world: Flask) -> None:
    other = program(world, "admin@otherland.test")
    answer = other.post(path(), json={"identifiers": ["PR-00001"]})
    assert (answer.status_code, answer.json["status"]) == (404, 404)
    with pytest.raises(Exception, match="no API keys"):
        program(world, MENTOR)


@pytest.mark.parametrize("method", ["post", "delete"])
def test_a_call_costs_the_same_queries_for_one_and_for_two_hundred(state: Program, method: str) -> None:
    people = more(400)
    enrolled(batch(), people[200:] if method == "post" else people)
    state.post(
        path(query="?dry_run=true"), json={"identifiers": ["PR-1"]}
    )  # the first call of a minute also notes that the key was used
    counts = []
    for some in (people[:1], people[1:200]):
        body = {"identifiers": [str(person) for person in some]}
        with counted() as queries:
            getattr(state, method)(path(), json=body)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_deactivated_account_is_told(state: Program) -> None:
    (person,) = more(1)
    db.session.get_one(User, person).is_active = False
    answer = state.post(path(), json={"identifiers": [str(person)]})
    assert answer.json["results"][0]["reason"] == "deactivated"
