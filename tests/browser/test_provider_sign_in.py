"""Signing in with a provider by browser: there, back, and out again; and looked at like every page."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Person, running
from tests.browser.test_for_everybody import PHONE, follow, look, visit
from tests.provider import JANE, LocalProvider

pytestmark = pytest.mark.browser

People = Callable[..., Person]


@pytest.fixture
def address(
    demo_world: Path, tmp_path: Path, local_provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Where the application answers, to which the provider is known as SURFconext."""
    local_provider.knows("jane", **JANE)
    given = {"ISSUER": local_provider.issuer, "CLIENT_ID": "muster", "CLIENT_SECRET": "not told", "NAME": "SURFconext"}
    for name, value in given.items():
        monkeypatch.setenv(f"OIDC_{name}", value)
    folder = shutil.copytree(demo_world, tmp_path / "served", ignore=shutil.ignore_patterns("gunicorn"))
    with running("start", folder) as address:
        yield address


def without_foreign_style(person: Person) -> Person:
    """The provider's page wants a style from elsewhere, which is not to be asked for."""

    def give_none(route: Route) -> None:
        route.fulfill(body="", content_type="text/css", headers={"Access-Control-Allow-Origin": "*"})

    person.context.route(lambda url: "://localhost" not in url and "://127.0.0.1" not in url, give_none)
    return person


def authorise(person: Person) -> None:
    """On the provider's own page."""
    person.page.get_by_placeholder("sub").fill("jane")
    person.page.get_by_role("button", name="Authorize").click()


def test_the_whole_way_there_and_back(people: People, address: str) -> None:
    somebody = without_foreign_style(people(width=PHONE))
    page = somebody.page
    page.goto("/account/name")
    look(page)
    page.get_by_role("link", name="Sign in with SURFconext").click()
    authorise(somebody)
    page.wait_for_url(f"{address}/account/name")
    expect(page.get_by_label("Your name")).to_have_value("Jane Doe")
    visit(somebody, "/account/password", "/account")
    expect(page.get_by_text("Your only way to sign in")).to_be_visible()
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("main")).to_contain_text("At SURFconext you may still be signed in.")
    visit(somebody, "/login/oidc/callback?state=guessed")


def test_a_sign_in_is_linked_to_the_account_that_one_is_in(people: People, address: str) -> None:
    yoda = without_foreign_style(people()).sign_in("yoda@harderwijk.test")
    page = yoda.page
    page.goto("/account")
    page.get_by_role("link", name="Link SURFconext").click()
    authorise(yoda)
    page.wait_for_url(f"{address}/account/link")
    look(page)
    follow(page, page.get_by_role("button", name="Link SURFconext"))
    page.get_by_role("link", name="Unlink SURFconext").click()
    page.get_by_role("button", name="Unlink SURFconext").click()
    expect(page.get_by_role("link", name="Link SURFconext")).to_be_visible()
