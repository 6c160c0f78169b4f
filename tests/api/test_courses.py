"""Courses made and changed by our own API, as their pages do it."""

import pytest
from flask import Flask

from models import db
from tests.programs import Program, program
from tests.teaching import LITERACY, STATE_ADMIN, STRANGER, course

NEW = {"organisation": "pradesh", "course": "ARI101", "run": "2027", "name": "Arithmetic"}


@pytest.fixture
def state(world: Flask) -> Program:
    return program(world, STATE_ADMIN)


def test_a_course_is_made_with_its_open_batch(state: Program) -> None:
    answer = state.post("/api/v1/courses", json={**NEW, "description": "To count."})
    key = "course-v1:pradesh+ARI101+2027"
    assert (answer.status_code, answer.headers["Location"]) == (201, f"http://muster.test/api/v1/courses/{key}/batches")
    assert answer.json == {
        "key": key,
        "name": "Arithmetic",
        "description": "To count.",
        "organisation": "pradesh",
    }
    [batch] = state.get(f"/api/v1/courses/{key}/batches").json["items"]
    assert (batch["name"], batch["enrolment_type"]) == ("Open batch", "open")


def test_every_problem_is_told_by_its_field(state: Program) -> None:
    answer = state.post("/api/v1/courses", json={**NEW, "org": "a b", "course": "", "run": "+", "name": "\0"})
    assert {error["pointer"] for error in answer.json["errors"]} == {"/org", "/course", "/run", "/name"}
    answer = state.post("/api/v1/courses", json={**NEW, "course": "FLN101", "run": "2026"})
    assert answer.json["errors"][0]["pointer"] == "/course"
    assert answer.status_code == 422


def test_in_another_organisation_no_course_is_made(state: Program) -> None:
    assert state.post("/api/v1/courses", json={**NEW, "organisation": "otherland"}).status_code == 404


def test_only_what_is_sent_is_changed(state: Program) -> None:
    answer = state.patch(f"/api/v1{LITERACY}", json={"description": "To read."}).json
    assert (answer["name"], answer["description"]) == ("Foundational Literacy", "To read.")
    assert state.patch(f"/api/v1{LITERACY}", json={"name": ""}).status_code == 422
    db.session.expire_all()
    assert course().name == "Foundational Literacy"


def test_another_organisations_course_does_not_exist(world: Flask) -> None:
    assert program(world, STRANGER).patch(f"/api/v1{LITERACY}", json={"name": "Mine"}).status_code == 404
