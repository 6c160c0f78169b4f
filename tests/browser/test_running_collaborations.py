"""Collaborations, groups, members and courses as they are made and changed: for everybody, in every way."""

import pytest

from tests.browser.conftest import Person
from tests.browser.test_for_everybody import LITERACY, PHONE, People, follow, send_and_look, visit

pytestmark = pytest.mark.browser


def open_tab(person: Person, collaboration: str, tab: str, listed: str = "") -> None:
    person.page.goto(f"/collaborations{listed}")
    person.page.get_by_role("link", name=collaboration).click()
    follow(person.page, person.page.get_by_role("navigation", name="Views").get_by_role("link", name=tab))


def press(person: Person, link: str) -> None:
    follow(person.page, person.page.get_by_role("link", name=link).first)


def test_every_page_of_making_and_changing_collaborations(people: People) -> None:
    admin = people(width=PHONE).sign_in("admin@harderwijk.test")
    visit(admin, "/collaborations/new")
    admin.page.get_by_label("Labels").fill("1st 2nd")
    send_and_look(admin, "Make collaboration")
    open_tab(admin, "Cumulus research group", "Settings")
    send_and_look(admin, "Save settings")
    press(admin, "Archive collaboration")
    send_and_look(admin, "Archive collaboration")
    visit(admin, "/collaborations", "/collaborations?show=archived")
    open_tab(admin, "Cumulus research group", "Members", "?show=archived")
    send_and_look(admin, "Restore collaboration")


def test_every_page_of_groups_and_members(people: People) -> None:
    yoda = people(width=PHONE).sign_in("yoda@harderwijk.test")
    open_tab(yoda, "Cumulus research group", "Settings")
    open_tab(yoda, "Cumulus research group", "Groups")
    press(yoda, "Make a group")
    send_and_look(yoda, "Make group")
    yoda.page.get_by_label("Name", exact=True).fill("Writers")
    yoda.page.get_by_label("Short name").fill("writers")
    yoda.page.get_by_label("Every new member joins it").check()
    send_and_look(yoda, "Make group")
    press(yoda, "Change Writers")
    press(yoda, "Delete group")
    open_tab(yoda, "Cumulus research group", "Members")
    press(yoda, "Change Merel Bakker")
    yoda.page.get_by_label("Last day of the membership").fill("2001-01-01")
    send_and_look(yoda, "Save member")


def test_every_page_of_making_and_changing_courses(people: People) -> None:
    platform = people(width=PHONE).sign_in("platform@muster.test")
    visit(platform, "/courses/new", "/courses/new?q=nothing-like-it", "/collaborations/new")
    press(platform, "Pradesh State Education")
    platform.page.goto("/courses/new")
    press(platform, "Pradesh State Education")
    send_and_look(platform, "Make course")
    visit(platform, f"{LITERACY}/edit")


def test_without_scripts_a_collaboration_is_made(people: People) -> None:
    admin = people(scripts=False).sign_in("admin@harderwijk.test")
    admin.page.goto("/collaborations/new")
    admin.page.get_by_label("Name", exact=True).fill("Altocumulus")
    admin.page.get_by_label("Short name").fill("altogrp")
    admin.page.get_by_label("Medicine").check()
    admin.page.get_by_role("button", name="Make collaboration").click()
    assert admin.heading().startswith("Altocumulus")
    assert "Medicine" in admin.page.inner_text("main")
