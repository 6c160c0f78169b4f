"""Progress by our own API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from models import Participant, db, now
from tests.programs import Program, program
from tests.queries import counted
from tests.teaching import STATE_ADMIN, batch, fill


@pytest.fixture
def state(world: Flask) -> Program:
    return program(world, STATE_ADMIN)


def told(caller: Program, *entries: dict[str, Any], **more: Any) -> TestResponse:
    return caller.patch(f"/api/v1/batches/{batch().id}/progress", json={"progress": entries, **more})


def of(number: int = 1, **values: Any) -> dict[str, Any]:
    return {"identifier": f"PR-{number:05}", **values}


def participant(person: Any) -> Participant:
    return db.session.get_one(Participant, (batch().id, person), populate_existing=True)


def test_progress_is_taken_and_each_has_its_outcome(state: Program) -> None:
    fill(3)
    told(state, of(2, percent=40), of(3, percent=50))
    answer = told(state, of(percent=45.9), of(2, percent=40), of(3, percent=20), of(99, percent=1), of(1))
    assert answer.status_code == 200
    assert {name: answer.json[name] for name in ("updated", "unchanged", "skipped", "failed")} == {
        "updated": 1,
        "unchanged": 1,
        "skipped": 1,
        "failed": 2,
    }
    assert answer.json["results"] == [
        {"identifier": "PR-00001", "outcome": "updated", "reason": None, "message": None},
        {"identifier": "PR-00002", "outcome": "unchanged", "reason": None, "message": None},
        {
            "identifier": "PR-00003",
            "outcome": "skipped",
            "reason": "lower",
            "message": "This person was further before, and the progress is kept.",
        },
        {
            "identifier": "PR-00099",
            "outcome": "failed",
            "reason": "not_found",
            "message": "Nobody of this organisation has this user ID or state ID.",
        },
        {
            "identifier": "PR-00001",
            "outcome": "failed",
            "reason": "no_progress",
            "message": "No progress is told: write a percentage, or completed and total units.",
        },
    ]


def test_progress_is_reckoned_from_units(state: Program) -> None:
    (person,) = fill(1)
    told(state, {"identifier": str(person), "completed_units": 9, "total_units": 20})
    assert (participant(person).percent, participant(person).completed_units) == (45, 9)


def test_progress_goes_backwards_only_when_told_so(state: Program) -> None:
    (person,) = fill(1)
    told(state, of(percent=60))
    assert told(state, of(percent=30)).json["skipped"] == 1
    assert told(state, of(percent=30), allow_decrease=True).json["updated"] == 1
    assert participant(person).percent == 30


def test_times_are_those_of_the_organisation_where_they_name_no_zone(state: Program) -> None:
    first, second, third = fill(3)
    told(
        state,
        of(1, percent=100, completed_at="2026-01-05T10:30:00"),
        of(2, percent=100, completed_at="2026-01-05T10:30:00Z"),
        of(3, percent=10, last_activity="2026-01-05"),
    )
    assert participant(first).completed_at == datetime(2026, 1, 5, 5, 0, tzinfo=UTC)
    assert participant(second).completed_at == datetime(2026, 1, 5, 10, 30, tzinfo=UTC)
    assert participant(third).last_activity_at == datetime(2026, 1, 4, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"percent": 101}, "percent_out_of_range"),
        ({"percent": 100.1}, "percent_out_of_range"),
        ({"percent": -0.1}, "percent_out_of_range"),
        ({"percent": 1e300}, "percent_out_of_range"),
        ({"completed_units": 3}, "units_incomplete"),
        ({"completed_units": 3, "total_units": 10**40}, "units_out_of_range"),
        ({"percent": 50, "completed_at": "2026-01-05"}, "completed_without_100"),
        ({"percent": 100, "completed_at": "9998-12-31"}, "completed_in_the_future"),
        ({"percent": 5, "last_activity": "1900-01-01"}, "activity_too_early"),
    ],
)
def test_values_that_cannot_be_are_told_of_each_and_stop_none_of_the_others(
    state: Program, values: dict[str, Any], reason: str
) -> None:
    fill(2)
    answer = told(state, of(1, **values), of(2, percent=5))
    assert [result["reason"] for result in answer.json["results"]] == [reason, None]
    assert answer.json["results"][0]["message"]


@pytest.mark.parametrize(
    ("entry", "pointer"),
    [
        ({}, "/progress/0/identifier"),
        (of(percent="45"), "/progress/0/percent"),
        (of(percent=True), "/progress/0/percent"),
        (of(completed_units=4.5, total_units=9), "/progress/0/completed_units"),
        (of(percent=4, completed_at=1767225600), "/progress/0/completed_at"),
        (of(percent=4, completed_at="soon"), "/progress/0/completed_at"),
        (of(percent=4, completed_at="0001-01-01T00:00:00+14:00"), "/progress/0/completed_at"),
        (of(percent=4, last_activity="9999-12-31T23:59:59-14:00"), "/progress/0/last_activity"),
        (of(percent=4, last_activity="\0"), "/progress/0/last_activity"),
        (of(percent=4, cohort=1), "/progress/0/cohort"),
    ],
)
def test_what_is_not_well_formed_is_told_and_nothing_is_taken(
    state: Program, entry: dict[str, Any], pointer: str
) -> None:
    (person,) = fill(1)
    answer = told(state, entry, of(percent=50))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert participant(person).percent == 0


def test_an_identifier_that_no_database_takes_is_only_not_found(state: Program) -> None:
    fill(1)
    answer = told(state, {"identifier": "\0", "percent": 4}, {"identifier": "", "percent": 4}, of(percent=4))
    assert [result["outcome"] for result in answer.json["results"]] == ["failed", "failed", "updated"]


def test_infinity_is_no_percentage(state: Program) -> None:
    body = b'{"progress": [{"identifier": "PR-00001", "percent": Infinity}]}'
    answer = state.patch(f"/api/v1/batches/{batch().id}/progress", data=body, content_type="application/json")
    assert answer.status_code == 422


def test_the_list_tells_what_was_reported(state: Program) -> None:
    fill(1)
    at = (now() - timedelta(hours=1)).replace(microsecond=0)
    told(state, of(percent=100, completed_at=at.isoformat()))
    [item] = state.get(f"/api/v1/batches/{batch().id}/participants?state=completed").json["items"]
    assert item["progress"] == 100
    assert datetime.fromisoformat(item["last_activity_at"]) == at


def test_a_call_costs_the_same_queries_for_one_and_for_two_hundred(state: Program) -> None:
    fill(300)
    told(state, of(300, percent=1))
    counts = []
    for numbers in (range(1, 2), range(2, 202)):
        with counted() as queries:
            told(state, *(of(number, percent=50) for number in numbers))
        counts.append(len(queries))
    assert counts[0] == counts[1]
