"""One's own account: what the page tells, and how name and password are changed."""

import json

import pytest
from flask import Flask
from sqlalchemy import update

from domain.people import find_by_email
from models import User, db
from tests.clients import Client
from tests.invitees import invited, join_path
from tests.people import the_collaboration, the_person

pytestmark = pytest.mark.usefixtures("world")

YODA = "yoda@harderwijk.test"
NEW = {"current": "muster-demo", "password": "long enough"}


def test_the_page_tells_who_one_is(client: Client) -> None:
    page = client.sign_in(YODA).page("/account")
    told = ("Yolanda Damen", YODA, "yoda.harderwijk", "Universiteit Harderwijk")
    assert [words for words in told if words not in page] == []
    assert "State ID" not in page


def test_whoever_has_a_state_id_sees_it_with_district_block_and_school(client: Client) -> None:
    state = the_person("state@pradesh.test")
    given = {"state_id": "PR-00007", "state_id_key": "pr-00007", "district": "North", "block": "B 7", "school": "S 7"}
    db.session.execute(update(User).where(User.id == state.id).values(given))
    page = client.sign_in(state.email).page("/account")
    assert "State ID PR-00007 District North Block B 7 School S 7" in page


def test_the_user_id_stands_where_it_can_be_copied(client: Client) -> None:
    page = client.sign_in(YODA).page("/account")
    (user_id,) = page.all("input", id="user-id")
    assert user_id.get("value") == str(the_person(YODA).id)
    assert "Copy User ID" in page.buttons()


def test_the_menu_leads_to_the_account(client: Client) -> None:
    links = {link.get("href") for link in client.sign_in(YODA).page("/").all("a")}
    assert "/account" in links


# The name.


def test_a_name_is_changed(client: Client) -> None:
    page = client.sign_in(YODA).send("/account/name", name="  Yolanda \t Damen-Smit ")
    assert "Your name has been changed." in page
    assert the_person(YODA).name == "Yolanda Damen-Smit"


@pytest.mark.parametrize("name", ["", " ", "-", "\0", "x" * 256])
def test_what_is_no_name_is_refused(client: Client, name: str) -> None:
    client.sign_in(YODA).send("/account/name", status=422, name=name)
    assert the_person(YODA).name == "Yolanda Damen"


def test_the_form_begins_with_the_name_as_it_is(client: Client) -> None:
    (name,) = client.sign_in(YODA).page("/account/name").all("input", name="name")
    assert name.get("value") == "Yolanda Damen"


# The password.


def test_a_password_is_changed_by_whoever_knows_it(client: Client) -> None:
    page = client.sign_in(YODA).send("/account/password", **NEW)
    assert "Your password has been changed." in page
    client.post("/logout")
    client.send("/login", status=422, email=YODA, password="muster-demo")
    client.sign_in(YODA, password="long enough")


def test_sessions_elsewhere_end_and_this_one_goes_on(app: Flask, client: Client) -> None:
    elsewhere = Client(app).sign_in(YODA)
    client.sign_in(YODA).send("/account/password", **NEW)
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").location.startswith("/login")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"current": "wrong"}, "This is not your current password."),
        ({"current": ""}, "Enter your current password."),
        ({"password": "short"}, "Use at least 10 characters."),
        ({"password": ""}, "Choose a password."),
    ],
)
def test_a_form_with_mistakes_changes_nothing(client: Client, given: dict[str, str], said: str) -> None:
    assert said in client.sign_in(YODA).send("/account/password", status=422, **NEW | given)
    assert client.get("/account").status_code == 200
    client.sign_in(YODA, password="muster-demo")


def test_guesses_of_the_current_password_are_throttled(client: Client) -> None:
    client.sign_in(YODA)
    for _attempt in range(10):
        client.send("/account/password", status=422, **NEW | {"current": "wrong"})
    assert client.post("/account/password", data=NEW).status_code == 429
    assert client.get("/account/password").status_code == 200


# What one may take along.


def test_one_s_data_comes_as_a_file(client: Client) -> None:
    client.sign_in(YODA)
    (link,) = [link.get("href") for link in client.page("/account").all("a") if "Download" in "".join(link.itertext())]
    answer = client.get(link)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=muster-yoda.")
    told = json.loads(answer.data)
    assert told["account"]["email"] == YODA
    assert [role["organisation"] for role in told["roles"]] == ["Universiteit Harderwijk"]


