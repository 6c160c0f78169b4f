"""API keys by browser: made, seen once, used, revoked; and looked at like every page, with that about the API."""

import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.test_for_everybody import PHONE, follow, look, sticks_out, visit

pytestmark = pytest.mark.browser

People = Callable[..., Person]


def status_with(address: str, key: str) -> int:
    """Of a call with the key, which asks for nothing there is."""
    nowhere = f"{address}/api/v1/batches/00000000-0000-0000-0000-000000000000/participants"
    request = urllib.request.Request(nowhere, data=b"{}", headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_key_is_made_seen_once_used_and_revoked(people: People, address: str, scripts: bool) -> None:
    page = people(scripts=scripts).sign_in("admin@harderwijk.test").page
    page.get_by_text("Aaltje de Vries", exact=True).click()
    page.get_by_role("link", name="API keys").click()
    page.get_by_role("link", name="Make a key").first.click()
    page.get_by_label("Name").fill("Nightly sync")
    page.get_by_role("button", name="Make key").click()
    key = page.get_by_label("Key", exact=True).input_value()
    assert status_with(address, key) == 404
    page.reload()
    expect(page.get_by_role("row", name="Nightly sync")).to_contain_text("Works")
    expect(page.get_by_label("Key", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Revoke Nightly sync").click()
    assert status_with(address, key) == 404
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("row", name="Nightly sync")).to_contain_text("Revoked")
    assert status_with(address, key) == 401


def test_a_new_key_is_copied_by_a_button(people: People) -> None:
    person = people().sign_in("admin@harderwijk.test")
    person.context.grant_permissions(["clipboard-read", "clipboard-write"])
    make_a_key(person)
    person.page.get_by_role("button", name="Copy Key", exact=True).click()
    expect(person.page.get_by_role("button", name="Copied Key", exact=True)).to_be_visible()
    copied = person.page.evaluate("navigator.clipboard.readText()")
    assert copied == person.page.get_by_label("Key", exact=True).input_value()


def make_a_key(person: Person) -> None:
    person.page.goto("/api-keys")
    person.page.get_by_role("link", name="Make a key").first.click()
    person.page.get_by_label("Name").fill("Nightly sync")
    person.page.get_by_role("button", name="Make key").click()
    person.page.get_by_label("Key", exact=True).wait_for()


#: Of each family on the page of the API all calls after the second, which are made of the same.
FURTHER_CALLS = ".api-call ~ .api-call ~ .api-call"


def test_the_page_about_the_api(people: People) -> None:
    page = people(width=PHONE).page
    page.goto("/api/docs")
    assert not sticks_out(page)
    further = "calls => calls.forEach(call => call.remove())"
    page.locator(FURTHER_CALLS).evaluate_all(further)
    look(page)


def test_every_page_of_api_keys(people: People) -> None:
    visit(
        people(width=PHONE).sign_in("platform@muster.test"), "/api-keys", "/platform/api-keys", "/platform/api-keys/new"
    )
    person = people(width=PHONE).sign_in("admin@harderwijk.test")
    visit(person, "/api-keys")
    person.page.get_by_role("link", name="Make a key").first.click()
    follow(person.page, person.page.get_by_role("button", name="Make key"))
    make_a_key(person)
    look(person.page)
    follow(person.page, person.page.get_by_role("link", name="Revoke"))
