"""Batches as mentors and state admins use them: the window and its limit, a file of participants, the dashboard."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Person
from tests.browser.test_invitations import wait_until_done
from tests.sheets import HERE

pytestmark = pytest.mark.browser

People = Callable[..., Person]
CONTACT = "Please contact your state admin to add or remove participants from this batch"
ONLY = "You can only select 100 participants."
BOTH_WAYS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


def edit_from_course(person: Person, batch: str) -> None:
    person.page.goto("/courses")
    person.page.get_by_role("link", name="Foundational Literacy").first.click()
    person.page.get_by_role("link", name=f"Edit {batch}", exact=True).click()


def edit_from_workspace(person: Person, batch: str) -> None:
    person.page.goto("/workspace/batches")
    person.page.get_by_role("link", name=f"Edit {batch}", exact=True).click()


def picker(person: Person, title: str = "Add participants") -> Locator:
    return person.page.get_by_role("group", name=title)


def pick(person: Person, state_id: str, title: str = "Add participants") -> None:
    picker(person, title).get_by_role("searchbox").fill(state_id)
    picker(person, title).get_by_role("button", name="Search").click()
    picker(person, title).get_by_role("checkbox", name=state_id).check()


def save(person: Person) -> None:
    person.page.get_by_role("button", name="Save", exact=True).click()


def taking_part(person: Person) -> Locator:
    return person.page.locator("#taking-part")


@BOTH_WAYS
@pytest.mark.parametrize("way_in", [edit_from_course, edit_from_workspace])
def test_a_full_batch_takes_nobody_until_somebody_has_left(
    people: People, scripts: bool, way_in: Callable[[Person, str], None]
) -> None:
    mentor = people(scripts=scripts).sign_in("mentor@pradesh.test")
    way_in(mentor, "Full house")
    window = mentor.page.url
    expect(picker(mentor)).to_contain_text("no more can be added here")
    expect(picker(mentor).get_by_role("searchbox")).to_be_enabled()
    pick(mentor, "PR-05501")
    save(mentor)
    expect(picker(mentor)).to_contain_text(ONLY)

    mentor.page.goto(window)
    leaving = taking_part(mentor).get_by_role("row").filter(has=mentor.page.get_by_role("button")).first
    state_id = leaving.get_by_text("PR-05").inner_text()
    leaving.get_by_role("button", name="Remove").click()
    expect(taking_part(mentor)).not_to_contain_text(state_id)
    expect(picker(mentor)).to_contain_text("1 more participant fits in here.")
    pick(mentor, "PR-05501")
    pick(mentor, "PR-05502")
    save(mentor)
    expect(picker(mentor)).to_contain_text(ONLY)

    mentor.page.goto(window)
    pick(mentor, "PR-05501")
    save(mentor)
    expect(mentor.page.get_by_text("is saved")).to_be_visible()
    mentor.page.goto(window)
    expect(taking_part(mentor)).to_contain_text("PR-05501")
    expect(taking_part(mentor).get_by_role("heading")).to_contain_text("100")
    taking_part(mentor).get_by_role("row").filter(has_text="PR-05501").get_by_role("button").click()
    expect(taking_part(mentor)).not_to_contain_text("PR-05501")


@BOTH_WAYS
@pytest.mark.parametrize("way_in", [edit_from_course, edit_from_workspace])
def test_over_the_limit_the_picker_is_greyed_and_a_mentor_can_still_be_named(
    people: People, scripts: bool, way_in: Callable[[Person, str], None]
) -> None:
    mentor = people(scripts=scripts).sign_in("mentor@pradesh.test")
    for batch, count in (("One too many", "101"), ("State training", "5,000")):
        way_in(mentor, batch)
        expect(mentor.page.get_by_text(CONTACT)).to_be_visible()
        expect(picker(mentor)).to_contain_text(f"{count} participants")
        expect(picker(mentor)).to_have_attribute("disabled", "")
        expect(picker(mentor).get_by_role("searchbox")).to_be_disabled()
        expect(mentor.page.get_by_role("button", name="Remove")).to_have_count(0)
    pick(mentor, "PR-06000", "Mentors")
    mentor.page.get_by_label("Name", exact=True).fill("State training, second round")
    save(mentor)
    expect(mentor.page.get_by_text("“State training, second round” is saved.")).to_be_visible()
    way_in(mentor, "State training, second round")
    expect(picker(mentor, "Mentors")).to_contain_text("PR-06000")


@BOTH_WAYS
def test_a_state_admin_adds_and_removes_by_file(people: People, scripts: bool, tmp_path: Path) -> None:
    state = people(scripts=scripts).sign_in("state@pradesh.test")
    upload_participants(state, HERE / "participants.csv", "Add")
    assert state.heading() == "Ready: 3 people to add"
    state.page.get_by_role("button", name="Add 3 people").click()
    wait_until_done(state)
    assert state.heading() == "Done: 3 people added"
    outcomes = state.page.get_by_role("table").inner_text()
    assert outcomes.count("Added") == 3
    assert outcomes.count("Skipped") == outcomes.count("Failed") == 1
    assert "PR-99999" in outcomes

    leaving = tmp_path / "leaving.csv"
    leaving.write_text("state_id\nPR-00001\nPR-05001\nPR-06000\n")
    upload_participants(state, leaving, "Remove")
    assert state.heading() == "Ready: 1 person to remove"
    state.page.get_by_role("button", name="Remove 1 person").click()
    wait_until_done(state)
    assert state.heading() == "Done: 1 person removed"


def upload_participants(person: Person, file: Path, action: str) -> None:
    person.page.goto("/courses/course-v1:pradesh+FLN101+2026")
    person.page.get_by_role("link", name="Participants Pilot", exact=True).click()
    person.page.get_by_label("File").set_input_files(file)
    person.page.get_by_role("radio", name=action).check()
    person.page.get_by_role("button", name="Upload and check").click()


@BOTH_WAYS
def test_the_dashboard_is_searched_sorted_and_downloaded(people: People, scripts: bool) -> None:
    mentor = people(scripts=scripts).sign_in("mentor@pradesh.test")
    mentor.page.goto("/courses/course-v1:pradesh+FLN101+2026")
    mentor.page.get_by_role("link", name="Dashboard State training", exact=True).click()
    table = mentor.page.get_by_role("table").last
    mentor.page.get_by_role("searchbox").fill("pr-04321")
    mentor.page.get_by_role("searchbox").press("Enter")
    expect(table.get_by_role("row")).to_have_count(2)
    expect(table).to_contain_text("PR-04321")
    mentor.page.get_by_role("searchbox").fill("")
    mentor.page.get_by_role("searchbox").press("Enter")
    expect(table.get_by_role("row")).to_have_count(51)
    table.get_by_role("link", name="State ID").click()
    expect(table.locator("th[aria-sort=ascending]")).to_contain_text("State ID")
    expect(table).to_contain_text("PR-00001")
    mentor.page.get_by_role("link", name="Last", exact=True).click()
    expect(table).to_contain_text("PR-05000")

    with mentor.page.expect_download() as download:
        mentor.page.get_by_role("link", name="Download progress report").click()
    assert download.value.suggested_filename.startswith("progress-State training-")
    rows = [*csv.reader(download.value.path().read_text("utf-8-sig").splitlines())]
    assert ",".join(rows[0]) == (
        "External ID,User ID,User Name,Email ID,Mobile Number,Organization Name,District Name,School Name,Block Name,"
        "Enrollment Date,Course Progress,Completion Date"
    )
    assert len(rows) == 5_001
    first = next(row for row in rows if row[0] == "PR-00001")
    assert (first[3], first[4][:6], first[10]) == ("te*****@pradesh.test", "******", "100%")


@BOTH_WAYS
def test_a_batch_is_created_with_whomever_is_picked(people: People, scripts: bool) -> None:
    mentor = people(scripts=scripts).sign_in("mentor@pradesh.test")
    mentor.page.goto("/courses/course-v1:pradesh+ICT201+2026")
    mentor.page.get_by_role("link", name="Create batch").click()
    mentor.page.get_by_label("Name", exact=True).fill("Autumn")
    pick(mentor, "PR-00007", "Participants")
    pick(mentor, "PR-00008", "Participants")
    mentor.page.get_by_role("button", name="Create batch").click()
    expect(mentor.page.get_by_text("2 participants have been added.")).to_be_visible()
