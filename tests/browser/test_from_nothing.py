"""From an empty database to invitations on their way: an organisation sets itself up, without any demo data."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import ROOT, Person, running
from tests.browser.test_invitations import make_an_account_and_accept, wait_until_done

pytestmark = pytest.mark.browser

OPERATOR, ADMIN = "op@muster.example", "admin@harbour.example"
MANAGER, INVITEE = "manager@harbour.example", "j.doe@elsewhere.example"
PASSWORD = "a long enough password"
FILE = f"labels,invitees,groups\nautumn,{INVITEE},readers\n"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Those of an installation that is no demo."""
    return {"SECRET_KEY": "known to this test only", "DATABASE_URL": f"sqlite:///{tmp_path}/muster.sqlite"}


@pytest.fixture
def empty(tmp_path: Path, settings: dict[str, str]) -> Iterator[str]:
    """Where the application answers, on a database that was migrated and no more."""
    flask(tmp_path, settings, "db", "upgrade")
    with running("start", tmp_path, **settings) as address:
        yield address


def flask(folder: Path, settings: dict[str, str], *words: str, typed: str = "") -> None:
    environment = {**os.environ, "INSTANCE_PATH": str(folder), "FLASK_APP": "app", **settings}
    command = [ROOT / ".venv" / "bin" / "flask", *words]
    subprocess.run(command, cwd=ROOT, env=environment, input=typed, text=True, check=True, capture_output=True)


def test_an_organisation_sets_itself_up(browser: Browser, empty: str, tmp_path: Path, settings: dict[str, str]) -> None:
    operator = Person(browser, empty)
    operator.page.goto("/")
    assert operator.heading() == "Make the first account"
    assert "users create --platform-admin" in operator.page.get_by_label("Command").input_value()

    words = ("users", "create", OPERATOR, "--name", "Olga Operator", "--platform-admin", "--password-stdin")
    flask(tmp_path, settings, *words, typed=f"{PASSWORD}\n")
    operator.sign_in(OPERATOR, PASSWORD)
    make_the_organisation(operator)

    admin = accept_the_role(browser, operator, ADMIN, "Ada Admin")
    make_a_unit(admin)
    make_a_collaboration(admin)
    make_a_group(admin)
    invite_a_unit_manager(admin)

    manager = accept_the_role(browser, operator, MANAGER, "Max Manager")
    invite_from_a_file(manager, tmp_path)
    operator.page.goto(link_in_the_mail_to(operator, INVITEE))
    assert "Harbour research" in operator.page.inner_text("main")
    assert "Readers" in operator.page.inner_text("main")
    for person in (operator, admin, manager):
        person.leave()


def press(person: Person, button: str) -> None:
    person.page.get_by_role("main").get_by_role("button", name=button).click()


def go(person: Person, *links: str) -> None:
    for link in links:
        person.page.get_by_role("link", name=link, exact=True).first.click()


def make_the_organisation(operator: Person) -> None:
    go(operator, "Organisations", "Make an organisation")
    operator.page.get_by_label("Name", exact=True).fill("Harbour University")
    operator.page.get_by_label("Short name").fill("harbour")
    operator.page.get_by_label("First admin").fill(ADMIN)
    press(operator, "Make organisation")
    operator.page.get_by_role("heading", level=1, name="Harbour University").wait_for()


def link_in_the_mail_to(operator: Person, address: str) -> str:
    """From the mailbox, which holds the mails of an installation without a mail server."""
    mail = operator.page.get_by_role("row", name=address).get_by_role("link").first
    for _attempt in range(40):
        operator.page.goto("/mailbox?search=" + address)
        if mail.count():
            break
        operator.page.wait_for_timeout(250)
    mail.click()
    return operator.page.frame_locator("iframe").get_by_role("link").first.get_attribute("href") or ""


def accept_the_role(browser: Browser, operator: Person, address: str, name: str) -> Person:
    link = link_in_the_mail_to(operator, address)
    person = Person(browser, link.partition("/role-invitations")[0])
    person.page.goto(link)
    make_an_account_and_accept(person, name)
    person.page.get_by_role("button", name="Create account and accept").wait_for(state="detached")
    return person


def make_a_unit(admin: Person) -> None:
    admin.page.goto("/")
    go(admin, "Organisation", "Units", "Make a unit")
    admin.page.get_by_label("Name", exact=True).fill("Library")
    press(admin, "Make unit")
    admin.page.get_by_role("cell", name="Library").or_(admin.page.get_by_text("Library")).first.wait_for()


def make_a_collaboration(admin: Person) -> None:
    go(admin, "Collaborations", "Make a collaboration")
    admin.page.get_by_label("Name", exact=True).fill("Harbour research")
    admin.page.get_by_label("Short name").fill("harbourgrp")
    admin.page.get_by_label("Library").check()
    admin.page.get_by_label("Labels").fill("autumn")
    press(admin, "Make collaboration")
    admin.page.get_by_role("heading", level=1, name="Harbour research").wait_for()


def make_a_group(admin: Person) -> None:
    go(admin, "Groups", "Make a group")
    admin.page.get_by_label("Name", exact=True).fill("Readers")
    admin.page.get_by_label("Short name").fill("readers")
    press(admin, "Make group")
    admin.page.get_by_role("rowheader", name="Readers").wait_for()


def invite_a_unit_manager(admin: Person) -> None:
    go(admin, "Organisation", "People and roles", "Invite to a role")
    admin.page.get_by_label("E-mail addresses").fill(MANAGER)
    admin.page.get_by_label("Unit manager").check()
    admin.page.get_by_label("Library").check()
    press(admin, "Send invitations")
    admin.page.get_by_text(MANAGER).first.wait_for()


def invite_from_a_file(manager: Person, folder: Path) -> None:
    file = folder / "autumn.csv"
    file.write_text(FILE)
    manager.page.goto("/invitations/upload")
    manager.page.get_by_label("File").set_input_files(file)
    press(manager, "Upload and check")
    assert manager.heading() == "Ready: 1 invitation"
    press(manager, "Process 1 invitation")
    wait_until_done(manager)
    assert manager.heading() == "Done: 1 invitation sent"
