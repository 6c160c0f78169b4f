"""Every page: axe finds nothing, light and dark; nothing overflows at 320 px; the keyboard reaches everything."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Person
from tests.browser.test_invitations import follow_the_link, upload, wait_until_done

pytestmark = pytest.mark.browser

People = Callable[..., Person]
WAYS = [
    pytest.param({"width": 1280, "dark": False}, id="light"),
    pytest.param({"width": 1280, "dark": True}, id="dark"),
    pytest.param({"width": 320, "dark": False}, id="phone"),
]


def look(page: Page) -> None:
    """axe's findings by WCAG 2.2 AA, and whether anything sticks out at the side."""
    found = Axe().run(page).response["violations"]
    assert found == [], f"{page.url}: {[(rule['id'], [node['html'] for node in rule['nodes']][:3]) for rule in found]}"
    sticks_out = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(sticks_out), f"{page.url} is wider than the window"


def visit(person: Person, *paths: str) -> None:
    for path in paths:
        person.page.goto(path)
        look(person.page)


@pytest.mark.parametrize("way", WAYS)
def test_every_page_of_the_main_job(people: People, way: dict[str, Any]) -> None:
    stranger = people(**way)
    visit(stranger, "/login", "/nothing-here", "/join/not-a-token")
    yoda = people(**way).sign_in("yoda@harderwijk.test")
    visit(yoda, "/", "/uploads", "/invitations/schema", "/invitations/upload")
    for name in ("many-errors.csv", "excel-dutch.csv", "will-fail.csv"):
        upload(yoda, name)
        look(yoda.page)
    visit(yoda, f"{yoda.page.url}?show=failures", f"{yoda.page.url}/discard")
    yoda.page.goto(yoda.page.url.removesuffix("/discard"))
    yoda.page.get_by_role("button", name="Process 1 invitation").click()
    look(yoda.page)
    wait_until_done(yoda)
    look(yoda.page)
    visit(yoda, "/uploads", "/")
    every_page_of_a_collaboration(yoda)
    visit(stranger, "/mailbox")
    follow_the_link(stranger, "fine@example.org")
    look(stranger.page)
    stranger.page.get_by_role("button", name="Create account and accept").click()
    look(stranger.page)
    stranger.page.get_by_role("button", name="Decline").click()
    look(stranger.page)


def every_page_of_a_collaboration(person: Person) -> None:
    visit(person, "/collaborations", "/collaborations?q=nothing-like-it")
    person.page.get_by_role("link", name="All collaborations").first.click()
    person.page.get_by_role("link", name="Cirrus analysis group").click()
    here = person.page.url
    visit(person, here, f"{here}/members", f"{here}/groups", f"{here}/invite")
    person.page.get_by_role("main").get_by_role("button").first.click()
    look(person.page)
    person.page.goto(f"{here}/members")
    person.page.get_by_role("link", name="Revoke").first.click()
    look(person.page)


def test_the_main_job_is_done_by_keyboard_alone(people: People) -> None:
    yoda = people().sign_in("yoda@harderwijk.test")
    upload(yoda, "two-lines.csv")
    yoda.page.locator("body").press("Tab")
    assert yoda.page.locator(":focus").inner_text() == "Skip to the content"
    for _step in range(30):
        yoda.page.keyboard.press("Tab")
        if yoda.page.locator(":focus").inner_text() == "Process 5 invitations":
            break
    outline = yoda.page.locator(":focus").evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline != "none", "the focus is seen"
    yoda.page.keyboard.press("Enter")
    wait_until_done(yoda)


def test_a_page_is_light_and_asks_no_other_host(people: People, address: str) -> None:
    person = people()
    sizes: list[int] = []
    hosts: set[str] = set()

    def note(response: Any) -> None:
        hosts.add(response.url.split("/")[2])
        sizes.append(response.request.sizes()["responseBodySize"])

    person.page.on("requestfinished", lambda request: note(request.response()))
    person.sign_in("yoda@harderwijk.test")
    assert hosts == {address.removeprefix("http://")}
    assert sum(sizes) <= 100_000
