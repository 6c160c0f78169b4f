"""The pages of people and roles: the list, changing a role, and taking it away after a question."""

import pytest
from sqlalchemy import select

from domain.people import rights_of
from domain.roles import NAMES, Kind, make
from models import Organisation, OrganisationRole, Unit, db
from models.organisation import OrganisationRoleName
from tests.clients import Client
from tests.people import BY_NOBODY, a_batch, a_course, a_person, a_role_invitation, the_person

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


def is_made(kind: Kind, email: str = MEREL) -> None:
    """By an invitation."""
    offer = a_role_invitation(email, harderwijk(), the_person(AALTJE), NAMES[kind], status="accepted")
    make(offer, the_person(email), BY_NOBODY)


def test_the_list_tells_who_is_what(aaltje: Client) -> None:
    _head, *rows = aaltje.page(path()).rows()
    assert "Aaltje de Vries admin@harderwijk.test Admin –" in rows[0]
    assert "Mehmet Yilmaz manager@harderwijk.test Manager –" in rows[1]
    assert "Yolanda Damen yoda@harderwijk.test Unit manager Yoda data management" in rows[2]


def test_people_are_searched(aaltje: Client) -> None:
    assert len(aaltje.page(path("?q=yolanda")).rows()) == 2
    assert "Nobody with a role is called “otto”." in aaltje.page(path("?q=otto"))


def test_a_closed_account_is_told(aaltje: Client) -> None:
    a_person("gone@harderwijk.test", mentor_in=harderwijk(), is_active=False)
    assert "Account is closed" in aaltje.page(path())


def test_a_list_too_long_for_both_has_a_page_of_its_own(aaltje: Client) -> None:
    for number in range(30):
        a_person(f"mentor{number:02}@harderwijk.test", mentor_in=harderwijk())
    page = aaltje.page(path())
    assert len(page.rows()) == 1 + 25
    assert page.all("a", href=path("?show=roles"))
    page = aaltje.page(path("?show=roles"))
    assert len(page.rows()) == 1 + 33
    assert "Invited" not in [heading.text for heading in page.all("h2")]


def test_a_manager_of_everything_sees_mentors_and_those_invited_to_be(client: Client) -> None:
    a_person("mentor@harderwijk.test", mentor_in=harderwijk())
    for role_name in OrganisationRoleName:
        a_role_invitation(f"{role_name}@example.org", harderwijk(), the_person(AALTJE), role_name)
    mehmet = client.sign_in("manager@harderwijk.test")
    page = mehmet.page("/organisations")
    assert [row.split()[0] for row in page.rows()] == ["Name", "Mentor", "E-mail", "mentor@example.org"]
    assert [link.text for link in page.all("nav", aria_label="Views")[0].iter("a")] == ["People and roles"]
    assert page.all("a", href=path("/invite"))
    page = mehmet.send(role("mentor@harderwijk.test", "take-away"))
    assert "Mentor is no longer mentor." in page


def test_what_a_manager_manages_is_changed(aaltje: Client) -> None:
    page = aaltje.page(role(YODA, "edit"))
    assert [box.get("value") for box in page.all("input", type="checkbox", checked="")] == [
        unit_id("Yoda data management")
    ]
    page = aaltje.send(role(YODA, "edit"), kind="unit-manager", units=unit_id("Medicine"))
    assert "What Yolanda Damen manages is saved." in page
    assert "yoda@harderwijk.test Unit manager Medicine" in page
    assert "Units: Choose the units" in aaltje.send(role(YODA, "edit"), 422, kind="unit-manager")


def test_nothing_is_changed_about_other_roles(aaltje: Client) -> None:
    assert "Only managers have units." in aaltje.page(role(AALTJE, "edit"), 409)


def test_a_role_is_taken_away_after_a_question(aaltje: Client) -> None:
    asked = aaltje.page(role(YODA, "take-away"))
    assert "Yolanda Damen (yoda@harderwijk.test) will no longer be unit manager of Universiteit Harderwijk." in asked
    assert "Yolanda Damen is no longer unit manager." in aaltje.send(role(YODA, "take-away"))
    assert not rights_of(the_person(YODA)).manages_in


def test_a_mentor_is_taken_off_their_batches_which_the_question_says(aaltje: Client) -> None:
    is_made(Kind.MENTOR)
    batch = a_batch(a_course(harderwijk()), mentors=[the_person(MEREL)])
    assert "They are a mentor of 1 batch, and will be taken off it." in aaltje.page(role(MEREL, "take-away"))
    aaltje.send(role(MEREL, "take-away"))
    db.session.refresh(batch)
    assert batch.mentors == []


def test_the_last_admin_cannot_remove_themself(aaltje: Client) -> None:
    page = aaltje.send(role(AALTJE, "take-away"), 409)
    assert "An organisation needs an admin whose account is open: invite somebody else to be one first." in page
    assert rights_of(the_person(AALTJE)).admin_of


def test_an_admin_who_takes_away_their_own_role_goes_to_the_start(aaltje: Client) -> None:
    is_made(Kind.ADMIN)
    page = aaltje.send(role(AALTJE, "take-away"))
    assert page.heading == "Start"
    assert "Aaltje de Vries is no longer admin." in page
    assert not page.all("a", href="/organisations")


def test_what_is_done_with_roles_is_told_in_the_audit_log(aaltje: Client) -> None:
    is_made(Kind.MENTOR)
    aaltje.send(role(MEREL, "take-away"))
    page = aaltje.page(f"/organisations/{harderwijk().id}/audit-log")
    assert "1 person made a mentor" in page
    assert "1 person no longer a mentor" in page
