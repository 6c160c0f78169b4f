"""From a forgotten password, or none yet, by a letter to a new one."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from models import Letter, User, db, now
from models.outbox import LetterState
from tests.clients import Client
from tests.pages import Page
from tests.people import the_person
from tests.worker.sending import work

YODA = "yoda@harderwijk.test"
TEACHER = "teacher00001@pradesh.test"
SENT = "If this address has an account, a mail with a link to a new password is on its way to it."
ENDED = "This link does not work any more"
NEW = {"password": "long enough"}


def mails(app: Flask) -> list[str]:
    """To whom, those of this test so far."""
    return [entry.to for entry in app.extensions["mailbox"].list().items]


def ask(client: Client, email: str = YODA) -> Page:
    page = client.send("/forgot-password", email=email)
    work()
    return page


def link_sent(app: Flask, client: Client, email: str = YODA) -> str:
    """The path in the mail that comes when a new password is asked for."""
    ask(client, email)
    newest = app.extensions["mailbox"].list().items[0]
    text: str = app.extensions["mailbox"].get(newest.name).text
    (link,) = [word for word in text.split() if word.startswith("http://muster.test/")]
    return link.removeprefix("http://muster.test")


def test_the_sign_in_page_leads_to_a_new_password(world: Flask, client: Client) -> None:
    assert "Forgotten your password?" in client.page("/login")
    assert client.page("/forgot-password").heading == "Forgotten your password?"


def test_by_the_mail_s_link_one_has_a_new_password_and_is_signed_in(world: Flask, client: Client) -> None:
    path = link_sent(world, client)
    assert f"For the account of {YODA}." in client.page(path)
    page = client.send(path, **NEW)
    assert "Your new password is set, and you are signed in." in page
    assert "Yolanda Damen" in client.page("/account")
    client.post("/logout")
    client.sign_in(YODA, password="long enough")


def test_an_onboarded_teacher_comes_by_their_first_password(whole_world: Flask, client: Client) -> None:
    assert the_person(TEACHER).password_hash is None
    client.send(link_sent(whole_world, client, "Teacher00001@Pradesh.test"), **NEW)
    client.post("/logout")
    page = client.sign_in(TEACHER, password="long enough").page("/account")
    assert "State ID PR-00001" in page


def test_the_answer_does_not_tell_whether_there_is_an_account(world: Flask, client: Client) -> None:
    db.session.execute(update(User).where(User.email == "member@harderwijk.test").values(is_active=False))
    pages = [ask(client, email) for email in (YODA, "nobody@harderwijk.test", "member@harderwijk.test", "no address")]
    assert SENT in pages[0]
    assert len({page.text for page in pages}) == 1
    assert mails(world) == [YODA]
    assert set(db.session.scalars(select(Letter.state))) == {LetterState.SENT, LetterState.DROPPED}


def test_asking_again_brings_another_mail(world: Flask, client: Client) -> None:
    for _time in range(2):
        ask(client)
    assert mails(world) == [YODA, YODA]


@pytest.mark.parametrize("email", ["", " ", "\0", "x" * 255])
def test_what_is_no_address_at_all_is_refused(world: Flask, client: Client, email: str) -> None:
    assert "E-mail address" in client.send("/forgot-password", status=422, email=email)


@pytest.mark.parametrize("email", ["a\0@example.org", "\u202ea@example.org", "ß@x", "@", "x@y@z", "'; --"])
def test_odd_addresses_are_answered_like_all_others(world: Flask, client: Client, email: str) -> None:
    assert SENT in ask(client, email)


def test_mails_to_one_account_are_throttled(world: Flask, client: Client) -> None:
    for _time in range(5):
        ask(client)
    assert client.post("/forgot-password", data={"email": YODA.upper()}).status_code == 429
    assert client.get("/forgot-password").status_code == 200
    assert SENT in ask(client, "member@harderwijk.test")


def test_whoever_asks_for_very_many_accounts_is_throttled(world: Flask, client: Client) -> None:
    for number in range(50):
        client.post("/forgot-password", data={"email": f"somebody{number}@example.org"})
    assert client.post("/forgot-password", data={"email": YODA}).status_code == 429


# The link.


def test_a_new_password_ends_all_other_sessions(world: Flask, client: Client) -> None:
    elsewhere = Client(world).sign_in(YODA)
    client.send(link_sent(world, client), **NEW)
    assert elsewhere.get("/account").location.startswith("/login")
    assert client.get("/account").status_code == 200


def test_a_link_works_once(world: Flask, client: Client) -> None:
    path = link_sent(world, client)
    client.send(path, **NEW)
    assert client.page(path, 410).heading == ENDED
    assert client.send(path, 410, password="another one of mine").heading == ENDED
    Client(world).sign_in(YODA, password="long enough")


def test_looking_at_the_page_does_not_use_up_the_link(world: Flask, client: Client) -> None:
    path = link_sent(world, client)
    for _time in range(2):
        client.page(path)
    client.send(path, **NEW)


def test_a_password_changed_otherwise_ends_the_link(world: Flask, client: Client) -> None:
    path = link_sent(world, client)
    client.sign_in(YODA).send("/account/password", current="muster-demo", password="long enough")
    assert client.page(path, 410).heading == ENDED


def test_a_link_works_for_an_hour_and_then_leads_to_asking_again(world: Flask, client: Client) -> None:
    path = link_sent(world, client)
    with time_machine.travel(now() + timedelta(minutes=59), tick=False):
        client.page(path)
    with time_machine.travel(now() + timedelta(minutes=61), tick=False):
        page = client.page(path, 410)
        assert client.send(path, 410, **NEW).heading == ENDED
    assert "it has run out" in page
    assert "/forgot-password" in {link.get("href") for link in page.all("a")}


@pytest.mark.parametrize("token", ["nothing", "é", "a.b"])
def test_a_link_that_is_none_of_ours_leads_to_asking_again(world: Flask, client: Client, token: str) -> None:
    assert client.page(f"/reset-password/{token}", 410).heading == ENDED


def test_a_password_that_is_too_short_is_refused_and_the_link_still_works(world: Flask, client: Client) -> None:
    path = link_sent(world, client)
    assert "Use at least 10 characters." in client.send(path, 422, password="short")
    client.send(path, **NEW)


def test_whoever_is_signed_in_as_somebody_else_is_told_what_becomes_of_that(world: Flask, client: Client) -> None:
    path = link_sent(world, client)
    client.sign_in("member@harderwijk.test")
    assert "You are signed in as member@harderwijk.test." in client.page(path)
    client.send(path, **NEW)
    assert "Yolanda Damen" in client.page("/account")


def test_the_link_s_page_stays_out_of_caches_and_search_engines(world: Flask, client: Client) -> None:
    headers = client.get(link_sent(world, client)).headers
    assert (headers["Cache-Control"], headers["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")
