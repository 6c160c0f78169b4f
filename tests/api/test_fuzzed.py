"""Whatever is sent, by the document or beside it: nothing fails, and answers are what the document says."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from contextvars import Context
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from models import db
from tests.conftest import ON_BOTH, filled, in_use
from tests.house.test_access import things_of
from tests.programs import a_key

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: For each call.
EXAMPLES = 25
NAMES = ("pilot", "literacy", "cumulus", "to_cumulus", "ready", "its_person", "researchers", "in_cumulus")
NAMES += ("yodas_role", "yodas_unit", "to_mentor")


@dataclass
class World:
    app: Flask
    key: str
    #: What paths lead to.
    places: dict[str, str]

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Each request in a context of its own: not in the test's."""
        return Context().run(self.app, environ, start_response)


@pytest.fixture
def worlds(migrated_apps: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[World]]:
    """The demo world on both databases, for the same requests: drawing them takes longer than answering them."""
    with ExitStack() as ends:
        yield [a_world(ends.enter_context(in_use(migrated_apps(kind))), monkeypatch) for kind in ON_BOTH]


def a_world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    things = things_of(filled(app, "demo_world", teachers=False), monkeypatch)
    places = {place: value for name in NAMES for place, value in things[name].items()}
    world = World(app, a_key("platform@muster.test").secret, places)
    db.session.commit()
    return world


def test_no_call_fails_and_answers_are_as_documented(worlds: list[World]) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", worlds[0])
    wrong = {
        operation.ok().label: found
        for operation in schema.get_all_operations()
        if (found := failures_of(operation.ok(), worlds))
    }
    assert wrong == {}


def failures_of(operation: Any, worlds: list[World]) -> list[str]:
    """What is wrong with the answers of one call, about what there is and what is not, rightly asked and wrongly."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )
    @given(case=st.one_of(map(operation.as_strategy, GenerationMode)), is_there=st.booleans())
    def try_out(case: Any, is_there: bool) -> None:
        for world in worlds:
            if is_there:
                case.path_parameters = {name: world.places[name] for name in case.path_parameters}
            case.call_and_validate(app=world, headers={"Authorization": f"Bearer {world.key}"}, checks=CHECKS)

    try:
        try_out()
    except FailureGroup as group:
        return [str(failure) for failure in group.exceptions]
    return []
