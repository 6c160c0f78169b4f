"""Whatever is sent, by the document or beside it: nothing fails, and answers are what the document says."""

from contextvars import Context
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

from tests.house.test_access import things
from tests.programs import a_key

__all__ = ["things"]  # a fixture

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: For each call.
EXAMPLES = 25


@pytest.fixture
def places(things: dict[str, dict[str, str]]) -> dict[str, str]:
    """What paths lead to, in the demo world."""
    names = ("pilot", "literacy", "cumulus", "to_cumulus", "ready", "its_person", "researchers", "in_cumulus")
    names += ("yodas_role", "yodas_unit", "to_mentor")
    return {place: value for name in names for place, value in things[name].items()}


def test_no_call_fails_and_answers_are_as_documented(world: Flask, places: dict[str, str]) -> None:
    key = a_key("platform@muster.test").secret

    def alone(environ: Any, start_response: Any) -> Any:
        """Each request in a context of its own: not in the test's."""
        return Context().run(world, environ, start_response)

    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", alone)
    wrong = {
        operation.ok().label: found
        for operation in schema.get_all_operations()
        if (found := failures_of(operation.ok(), places, key))
    }
    assert wrong == {}


def failures_of(operation: Any, places: dict[str, str], key: str) -> list[str]:
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
        if is_there:
            case.path_parameters = {name: places[name] for name in case.path_parameters}
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=CHECKS)

    try:
        try_out()
    except FailureGroup as group:
        return [str(failure) for failure in group.exceptions]
    return []
