"""The pages of units: the list, making one, renaming it, and deleting it after a question."""

import pytest
from sqlalchemy import select

from models import Organisation, Unit, db
from tests.clients import Client

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def aaltje(client: Client) -> Client:
    return client.sign_in("admin@harderwijk.test")


def path(rest: str = "") -> str:
    harderwijk = db.session.scalars(select(Organisation).where(Organisation.short_name == "uniharderwijk")).one()
    return f"/organisations/{harderwijk.id}/units{rest}"


def unit(name: str, rest: str) -> str:
    return f"/units/{db.session.scalars(select(Unit.id).where(Unit.name == name)).one()}/{rest}"


def test_the_list_tells_who_manages_what(aaltje: Client) -> None:
    _head, *rows = aaltje.page(path()).rows()
    assert rows == [
        "Medicine – 1 Change Medicine",
        "Yoda data management Yolanda Damen 2 Change Yoda data management",
    ]


def test_an_organisation_without_units_is_told_what_they_are_for(client: Client) -> None:
    otto = client.sign_in("admin@otherland.test")
    page = otto.page("/organisations")
    [link] = [link.get("href") or "" for link in page.all("a") if (link.text or "").strip() == "Units"]
    assert "No units yet" in otto.page(link)


def test_a_unit_is_made_renamed_and_deleted(aaltje: Client) -> None:
    assert "“Law” is made." in aaltje.send(path("/new"), name=" Law ")
    assert "“Law and Order” is saved." in aaltje.send(unit("Law", "edit"), name="Law and\tOrder")
    assert aaltje.page(unit("Law and Order", "edit")).all("a", href=unit("Law and Order", "delete"))
    asked = aaltje.page(unit("Law and Order", "delete"))
    assert asked.heading == "Delete the unit “Law and Order”"
    assert "“Law and Order” is deleted." in aaltje.send(unit("Law and Order", "delete"))
    assert "Law and Order" not in aaltje.page(path())


def test_a_name_that_cannot_be_is_told_beside_its_field(aaltje: Client) -> None:
    for where in (path("/new"), unit("Medicine", "edit")):
        page = aaltje.send(where, 422, name="yoda data Management")
        assert "Name: There is a unit of this name already." in page
        assert page.all("input", id="name", aria_invalid="true", value="yoda data Management")


def test_a_unit_with_a_manager_says_why_it_cannot_be_deleted(aaltje: Client) -> None:
    sentence = "This unit cannot be deleted: 1 person manages it and 2 collaborations belong to it."
    page = aaltje.page(unit("Yoda data management", "edit"))
    assert sentence in page
    assert not page.all("a", href=unit("Yoda data management", "delete"))
    assert sentence in aaltje.send(unit("Yoda data management", "delete"), 409)
