"""Sunbird's three calls, as its clients send and read them."""

from typing import Any

import pytest
from flask import Flask

from models import AuditEntry, Participant, User, db
from tests.people import an_organisation, teachers
from tests.programs import Program, program
from tests.teaching import STATE_ADMIN, batch, completed, fill, more


@pytest.fixture
def state(world: Flask) -> Program:
    return program(world, STATE_ADMIN)


def add(caller: Program, user_ids: list[str], name: str = "Pilot") -> Any:
    return change(caller, "add", user_ids, name)


def remove(caller: Program, user_ids: list[str], name: str = "Pilot") -> Any:
    return change(caller, "remove", user_ids, name)


def change(caller: Program, what: str, user_ids: list[str], name: str) -> Any:
    path = f"/api/course/v1/batch/user/{what}/{batch(name).id}"
    return caller.post(path, json={"request": {"userIds": user_ids}})


def listed(caller: Program, **wanted: Any) -> Any:
    return caller.post("/api/course/v1/batch/participants/list", json={"request": {"batch": wanted}})


def error_of(answer: Any) -> tuple[int, str, str, str]:
    params = answer.json["params"]
    assert params["err"] == params["status"]
    assert answer.json["result"] == {}
    return answer.status_code, params["err"], params["errmsg"], answer.json["responseCode"]


# Adding.


def test_users_are_added_in_the_envelope_that_clients_read(state: Program) -> None:
    first, _second = more(2)
    answer = add(state, [str(first), "pr-50002"])
    assert answer.status_code == 200
    assert set(answer.json) == {"id", "ver", "ts", "params", "responseCode", "result"}
    assert (answer.json["id"], answer.json["ver"]) == ("api.course.batch.users.add", "v1")
    assert answer.json["responseCode"] == "OK"
    assert answer.json["result"] == {str(first): "SUCCESS", "pr-50002": "SUCCESS"}
    params = answer.json["params"]
    assert params.pop("msgid")
    assert params == {"resmsgid": None, "err": None, "status": "success", "errmsg": None}
    assert batch().participant_count == 2


def test_a_user_of_another_organisation_is_not_associated(state: Program) -> None:
    (stranger,) = teachers(an_organisation("elsewhere"), 1)
    answer = add(state, [str(stranger)])
    sentence = f"User (ID = {stranger}) not associated to course batch creator root org."
    assert answer.json["result"] == {str(stranger): sentence}


@pytest.mark.parametrize("identifier", ["PR-99999", "", "{}", "PR-\0"])
def test_somebody_who_is_not_there_is_not_associated_and_stops_nobody(state: Program, identifier: str) -> None:
    more(1)
    answer = add(state, [identifier, "PR-50001"])
    sentence = f"User (ID = {identifier}) not associated to course batch creator root org."
    assert answer.json["result"] == {identifier: sentence, "PR-50001": "SUCCESS"}


def test_a_deactivated_user_is_not_associated(state: Program) -> None:
    (person,) = more(1)
    db.session.get_one(User, person).is_active = False
    assert "not associated" in add(state, [str(person)]).json["result"][str(person)]


def test_who_is_present_already_is_a_success_and_nothing_is_written(state: Program) -> None:
    fill(1)
    before = db.session.scalars(db.select(AuditEntry.id)).all()
    assert add(state, ["PR-00001"]).json["result"] == {"PR-00001": "SUCCESS"}
    assert db.session.scalars(db.select(AuditEntry.id)).all() == before


def test_who_is_named_in_two_ways_is_added_once_and_a_success_twice(state: Program) -> None:
    (person,) = more(1)
    assert add(state, [str(person), "PR-50001"]).json["result"] == {str(person): "SUCCESS", "PR-50001": "SUCCESS"}
    assert batch().participant_count == 1


# Removing.


def test_users_are_removed(state: Program) -> None:
    fill(2)
    answer = remove(state, ["PR-00001"])
    assert (answer.json["id"], answer.json["result"]) == ("api.course.batch.users.remove", {"PR-00001": "SUCCESS"})
    assert batch().participant_count == 1


def test_who_is_no_participant_is_not_enrolled(state: Program) -> None:
    more(1)
    sentence = "User is not enrolled to given course batch."
    assert remove(state, ["PR-50001", "PR-99999"]).json["result"] == {"PR-50001": sentence, "PR-99999": sentence}


def test_who_has_completed_the_course_stays(state: Program) -> None:
    person, _other = fill(2)
    completed(person)
    sentence = "User already completed given course batch."
    answer = remove(state, ["PR-00001", str(person), "PR-00002"])
    assert answer.json["result"] == {"PR-00001": sentence, str(person): sentence, "PR-00002": "SUCCESS"}


# Listing.


