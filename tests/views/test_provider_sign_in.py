"""Signing in with a provider that really answers: the way there, the way back, and where it leads no further."""

from secrets import token_urlsafe
from urllib.parse import urlencode

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update

from domain.people import find_by_email
from models import Identity, User, db
from tests.clients import Client
from tests.invitees import invited, join_path
from tests.pages import Page
from tests.people import pending_for, the_person
from tests.provider import (
    JANE,
    LocalProvider,
    challenge_of,
    connected,
    known_as,
    query_of,
    sent_away,
    signed_in,
)
from tests.teaching import LITERACY, course
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("provider")

YODA = "yoda@harderwijk.test"


def how_many(what: type[User] | type[Identity]) -> int:
    return db.session.scalar(select(func.count()).select_from(what)) or 0


# The way there.


def test_the_sign_in_page_has_a_button_for_each_provider(world: Flask, provider: LocalProvider, client: Client) -> None:
    google = provider.settings("google", "Google", issuer="https://accounts.google.test")
    world.extensions["providers"] = connected(provider.settings(), google)
    links = {"".join(link.itertext()): link.get("href") for link in client.page("/login?next=/uploads").all("a")}
    assert links["Sign in with SURFconext"] == "/login/surf?next=/uploads"
    assert links["Sign in with Google"] == "/login/google?next=/uploads"


def test_nobody_is_sent_to_a_provider_that_there_is_not(client: Client) -> None:
    assert client.get("/login/elsewhere").status_code == 404
    assert client.get("/login/elsewhere/callback").status_code == 404


