"""The API keys page: making a key, seeing it once, and revoking it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from models import ApiKey, AuditEntry, Organisation, User, db, now
from models.organisation import OrganisationRoleName
from tests.clients import Client
from tests.pages import Page
from tests.people import a_role, a_unit, an_organisation, the_person
from tests.programs import Program, a_key

pytestmark = pytest.mark.usefixtures("world")

AALTJE, YODA, OTTO, PAULA = (
    "admin@harderwijk.test",
    "yoda@harderwijk.test",
    "admin@otherland.test",
    "platform@muster.test",
)


@pytest.fixture
def aaltje(client: Client) -> Client:
    return client.sign_in(AALTJE)


def path(of: str = "uniharderwijk", rest: str = "") -> str:
    organisation = db.session.scalars(db.select(Organisation).where(Organisation.short_name == of)).one()
    return f"/organisations/{organisation.id}/api-keys{rest}"


def in_a_year() -> str:
    return (now().date() + timedelta(days=365)).isoformat()


def make(client: Client, where: str, status: int = 200, **form: str) -> Page:
    return client.send(f"{where}/new", status, **{"name": "Nightly sync", "until": in_a_year(), **form})


def shown(page: Page) -> tuple[str, str]:
    """The new key's ID, and the key."""
    key_id, secret = (page.all("input", id=name)[0].get("value") or "" for name in ("key-id", "key"))
    return key_id, secret


def works(app: Flask, secret: str) -> bool:
    """Whether a call with it is more than told that nobody is known by it."""
    path = "/api/v1/batches/00000000-0000-0000-0000-000000000000/participants"
    return Program(app, secret).post(path, json={}).status_code != 401


def test_a_key_is_shown_once_and_works(world: Flask, aaltje: Client) -> None:
    page = make(aaltje, path())
    key_id, secret = shown(page)
    assert f"Authorization: Bearer {secret}" in page
    assert works(world, secret)
    again = aaltje.page(path())
    assert secret not in again.html
    assert key_id in again.html


def test_no_browser_keeps_the_page_with_a_key(aaltje: Client) -> None:
    assert aaltje.get(path()).headers["Cache-Control"] == "no-store"


def test_the_list_tells_whose_keys_there_are_and_whether_they_work(aaltje: Client) -> None:
    a_key(YODA, expires_at=now() - timedelta(days=1), created_at=now() - timedelta(days=9), name="Old")
    a_key(YODA, revoked_at=now(), name="Lost")
    a_key(AALTJE, name="Mine", last_used_at=now())
    _head, *rows = aaltje.page(path()).rows()
    states = {name: row for row in rows for name in ("Old", "Lost", "Mine") if row.startswith(name)}
    assert "Yolanda Damen Yoda data management" in states["Old"]
    assert states["Old"].endswith("Never Expired Revoke Old")
    assert states["Lost"].endswith("Never Revoked –")
    assert "Aaltje de Vries All of it" in states["Mine"]
    assert "Works" in states["Mine"]
    assert rows[0] == states["Mine"]


def test_keys_of_a_closed_account_are_told(aaltje: Client) -> None:
    a_key(YODA)
    db.session.execute(update(User).where(User.email == YODA).values(is_active=False))
    assert "Owner’s account is closed" in aaltje.page(path())


def test_a_unit_manager_sees_their_own_keys_for_their_units(world: Flask, client: Client) -> None:
    a_key(AALTJE, name="Hers")
    yoda = client.sign_in(YODA)
    assert "For Yoda data management" in yoda.page(path(rest="/new"))
    page = make(yoda, path())
    assert "Hers" not in page
    assert "Yoda data management" in page
    (key,) = the_keys_of(YODA)
    assert [unit.name for unit in key.units] == ["Yoda data management"]


def the_keys_of(email: str) -> list[ApiKey]:
    """In the order of their making."""
    query = db.select(ApiKey).where(ApiKey.user_id == the_person(email).id)
    return [*db.session.scalars(query.order_by(ApiKey.id))]


def test_a_platform_admin_makes_keys_for_everything_and_for_one_organisation(client: Client) -> None:
    paula = client.sign_in(PAULA)
    page = paula.page("/api-keys")
    assert [link.text for link in page.all("a") if "api-keys" in (link.get("href") or "")][-4:] == [
        "Whole platform",
        "Otherland Institute",
        "Pradesh State Education",
        "Universiteit Harderwijk",
    ]
    make(paula, "/platform/api-keys")
    make(paula, path())
    assert [key.organisation_id is None for key in the_keys_of(PAULA)] == [True, False]


def test_whoever_has_one_place_for_keys_goes_there(aaltje: Client) -> None:
    assert aaltje.page("/api-keys").heading == "API keys of Universiteit Harderwijk"
    assert aaltje.page("/").all("a", href="/api-keys")


def test_whoever_has_none_is_shown_no_way_to_them(client: Client) -> None:
    assert not client.sign_in("manager@harderwijk.test").page("/").all("a", href="/api-keys")


def test_somebody_of_two_organisations_chooses(client: Client) -> None:
    there = an_organisation("there")
    a_role(the_person(YODA), OrganisationRoleName.MANAGER, there, [a_unit(there, "Library")])
    assert "There" in client.sign_in(YODA).page("/api-keys")


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"name": " "}, "Name: Give the key a name"),
        ({"name": "x" * 101}, "Name: Give the key a name"),
        ({"until": ""}, "Last day: Choose a day"),
        ({"until": "2020-01-01"}, "Last day: Choose a day"),
        ({"until": "9999-12-31"}, "Last day: Choose a day"),
        ({"until": "31/12/2027"}, "Last day: Choose a day"),
    ],
)
def test_a_key_needs_a_name_and_an_end(aaltje: Client, form: dict[str, str], problem: str) -> None:
    assert problem in make(aaltje, path(), 422, **form)
    assert the_keys_of(AALTJE) == []


def test_the_form_proposes_a_year(aaltje: Client) -> None:
    (until,) = aaltje.page(path(rest="/new")).all("input", id="until")
    assert until.get("value") == in_a_year()


def test_a_key_works_through_its_last_day(aaltje: Client) -> None:
    make(aaltje, path(), until=now().date().isoformat())
    (key,) = the_keys_of(AALTJE)
    assert key.expires_at.isoformat() == f"{now().date()}T23:59:59+00:00"


def test_a_key_is_revoked_after_a_question(world: Flask, aaltje: Client) -> None:
    secret = shown(make(aaltje, path()))[1]
    (key,) = the_keys_of(AALTJE)
    asked = aaltje.page(f"/api-keys/{key.id}/revoke")
    assert asked.heading == "Revoke “Nightly sync”"
    assert works(world, secret)
    assert "“Nightly sync” is revoked." in aaltje.send(f"/api-keys/{key.id}/revoke")
    assert not works(world, secret)
    assert aaltje.post(f"/api-keys/{key.id}/revoke").status_code == 409


def test_making_and_revoking_are_in_the_audit_log(aaltje: Client) -> None:
    make(aaltje, path())
    (key,) = the_keys_of(AALTJE)
    aaltje.send(f"/api-keys/{key.id}/revoke")
    entries = db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.through, entry.counts) for entry in entries] == [
        ("api-key-made", "page", {"for": 1}),
        ("api-key-revoked", "page", {"of": 1}),
    ]
    assert {(entry.api_key_id, entry.user_id) for entry in entries} == {(key.id, key.user_id)}
