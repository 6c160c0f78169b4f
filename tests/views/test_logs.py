"""What operators read of requests and faults, and what they do not."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from models import db
from tests.clients import Client
from tests.conftest import make_app
from views.access import public
from views.logs import JsonFormatter, without_words

Lines = Callable[[], list[dict[str, Any]]]
SECRET = "j.doe@example.org"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Lines]:
    """What has been logged, as JSON."""
    caplog.set_level(logging.INFO, logger="muster.request")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_a_line_for_each_request_names_the_route_and_not_the_address(client: Client, lines: Lines) -> None:
    client.get("/join/a-secret-token?email=" + SECRET, headers={"X-Request-ID": "abc-1"})
    (line,) = [line for line in lines() if line["logger"] == "muster.request"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "join.show", 404)
    assert line["request_id"] == "abc-1"
    assert line["ms"] > 0
    assert "a-secret-token" not in str(lines())
    assert SECRET not in str(lines())


@pytest.mark.parametrize("sent", ["", "two words", "x" * 65, "ünï", "a\tb"])
def test_a_request_has_an_id_whatever_it_was_sent_with(client: Client, sent: str) -> None:
    given = client.get("/login", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert given != sent
    assert len(given) == 32


def test_two_requests_have_two_ids(client: Client) -> None:
    assert client.get("/login").headers["X-Request-ID"] != client.get("/login").headers["X-Request-ID"]


@pytest.fixture
def faulty(app: Flask, tmp_path: Any) -> Client:
    """Of an application with a route that breaks, quoting what somebody typed."""
    made = make_app(tmp_path, DATABASE_URL=app.config["DATABASE_URL"], TESTING=False)

    @public
    def unwilling() -> str:
        db.session.execute(text("SELECT nothing FROM nowhere WHERE email = :email"), {"email": SECRET})
        return ""

    made.add_url_rule("/unwilling", view_func=unwilling, endpoint="unwilling")
    return Client(made)


def test_a_fault_tells_its_kind_and_its_place_but_not_its_words(faulty: Client, lines: Lines) -> None:
    with faulty.application.app_context():
        page = faulty.get("/unwilling")
    (line,) = [line for line in lines() if "fault" in line]
    assert (page.status_code, f"Error 500, request {line['request_id']}" in page.text) == (500, True)
    assert line["message"] == "A request to unwilling failed."
    assert line["fault"]["kind"].startswith("sqlalchemy.exc.")
    assert "SELECT nothing FROM nowhere" in line["fault"]["statement"]
    assert any("test_logs.py" in place and "unwilling" in place for place in line["fault"]["at"])
    assert SECRET not in json.dumps(line)


def test_what_a_fault_came_of_is_told_too() -> None:
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as cause:
            raise KeyError(SECRET) from cause
    except KeyError as error:
        record = logging.LogRecord("any", logging.ERROR, "", 0, "It failed.", None, (KeyError, error, None))
    told = json.loads(JsonFormatter().format(record))["fault"]
    assert (told["kind"], told["because"]["kind"]) == ("builtins.KeyError", "builtins.ValueError")
    assert SECRET not in json.dumps(told)


def test_sentry_is_told_neither_addresses_nor_words() -> None:
    event = {"request": {"url": "/join/a-token"}, "exception": {"values": [{"type": "ValueError", "value": SECRET}]}}
    assert without_words(event, None) == {"exception": {"values": [{"type": "ValueError"}]}}