def test_the_provider_is_asked_for_a_code_with_a_challenge_a_state_and_a_nonce(client: Client) -> None:
    asked = query_of(sent_away(client))
    assert asked["response_type"] == "code"
    assert asked["scope"] == "openid profile email"
    assert asked["redirect_uri"] == "http://muster.test/login/surf/callback"
    assert asked["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= asked.keys()


def test_the_code_is_fetched_with_what_the_challenge_was_made_of(client: Client, provider: LocalProvider) -> None:
    signed_in(client, provider)
    verifier = provider.asked["/oauth2/token"]["code_verifier"]
    assert len(verifier) >= 43
    assert provider.asked["/oauth2/authorize"]["code_challenge"] == challenge_of(verifier)
    assert "not told" not in str(provider.asked)


def test_whoever_is_signed_in_need_not_do_it_again(client: Client) -> None:
    assert client.sign_in(YODA).get("/login/surf?next=/uploads").location == "/uploads"


# Who it is.


def test_whoever_is_known_by_issuer_and_subject_is_signed_in(client: Client, provider: LocalProvider) -> None:
    known_as("jane", the_person(YODA), provider)
    assert signed_in(client, provider).location == "/"
    assert "Yolanda Damen" in client.page("/")
    assert find_by_email("jane@example.org") is None


def test_a_first_sign_in_makes_an_account_without_a_password(client: Client, provider: LocalProvider) -> None:
    signed_in(client, provider)
    jane = the_person("jane@example.org")
    assert (jane.name, jane.user_name, jane.password_hash) == ("Jane Doe", "jane", None)
    assert "Jane Doe" in client.page("/")


def test_the_second_sign_in_finds_the_account_of_the_first(world: Flask, provider: LocalProvider) -> None:
    signed_in(Client(world), provider)
    provider.knows("jane", **JANE | {"email": "jane.doe@example.org"})
    signed_in(client := Client(world), provider)
    assert "jane@example.org" in client.page("/account")
    assert find_by_email("jane.doe@example.org") is None


def test_a_first_sign_in_enrols_wherever_that_has_waited_for_it(client: Client, provider: LocalProvider) -> None:
    pending_for("Jane@example.org", course())
    signed_in(client, provider)
    assert "Jane Doe" in client.page(LITERACY)
    assert "Foundational Literacy" in client.page("/")


def test_an_account_is_linked_by_its_address_once(world: Flask, client: Client, provider: LocalProvider) -> None:
    provider.knows("yolanda", email="Yoda@Harderwijk.test", email_verified=True, name="Somebody else")
    signed_in(client, provider, "yolanda")
    assert "Yolanda Damen" in client.page("/")
    signed_in(Client(world), provider, "yolanda")
    (identity,) = db.session.scalars(select(Identity))
    assert (identity.user_id, identity.subject) == (the_person(YODA).id, "yolanda")
    page = Client(world).sign_in("platform@muster.test").page("/platform/audit-log")
    assert "Sign-in by a provider linked for 1 person" in page


def test_an_address_that_is_somebody_elses_by_now_does_not_lead_into_the_account(
    client: Client, provider: LocalProvider
) -> None:
    known_as("yolanda", the_person(YODA), provider)
    provider.knows("successor", email=YODA, email_verified=True)
    answer = signed_in(client, provider, "successor")
    assert answer.status_code == 403
    assert Page(answer.text).heading == "Your address has an account already"
    assert client.get("/").status_code == 303


@pytest.mark.parametrize(
    ("claims", "heading"),
    [
        ({"email_verified": False}, "Your address is not confirmed"),
        ({"email_verified": None}, "Your address is not confirmed"),
        ({"email_verified": "false"}, "Your address is not confirmed"),
        ({"email": ""}, "Your address is missing"),
        ({"email": None}, "Your address is missing"),
        ({"email": "yoda"}, "Your address is missing"),
    ],
)
def test_without_a_confirmed_address_nobody_is_let_in(
    client: Client, provider: LocalProvider, claims: dict[str, object], heading: str
) -> None:
    provider.knows("jane", **JANE | {"email": YODA} | claims)
    answer = signed_in(client, provider)
    assert answer.status_code == 403
    assert Page(answer.text).heading == heading
    assert how_many(Identity) == 0
    assert client.get("/").status_code == 303


@pytest.mark.parametrize("subject", ["jane", "known"])
def test_a_closed_account_is_not_signed_in_to(client: Client, provider: LocalProvider, subject: str) -> None:
    provider.knows("jane", **JANE | {"email": YODA})
    known_as("known", the_person(YODA), provider)
    db.session.execute(update(User).where(User.email == YODA).values(is_active=False))
    answer = signed_in(client, provider, subject)
    assert answer.status_code == 403
    assert Page(answer.text).heading == "This account is closed"
    assert client.get("/").status_code == 303


def test_of_two_first_sign_ins_at_once_both_come_into_one_account(world: Flask, provider: LocalProvider) -> None:
    clients = Client(world), Client(world)
    ways = [provider.way_back(sent_away(client)) for client in clients]
    at_once(world, *[lambda one=one, way=way: one.get(way) for one, way in zip(clients, ways, strict=True)])
    assert [client.get("/account").status_code for client in clients] == [200, 200]
    assert how_many(Identity) == 1


def test_of_two_who_are_linked_at_once_both_are_signed_in(world: Flask, provider: LocalProvider) -> None:
    provider.knows("jane", **JANE | {"email": YODA})
    test_of_two_first_sign_ins_at_once_both_come_into_one_account(world, provider)


# The way back.


def test_one_comes_back_to_where_one_was_going(client: Client, provider: LocalProvider) -> None:
    known_as("jane", the_person(YODA), provider)
    assert signed_in(client, provider, path="/login/surf?next=/uploads?page%3D2").location == "/uploads?page=2"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "/" + "x" * 4000])
def test_nobody_is_sent_to_another_host(client: Client, provider: LocalProvider, target: str) -> None:
    assert signed_in(client, provider, path="/login/surf?" + urlencode({"next": target})).location == "/"


def test_several_tabs_come_back_each_to_its_own_page(client: Client, provider: LocalProvider) -> None:
    known_as("jane", the_person(YODA), provider)
    tabs = [sent_away(client, f"/login/surf?next=/uploads?page%3D{number}") for number in (1, 2, 3)]
    pages = [client.get(provider.way_back(tab)).location for tab in reversed(tabs)]
    assert pages == ["/uploads?page=3", "/uploads?page=2", "/uploads?page=1"]


