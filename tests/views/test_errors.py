"""Every refusal and fault in the application's own look."""

import io
import sqlite3
from contextlib import closing

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from models import db
from tests.clients import Client
from tests.people import the_person
from tests.programs import program

pytestmark = pytest.mark.usefixtures("world")


def test_a_page_that_is_not_there(client: Client) -> None:
    assert client.page("/nothing-here", 404).heading == "There is no such page"


def test_a_page_asked_for_in_the_wrong_way(client: Client) -> None:
    client.sign_in("yoda@harderwijk.test")
    assert "does not work that way" in client.send("/uploads", 405)
    assert client.post("/uploads").headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_page_for_others(client: Client) -> None:
    client.sign_in("member@harderwijk.test")
    assert client.page("/invitations/upload", 403).heading == "You may not do this"


def test_a_file_that_is_too_large_is_refused_before_it_is_read(world: Flask, client: Client) -> None:
    client.sign_in("yoda@harderwijk.test")
    body = {"file": (io.BytesIO(b"x" * (world.config["MAX_CONTENT_LENGTH"] + 1)), "large.csv")}
    answer = client.post("/invitations/upload", data=body, content_type="multipart/form-data")
    assert answer.status_code == 413
    assert "This file is too large" in answer.text


def test_a_fault_of_ours_is_owned_up_to(world: Flask, client: Client) -> None:
    world.config.update(PROPAGATE_EXCEPTIONS=False, TESTING=False)
    client.sign_in("yoda@harderwijk.test")
    view = world.view_functions["uploads.index"]

    def broken() -> str:
        raise ZeroDivisionError

    broken.access_rule = "public"  # type: ignore[attr-defined]
    world.view_functions["uploads.index"] = broken
    try:
        assert client.page("/uploads", 500).heading == "Something went wrong on our side"
    finally:
        world.view_functions["uploads.index"] = view


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_the_error_page_stands_when_the_database_does_not(
    world: Flask, client: Client, monkeypatch: pytest.MonkeyPatch, error: type[DBAPIError]
) -> None:
    world.config.update(PROPAGATE_EXCEPTIONS=False, TESTING=False)
    client.sign_in("yoda@harderwijk.test")

    def away(*_args: object, **_kwargs: object) -> None:
        raise error("SELECT 1", {}, Exception("the database is away"))

    monkeypatch.setattr("sqlalchemy.engine.Connection.execute", away)
    assert client.page("/uploads", 503).heading == "Muster cannot work just now"
    assert client.get("/uploads").headers["Retry-After"] == "60"
    assert client.get("/api/v1/courses", headers={"Authorization": "Bearer muster_x"}).json["status"] == 503


def test_the_error_page_stands_when_the_database_goes_away_once_somebody_is_known(
    world: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.config.update(PROPAGATE_EXCEPTIONS=False, TESTING=False)
    client.sign_in("yoda@harderwijk.test")

    def away(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("the database is away"))

    def goes_away(*_args: object, **_kwargs: object) -> None:
        monkeypatch.setattr("sqlalchemy.engine.Connection.execute", away)
        away()

    monkeypatch.setattr("domain.accounts.rename", goes_away)
    assert client.send("/account/name", 503, name="Yoda").heading == "Muster cannot work just now"


def test_a_connection_that_breaks_once_the_page_is_made_takes_nothing_from_it(
    world: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.sign_in("yoda@harderwijk.test")
    fault = db.engine.dialect.dbapi.OperationalError("the connection has broken")

    def broken(*_args: object) -> None:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr("sqlalchemy.engine.default.DefaultDialect.do_rollback", broken)
        assert client.page("/uploads").heading == "Uploads"
    assert client.page("/uploads").heading == "Uploads"


def test_a_database_that_is_locked_for_too_long_is_said_to_be_busy(
    world: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite locks all of it")
    world.config.update(PROPAGATE_EXCEPTIONS=False, TESTING=False)
    client.sign_in("yoda@harderwijk.test")
    monkeypatch.setattr("models.base.PATIENT", "busy_timeout=50")
    db.engine.dispose()
    with closing(sqlite3.connect(str(db.engine.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert client.send("/account/name", 503, name="Somebody else").heading == "Muster cannot work just now"
        other.execute("ROLLBACK")
    assert client.page("/account/name").heading == "Change name"
    assert the_person("yoda@harderwijk.test").name != "Somebody else"
    db.engine.dispose()


class CollisionError(Exception):
    """As psycopg tells of it."""

    sqlstate = "40P01"


def test_two_in_each_others_way_are_told_to_try_again(
    world: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collide(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("UPDATE", {}, CollisionError())

    admin = program(world, "platform@muster.test")
    client.sign_in("yoda@harderwijk.test")
    monkeypatch.setattr("domain.accounts.rename", collide)
    monkeypatch.setattr("domain.bulk_enrolment.carry_out", collide)
    page = client.send("/account/name", 409, name="Yoda")
    assert page.heading == "Somebody else was changing the same"
    assert "Nothing has been changed. Try again." in page
    order = {"action": "enroll", "courses": "course-v1:a+b+c", "identifiers": "x"}
    answer = admin.post("/api/bulk_enroll/v1/bulk_enroll", json=order)
    assert (answer.status_code, answer.json) == (409, {"detail": "Nothing has been changed. Try again."})


def test_headers_keep_browsers_from_harm(client: Client) -> None:
    headers = client.get("/login").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_session_cookie_is_for_us_alone(client: Client) -> None:
    answer = client.post("/login", data={"email": "yoda@harderwijk.test", "password": "muster-demo"})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
