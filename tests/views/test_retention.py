"""For how long things are kept, as the pages say it before, and what they say once something is gone."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from models import Upload, db, now
from tests.clients import Client
from tests.pages import Page
from tests.people import a_role_invitation, an_invitation, the_collaboration, the_person
from tests.programs import program
from tests.sheets import sheet
from worker.pruning import prune
from worker.tasks import do_what_waits

pytestmark = pytest.mark.usefixtures("world")

YODA = "yoda@harderwijk.test"


@pytest.fixture
def yoda(client: Client) -> Client:
    return client.sign_in(YODA)


def age(days: int) -> None:
    """As if the file had been brought, and processed, so many days ago."""
    at = now() - timedelta(days=days)
    upload = db.session.scalars(select(Upload)).one()
    upload.created_at, upload.finished_at = at, upload.finished_at and at
    db.session.commit()


def processed(client: Client) -> Page:
    page = client.upload(sheet("two-lines.csv"), "two-lines.csv")
    client.send(f"{page.path}/process")
    do_what_waits()
    return again(client, page)


def again(client: Client, page: Page) -> Page:
    there = client.page(page.path)
    there.path = page.path
    return there


def gone(client: Client, page: Page) -> Page:
    """The same, after its time."""
    age(181)
    prune()
    return again(client, page)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/invitations/upload", "Files and their results are kept for 180 days; the counts stay."),
        ("/uploads", "Files and their results are kept for 180 days; the counts stay."),
        ("/account", "Mails are kept for 90 days. Entries of the audit log are kept for 730 days."),
        ("/join/unknown", "Or its invitation ended more than 180 days ago"),
    ],
)
def test_the_pages_say_for_how_long_things_are_kept(yoda: Client, path: str, sentence: str) -> None:
    assert sentence in yoda.page(path, 404 if path.startswith("/join") else 200)


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (1, "Files and their results are kept for 1 day; the counts stay."),
        (1000, "Files and their results are kept for 1,000 days; the counts stay."),
        (0, "Files and their results are kept for good."),
    ],
)
def test_the_setting_is_what_the_pages_say(world: Flask, yoda: Client, days: int, sentence: str) -> None:
    world.config["KEEP_FILES_DAYS"] = days
    assert sentence in yoda.page("/uploads")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/mailbox", "Mails are kept for 90 days."),
        ("/platform/audit-log", "Entries of the audit log are kept for 730 days."),
    ],
)
def test_so_do_those_of_admins(world: Flask, client: Client, path: str, sentence: str) -> None:
    world.config["DEMO"] = True
    admin = client.sign_in("platform@muster.test")
    assert sentence in admin.page(path)


def test_lists_of_who_is_invited_say_when_expired_ones_go(world: Flask, client: Client) -> None:
    collaboration, admin = the_collaboration("cumulusgrp"), the_person("admin@harderwijk.test")
    an_invitation("ann@example.org", collaboration, admin)
    a_role_invitation("ann@example.org", collaboration.organisation, admin)
    db.session.commit()
    client.sign_in(admin.email)
    members = client.page(f"/collaborations/{collaboration.id}/members")
    assert "An invitation that has expired stays here for 180 days more, and can be sent again." in members
    roles = client.page(f"/organisations/{collaboration.organisation_id}/people")
    assert "was declined or could not be delivered stays here for 180 days more." in roles


def test_a_result_says_until_when_it_can_be_downloaded(yoda: Client) -> None:
    page = processed(yoda)
    age(170)
    day = now() + timedelta(days=10)
    assert f"The result is kept until {day.day} {day:%B %Y}" in yoda.page(page.path)


@pytest.mark.parametrize("name", ["two-lines.csv", "many-errors.csv"])
def test_a_file_that_is_not_processed_says_until_when_it_is_kept(yoda: Client, name: str) -> None:
    page = yoda.upload(sheet(name), name)
    day = now() + timedelta(days=180)
    assert f"It is kept until {day.day} {day:%B %Y}" in page


def test_where_files_are_kept_for_good_nothing_says_until_when(world: Flask, yoda: Client) -> None:
    world.config["KEEP_FILES_DAYS"] = 0
    assert "kept until" not in processed(yoda)


def test_a_result_that_is_gone_leaves_its_counts_and_says_since_when(yoda: Client) -> None:
    before = processed(yoda)
    after = gone(yoda, before)
    today = now()
    assert after.heading == before.heading == "Done: 5 invitations sent"
    assert f"The file and what became of each line were deleted on {today.day} {today:%B %Y}." in after
    assert "Files and their results are kept for 180 days; the counts stay." in after
    assert after.all("a", href=f"{after.path}/result.csv") == []
    assert "r.doe@example.org" not in after


def test_the_history_goes_on_listing_it(yoda: Client) -> None:
    gone(yoda, processed(yoda))
    [_header, row] = yoda.page("/uploads").rows()
    assert row.startswith("two-lines.csv Invitations")
    assert row.endswith("Done 2 5 0 0")


@pytest.mark.parametrize("file", ["result.csv", "errors.csv"])
def test_its_downloads_say_that_it_is_gone(yoda: Client, file: str) -> None:
    page = gone(yoda, processed(yoda))
    answer = yoda.page(f"{page.path}/{file}", 410)
    assert answer.heading == "This is no longer here"
    assert "The file and its result were deleted on" in answer


def test_a_file_that_nobody_processed_in_its_time_is_put_away_and_says_so(yoda: Client) -> None:
    page = gone(yoda, yoda.upload(sheet("two-lines.csv"), "two-lines.csv"))
    assert page.heading == "Discarded: “two-lines.csv”"
    assert "Nothing of “two-lines.csv” has been sent." in page
    assert "The file was deleted on" in page
    assert page.buttons() == yoda.page("/uploads").buttons()


def test_it_can_be_processed_no_more(yoda: Client) -> None:
    page = gone(yoda, yoda.upload(sheet("two-lines.csv"), "two-lines.csv"))
    yoda.send(f"{page.path}/process")
    assert yoda.page(page.path).heading == "Discarded: “two-lines.csv”"


def test_a_program_is_told_until_when_and_then_since_when(world: Flask, yoda: Client) -> None:
    page = processed(yoda)
    caller, path = program(world, YODA), f"/api/v1{page.path}"
    before: Any = caller.get(path).json
    assert before["gone_at"] is None
    assert before["kept_until"] > f"{now() + timedelta(days=179):%Y-%m-%d}"
    gone(yoda, page)
    after: Any = caller.get(path).json
    assert after["gone_at"] is not None
    assert after["kept_until"] is None
    assert after["counts"] == before["counts"]
    assert (after["state"], after["errors"], after["skips"]) == ("done", [], [])


def test_a_program_is_refused_a_result_that_is_gone(world: Flask, yoda: Client) -> None:
    page = gone(yoda, processed(yoda))
    answer = program(world, YODA).get(f"/api/v1{page.path}/result.csv")
    assert (answer.status_code, answer.mimetype) == (410, "application/problem+json")
    assert "What it counted stays." in answer.json["detail"]  # type: ignore[index]
