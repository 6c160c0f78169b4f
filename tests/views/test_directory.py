"""The pages of an organisation's people: the list, one of them, changing what is said of them, and all as a file."""

import csv
import io
from typing import Any

import pytest
from flask import Flask

from domain.tallies import tallies_of
from models import AuditEntry, User, db
from models.batch import TallyKind
from models.collaboration import Role
from tests.clients import Client
from tests.pages import Page
from tests.people import (
    a_collaboration,
    a_membership,
    a_person,
    an_organisation,
    enrolled,
    teachers,
    the_collaboration,
    the_person,
)
from tests.queries import counted
from tests.teaching import MENTOR, STATE_ADMIN, STRANGER, a_teacher, batch, pradesh

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def admin(client: Client) -> Client:
    return client.sign_in(STATE_ADMIN)


def here(rest: str = "") -> str:
    return f"/organisations/{pradesh().id}/directory{rest}"


def at(person: User, rest: str = "") -> str:
    return here(f"/{person.id}{rest}")


def asha(**given: Any) -> User:
    return a_person("asha@pradesh.test", **{"name": "Asha Rao", "organisation": pradesh(), "state_id": "PR-1"} | given)


def names(page: Page) -> list[str]:
    return [" ".join(row.split()[:2]) for row in page.rows()[1:]]


# The list.


def test_everybody_is_listed_with_what_tells_them_apart(admin: Client) -> None:
    asha(district="North", school="Zilla School", block="Mul")
    a_teacher("bose@pradesh.test", name="Bose Das", is_active=False)
    page = admin.page(here())
    assert page.heading == "Pradesh State Education: All people"
    assert page.rows()[1:3] == [
        "Asha Rao asha@pradesh.test PR-1 asha.pradesh.test North Zilla School Mul No password yet",
        "Bose Das bose@pradesh.test – bose.pradesh.test – – Deactivated",
    ]
    assert page.rows()[4].endswith("– – Open")
    assert "4 people." in page
    assert "1 person." in admin.page(here("?show=deactivated"))


def test_without_anybody_the_page_says_so(client: Client) -> None:
    path = f"/organisations/{an_organisation('empty').id}/directory"
    assert "Nobody yet" in client.sign_in("platform@muster.test").page(path)


def test_people_are_found_narrowed_and_sorted(admin: Client) -> None:
    teachers(pradesh(), 12)
    asha(is_active=False)
    assert names(admin.page(here("?q=pr-00007"))) == ["Teacher 00007"]
    assert names(admin.page(here("?q=teacher00012%40"))) == ["Teacher 00012"]
    assert names(admin.page(here("?show=deactivated"))) == ["Asha Rao"]
    assert len(names(admin.page(here("?show=open&q=teacher")))) == 12
    assert names(admin.page(here("?sort=newest")))[0] == "Asha Rao"
    assert "Nobody found" in admin.page(here("?q=otto"))


def test_the_list_is_turned_page_by_page_and_stays_narrowed(admin: Client) -> None:
    teachers(pradesh(), 120)
    first = admin.page(here("?q=teacher&show=open"))
    assert "More than 50 people found." in first
    assert names(first)[0] == "Teacher 00001"
    (following,) = [link.get("href") or "" for link in first.all("a", id="page-forward")]
    assert "q=teacher" in following
    assert "show=open" in following
    second = admin.page(following)
    assert (names(second)[0], len(names(second))) == ("Teacher 00051", 50)
    (last,) = [link.get("href") or "" for link in second.all("a", id="page-last")]
    assert names(admin.page(last))[-1] == "Teacher 00120"


@pytest.mark.parametrize("query", ["?show=lost&sort=lost", "?after=x", "?before=%00", "?q=%00", "?at=last"])
def test_what_an_address_cannot_ask_for_is_passed_over(admin: Client, query: str) -> None:
    asha()
    assert names(admin.page(here(query)))[0] == "Asha Rao"


def test_a_page_takes_the_same_queries_for_few_and_for_many(admin: Client) -> None:
    teachers(pradesh(), 5)
    few = {query: queries(admin, query) for query in ("", "?q=teacher", "?q=PR-00001", "?sort=newest", "?show=open")}
    teachers(pradesh(), 2_000, first=6)
    assert few == {query: queries(admin, query) for query in few}


def queries(client: Client, query: str) -> int:
    with counted() as seen:
        client.page(here(query))
    return len(seen)


def test_all_of_them_are_a_file_that_can_be_brought_back(admin: Client) -> None:
    asha(mobile="+91 98765 43210", district="=1+1")
    answer = admin.get(here("/people.csv"))
    header, *_others, row = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert header[:7] == ["name", "email", "state_id", "district", "school", "block", "mobile"]
    assert row[:7] == ["Asha Rao", "asha@pradesh.test", "PR-1", "'=1+1", "", "", "'+91 98765 43210"]
    assert "people-pradesh-" in answer.headers["Content-Disposition"]


# One of them.


def test_a_persons_page_tells_what_they_are_in_this_organisation_alone(admin: Client) -> None:
    person = asha(mentor_in=pradesh(), district="North")
    enrolled(batch(), [person.id])
    a_membership(person, a_collaboration(pradesh(), "stategrp"), Role.ADMIN)
    a_membership(person, the_collaboration("cumulusgrp"))
    page = admin.page(at(person))
    assert page.heading == "Asha Rao"
    for words in ("asha@pradesh.test", "PR-1", "North", str(person.id), "No password yet"):
        assert words in page
    assert page.rows()[1].startswith("Mentor –")
    assert page.rows()[3].startswith("Stategrp Admin")
    assert page.rows()[5].startswith("Pilot Foundational Literacy")
    assert "Cumulus" not in page


