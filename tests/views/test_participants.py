"""The state admin's page of a batch: who takes part, and what has changed. Files: `test_participant_uploads`."""

import pytest

from domain import participants
from domain.audit import By
from models import db
from models.audit import Through
from tests.clients import Client
from tests.pages import Page
from tests.people import the_person
from tests.teaching import MENTOR, STATE_ADMIN, STRANGER, batch, fill

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def admin(client: Client) -> Client:
    return client.sign_in(STATE_ADMIN)


def page_of(client: Client, rest: str = "") -> Page:
    return client.page(f"/batches/{batch().id}/participants{rest}")


def test_everybody_is_listed_with_masked_addresses(admin: Client) -> None:
    fill(2)
    page = page_of(admin)
    assert any("PR-00001 te*****@pradesh.test South" in row for row in page.rows())
    assert "teacher00001@pradesh.test" not in page


def test_people_are_found_and_sorted_here_too(admin: Client) -> None:
    fill(12)
    assert len(page_of(admin, "?q=PR-00007").rows()) == 2
    assert "PR-00012" in page_of(admin, "?sort=-state-id").rows()[1]


def test_an_open_batch_says_why_no_file_can_be_brought(admin: Client) -> None:
    page = admin.page(f"/batches/{batch('Open batch').id}/participants")
    assert "Only invite-only batches can be filled, or emptied, from a file." in page
    assert "Upload and check" not in page.buttons()


def test_changes_tell_who_did_what_and_when(admin: Client) -> None:
    fill(3)
    remove("PR-00001", "PR-00002")
    page = page_of(admin, "/changes")
    assert "2 removed Sarita Deshmukh on a page" in page.rows()[1]
    assert "3 added the operator by a command" in page.rows()[2]


def test_the_people_of_a_change_are_a_file(admin: Client) -> None:
    fill(3)
    remove("PR-00001")
    [newest, *_older] = [link for link in page_of(admin, "/changes").all("a") if "Download" in (link.text or "")]
    header, row = admin.get(newest.get("href") or "").data.decode("utf-8-sig").splitlines()
    assert header == "User ID,User Name,External ID,Email ID,Outcome"
    assert row.endswith(",pradesh00001,PR-00001,,removed")


def test_without_changes_the_page_says_what_will_stand_there(admin: Client) -> None:
    assert "Nothing has changed yet" in page_of(admin, "/changes")


@pytest.mark.parametrize(("email", "status"), [(MENTOR, 403), (STRANGER, 404)])
@pytest.mark.parametrize("rest", ["", "/changes", "/sample.csv"])
def test_only_state_admins_see_it(client: Client, email: str, status: int, rest: str) -> None:
    answer = client.sign_in(email).get(f"/batches/{batch().id}/participants{rest}")
    assert answer.status_code == status


def remove(*identifiers: str) -> None:
    by = By(the_person(STATE_ADMIN).id, Through.PAGE)
    people = participants.find(batch(), identifiers).values()
    participants.withdraw(batch(), [*people], by)
    db.session.commit()
