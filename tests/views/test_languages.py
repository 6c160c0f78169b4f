"""Which language a page is in, and how it is chosen."""

import pytest
from flask import Flask

from domain.language import spoken
from models import db
from tests.clients import Client
from tests.invitees import invited, join_path
from tests.people import the_person

pytestmark = pytest.mark.usefixtures("world")

YODA = "yoda@harderwijk.test"
DUTCH = {"Accept-Language": "nl-BE, nl;q=0.9, en;q=0.5"}


def language_of(client: Client, path: str, **headers: str) -> str | None:
    page = client.get(path, headers=headers).text
    return page.partition('<html lang="')[2].partition('"')[0]


def speaks(email: str, code: str | None) -> None:
    the_person(email).language = code
    db.session.commit()


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [("nl-BE, nl;q=0.9, en;q=0.5", "nl"), ("en-GB, nl;q=0.5", "en"), ("fi, nl;q=0.1", "nl"), ("fi", "en"), ("", "en")],
)
def test_a_page_is_in_the_language_that_the_browser_likes_best(client: Client, accepted: str, spoken: str) -> None:
    assert language_of(client, "/login", **{"Accept-Language": accepted}) == spoken


def test_the_account_says_more_than_the_browser(client: Client) -> None:
    speaks(YODA, "en")
    client.sign_in(YODA)
    assert language_of(client, "/", **DUTCH) == "en"
    speaks(YODA, "nl")
    assert language_of(client, "/") == "nl"


def test_a_language_that_is_not_spoken_any_more_is_none(client: Client) -> None:
    speaks(YODA, "tlh")
    assert language_of(client.sign_in(YODA), "/", **DUTCH) == "nl"


def test_whoever_is_not_signed_in_chooses_at_the_foot_of_a_page_and_it_stays(client: Client) -> None:
    (link,) = client.page("/login?next=/uploads").all("a", hreflang="nl")
    assert (link.text, link.get("lang"), link.get("href")) == ("Nederlands", "nl", "?next=%2Fuploads&language=nl")
    assert "Met het e-mailadres en het wachtwoord van je account." in client.page("/login" + link.get("href", ""))
    assert language_of(client, "/forgot-password") == "nl"


def test_whatever_else_is_chosen_in_an_address_changes_nothing(client: Client) -> None:
    answer = client.get("/login?language=../../etc", headers=DUTCH)
    assert 'lang="nl"' in answer.text
    assert "language=" not in answer.headers.get("Set-Cookie", "")


def test_a_page_that_cannot_be_come_back_to_offers_no_language(app: Flask, client: Client) -> None:
    path = join_path(app, invited())
    assert client.page(path).all("a", hreflang="nl")
    assert not client.send(f"{path}/account", 422).all("a", hreflang="nl")


def test_a_language_is_chosen_for_the_account_and_spoken_at_once(client: Client) -> None:
    page = client.sign_in(YODA).send("/account/language", language="nl")
    assert "Je taal is gewijzigd." in page
    assert the_person(YODA).language == "nl"
    client.post("/logout")
    assert language_of(client, "/login") == "nl"


def test_none_is_chosen_where_the_browser_is_to_say(client: Client) -> None:
    speaks(YODA, "nl")
    client.sign_in(YODA).send("/account/language", language="")
    assert the_person(YODA).language is None
    assert language_of(client, "/") == "en"


def test_no_other_language_can_be_chosen(client: Client) -> None:
    client.sign_in(YODA).send("/account/language", 422, language="tlh")
    assert the_person(YODA).language is None


def test_a_new_account_keeps_the_language_in_which_it_was_made(app: Flask, client: Client) -> None:
    path = join_path(app, invited("ann@example.org"))
    client.post(f"{path}/account", data={"name": "Ann", "password": "long enough"}, headers=DUTCH)
    assert the_person("ann@example.org").language == "nl"


def test_caches_keep_a_page_for_each_language(client: Client) -> None:
    assert "Accept-Language" in client.get("/login").vary
    assert "Accept-Language" not in client.get("/static/muster.css").vary


def test_numbers_are_written_as_the_reader_does(client: Client) -> None:
    client.sign_in(YODA)
    assert "10,000 lines" in client.page("/invitations/upload")
    speaks(YODA, "nl")
    assert "10.000 regels" in client.page("/invitations/upload")


def test_programs_are_answered_in_english_whatever_they_accept(client: Client) -> None:
    for path in ("/api/v1/courses", "/api/v1/nothing", "/api/nothing"):
        told = client.get(path, headers=DUTCH).get_json()
        assert told == client.get(path).get_json()
        assert "The" in told["detail"] or "Authentication" in told["detail"], told


def test_errors_are_pages_in_the_readers_language(client: Client) -> None:
    assert "Deze pagina bestaat niet" in client.get("/nothing", headers=DUTCH).text


def test_nobody_is_spoken_to_after_a_page(world: Flask) -> None:
    world.test_client().get("/login", headers=DUTCH)
    assert spoken() is None


def test_an_organisation_chooses_the_language_of_its_letters(client: Client) -> None:
    admin = the_person("admin@harderwijk.test")
    organisation = admin.organisation_roles[0].organisation
    path = f"/organisations/{organisation.id}/settings"
    said = {"name": "Universiteit Harderwijk", "time_zone": "Europe/Amsterdam"}
    client.sign_in(admin.email).send(path, **said, language="nl")
    assert organisation.language == "nl"
    assert "Choose a language of the list." in client.send(path, 422, **said, language="tlh")
    client.send(path, **said, language="")
    assert organisation.language is None
