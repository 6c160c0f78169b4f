"""From one address to another, by a letter with a link."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from domain.people import find_by_email
from models import db, now
from tests.clients import Client
from tests.invitees import MEREL, YODA, invited
from tests.people import the_person
from tests.worker.sending import work

pytestmark = pytest.mark.usefixtures("world")

NEW = "yolanda@new.example.org"
ASKED = {"email": NEW, "current": "muster-demo"}


@pytest.fixture
def yoda(client: Client) -> Client:
    return client.sign_in(YODA)


def mail_to(app: Flask, address: str) -> str:
    """The newest to the address, as text."""
    work()
    mailbox = app.extensions["mailbox"]
    name = next(entry.name for entry in mailbox.list().items if entry.to == address)
    return str(mailbox.get(name).text)


def link_sent(app: Flask, client: Client, address: str = NEW) -> str:
    """The path in the mail that comes when another address is asked for."""
    client.send("/account/address", **ASKED | {"email": address})
    (link,) = [word for word in mail_to(app, address).split() if "/account/address/" in word]
    return link.removeprefix("http://muster.test")


def test_the_account_page_leads_to_another_address(yoda: Client) -> None:
    assert "/account/address" in {link.get("href") for link in yoda.page("/account").all("a")}


def test_by_the_mail_s_link_one_has_another_address(app: Flask, yoda: Client) -> None:
    path = link_sent(app, yoda)
    assert f"New address {NEW}" in yoda.page(path)
    page = yoda.send(path)
    assert f"Your address is now {NEW}." in page
    assert "The address of this account has been changed." in mail_to(app, YODA)
    Client(app).sign_in(NEW)


def test_sessions_elsewhere_end_and_this_one_goes_on(app: Flask, yoda: Client) -> None:
    elsewhere = Client(app).sign_in(YODA)
    yoda.send(link_sent(app, yoda))
    assert yoda.get("/account").status_code == 200
    assert elsewhere.get("/account").location.startswith("/login")


def test_looking_at_the_page_changes_nothing(app: Flask, yoda: Client) -> None:
    path = link_sent(app, yoda)
    yoda.page(path)
    assert the_person(YODA).email == YODA


def test_invitations_to_the_new_address_are_shown(app: Flask, yoda: Client) -> None:
    invited(NEW, to="stratusgrp")
    yoda.send(link_sent(app, yoda))
    assert "Stratus" in yoda.page("/")


def test_an_address_with_an_account_is_answered_like_any_other_and_told_by_letter(app: Flask, yoda: Client) -> None:
    pages = [yoda.send("/account/address", **ASKED | {"email": email}) for email in (MEREL, NEW)]
    assert pages[0].text.replace(MEREL, "") == pages[1].text.replace(NEW, "")
    assert "It has an account already, so nothing has been changed." in mail_to(app, MEREL)
    assert "/account/address/" not in mail_to(app, MEREL)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": ""}, "Enter the new address."),
        ({"email": YODA}, "This is your address already."),
        ({"email": "yolanda"}, "This is no e-mail address: it has no @."),
        ({"email": "\0"}, "Enter the new address."),
        ({"current": "wrong"}, "This is not your current password."),
        ({"current": ""}, "Enter your current password."),
    ],
)
def test_a_form_with_mistakes_sends_nothing(yoda: Client, given: dict[str, str], said: str) -> None:
    assert said in yoda.send("/account/address", status=422, **ASKED | given)
    work()
    assert yoda.application.extensions["mailbox"].list().items == []


def test_whoever_has_no_password_is_not_asked_for_it(app: Flask, yoda: Client) -> None:
    the_person(YODA).password_hash = None
    db.session.commit()
    yoda.send("/account/address", email=NEW)
    assert "/account/address/" in mail_to(app, NEW)


def test_guesses_of_the_password_are_throttled_on_all_pages_together(yoda: Client) -> None:
    for _attempt in range(5):
        yoda.send("/account/address", status=422, **ASKED | {"current": "wrong"})
        yoda.send("/account/password", status=422, current="wrong", password="long enough")
    assert yoda.post("/account/address", data=ASKED).status_code == 429
    assert yoda.get("/account/address").status_code == 200


def test_letters_to_anybody_are_throttled(yoda: Client) -> None:
    for number in range(5):
        yoda.send("/account/address", **ASKED | {"email": f"somebody{number}@example.org"})
    assert yoda.post("/account/address", data=ASKED).status_code == 429


# Dead ends.


def test_a_link_works_once(app: Flask, yoda: Client) -> None:
    path = link_sent(app, yoda)
    yoda.send(path)
    page = yoda.page(path, 410)
    assert f"Your address is {NEW}." in page
    assert yoda.send(path, 410).heading == "This link does not work any more"


def test_a_link_works_for_an_hour(app: Flask, yoda: Client) -> None:
    path = link_sent(app, yoda)
    with time_machine.travel(now() + timedelta(minutes=61), tick=False):
        assert "Its hour is over." in yoda.page(path, 410)


def test_a_link_that_is_none_of_ours_leads_to_asking_again(yoda: Client) -> None:
    page = yoda.page("/account/address/nothing", 410)
    assert "incomplete or mistyped" in page
    assert "/account/address" in {link.get("href") for link in page.all("a")}


def test_a_link_sent_to_a_mistyped_address_does_not_lead_somebody_else_to_the_account(app: Flask, yoda: Client) -> None:
    path = link_sent(app, yoda)
    stranger = Client(app)
    assert stranger.get(path).location.startswith("/login?next=")
    stranger.sign_in(MEREL)
    assert stranger.page(path, 410).heading == "This link is for another account"
    assert stranger.send(path, 410).heading == "This link is for another account"
    assert find_by_email(NEW) is None


def test_the_link_s_page_stays_out_of_caches_and_search_engines(app: Flask, yoda: Client) -> None:
    headers = yoda.get(link_sent(app, yoda)).headers
    assert (headers["Cache-Control"], headers["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")
