"""Courses and batches by our own API: the rules and the sentences of the pages."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from domain import courses
from models import Batch, Course, db
from models.batch import EnrolmentType
from tests.people import a_batch, a_course, a_person, the_person
from tests.programs import Program, program
from tests.queries import counted
from tests.teaching import MENTOR, STATE_ADMIN, a_teacher, batch, course, fill, in_days, pradesh
from tests.worker.sending import at_once

HERE = "/api/v1/courses"
LITERACY = f"{HERE}/course-v1:pradesh+FLN101+2026/batches"


@pytest.fixture
def state(world: Flask) -> Program:
    return program(world, STATE_ADMIN)


def path(name: str = "Pilot") -> str:
    return f"/api/v1/batches/{batch(name).id}"


def new(**given: Any) -> dict[str, Any]:
    return {"name": "Autumn", "start_date": in_days(0), **given}


def refusal(answer: TestResponse) -> dict[str, str]:
    """By pointer, the sentence."""
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    return {error["pointer"]: error["message"] for error in answer.json["errors"]}


# Courses.


def test_the_courses_of_the_keys_organisation_are_listed_by_name(state: Program) -> None:
    a_course(the_person("admin@otherland.test").organisation_roles[0].organisation)
    answer = state.get(HERE).json
    assert [(item["key"], item["name"], item["organisation"]) for item in answer["items"]] == [
        ("course-v1:pradesh+FLN101+2026", "Foundational Literacy", "pradesh"),
        ("course-v1:pradesh+ICT201+2026", "ICT in class", "pradesh"),
    ]
    assert answer["next"] is None


def test_courses_are_searched(state: Program) -> None:
    assert [item["name"] for item in state.get(f"{HERE}?search=ict").json["items"]] == ["ICT in class"]
    assert state.get(f"{HERE}?search=%00nowhere").json["items"] == []


def test_a_list_goes_on_where_the_page_before_has_ended(state: Program) -> None:
    for number in range(5):
        a_course(pradesh(), f"C{number}", name="Alike")
    seen, cursor = [], ""
    while cursor is not None:
        answer = state.get(f"{HERE}?limit=2&cursor={cursor}").json
        seen += [item["key"] for item in answer["items"]]
        cursor = answer["next"]
    assert len(seen) == len({*seen}) == 7


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "?limit"),
        ("limit=1001", "?limit"),
        ("limit=99999999999999999999", "?limit"),
        ("limit=many", "?limit"),
        ("cursor=nonsense", "?cursor"),
        ("cursor=W10", "?cursor"),
        ("cursor=W251bGwsIDBd", "?cursor"),
        ("cursor=%00", "?cursor"),
        ("cursr=", "?cursr"),
    ],
)
def test_a_query_that_is_not_well_formed_is_told(state: Program, query: str, pointer: str) -> None:
    assert [*refusal(state.get(f"{HERE}?{query}"))] == [pointer]


# Reading.


def test_the_batches_of_a_course_are_listed_those_that_start_last_first(state: Program) -> None:
    later = a_batch(course(), "Later", start_date=date.fromisoformat(in_days(5)))
    answer = state.get(LITERACY).json
    assert {item["name"] for item in answer["items"]} > {"Open batch", "Pilot", "Full house", "State training"}
    assert (answer["items"][0]["name"], answer["items"][0]["state"]) == ("Later", "upcoming")
    assert answer["items"][0]["id"] == str(later.id)


def test_a_batch_is_told_with_its_mentors_and_its_state(state: Program) -> None:
    fill(3)
    answer = state.get(path()).json
    assert answer == {
        "id": str(batch().id),
        "course": "course-v1:pradesh+FLN101+2026",
        "name": "Pilot",
        "description": batch().description,
        "enrolment_type": "invite-only",
        "start_date": batch().start_date.isoformat(),
        "end_date": batch().end_date.isoformat() if batch().end_date else None,
        "enrolment_end_date": None,
        "state": "ongoing",
        "participant_count": 3,
        "mentors": [{"user_id": str(the_person(MENTOR).id), "name": the_person(MENTOR).name}],
    }


def test_another_organisations_batches_do_not_exist_open_ones_neither(world: Flask) -> None:
    stranger = program(world, "admin@otherland.test")
    for there in (LITERACY, path(), path("Open batch"), f"{HERE}/no+such/batches", f"{HERE}/%00/batches"):
        assert stranger.get(there).status_code == 404
    assert stranger.patch(path(), json={"name": "Mine"}).status_code == 404
    assert stranger.get(HERE).json["items"] == []


def test_a_unit_managers_key_sees_the_open_batches_of_its_organisation_only(world: Flask) -> None:
    yoda = program(world, "yoda@harderwijk.test")
    here = the_person("yoda@harderwijk.test").organisation_roles[0].organisation
    made = courses.create(here, key="course-v1:uniharderwijk+ETH+2026", name="Ethics")
    invite_only = a_batch(made)
    listed = yoda.get(f"{HERE}/{made.key}/batches").json["items"]
    assert [item["name"] for item in listed] == ["Open batch"]
    assert yoda.get(f"/api/v1/batches/{listed[0]['id']}").status_code == 200
    assert yoda.get(f"/api/v1/batches/{invite_only.id}").status_code == 403
    assert yoda.post(f"{HERE}/{made.key}/batches", json=new()).status_code == 403


# Creating.


def test_a_batch_is_created(state: Program) -> None:
    mentor = a_teacher()
    body = new(description="For all.", end_date=in_days(9), enrolment_end_date=in_days(3), mentors=[str(mentor.id)])
    answer = state.post(LITERACY, json=body)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"http://muster.test/api/v1/batches/{answer.json['id']}"
    assert state.get(answer.headers["Location"]).json == answer.json
    made = batch("Autumn")
    assert (made.enrolment_type, made.created_by_id) == (EnrolmentType.INVITE_ONLY, the_person(STATE_ADMIN).id)
    assert [one.id for one in made.mentors] == [mentor.id]


def test_what_is_wrong_with_a_batch_is_told_as_the_page_does_field_by_field(state: Program) -> None:
    stranger = a_person("stranger@example.org")
    body = {
        "name": " ",
        "description": "x" * 4001,
        "start_date": in_days(-1),
        "end_date": in_days(-1),
        "enrolment_end_date": "31-12-2026",
        "mentors": [str(stranger.id)],
    }
    assert refusal(state.post(LITERACY, json=body)) == {
        "/name": "Give the batch a name.",
        "/description": "The value has 4,001 characters; at most 4,000 fit.",
        "/start_date": "Batch start date should be either today or future date.",
        "/end_date": "End date should be greater than start date.",
        "/enrolment_end_date": "“31-12-2026” is no date. Write it like 2026-12-31.",
        "/mentors": "Mentors must be people of Pradesh State Education.",
    }
    assert db.session.scalar(db.select(Batch).where(Batch.name == "")) is None


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/name", "/start_date"]),
        (new(start_date="0000-01-01"), ["/start_date"]),
        (new(start_date=""), ["/start_date"]),
        (new(end_date="9999-99-99"), ["/end_date"]),
        (new(end_date="a\0"), ["/end_date"]),
        (new(enrolment_type="closed"), ["/enrolment_type"]),
        (new(mentors=["me"]), ["/mentors/0"]),
        (new(participants=[]), ["/participants"]),
        (new(name=None), ["/name"]),
    ],
)
def test_a_body_that_is_not_well_formed_is_refused(state: Program, body: dict[str, Any], pointers: list[str]) -> None:
    assert [*refusal(state.post(LITERACY, json=body))] == pointers


def test_what_no_database_takes_is_left_out_of_names(state: Program) -> None:
    answer = state.post(LITERACY, json=new(name="Au\0tumn\n term", end_date="9999-12-31"))
    assert (answer.json["name"], answer.json["end_date"]) == ("Autumn term", "9999-12-31")


# Changing.


def test_only_what_is_sent_changes(state: Program) -> None:
    before = state.get(path()).json
    answer = state.patch(path(), json={"name": "Pilot 2", "end_date": in_days(30)})
    assert answer.json == {**before, "name": "Pilot 2", "end_date": in_days(30)}
    assert state.patch(path("Pilot 2"), json={"end_date": None}).json["end_date"] is None
    assert state.patch(path("Pilot 2"), json={}).status_code == 200


def test_mentors_are_changed_by_their_user_ids(state: Program) -> None:
    teacher = a_teacher()
    assert state.patch(path(), json={"mentors": [str(teacher.id)]}).json["mentors"][0]["name"] == teacher.name
    assert state.patch(path(), json={"mentors": []}).json["mentors"] == []


def test_what_may_no_longer_be_changed_is_told_as_the_page_does(state: Program) -> None:
    answer = state.patch(path(), json={"start_date": in_days(5), "enrolment_type": "open", "name": None})
    assert [*refusal(answer)] == ["/name"]
    assert refusal(state.patch(path(), json={"start_date": in_days(5), "enrolment_type": "open"})) == {
        "/start_date": "The batch has started: its start date can no longer be changed.",
        "/enrolment_type": "The batch has started: its enrolment type can no longer be changed.",
    }


def test_a_batch_with_many_participants_is_changed_all_the_same(state: Program) -> None:
    fill(101)
    assert state.patch(path(), json={"name": "Large"}).json["participant_count"] == 101


def test_two_changes_at_once_are_both_made(state: Program, world: Flask) -> None:
    there = path()
    other = program(world, STATE_ADMIN)
    at_once(
        world,
        lambda: state.patch(there, json={"name": "Renamed"}),
        lambda: other.patch(there, json={"description": "Described"}),
    )
    changed = state.get(there).json
    assert (changed["name"], changed["description"]) == ("Renamed", "Described")


def test_lists_cost_the_same_queries_for_few_and_for_many(state: Program) -> None:
    def queries() -> list[int]:
        counts = []
        for there in (HERE, LITERACY):
            with counted() as statements:
                assert state.get(there).status_code == 200
            counts.append(len(statements))
        return counts

    queries()  # the first call of a minute also notes that the key was used
    few = queries()
    for number in range(30):
        a_course(pradesh(), f"C{number}")
        a_batch(course(), f"B{number}", mentors=[the_person(MENTOR)], start_date=date.today() - timedelta(days=number))
    assert queries() == few
    assert db.session.scalar(db.select(db.func.count()).select_from(Course)) > 30