def test_participants_are_listed_by_their_user_ids(state: Program) -> None:
    people = fill(3)
    answer = listed(state, batchId=str(batch().id), active=True)
    assert answer.json["id"] == "api.course.batch.participants.list"
    assert answer.json["result"] == {"batch": {"count": 3, "participants": [str(person) for person in people]}}


def test_those_who_were_removed_are_listed_when_asked_for(state: Program) -> None:
    first, second = fill(2)
    remove(state, [str(first)])
    for nothing in ({}, {"active": None}):
        answer = listed(state, batchId=str(batch().id), **nothing)
        assert answer.json["result"]["batch"]["participants"] == [str(second)]
    answer = listed(state, batchId=str(batch().id), active=False)
    assert answer.json["result"]["batch"]["participants"] == [str(first)]


# Errors.


def test_an_open_batch_is_not_for_this(state: Program) -> None:
    more(1)
    expected = (400, "ENROLLMENT_TYPE_VALIDATION", "Enrollment type should be invite-only.", "CLIENT_ERROR")
    assert error_of(add(state, ["PR-50001"], "Open batch")) == expected
    assert error_of(remove(state, ["PR-50001"], "Open batch")) == expected


@pytest.mark.parametrize("body", [{}, {"request": {}}, {"request": {"userIds": []}}, {"request": {"userIds": "PR-1"}}])
def test_user_ids_are_mandatory(state: Program, body: object) -> None:
    answer = state.post(f"/api/course/v1/batch/user/add/{batch().id}", json=body)
    assert error_of(answer) == (400, "USERID_MISSING", "UserId is mandatory.", "CLIENT_ERROR")


@pytest.mark.parametrize("batch_id", ["0192f0c1-2b7a-7c3d-9e4f-5a6b7c8d9e0f", "01248661735846707228"])
def test_a_batch_that_is_not_there_is_invalid(state: Program, batch_id: str) -> None:
    expected = (400, "INVALID_COURSE_BATCH_ID", "Invalid course batch id ", "CLIENT_ERROR")
    body = {"request": {"userIds": ["PR-00001"]}}
    assert error_of(state.post(f"/api/course/v1/batch/user/add/{batch_id}", json=body)) == expected
    assert error_of(listed(state, batchId=batch_id)) == expected


def test_another_organisations_batch_is_not_there(world: Flask) -> None:
    answer = add(program(world, "admin@otherland.test"), ["PR-00001"])
    assert error_of(answer)[1] == "INVALID_COURSE_BATCH_ID"


@pytest.mark.parametrize("body", [{}, {"request": {"batch": {}}}, {"request": {"batch": {"active": True}}}])
def test_the_list_wants_a_batch(state: Program, body: object) -> None:
    answer = state.post("/api/course/v1/batch/participants/list", json=body)
    expected = (400, "MANDATORY_PARAMETER_MISSING", "Mandatory parameter batchId is missing.", "CLIENT_ERROR")
    assert error_of(answer) == expected
    assert error_of(state.post("/api/course/v1/batch/user/add", json={"request": {"userIds": ["PR-1"]}})) == expected


def test_nobody_is_authorized_without_a_key(world: Flask) -> None:
    expected = (401, "UNAUTHORIZED_USER", "You are not authorized.", "UNAUTHORIZED")
    assert error_of(add(Program(world, None), ["PR-00001"])) == expected
    assert error_of(add(Program(world, "muster_unknown"), ["PR-00001"])) == expected


def test_a_platform_admin_is_authorized_everywhere(world: Flask) -> None:
    more(1)
    assert add(program(world, "platform@muster.test"), ["PR-50001"]).json["result"] == {"PR-50001": "SUCCESS"}


def test_what_is_no_json_is_a_client_error(state: Program) -> None:
    answer = state.post(f"/api/course/v1/batch/user/add/{batch().id}", data=b"{", content_type="application/json")
    assert error_of(answer)[3] == "CLIENT_ERROR"


def test_another_method_is_a_client_error_of_the_same_call(state: Program) -> None:
    answer = state.get(f"/api/course/v1/batch/user/remove/{batch().id}")
    assert (error_of(answer)[0], answer.json["id"]) == (405, "api.course.batch.users.remove")
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_progress_survives_removing_and_adding_again(state: Program) -> None:
    (person,) = fill(1)
    row = db.session.get_one(Participant, (batch().id, person))
    row.percent = 40
    remove(state, ["PR-00001"])
    add(state, ["PR-00001"])
    db.session.refresh(row)
    assert (row.percent, row.removed_at) == (40, None)


def test_more_users_than_anybody_has_are_a_client_error(state: Program) -> None:
    assert error_of(add(state, [""] * 200_001))[1] == "INVALID_REQUESTED_DATA"
