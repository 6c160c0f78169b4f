"""What one signs in with at providers, on the page of one's account; and what is left of it after signing out."""

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from models import Identity, User, db
from models.outbox import LetterKind
from tests.clients import Client
from tests.invitees import letters
from tests.pages import Page
from tests.people import the_person
from tests.provider import LocalProvider, connected, known_as, sent_away, signed_in

YODA, MEREL = "yoda@harderwijk.test", "member@harderwijk.test"


def links_of(page: Page) -> dict[str, str]:
    return {" ".join("".join(link.itertext()).split()): link.get("href", "") for link in page.all("a")}


def owners() -> list[str]:
    return [*db.session.scalars(select(User.email).join(Identity, Identity.user_id == User.id).order_by(Identity.id))]


def without_a_password(email: str = YODA) -> None:
    db.session.execute(update(User).where(User.email == email).values(password_hash=None))


@pytest.mark.usefixtures("world")
def test_without_providers_the_account_says_nothing_of_them(client: Client) -> None:
    assert "Sign-in with other providers" not in client.sign_in(YODA).page("/account")


# Linking.


def test_a_sign_in_is_linked_once_its_person_says_so(client: Client, provider: LocalProvider) -> None:
    page = client.sign_in(YODA).page("/account")
    assert "SURFconext Not yet" in page
    assert links_of(page)["Link SURFconext"] == "/account/link/surf"
    assert signed_in(client, provider, path="/account/link/surf").location == "/account/link"
    page = client.page("/account/link")
    assert "At SURFconext you are jane@example.org This account is yoda@harderwijk.test" in page
    assert owners() == []
    assert "From now on you can sign in with SURFconext too." in client.send("/account/link")
    assert owners() == [YODA]


def test_what_is_linked_signs_in(world: Flask, client: Client, provider: LocalProvider) -> None:
    signed_in(client.sign_in(YODA), provider, path="/account/link/surf")
    client.send("/account/link")
    signed_in(other := Client(world), provider)
    assert "Yolanda Damen" in other.page("/account")


def test_nothing_is_linked_without_a_sign_in(client: Client, provider: LocalProvider) -> None:
    client.sign_in(YODA)
    assert client.get("/account/link").location == "/account"
    assert client.post("/account/link").location == "/account"
    assert owners() == []


def test_what_is_linked_to_another_account_stays_there(client: Client, provider: LocalProvider) -> None:
    known_as("jane", the_person(MEREL), provider)
    answer = signed_in(client.sign_in(YODA), provider, path="/account/link/surf")
    assert (answer.status_code, Page(answer.text).heading) == (409, "This sign-in is linked to another account")
    assert "Your account" in links_of(Page(answer.text))
    assert owners() == [MEREL]


def test_what_is_linked_already_is_said_to_be(client: Client, provider: LocalProvider) -> None:
    known_as("jane", the_person(YODA), provider)
    signed_in(client.sign_in(YODA), provider, path="/account/link/surf")
    assert "It is linked to your account already." in client.page("/account")
    assert owners() == [YODA]


def test_whoever_has_signed_out_meanwhile_links_nothing(client: Client, provider: LocalProvider) -> None:
    way = provider.way_back(sent_away(client.sign_in(YODA), "/account/link/surf"))
    with client.session_transaction() as session:
        under_way = session["under_way"]
    client.post("/logout")
    with client.session_transaction() as session:
        session["under_way"] = under_way
    assert client.get(way).status_code == 400
    assert owners() == []


# Unlinking.


def test_a_sign_in_is_unlinked_after_a_question(client: Client, provider: LocalProvider) -> None:
    identity = known_as("jane", the_person(YODA), provider)
    path = links_of(client.sign_in(YODA).page("/account"))["Unlink SURFconext"]
    assert path == f"/account/unlink/{identity.id}"
    assert "You will no longer sign in to this account with SURFconext." in client.page(path)
    assert "SURFconext is no longer linked to your account." in client.send(path)
    assert owners() == []


def test_the_only_way_to_sign_in_stays(client: Client, provider: LocalProvider) -> None:
    identity = known_as("jane", the_person(YODA), provider)
    client.sign_in(YODA)
    without_a_password()
    page = client.page("/account")
    assert "Your only way to sign in" in page
    assert "Unlink SURFconext" not in page
    assert "It is your only way to sign in." in client.send(f"/account/unlink/{identity.id}", status=409)
    assert owners() == [YODA]


def test_what_others_sign_in_with_is_nobody_elses_business(client: Client, provider: LocalProvider) -> None:
    identity = known_as("jane", the_person(MEREL), provider)
    client.sign_in("platform@muster.test")
    assert client.get(f"/account/unlink/{identity.id}").status_code == 404
    assert client.post(f"/account/unlink/{identity.id}").status_code == 404
    assert owners() == [MEREL]


def test_a_provider_that_is_no_longer_configured_is_named_by_its_issuer(
    world: Flask, client: Client, provider: LocalProvider
) -> None:
    known_as("jane", the_person(YODA), provider)
    world.extensions["providers"] = connected()
    assert provider.issuer in client.sign_in(YODA).page("/account")


# A first password.


@pytest.mark.usefixtures("world")
def test_a_first_password_is_chosen_by_a_letter(client: Client) -> None:
    client.sign_in(YODA)
    without_a_password()
    page = client.page("/account/password")
    assert page.heading == "Choose a password"
    assert not page.all("input", type="password")
    page = client.send("/account/first-password")
    assert "A mail with a link to a new password is on its way to yoda@harderwijk.test." in page
    assert letters(LetterKind.PASSWORD_RESET) == [YODA]


@pytest.mark.usefixtures("world")
def test_letters_for_a_first_password_are_few(client: Client) -> None:
    client.sign_in(YODA)
    for _time in range(5):
        client.send("/account/first-password")
    assert client.post("/account/first-password").status_code == 429


# Signing out.


def test_signing_out_is_for_here_and_says_so(client: Client, provider: LocalProvider) -> None:
    signed_in(client, provider)
    page = client.send("/logout")
    assert "You are signed out of Muster. At SURFconext you may still be signed in." in page
    assert db.session.scalar(select(func.count()).select_from(Identity)) == 1


def test_whoever_signed_in_with_a_password_is_told_nothing_of_providers(
    client: Client, provider: LocalProvider
) -> None:
    assert "may still be signed in" not in client.sign_in(YODA).send("/logout")