def test_the_cookie_stays_small_however_many_are_begun(client: Client) -> None:
    for _time in range(10):
        answer = client.get(f"/login/surf?next=/join/{token_urlsafe(290)}")
    assert len(answer.headers["Set-Cookie"]) < 3500  # of 4093, for there is more in it


def test_it_comes_back_once(client: Client, provider: LocalProvider) -> None:
    way = provider.way_back(sent_away(client))
    assert client.get(way).status_code == 303
    client.post("/logout")
    assert Page(client.get(way).text).heading == "Sign in once more"
    assert client.get("/").status_code == 303


@pytest.mark.parametrize("state", ["state=another", "state=", "nothing=here"])
def test_what_was_not_begun_in_this_browser_leads_nowhere(client: Client, provider: LocalProvider, state: str) -> None:
    right = query_of(address := sent_away(client))["state"]
    answer = client.get(provider.way_back(address).replace(f"state={right}", state))
    assert (answer.status_code, Page(answer.text).heading) == (400, "Sign in once more")
    assert how_many(Identity) == 0


def test_what_was_begun_in_another_browser_leads_nowhere(world: Flask, provider: LocalProvider) -> None:
    way = provider.way_back(sent_away(Client(world)))
    assert Client(world).get(way).status_code == 400


def test_what_was_begun_with_another_provider_leads_nowhere(
    world: Flask, client: Client, provider: LocalProvider
) -> None:
    world.extensions["providers"] = connected(provider.settings(), provider.settings("other"))
    way = provider.way_back(sent_away(client))
    assert client.get(way.replace("/surf/", "/other/")).status_code == 400


def test_what_was_begun_long_ago_leads_nowhere(client: Client, provider: LocalProvider) -> None:
    with time_machine.travel(0, tick=False) as clock:
        way = provider.way_back(sent_away(client))
        clock.shift(1801)
        assert client.get(way).status_code == 400


def test_whoever_says_no_there_may_try_again(client: Client, provider: LocalProvider) -> None:
    way = provider.way_back(sent_away(client, "/login/surf?next=/uploads"), action="deny")
    state = query_of(sent_away(client, "/login/surf?next=/uploads"))["state"]
    answer = client.get(f"{way}&state={state}")
    assert (answer.status_code, Page(answer.text).heading) == (403, "You have not been signed in")
    assert "/login/surf?next=/uploads" in {link.get("href") for link in Page(answer.text).all("a")}


# Invited people.


def test_an_invited_person_signs_in_and_accepts_with_one_click(
    world: Flask, client: Client, provider: LocalProvider
) -> None:
    path = join_path(world, invited("jane@example.org"))
    link = next(link for link in client.page(path).all("a") if "SURFconext" in "".join(link.itertext()))
    assert signed_in(client, provider, path=str(link.get("href"))).location == path
    assert "Accept" in client.page(path).buttons()
    assert "You have joined Cumulus" in client.send(f"{path}/accept")


def test_whoever_is_somebody_else_there_is_told_so(world: Flask, client: Client, provider: LocalProvider) -> None:
    path = join_path(world, invited("ann@example.org"))
    signed_in(client, provider, path=f"/login/surf?next={path}")
    assert "You are signed in with another address" in client.page(path)


def test_a_register_link_leads_into_the_course(world: Flask, client: Client, provider: LocalProvider) -> None:
    token = world.extensions["link_tokens"].register.make(pending_for("jane@example.org", course()).id)
    assert "Sign in with SURFconext" in client.page(f"/register/{token}")
    signed_in(client, provider, path=f"/login/surf?next=/register/{token}")
    page = client.page(f"/register/{token}")
    assert "You have been enrolled in Foundational Literacy." in page
    assert page.heading == "Foundational Literacy"


# Many attempts.


def test_attempts_that_lead_nowhere_are_throttled(client: Client) -> None:
    for _attempt in range(50):
        client.get("/login/surf/callback?state=guessed")
    assert client.get("/login/surf").status_code == 429
