"""The participants of a batch by our own API, page by page."""

from typing import Any

import pytest
from flask import Flask

from models import Participant, db
from tests.people import an_organisation, enrolled, teachers
from tests.programs import Program, program
from tests.queries import counted
from tests.teaching import STATE_ADMIN, batch, completed, fill, pradesh


@pytest.fixture
def state(world: Flask) -> Program:
    return program(world, STATE_ADMIN)


def listed(caller: Program, query: str = "") -> dict[str, Any]:
    answer = caller.get(f"/api/v1/batches/{batch().id}/participants{query}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def state_ids(answer: dict[str, Any]) -> list[str]:
    return [item["state_id"] for item in answer["items"]]


def test_a_participant_is_told_with_a_masked_address(state: Program) -> None:
    (person,) = fill(1)
    assert listed(state) == {
        "items": [
            {
                "user_id": str(person),
                "user_name": "pradesh00001",
                "name": "Teacher 00001",
                "state_id": "PR-00001",
                "email": "te*****@pradesh.test",
                "organisation": "Pradesh State Education",
                "district": "South",
                "enrolled_on": db.session.get_one(Participant, (batch().id, person)).enrolled_on.isoformat(),
                "progress": 0,
                "completed_on": None,
                "last_activity_at": None,
            }
        ],
        "next": None,
    }


def test_all_of_them_come_once_page_by_page(state: Program) -> None:
    fill(25)
    seen, cursor = [], ""
    while cursor is not None:
        answer = listed(state, f"?limit=10&cursor={cursor}")
        seen += state_ids(answer)
        cursor = answer["next"]
    assert sorted(seen) == [f"PR-{number:05}" for number in range(1, 26)]


def test_a_page_that_is_exactly_the_last_says_so(state: Program) -> None:
    fill(10)
    assert listed(state, "?limit=10")["next"] is None


def test_nothing_comes_twice_where_those_beyond_the_cursor_were_removed(state: Program) -> None:
    people = fill(3)
    cursor = listed(state, "?limit=2")["next"]
    state.delete(f"/api/v1/batches/{batch().id}/participants", json={"identifiers": [str(person) for person in people]})
    assert listed(state, f"?cursor={cursor}") == {"items": [], "next": None}


def test_they_are_searched_by_name_state_id_and_address(state: Program) -> None:
    fill(12)
    assert state_ids(listed(state, "?search=teacher%2000007")) == ["PR-00007"]
    assert state_ids(listed(state, "?search=PR-00011")) == ["PR-00011"]
    assert state_ids(listed(state, "?search=teacher00012@")) == ["PR-00012"]
    assert state_ids(listed(state, "?search=%00nobody")) == []
    found = listed(state, "?search=teacher&limit=5")
    assert len(listed(state, f"?search=teacher&limit=50&cursor={found['next']}")["items"]) == 7


def test_they_are_narrowed_by_their_progress(state: Program) -> None:
    people = fill(3)
    completed(people[0])
    assert state_ids(listed(state, "?state=completed")) == ["PR-00001"]
    assert state_ids(listed(state, "?state=in-progress")) == []
    assert len(listed(state, "?state=not-started")["items"]) == 2


def test_people_of_other_organisations_are_listed_without_a_state_id(state: Program) -> None:
    others = teachers(an_organisation("elsewhere"), 1)
    enrolled(batch(), others)
    assert state_ids(listed(state)) == []  # they are not found to be enrolled
    fill(1)
    db.session.execute(db.update(Participant).values(user_id=others[0]))
    assert state_ids(listed(state)) == [None]


@pytest.mark.parametrize("query", ["state=lost", "limit=1001", "cursor=x", "sort=name"])
def test_a_query_that_is_not_well_formed_is_refused(state: Program, query: str) -> None:
    answer = state.get(f"/api/v1/batches/{batch().id}/participants?{query}")
    assert (answer.status_code, len(answer.json["errors"])) == (422, 1)


def test_a_list_costs_the_same_queries_for_few_and_for_many(state: Program) -> None:
    fill(2)
    there = f"/api/v1/batches/{batch().id}/participants?limit=1000"

    def queries() -> int:
        with counted() as statements:
            assert state.get(there).status_code == 200
        return len(statements)

    queries()
    few = queries()
    enrolled(batch(), teachers(pradesh(), 300, first=60_001))
    assert queries() == few