def test_who_does_nothing_in_it_is_told_so(admin: Client) -> None:
    assert "They have no role in the organisation" in admin.page(at(asha()))


def test_somebody_of_another_organisation_is_not_found_here(admin: Client) -> None:
    other = a_person("x@elsewhere.test", organisation=an_organisation("elsewhere"), mentor_in=pradesh())
    for rest in ("", "/edit"):
        admin.page(at(other, rest), 404)


# Changing.


def change(client: Client, person: User, status: int = 200, **form: str) -> Page:
    plain = {"name": person.name, "state_id": person.state_id or "", "district": "", "school": "", "block": ""}
    return client.send(at(person, "/edit"), status, **plain | form)


def test_what_is_said_of_a_person_is_changed_and_found(admin: Client) -> None:
    person = asha()
    page = change(admin, person, name="  Asha   Das ", state_id="pr-9", mobile="+91 1", school="Zilla\0 School")
    assert "What is known of Asha Das is saved." in page
    assert (person.state_id, person.state_id_key, person.mobile, person.school) == (
        "pr-9",
        "pr-9",
        "+91 1",
        "Zilla School",
    )
    assert names(admin.page(here("?q=das"))) == names(admin.page(here("?q=PR-9"))) == ["Asha Das"]
    entry = db.session.scalars(db.select(AuditEntry)).one()
    assert (entry.action, entry.people) == ("person-changed", {"changed": [person.id.hex]})
    assert entry.note == "name, state_id, school, mobile"


def test_what_is_emptied_is_forgotten(admin: Client) -> None:
    person = asha(district="North")
    change(admin, person, state_id="")
    assert (person.state_id, person.state_id_key, person.district) == (None, None, None)


def test_nothing_changed_is_no_change(admin: Client) -> None:
    person = asha()
    change(admin, person)
    assert db.session.scalars(db.select(AuditEntry)).all() == []


def test_a_state_id_that_somebody_has_is_told_beside_the_field(admin: Client) -> None:
    person = asha()
    a_person("bose@pradesh.test", name="Bose Das", organisation=pradesh(), state_id="PR-2")
    page = change(admin, person, 422, state_id="pr-2")
    assert "State ID: Bose Das has this state ID already." in page
    assert person.state_id == "PR-1"
    a_person("x@elsewhere.test", organisation=an_organisation("elsewhere"), state_id="PR-3")
    change(admin, person, state_id="PR-3")


def test_every_mistake_is_told(admin: Client) -> None:
    page = change(admin, asha(), 422, name="", district="x" * 256)
    assert "Name: The name is missing." in page
    assert "District: The value has 256 characters; at most 255 fit." in page


def test_the_tallies_follow_a_new_district(admin: Client) -> None:
    person = asha(district="North")
    enrolled(batch(), [person.id])
    change(admin, person, district="South")
    assert tallies_of(batch().id)[TallyKind.DISTRICT] == {"South": 1}


# Closing an account, and opening it again.


def test_a_deactivated_person_is_asked_about_and_signed_out_at_once(admin: Client, world: Flask) -> None:
    person = a_teacher("bose@pradesh.test", name="Bose Das")
    theirs = Client(world).sign_in(person.email)
    assert theirs.get("/account").status_code == 200
    page = admin.page(at(person, "/deactivate"))
    assert page.heading == "Deactivate this account?"
    assert "Bose Das (bose@pradesh.test) is signed out at once" in page
    assert theirs.get("/account").status_code == 200
    page = admin.send(at(person, "/deactivate"))
    assert "The account of Bose Das is deactivated." in page
    assert "Reactivate account" in page.buttons()
    assert theirs.get("/account").status_code == 303


def test_who_is_deactivated_is_told_what_a_wrong_password_is_told(admin: Client, world: Flask) -> None:
    person = a_teacher("bose@pradesh.test")
    admin.post(at(person, "/deactivate"))
    said = [
        Client(world).post("/login", data={"email": person.email, "password": password})
        for password in ("muster-demo", "another password")
    ]
    assert [answer.status_code for answer in said] == [422, 422]
    assert {Page(answer.text).text for answer in said} == {Page(said[0].text).text}


def test_who_is_reactivated_signs_in_as_before_but_not_by_an_old_session(admin: Client, world: Flask) -> None:
    person = a_teacher("bose@pradesh.test", name="Bose Das")
    theirs = Client(world).sign_in(person.email)
    admin.post(at(person, "/deactivate"))
    assert "The account of Bose Das is open again." in admin.send(at(person, "/reactivate"))
    assert theirs.get("/account").status_code == 303
    assert theirs.sign_in(person.email).get("/account").status_code == 200


def test_who_must_stay_open_is_told_so(admin: Client) -> None:
    me = the_person(STATE_ADMIN)
    assert "Deactivate account" not in admin.page(at(me))
    assert "Nobody deactivates their own account" in admin.send(at(me, "/deactivate"), 409)
    person = asha(admin_of=an_organisation("elsewhere"))
    assert "Deactivate account" in admin.page(at(person))
    assert "An organisation needs an admin" in admin.send(at(person, "/deactivate"), 409)
    assert "already" in admin.send(at(person, "/reactivate"), 409)


@pytest.mark.parametrize(("email", "status"), [(MENTOR, 403), (STRANGER, 404)])
def test_it_is_for_the_organisations_admins_alone(world: Flask, email: str, status: int) -> None:
    person = asha()
    other = Client(world).sign_in(email)
    for path in (here(), here("/people.csv"), at(person), at(person, "/edit")):
        assert other.get(path).status_code == status
    for rest in ("/edit", "/deactivate", "/reactivate"):
        assert other.post(at(person, rest), data={"name": "X"}).status_code == status
    assert (person.name, person.is_active) == ("Asha Rao", True)
