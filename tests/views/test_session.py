"""Signing in and out."""

from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import update

from models import User, db
from tests.clients import Client

pytestmark = pytest.mark.usefixtures("world")

WRONG = "This address and password do not belong together."


def test_a_person_signs_in_with_address_and_password(client: Client) -> None:
    page = client.send("/login", email="Yoda@Harderwijk.test", password="muster-demo")
    assert "Yolanda Damen" in page


def test_whoever_is_not_signed_in_is_asked_to_and_comes_back(client: Client) -> None:
    answer = client.get("/uploads?page=2")
    assert (answer.status_code, answer.location) == (303, "/login?next=/uploads?page%3D2")
    data = {"email": "yoda@harderwijk.test", "password": "muster-demo", "next": "/uploads?page=2"}
    assert client.post("/login", data=data).location == "/uploads?page=2"


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", "/\nx"]
)
def test_after_signing_in_nobody_is_sent_to_another_host(client: Client, target: str) -> None:
    data = {"email": "yoda@harderwijk.test", "password": "muster-demo", "next": target}
    assert client.post("/login", data=data).location == "/"
    assert client.get(f"/login?next={quote(target)}").location == "/"


def test_nothing_tells_whether_an_address_has_an_account(client: Client) -> None:
    known = client.send("/login", status=422, email="yoda@harderwijk.test", password="wrong")
    unknown = client.send("/login", status=422, email="nobody@harderwijk.test", password="wrong")
    assert WRONG in known
    assert known.text == unknown.text


@pytest.mark.parametrize("email", ["a\0@example.org", "\u202ea@example.org"])
def test_what_nobody_types_is_no_part_of_an_address(client: Client, email: str) -> None:
    assert WRONG in client.send("/login", status=422, email=email, password="wrong")


def test_an_account_without_a_password_cannot_be_signed_in_to(client: Client) -> None:
    db.session.execute(update(User).where(User.email == "yoda@harderwijk.test").values(password_hash=None))
    for password in ("muster-demo", "x"):
        assert WRONG in client.send("/login", status=422, email="yoda@harderwijk.test", password=password)


def test_a_closed_account_is_out_at_once(client: Client) -> None:
    client.sign_in("yoda@harderwijk.test")
    db.session.execute(update(User).where(User.email == "yoda@harderwijk.test").values(is_active=False))
    assert client.get("/uploads").location.startswith("/login")
    assert WRONG in client.send("/login", status=422, email="yoda@harderwijk.test", password="muster-demo")


def test_a_new_session_key_signs_out_everywhere(client: Client) -> None:
    client.sign_in("yoda@harderwijk.test")
    db.session.execute(update(User).where(User.email == "yoda@harderwijk.test").values(session_key="another"))
    assert client.get("/uploads").status_code == 303


def test_signing_out_ends_the_session(client: Client) -> None:
    client.sign_in("yoda@harderwijk.test")
    client.post("/logout")
    assert client.get("/uploads").location.startswith("/login")


def test_attempts_at_one_account_are_throttled(client: Client) -> None:
    for _attempt in range(10):
        client.send("/login", status=422, email="yoda@harderwijk.test", password="wrong")
    answer = client.post("/login", data={"email": "YODA@harderwijk.test", "password": "muster-demo"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_attempts_from_one_address_are_throttled(client: Client) -> None:
    for attempt in range(50):
        client.post("/login", data={"email": f"somebody{attempt}@example.org", "password": "wrong"})
    assert client.post("/login", data={"email": "other@example.org", "password": "wrong"}).status_code == 429


def test_signing_in_rightly_is_not_throttled(client: Client) -> None:
    for _time in range(15):
        client.sign_in("yoda@harderwijk.test")


def test_a_form_without_its_token_changes_nothing(world: Flask, client: Client) -> None:
    world.config["WTF_CSRF_ENABLED"] = True
    page = client.send("/login", status=400, email="yoda@harderwijk.test", password="muster-demo")
    assert "The form was open for too long, or came from elsewhere." in page
