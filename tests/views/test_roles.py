"""The pages of people and roles: the list, giving a role, changing it, and taking it away after a question."""

import pytest
from sqlalchemy import select

from domain.people import rights_of
from models import Organisation, OrganisationRole, Unit, db
from tests.clients import Client
from tests.pages import Page
from tests.people import a_person, the_person

pytestmark = pytest.mark.usefixtures("world")

AALTJE, YODA, MEREL = "admin@harderwijk.test", "yoda@harderwijk.test", "member@harderwijk.test"


@pytest.fixture
def aaltje(client: Client) -> Client:
    return client.sign_in(AALTJE)


def harderwijk() -> Organisation:
    return db.session.scalars(select(Organisation).where(Organisation.short_name == "uniharderwijk")).one()


def path(rest: str = "") -> str:
    return f"/organisations/{harderwijk().id}/people{rest}"


def role(email: str, rest: str) -> str:
    held = select(OrganisationRole.id).where(OrganisationRole.user_id == the_person(email).id)
    return f"/roles/{db.session.scalars(held).one()}/{rest}"


def unit_id(name: str) -> str:
    return str(db.session.scalars(select(Unit.id).where(Unit.name == name)).one())


def give(client: Client, status: int = 200, **form: str) -> Page:
    return client.send(path("/new"), status, **{"email": MEREL, **form})


def test_the_list_tells_who_is_what(aaltje: Client) -> None:
    _head, *rows = aaltje.page(path()).rows()
    assert "Aaltje de Vries admin@harderwijk.test Admin –" in rows[0]
    assert "Mehmet Yilmaz manager@harderwijk.test Manager –" in rows[1]
    assert "Yolanda Damen yoda@harderwijk.test Unit manager Yoda data management" in rows[2]


def test_people_are_searched(aaltje: Client) -> None:
    assert len(aaltje.page(path("?q=yolanda")).rows()) == 2
    assert "Nobody with a role is called “otto”" in aaltje.page(path("?q=otto"))


def test_a_closed_account_is_told(aaltje: Client) -> None:
    a_person("gone@harderwijk.test", mentor_in=harderwijk(), is_active=False)
    assert "Account is closed" in aaltje.page(path())


def test_a_role_is_given_by_address_and_works_at_once(aaltje: Client) -> None:
    page = give(aaltje, email="MEMBER@harderwijk.test", kind="unit-manager", units=unit_id("Medicine"))
    assert "The role is given to MEMBER@harderwijk.test." in page
    assert "Merel Bakker member@harderwijk.test Unit manager Medicine" in page
    assert rights_of(the_person(MEREL)).unit_manager_in == {harderwijk().id}


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({}, "Role: Choose a role."),
        ({"kind": "emperor"}, "Role: Choose a role."),
        ({"kind": "unit-manager"}, "Units: Choose the units that they manage."),
        ({"kind": "unit-manager", "units": "x"}, "Units: "),
        ({"kind": "mentor", "email": ""}, "E-mail address: Enter an e-mail address."),
        ({"kind": "mentor", "email": "r.doe@example.org"}, "E-mail address: There is no account for r.doe@example.org"),
        ({"kind": "manager", "email": YODA}, "E-mail address: Yolanda Damen is a manager already"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(aaltje: Client, form: dict[str, str], problem: str) -> None:
    assert problem in give(aaltje, 422, **form)
    assert not rights_of(the_person(MEREL)).manages_in


def test_without_units_there_are_no_unit_managers(client: Client) -> None:
    otto = client.sign_in("admin@otherland.test")
    otherland = db.session.scalars(select(Organisation.id).where(Organisation.short_name == "otherland")).one()
    page = otto.page(f"/organisations/{otherland}/people/new")
    assert "Manager (" in page
    assert "Unit manager" not in page


def test_what_a_manager_manages_is_changed(aaltje: Client) -> None:
    page = aaltje.page(role(YODA, "edit"))
    assert [box.get("value") for box in page.all("input", type="checkbox", checked="")] == [
        unit_id("Yoda data management")
    ]
    page = aaltje.send(role(YODA, "edit"), kind="unit-manager", units=unit_id("Medicine"))
    assert "What Yolanda Damen manages is saved." in page
    assert "yoda@harderwijk.test Unit manager Medicine" in page
    assert "Units: Choose the units" in aaltje.send(role(YODA, "edit"), 422, kind="unit-manager")


def test_a_role_is_taken_away_after_a_question(aaltje: Client) -> None:
    asked = aaltje.page(role(YODA, "take-away"))
    assert "Yolanda Damen (yoda@harderwijk.test) will no longer be unit manager of Universiteit Harderwijk." in asked
    assert "Yolanda Damen is no longer unit manager." in aaltje.send(role(YODA, "take-away"))
    assert not rights_of(the_person(YODA)).manages_in


def test_the_last_admin_cannot_remove_themself(aaltje: Client) -> None:
    page = aaltje.send(role(AALTJE, "take-away"), 409)
    assert "An organisation needs an admin whose account is open: make somebody else one first." in page
    assert rights_of(the_person(AALTJE)).admin_of


def test_an_admin_who_takes_away_their_own_role_goes_to_the_start(aaltje: Client) -> None:
    give(aaltje, kind="admin")
    page = aaltje.send(role(AALTJE, "take-away"))
    assert page.heading == "Start"
    assert "Aaltje de Vries is no longer admin." in page
    assert not page.all("a", href="/organisations")


def test_what_is_done_with_roles_is_told_in_the_audit_log(aaltje: Client) -> None:
    give(aaltje, kind="mentor")
    aaltje.send(role(MEREL, "take-away"))
    page = aaltje.page(f"/organisations/{harderwijk().id}/audit-log")
    assert "1 person made a mentor" in page
    assert "1 person no longer a mentor" in page
