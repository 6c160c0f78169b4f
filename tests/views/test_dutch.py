"""The main job, wholly in Dutch: nobody who reads Dutch comes across an English sentence."""

import pytest
from flask import Flask

from tests import teaching
from tests.clients import Client
from tests.invitees import collaboration, invited, join_path
from tests.pages import Page
from tests.people import the_person
from tests.sheets import sheet
from tests.translations import english_in
from worker.tasks import do_what_waits

pytestmark = [
    pytest.mark.usefixtures("world"),
    pytest.mark.parametrize("app", ["sqlite"], indirect=True),  # the words are the same on either database
]


@pytest.fixture
def nederlands(client: Client) -> Client:
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "nl"
    return client


def assert_dutch(page: Page) -> Page:
    assert page.all("html", lang="nl")
    words = " ".join([page.text, *_hidden_words(page)])
    assert english_in(words, "nl") == [], page.heading
    return page


def _hidden_words(page: Page) -> list[str]:
    """What is read out, or shown on demand."""
    names = ("aria-label", "title", "placeholder", "data-copied", "data-drop-words")
    return [element.get(name, "") for element in page.root.iter() for name in names]


def visit(client: Client, *paths: str) -> None:
    for path in paths:
        assert_dutch(client.page(path))


def test_whoever_is_not_signed_in_reads_dutch(app: Flask, nederlands: Client) -> None:
    visit(nederlands, "/login", "/forgot-password", join_path(app, invited()))
    for path, status in (("/nothing-here", 404), ("/join/no-token", 404), ("/reset-password/no-token", 410)):
        assert_dutch(nederlands.page(path, status))
    assert_dutch(nederlands.send("/login", 422, email="", password=""))
    assert_dutch(nederlands.send("/login", 422, email="yoda@harderwijk.test", password="wrong"))


def test_a_file_is_checked_and_processed_in_dutch(nederlands: Client) -> None:
    yoda = the_person("yoda@harderwijk.test")
    yoda.language = "nl"
    nederlands.sign_in(yoda.email)
    visit(nederlands, "/", "/invitations/schema", "/invitations/upload", "/uploads")
    for name in ("many-errors.csv", "no-header.csv", "excel-dutch.csv"):
        assert_dutch(nederlands.upload(sheet(name), name))
    assert_dutch(nederlands.upload(b"%PDF-1.7", "list.pdf"))
    page = assert_dutch(nederlands.upload(sheet("will-fail.csv"), "will-fail.csv"))
    visit(nederlands, f"{page.path}?show=failures", f"{page.path}/discard")
    assert_dutch(nederlands.send(f"{page.path}/process"))
    do_what_waits()
    visit(nederlands, page.path, "/uploads", "/")
    assert english_in(nederlands.get(f"{page.path}/result.csv").text, "nl") == []


def test_collaborations_and_the_account_are_in_dutch(nederlands: Client) -> None:
    nederlands.sign_in("yoda@harderwijk.test")
    here = f"/collaborations/{collaboration().id}"
    visit(nederlands, "/collaborations", "/collaborations?q=nothing", here)
    visit(nederlands, f"{here}/members", f"{here}/groups", f"{here}/invite")
    assert_dutch(nederlands.send(f"{here}/invite", 422, invitees="nobody", intended_role="member"))
    assert_dutch(nederlands.send(f"{here}/invite", invitees="someone@example.org", intended_role="member"))
    visit(
        nederlands,
        "/account",
        "/account/name",
        "/account/password",
        "/account/language",
        "/account/address",
        "/account/delete",
    )


def test_courses_and_batches_are_in_dutch(nederlands: Client) -> None:
    nederlands.sign_in("mentor@pradesh.test")
    visit(nederlands, "/", "/courses", "/courses/course-v1:pradesh+FLN101+2026", "/workspace/batches")
    batch = f"/batches/{teaching.batch().id}"
    visit(
        nederlands, "/courses/course-v1:pradesh+FLN101+2026/batches/new", batch, f"{batch}/edit", f"{batch}/dashboard"
    )


def test_what_an_organisation_is_run_with_is_in_dutch(nederlands: Client) -> None:
    admin = the_person("admin@harderwijk.test")
    here = f"/organisations/{admin.organisation_roles[0].organisation_id}"
    nederlands.sign_in(admin.email)
    visit(nederlands, here, f"{here}/people", f"{here}/people/invite", f"{here}/units", f"{here}/units/new")
    visit(nederlands, f"{here}/directory", f"{here}/directory/{admin.id}", f"{here}/directory/import")
    visit(
        nederlands, f"{here}/settings", "/audit-log", "/api-keys", f"{here}/collaborations/new", f"{here}/courses/new"
    )
    cumulus = f"/collaborations/{collaboration().id}"
    visit(nederlands, f"{cumulus}/settings", f"{cumulus}/archive", f"{cumulus}/groups/new")
    assert_dutch(nederlands.send(f"{here}/settings", 422, name="", contact_email="@", time_zone="x"))


def test_what_the_platform_is_run_with_is_in_dutch(nederlands: Client) -> None:
    nederlands.sign_in("platform@muster.test")
    here = f"/organisations/{collaboration().organisation_id}"
    visit(nederlands, "/organisations", "/organisations/new", "/platform/admins", "/platform/admins/new")
    visit(nederlands, f"{here}/suspend", "/platform/audit-log", "/platform/api-keys/new")
    assert_dutch(nederlands.send(f"{here}/suspend"))


def test_mails_are_in_dutch(world: Flask, nederlands: Client) -> None:
    organisation = collaboration().organisation
    organisation.language = "nl"
    nederlands.sign_in("yoda@harderwijk.test")
    page = nederlands.upload(sheet("will-fail.csv"), "will-fail.csv")
    nederlands.send(f"{page.path}/process")
    do_what_waits()
    mails = [world.extensions["mailbox"].get(entry.name) for entry in world.extensions["mailbox"].list().items]
    assert len(mails) >= 2
    for mail in mails:
        assert english_in(f"{mail.subject} {' '.join(mail.text.split())}", "nl") == []
        assert '<html lang="nl">' in mail.html
