"""The page of a register link: from the letter to the account and the course, and where a link makes no account."""

import pytest
from flask import Flask

from domain import pending_enrolments
from domain.people import find_by_email
from models import PendingEnrolment, db
from tests.clients import Client
from tests.people import pending_for, the_person
from tests.teaching import LITERACY, batch, course

pytestmark = pytest.mark.usefixtures("world")

ANN = "ann@example.org"
ACCOUNT = {"name": "Ann Smit", "password": "long enough"}


def path_of(app: Flask, pending: PendingEnrolment) -> str:
    token = app.extensions["link_tokens"].register.make(pending.id)
    db.session.commit()
    return f"/register/{token}"


def test_the_page_says_which_course_of_whom_and_for_which_address(app: Flask, client: Client) -> None:
    page = client.page(path_of(app, pending_for("Ann@example.org", course())))
    assert page.heading == "Register for Foundational Literacy"
    assert "With your new account you are enrolled at once." in page
    assert "Organisation Pradesh State Education" in page
    assert "Your account is for Ann@example.org." in page


def test_an_account_leads_into_the_course_at_once(app: Flask, client: Client) -> None:
    page = client.send(path_of(app, pending_for("Ann@example.org", course())), **ACCOUNT)
    assert "You have been enrolled in Foundational Literacy." in page
    assert "Ann Smit" in client.page(LITERACY)
    assert the_person(ANN).email == "Ann@example.org"
    assert batch("Open batch").participant_count == 1


def test_where_one_is_to_enrol_by_oneself_the_account_leads_to_the_open_batch(app: Flask, client: Client) -> None:
    path = path_of(app, pending_for(ANN, course(), auto_enrol=False))
    assert "With your new account you can enrol." in client.page(path)
    page = client.send(path, **ACCOUNT)
    assert "You can enrol in Foundational Literacy here." in page
    assert page.heading == "Open batch"
    assert batch("Open batch").participant_count == 0
    client.send(f"/batches/{batch('Open batch').id}/join")
    assert batch("Open batch").participant_count == 1


def test_a_form_with_mistakes_comes_back_with_them(app: Flask, client: Client) -> None:
    page = client.send(path_of(app, pending_for(ANN, course())), 422, name="Ann", password="short")
    assert "Use at least 10 characters." in page
    assert find_by_email(ANN) is None


def test_whoever_is_signed_in_with_another_address_is_told_what_becomes_of_that(app: Flask, client: Client) -> None:
    client.sign_in("member@harderwijk.test")
    path = path_of(app, pending_for(ANN, course()))
    assert "You are signed in as member@harderwijk.test." in client.page(path)
    client.send(path, **ACCOUNT)
    assert "Ann Smit" in client.page(LITERACY)


def test_an_address_with_an_account_is_led_to_sign_in(app: Flask, client: Client) -> None:
    path = path_of(app, pending_for("member@harderwijk.test", course()))
    page = client.page(path, 410)
    assert "There is an account for member@harderwijk.test. Sign in with it." in page
    assert any("/login?next=" in (link.get("href") or "") for link in page.all("a"))
    assert client.post(path, data=ACCOUNT).status_code == 410


def test_whoever_has_that_account_is_led_to_the_course(app: Flask, client: Client) -> None:
    client.sign_in("member@harderwijk.test")
    page = client.page(path_of(app, pending_for("Member@harderwijk.test", course(), auto_enrol=False)))
    assert "You can enrol in Foundational Literacy here." in page


def test_a_link_that_has_been_taken_back_says_so_and_makes_no_account(app: Flask, client: Client) -> None:
    pending = pending_for(ANN, course())
    path = path_of(app, pending)
    pending_enrolments.take_back([pending.id])
    assert client.page(path, 410).heading == "This invitation has been withdrawn"
    assert client.post(path, data=ACCOUNT).status_code == 410
    assert find_by_email(ANN) is None


@pytest.mark.parametrize("token", ["nothing", "é", "a.b"])
def test_a_link_that_is_none_of_ours_is_not_found(client: Client, token: str) -> None:
    assert "This link is incomplete or mistyped" in client.page(f"/register/{token}", 404)


def test_the_page_stays_out_of_caches_and_search_engines(app: Flask, client: Client) -> None:
    headers = client.get(path_of(app, pending_for(ANN, course()))).headers
    assert (headers["Cache-Control"], headers["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")
