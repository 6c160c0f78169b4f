"""The pages about the platform: its admins, and the tabs that lead to the others."""

import pytest

from tests.clients import Client
from tests.people import a_person, the_person

pytestmark = pytest.mark.usefixtures("world")

AALTJE, PAULA = "admin@harderwijk.test", "platform@muster.test"


@pytest.fixture
def paula(client: Client) -> Client:
    return client.sign_in(PAULA)


def take_away(email: str) -> str:
    return f"/platform/admins/{the_person(email).id}/take-away"


def test_a_platform_admin_is_named_and_no_longer_is_one_after_a_question(paula: Client) -> None:
    page = paula.send("/platform/admins/new", email=AALTJE)
    assert "admin@harderwijk.test is a platform admin now." in page
    assert [row.split(" Take")[0] for row in page.rows()[1:]] == [
        "Aaltje de Vries admin@harderwijk.test",
        "Paula Platform platform@muster.test",
    ]
    assert "Aaltje de Vries (admin@harderwijk.test) will no longer be a platform admin" in paula.page(take_away(AALTJE))
    assert "Aaltje de Vries is no longer a platform admin." in paula.send(take_away(AALTJE))


def test_who_cannot_be_named_is_told_beside_the_field(paula: Client) -> None:
    page = paula.send("/platform/admins/new", 422, email="nobody\x00@example.org")
    assert "E-mail address: There is no account for nobody@example.org" in page


def test_the_last_one_cannot_be_taken(paula: Client) -> None:
    a_person("closed@muster.test", is_platform_admin=True, is_active=False)
    assert "Account is closed" in paula.page("/platform/admins")
    assert "The platform needs an admin whose account is open" in paula.send(take_away(PAULA), 409)


def test_who_takes_it_from_themself_goes_to_the_start(paula: Client) -> None:
    paula.send("/platform/admins/new", email=AALTJE)
    page = paula.send(take_away(PAULA))
    assert page.heading == "Start"
    assert "Paula Platform is no longer a platform admin." in page


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/organisations", "Organisations"),
        ("/platform/admins", "Platform admins"),
        ("/platform/api-keys", "API keys"),
        ("/platform/audit-log", "Audit log"),
    ],
)
def test_the_pages_about_the_platform_lead_to_each_other(paula: Client, path: str, shown: str) -> None:
    [tabs] = paula.page(path).all("nav", aria_label="Views")
    links = [*tabs.iter("a")]
    assert [link.text for link in links] == ["Organisations", "Platform admins", "API keys", "Audit log"]
    assert [link.text for link in links if link.get("aria-current")] == [shown]


def test_the_pages_of_an_organisation_do_not(client: Client) -> None:
    aaltje = client.sign_in(AALTJE)
    for path in ("/api-keys", "/audit-log"):
        assert not aaltje.page(path).all("nav", aria_label="Views")
