"""The pages of an organisation: the list, making one, the overview, and the settings."""

import pytest
from flask import Flask

from models import Organisation, db
from models.organisation import OrganisationRoleName
from tests.clients import Client
from tests.invitees import role_path
from tests.pages import Page
from tests.people import a_role, an_organisation, the_person
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("world")

AALTJE, PAULA, NEWCOMER = "admin@harderwijk.test", "platform@muster.test", "newcomer@example.org"


@pytest.fixture
def aaltje(client: Client) -> Client:
    return client.sign_in(AALTJE)


@pytest.fixture
def paula(client: Client) -> Client:
    return client.sign_in(PAULA)


def harderwijk() -> Organisation:
    return db.session.scalars(db.select(Organisation).where(Organisation.short_name == "uniharderwijk")).one()


def path(rest: str = "") -> str:
    return f"/organisations/{harderwijk().id}{rest}"


# The list.


def test_whoever_runs_one_organisation_goes_there(aaltje: Client) -> None:
    assert aaltje.page("/organisations").heading == "Universiteit Harderwijk: Overview"
    assert [link.text for link in aaltje.page("/").all("a", href="/organisations")] == ["Organisation"]


def test_whoever_runs_several_chooses(aaltje: Client) -> None:
    a_role(the_person(AALTJE), OrganisationRoleName.ADMIN, an_organisation("there"))
    _head, *rows = aaltje.page("/organisations").rows()
    assert [row.split()[0] for row in rows] == ["There", "Universiteit"]


def test_a_platform_admin_searches_all(paula: Client) -> None:
    assert [link.text for link in paula.page("/").all("a", href="/organisations")] == ["Organisations"]
    assert len(paula.page("/organisations").rows()) == 4
    assert len(paula.page("/organisations?q=OTHER").rows()) == 2
    assert "No organisation is called “nothing”" in paula.page("/organisations?q=noth%00ing")


def test_a_manager_of_everything_goes_to_the_mentors(client: Client) -> None:
    page = client.sign_in("manager@harderwijk.test").page("/organisations")
    assert page.heading == "Universiteit Harderwijk: People and roles"


def test_whoever_runs_none_is_shown_no_way_to_them(client: Client) -> None:
    assert not client.sign_in("yoda@harderwijk.test").page("/").all("a", href="/organisations")


def test_the_list_costs_as_many_queries_for_many_as_for_few(paula: Client) -> None:
    numbers = []
    for more in range(2):
        for number in range(30 * more):
            an_organisation(f"there{number}")
        db.session.commit()
        with counted() as queries:
            paula.page("/organisations")
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


# Making one.


def make(client: Client, status: int = 200, **said: str) -> Page:
    plain = {"short_name": "newland", "name": "Newland", "time_zone": "Asia/Kolkata", "admin_email": NEWCOMER}
    return client.send("/organisations/new", status, **plain | said)


def test_a_platform_admin_makes_an_organisation_which_its_admin_then_runs(world: Flask, paula: Client) -> None:
    assert paula.page("/organisations").all("a", href="/organisations/new")
    page = make(paula)
    assert f"“Newland” is made, and {NEWCOMER} is invited to be its admin." in page
    assert page.heading == "Newland: Overview"
    account = {"name": "New Comer", "password": "long enough"}
    page = Client(world).send(f"{role_path(world, NEWCOMER)}/account", **account)
    assert page.heading == "Newland: Overview"


def test_what_is_wrong_with_a_new_organisation_stands_beside_its_fields(paula: Client) -> None:
    page = make(paula, 422, short_name="New Land", name="", time_zone="Mars", admin_email="nobody")
    assert "4 things to correct" in page
    assert page.all("input", id="short_name", aria_invalid="true", value="New Land")
    assert "First admin: This is no e-mail address" in page


# The overview.


def test_the_overview_tells_what_there_is(aaltje: Client) -> None:
    page = aaltje.page(path())
    for words in ("people with a role 3", "units 2", "collaborations 4", "courses 0", "Europe/Amsterdam"):
        assert words in page
    assert page.all("a", href=path("/api-keys"))
    assert page.all("a", href=path("/audit-log"))
    assert page.all("a", href="mailto:servicedesk@harderwijk.test")


# Settings.


def save(client: Client, status: int = 200, **said: str) -> Page:
    plain = {"name": "Universiteit Harderwijk", "time_zone": "Europe/Amsterdam"}
    return client.send(path("/settings"), status, **plain | said)


def test_the_settings_are_saved_and_shown(aaltje: Client) -> None:
    page = save(aaltje, name="  Universiteit\tvan Harderwijk ", default_message="Dear colleague,\r\nwelcome.")
    assert "The settings are saved." in page
    assert page.heading == "Universiteit van Harderwijk: Settings"
    assert page.all("textarea", id="default_message")[0].text == "Dear colleague,\nwelcome."
    assert harderwijk().default_message == "Dear colleague,\nwelcome."


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(aaltje: Client) -> None:
    page = save(aaltje, 422, time_zone="Europe/Harderwijk", invitation_days="0", contact_email="help")
    assert "3 things to correct" in page
    for name in ("time_zone", "invitation_days", "contact_email"):
        assert page.all("div", id=f"{name}-errors")
        assert page.all("input", id=name, aria_invalid="true")
    assert page.all("input", id="time_zone")[0].get("value") == "Europe/Harderwijk"
    assert harderwijk().time_zone == "Europe/Amsterdam"


def test_reminders_are_off_until_an_admin_says_how_many_days_before(aaltje: Client) -> None:
    assert harderwijk().reminder_days is None
    save(aaltje, reminder_days="3")
    assert harderwijk().reminder_days == 3
    for days in ("0", "31", "soon"):
        assert "Write a number of days from 1 to 30." in save(aaltje, 422, reminder_days=days)
    save(aaltje, reminder_days="")
    assert harderwijk().reminder_days is None


def test_new_settings_are_what_invitations_say(aaltje: Client) -> None:
    save(aaltje, default_message="Do come.", default_sender_name="The board", invitation_days="7")
    cumulus = aaltje.page("/collaborations?q=cumulus").all("a")
    [link] = [link.get("href") or "" for link in cumulus if link.text == "Cumulus research group"]
    form = aaltje.page(f"{link}/invite")
    assert form.all("textarea", id="message")[0].text == "Do come."
    assert form.all("input", id="sender_name")[0].get("value") == "The board"