# Deleting it.


GONE = {"current": "muster-demo", "is_understood": "y"}


def test_an_account_is_deleted_by_whoever_knows_its_password(app: Flask, client: Client) -> None:
    elsewhere = Client(app).sign_in(YODA)
    user_id = the_person(YODA).id
    page = client.sign_in(YODA).send("/account/delete", **GONE)
    assert "Your account is deleted." in page
    assert db.session.get_one(User, user_id).name == "Deleted account"
    assert client.get("/account").location.startswith("/login")
    assert elsewhere.get("/account").location.startswith("/login")
    client.send("/login", status=422, email=YODA, password="muster-demo")


def test_the_page_says_what_happens_and_what_stays(client: Client) -> None:
    page = client.sign_in(YODA).page("/account/delete")
    assert "Your memberships of collaborations end" in page
    assert "Files that you have brought, without your name" in page
    assert the_person(YODA).deleted_at is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"current": "wrong"}, "This is not your current password."),
        ({"is_understood": ""}, "Tick this if you want to go on."),
    ],
)
def test_an_account_is_not_deleted_by_mistake(client: Client, given: dict[str, str], said: str) -> None:
    form = {name: value for name, value in (GONE | given).items() if value}
    assert said in client.sign_in(YODA).send("/account/delete", status=422, **form)
    assert the_person(YODA).deleted_at is None


def test_whoever_has_no_password_enters_their_address_to_delete_the_account(client: Client) -> None:
    client.sign_in(YODA)
    db.session.execute(update(User).where(User.email == YODA).values(password_hash=None))
    wrong = client.send("/account/delete", status=422, email="member@harderwijk.test", is_understood="y")
    assert "This is not the address of this account." in wrong
    client.send("/account/delete", email=YODA.upper(), is_understood="y")
    assert find_by_email(YODA) is None


def test_the_last_admin_is_told_why_they_cannot_go(client: Client) -> None:
    client.sign_in("admin@otherland.test")
    page = client.page("/account/delete")
    assert "You are the last admin of Otherland Institute. An organisation needs an admin" in page
    assert "Delete account" not in page.buttons()
    assert "Otherland Institute" in client.send("/account/delete", status=409, **GONE)


def test_whoever_they_have_invited_is_not_told_to_write_to_them(world: Flask, client: Client) -> None:
    invitation = invited("ann@example.org")
    invitation.collaboration.organisation.contact_email = None
    path = join_path(world, invitation)
    assert f"Questions? {YODA}" in client.page(path)
    Client(world).sign_in(YODA).send("/account/delete", **GONE)
    assert "Questions?" not in client.page(path)
    client.send(path + "/decline", 410)
    assert "Invited by Deleted account Organisation" in client.page(path, 410)


def test_whoever_has_gone_is_called_so_in_the_readers_language(
    world: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.person_names._", lambda sentence: f"<{sentence}>")
    path = join_path(world, invited("ann@example.org"))
    Client(world).sign_in(YODA).send("/account/delete", **GONE)
    assert "Invited by Yoda team (<Deleted account>)" in client.page(path)
    organisation = f"/organisations/{the_collaboration('cumulusgrp').organisation_id}"
    client.sign_in("admin@harderwijk.test")
    for page in (f"{organisation}/audit-log", f"/collaborations/{the_collaboration('cumulusgrp').id}/members"):
        assert client.page(page).text.count("Deleted account") == client.page(page).text.count("<Deleted account>") > 0


def test_what_others_see_of_whoever_has_gone_stands_without_a_name(world: Flask, client: Client) -> None:
    client.sign_in("admin@harderwijk.test")
    Client(world).sign_in(YODA).send("/account/delete", **GONE)
    organisation = f"/organisations/{the_collaboration('cumulusgrp').organisation_id}"
    assert "Deleted account" in client.page(f"{organisation}/audit-log")
    assert "Yolanda" not in client.page(f"{organisation}/audit-log")
    assert "Deleted account" not in client.page(f"{organisation}/people")
