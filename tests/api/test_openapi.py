"""The document that describes the API, and its page."""

from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate

from tests.clients import Client
from tests.house.test_access import api_families
from views.api.blueprint import ApiBlueprint

BATCH = "/api/v1/batches/{batch_id}"


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    answer = client.get("/api/openapi.json")
    assert answer.mimetype == "application/json"
    found: dict[str, Any] = answer.json
    return found


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    validate(document)


def test_every_call_is_in_it(app: Flask, document: dict[str, Any]) -> None:
    described = {
        rule.rule.replace("<uuid:", "{").replace("<", "{").replace(">", "}")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in api_families(app) and not rule.defaults
    }
    assert {*document["paths"]} == described


def test_every_call_of_a_family_says_what_it_takes_and_answers(app: Flask) -> None:
    """Those of ours; what Open edX and Sunbird only refuse is told nowhere."""
    ours = [name for name in api_families(app) if isinstance(app.blueprints[name], ApiBlueprint)]
    silent = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in ours and not hasattr(app.view_functions[rule.endpoint], "api_call")
    }
    assert silent == {"openedx.refuse"}


def operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path][method]
    return found


def test_a_call_is_described_with_what_it_takes(document: dict[str, Any]) -> None:
    add = operation(document, "post", f"{BATCH}/participants")
    assert add["operationId"] == "participants_add"
    assert [(one["name"], one["in"], one["required"]) for one in add["parameters"][:2]] == [
        ("batch_id", "path", True),
        ("dry_run", "query", False),
    ]
    assert add["parameters"][2]["name"] == "Idempotency-Key"
    assert add["parameters"][0]["schema"] == {"type": "string", "format": "uuid"}
    assert add["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Identifiers"}


def test_a_file_is_sent_as_a_form(document: dict[str, Any]) -> None:
    create = operation(document, "post", "/api/v1/uploads")
    assert [*create["requestBody"]["content"]] == ["multipart/form-data"]
    form = document["components"]["schemas"]["UploadForm"]
    assert form["properties"]["file"]["format"] == "binary"
    assert {"file", "kind"} <= {*form["required"]}
    assert "Location" in create["responses"]["201"]["headers"]


@pytest.mark.parametrize(
    ("path", "method", "status", "media_type"),
    [
        (BATCH, "get", "404", "application/problem+json"),
        ("/api/bulk_enroll/v1/bulk_enroll", "post", "403", "application/json"),
        ("/api/course/v1/batch/participants/list", "post", "401", "application/json"),
        ("/oauth2/access_token", "post", "401", "application/json"),
    ],
)
def test_a_refusal_has_the_shape_of_its_family(
    document: dict[str, Any], path: str, method: str, status: str, media_type: str
) -> None:
    assert [*operation(document, method, path)["responses"][status]["content"]] == [media_type]


def test_credentials_are_asked_for_everywhere_but_where_a_token_is_had(document: dict[str, Any]) -> None:
    assert document["security"] == [{"key": []}, {"token": []}]
    public = [
        path for path, methods in document["paths"].items() for one in methods.values() if one.get("security") == []
    ]
    assert public == ["/oauth2/access_token"]


# The page.


def test_the_page_tells_every_call(client: Client, document: dict[str, Any]) -> None:
    page = client.page("/api/docs")
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            assert f"{method.upper()} {path}" in page
            assert page.all("h3", id=one["operationId"])


def test_the_page_tells_values_one_by_one(client: Client) -> None:
    rows = client.page("/api/docs").rows()
    assert "progress[].percent in the body number or null 0 to 100, rounded down." in rows
    assert "results[].outcome waiting , sent , added , revived , removed , updated , failed , skipped –" in rows
    assert "foreseen[].identifier text As the file writes it." in rows
    assert "limit in the query whole number At most so many items." in rows


def test_examples_name_what_the_beginning_of_the_page_finds(client: Client) -> None:
    page = client.page("/api/docs")
    assert 'curl "http://muster.test/api/v1/batches/$BATCH"' in page
    assert """-d '{"request": {"batch": {"batchId": "'"$BATCH"'"}}}'""" in page
    assert "-F file=@invitations.csv" in page


def test_every_page_leads_to_it(client: Client) -> None:
    assert client.page("/login").all("a", href="/api/docs")
