"""From a file to a member, by way of the mailbox: the main job, as its people do it."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import Person
from tests.sheets import HERE

pytestmark = pytest.mark.browser

People = Callable[..., Person]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_file_becomes_invitations_and_an_invitee_becomes_a_member(people: People, scripts: bool) -> None:
    yoda = people(scripts=scripts).sign_in("yoda@harderwijk.test")
    upload(yoda, "two-lines.csv")
    assert yoda.heading() == "Ready: 5 invitations"
    yoda.page.get_by_role("button", name="Process 5 invitations").click()
    wait_until_done(yoda)
    assert yoda.heading() == "Done: 5 invitations sent"

    invitee = people(scripts=scripts)
    follow_the_link(invitee, "r.doe@example.org")
    assert "Cumulus research group" in invitee.page.inner_text("main")
    make_an_account_and_accept(invitee, "Robin Doe")
    assert "Cumulus research group" in invitee.page.inner_text("main")

    yoda.page.goto("/collaborations")
    yoda.page.get_by_role("link", name="Cumulus research group").click()
    yoda.page.get_by_role("main").get_by_role("link", name="Members").first.click()
    members = yoda.page.inner_text("main")
    assert "Robin Doe" in members
    assert "Researchers" in members


def upload(person: Person, name: str) -> None:
    person.page.goto("/invitations/upload")
    person.page.get_by_label("File").set_input_files(HERE / name)
    person.page.get_by_role("button", name="Upload and check").click()


def wait_until_done(person: Person) -> None:
    """With scripts the progress says it and links on; without, the page comes again by itself."""
    heading = person.page.get_by_role("heading", name="Done:")
    link = person.page.get_by_role("link", name="Show what became of each")
    link.or_(heading).wait_for()
    if link.count():
        link.click()
    heading.wait_for()


def follow_the_link(person: Person, address: str) -> None:
    person.page.goto("/mailbox")
    person.page.get_by_label("Recipient").fill(address)
    person.page.get_by_role("button", name="Search").click()
    person.page.get_by_role("row").get_by_role("link").first.click()
    frame = person.page.frame_locator("iframe")
    person.page.goto(frame.get_by_role("link").first.get_attribute("href") or "")


def make_an_account_and_accept(person: Person, name: str) -> None:
    person.page.get_by_label("Your name").fill(name)
    person.page.get_by_label("Choose a password").fill("a long enough password")
    person.page.get_by_role("button", name="Create account and accept").click()
