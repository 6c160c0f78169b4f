"""Where people sign in with a provider only: no password is asked for or offered anywhere."""

from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from domain.people import find_by_email
from tests.clients import Client
from tests.invitees import invited, join_path
from tests.people import a_role_invitation, pending_for, the_person
from tests.provider import LocalProvider, known_as, signed_in
from tests.teaching import course

YODA = "yoda@harderwijk.test"
FORM = {"email": YODA, "password": "muster-demo", "name": "Ann"}


@pytest.fixture(autouse=True)
def _off(world: Flask, provider: LocalProvider) -> None:
    world.config["PASSWORD_SIGN_IN"] = False


def test_the_sign_in_page_offers_the_provider_alone(world: Flask, client: Client) -> None:
    world.config["DEMO"] = True
    page = client.page("/login")
    assert "Sign in with SURFconext" in page
    assert not page.all("input", type="password")
    assert "muster-demo" not in page
    assert "Forgotten your password?" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/login",
        "/forgot-password",
        "/reset-password/x",
        "/register/x",
        "/join/x/account",
        "/role-invitations/x/account",
    ],
)
def test_no_password_is_taken(client: Client, path: str) -> None:
    assert client.post(path, data=FORM).status_code == 404


def test_an_account_has_no_password_to_change(client: Client, provider: LocalProvider) -> None:
    known_as("jane", the_person(YODA), provider)
    signed_in(client, provider)
    assert "password" not in client.page("/account").text.lower()
    for path in ("/account/password", "/account/first-password"):
        assert client.get(path).status_code == 404
        assert client.post(path, data=FORM).status_code == 404


def test_an_old_password_is_not_asked_for_another_address(client: Client, provider: LocalProvider) -> None:
    known_as("jane", the_person(YODA), provider)
    signed_in(client, provider)
    assert not client.page("/account/address").all("input", type="password")
    assert client.post("/account/address", data={"email": "yoda@new.example.org"}).status_code == 303


def test_an_old_password_is_not_asked_of_whoever_deletes_their_account(client: Client, provider: LocalProvider) -> None:
    known_as("jane", the_person(YODA), provider)
    signed_in(client, provider)
    assert not client.page("/account/delete").all("input", type="password")
    assert client.post("/account/delete", data={"email": "x@example.org", "is_understood": "y"}).status_code == 422
    assert client.post("/account/delete", data={"email": YODA, "is_understood": "y"}).status_code == 303
    assert find_by_email(YODA) is None


def test_an_invitation_offers_the_provider_alone(world: Flask, client: Client) -> None:
    page = client.page(join_path(world, invited("jane@example.org")))
    assert "Sign in with SURFconext" in page
    assert "Create account and accept" not in page.buttons()
    assert not page.all("input", type="password")


def test_a_register_link_offers_the_provider_alone(world: Flask, client: Client) -> None:
    token = world.extensions["link_tokens"].register.make(pending_for("jane@example.org", course()).id)
    page = client.page(f"/register/{token}")
    assert "Sign in with SURFconext" in page
    assert not page.all("input", type="password")


def test_an_invitation_to_a_role_offers_the_provider_alone(world: Flask, client: Client) -> None:
    yoda = the_person(YODA)
    assert yoda.organisation is not None
    invitation = a_role_invitation("jane@example.org", yoda.organisation, yoda)
    token = world.extensions["link_tokens"].role.make(invitation.id, invitation.link_number)
    page = client.page(f"/role-invitations/{token}")
    assert "Sign in with SURFconext" in page
    assert not page.all("input", type="password")


def test_an_operator_makes_accounts_without_a_password(world: Flask) -> None:
    words = ("users", "create", "new@example.org", "--name", "New")
    result = world.test_cli_runner().invoke(args=words)
    assert result.exit_code == 0, result.output
    made = find_by_email("new@example.org")
    assert made is not None
    assert made.password_hash is None


def test_it_refuses_to_start_where_nobody_could_sign_in(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="there is no provider to sign in with instead"):
        create_app({"INSTANCE_PATH": tmp_path, "PASSWORD_SIGN_IN": False})


def test_it_refuses_to_start_with_a_provider_configured_by_half(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="Set also: OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_NAME"):
        create_app({"INSTANCE_PATH": tmp_path, "OIDC_ISSUER": "https://connect.surfconext.nl"})


def test_the_environment_configures_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: LocalProvider
) -> None:
    given = {"ISSUER": provider.issuer, "CLIENT_ID": "muster", "CLIENT_SECRET": "not told", "NAME": "SURFconext"}
    for name, value in given.items():
        monkeypatch.setenv(f"OIDC_{name}", value)
    monkeypatch.setenv("PASSWORD_SIGN_IN", "off")
    app = create_app({"INSTANCE_PATH": tmp_path})
    assert not app.config["PASSWORD_SIGN_IN"]
    assert app.extensions["providers"]["oidc"].name == "SURFconext"
