"""A batch's dashboard as its mentors see it, and the progress report as they open it."""

import csv
import re
import uuid

import pytest

from domain import participants
from domain.days import today_in
from domain.progress import Entry, report
from models import db
from tests.clients import Client
from tests.pages import Page
from tests.people import BY_NOBODY, enrolled, the_person
from tests.queries import counted
from tests.teaching import MENTOR, STATE_ADMIN, STRANGER, TEACHER, a_teacher, batch, fill, more

pytestmark = pytest.mark.usefixtures("world")

HEADER = [
    "External ID",
    "User ID",
    "User Name",
    "Email ID",
    "Mobile Number",
    "Organization Name",
    "District Name",
    "School Name",
    "Block Name",
    "Enrollment Date",
    "Course Progress",
    "Completion Date",
]


@pytest.fixture
def mentor(client: Client) -> Client:
    return client.sign_in(MENTOR)


def dashboard(client: Client, query: str = "") -> Page:
    return client.page(f"/batches/{batch().id}/dashboard{query}")


def progressed(user_id: uuid.UUID, percent: int) -> None:
    report(None, batch(), [Entry(str(user_id), percent=percent)], BY_NOBODY)


def people_in(page: Page) -> list[str]:
    """The user names that the list shows, in its order."""
    rows = (re.search(r"pradesh\d{5}", row) for row in page.rows())
    return [found[0] for found in rows if found]


def progress_csv(client: Client, query: str = "") -> list[list[str]]:
    answer = client.get(f"/batches/{batch().id}/progress.csv{query}")
    assert answer.status_code == 200
    return [*csv.reader(answer.data.decode("utf-8-sig").splitlines())]


# Figures and pictures.


def test_the_figures_tell_how_far_everybody_is(mentor: Client) -> None:
    first, second, *_others = fill(4)
    progressed(first, 100)
    progressed(second, 50)
    page = dashboard(mentor)
    assert "participants 4 not started 2 in progress 1 completed 1 average progress 38%" in page
    today = today_in("Asia/Kolkata")
    assert f"Last activity {today.day} {today:%B %Y}" in page


def test_one_participant_is_one(mentor: Client) -> None:
    fill(1)
    assert "participant 1 not started 1" in dashboard(mentor)


def test_behind_each_picture_is_a_table(mentor: Client) -> None:
    fill(10)
    page = dashboard(mentor)
    assert len(page.all("figure", class_="chart")) == 3
    assert "0% 10" in page.rows()
    today = today_in("Asia/Kolkata")
    assert f"{today.day} {today:%B %Y} 10 0" in page.rows()
    assert "North 3 0" in page.rows()
    assert "not known 1 0" in page.rows()


def test_a_batch_without_anybody_says_so_without_pictures(mentor: Client) -> None:
    page = dashboard(mentor)
    assert "Nobody takes part yet" in page
    assert "none yet" in page
    assert page.all("figure", class_="chart") == []


# The list.


def test_the_list_tells_of_each_what_the_mentor_needs(mentor: Client) -> None:
    fill(1)
    today = today_in("Asia/Kolkata")
    enrolled_on = f"{today.day} {today:%B %Y}"
    assert f"Teacher 00001 pradesh00001 PR-00001 Pradesh State Education South {enrolled_on} 0%" in dashboard(mentor)


@pytest.mark.parametrize("words", ["pr-00007", "teacher+00007", "TEACHER00007@pradesh.test"])
def test_people_are_found_by_name_state_id_and_address(mentor: Client, words: str) -> None:
    fill(12)
    page = dashboard(mentor, f"?q={words}")
    assert people_in(page) == ["pradesh00007"]
    assert "1 participant found." in page


def test_nobody_found_leads_back_to_everybody(mentor: Client) -> None:
    fill(2)
    page = dashboard(mentor, "?q=nothing-like-it")
    assert "Nobody found No participant fits what you ask for. Show all" in page


def test_the_list_is_sorted_either_way(mentor: Client) -> None:
    fill(3)
    assert people_in(dashboard(mentor, "?sort=-state-id")) == ["pradesh00003", "pradesh00002", "pradesh00001"]
    page = dashboard(mentor, "?sort=state-id")
    assert people_in(page) == ["pradesh00001", "pradesh00002", "pradesh00003"]
    [sorted_by] = page.all("th", aria_sort="ascending")
    assert sorted_by[0].text == "State ID"


def test_the_list_is_narrowed_by_progress(mentor: Client) -> None:
    first, second, _third = fill(3)
    progressed(first, 100)
    progressed(second, 1)
    assert people_in(dashboard(mentor, "?show=completed")) == ["pradesh00001"]
    assert people_in(dashboard(mentor, "?show=in-progress")) == ["pradesh00002"]
    assert people_in(dashboard(mentor, "?show=not-started")) == ["pradesh00003"]


def test_the_last_page_is_reached_at_once_and_leads_back(mentor: Client) -> None:
    fill(120)
    page = dashboard(mentor, "?sort=state-id&at=last")
    assert people_in(page)[-1] == "pradesh00120"
    [previous] = page.all("a", id="page-back")
    before = mentor.page(previous.get("href") or "")
    assert people_in(before)[-1] < people_in(page)[0]
    assert page.all("a", id="page-forward") == []


def test_it_costs_the_same_whatever_the_size(mentor: Client) -> None:
    here = f"/batches/{batch().id}/dashboard"
    fill(60)
    with counted() as few:
        mentor.page(here)
    enrolled(batch(), more(2_000))
    db.session.commit()
    with counted() as many:
        mentor.page(here)
    assert len(few) == len(many)


def test_htmx_gets_the_list_alone(mentor: Client) -> None:
    fill(3)
    answer = mentor.get(
        f"/batches/{batch().id}/dashboard?q=00002", headers={"HX-Request": "true", "HX-Target": "people"}
    )
    assert "<html" not in answer.text
    assert people_in(Page(answer.text)) == ["pradesh00002"]


# The report.


def test_the_report_has_everybody_whatever_the_list_shows(mentor: Client) -> None:
    ids = fill(60)
    header, *rows = progress_csv(mentor)
    assert header == HEADER
    assert sorted(row[1] for row in rows) == sorted(str(user_id) for user_id in ids)
    [link] = [link for link in dashboard(mentor, "?q=00001").all("a") if "report" in " ".join(link.itertext())]
    assert (link.get("href") or "").endswith("/progress.csv")


def test_a_line_of_the_report_is_masked_and_dated(mentor: Client) -> None:
    [user_id] = fill(1)
    progressed(user_id, 100)
    today = today_in("Asia/Kolkata").isoformat()
    [_header, row] = progress_csv(mentor)
    assert row == [
        "PR-00001",
        str(user_id),
        "pradesh00001",
        "te*****@pradesh.test",
        "******0001",
        "Pradesh State Education",
        "South",
        "School 1",
        "Block 1",
        today,
        "100%",
        today,
    ]


def test_a_second_button_gives_those_whom_the_list_is_narrowed_to(mentor: Client) -> None:
    first, *_others = fill(3)
    progressed(first, 100)
    page = dashboard(mentor, "?show=completed")
    [link] = [link for link in page.all("a") if "".join(link.itertext()).strip() == "Download this list"]
    answer = mentor.get(link.get("href") or "").text
    assert answer.count("PR-0") == 1
    assert "Download this list" not in dashboard(mentor)


def test_a_person_of_another_organisation_tells_no_more_than_that_needs(mentor: Client) -> None:
    stranger = the_person(STRANGER)
    stranger.state_id, stranger.state_id_key, stranger.school, stranger.block = "OT-1", "ot-1", "A school", "A block"
    found = participants.find_anybody(batch(), stranger.id)
    participants.enrol(batch(), [found] if found else [], BY_NOBODY)
    [_header, row] = progress_csv(mentor)
    assert [row[place] for place in (0, 7, 8)] == ["", "", ""]
    assert row[5] == "Otherland Institute"


def test_what_a_spreadsheet_would_run_is_text(mentor: Client) -> None:
    person = a_teacher(email="formula@pradesh.test", district="=1+1", school="@x", block="-2", mobile=None)
    enrolled(batch(), [person.id])
    [_header, row] = progress_csv(mentor)
    assert row[6:9] == ["'=1+1", "'@x", "'-2"]
    assert row[4] == ""


def test_the_file_is_called_after_the_batch_and_the_day(mentor: Client) -> None:
    batch().name = "Pilot: north/south"
    answer = mentor.get(f"/batches/{batch('Pilot: north/south').id}/progress.csv")
    today = today_in("Asia/Kolkata").isoformat()
    assert f"progress-Pilot- north-south-{today}.csv" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"\xef\xbb\xbfExternal ID,")


# Who.


@pytest.mark.parametrize(("email", "status"), [(STATE_ADMIN, 200), (TEACHER, 403), (STRANGER, 404)])
@pytest.mark.parametrize("what", ["dashboard", "progress.csv"])
def test_only_those_who_run_the_batch_see_how_others_do(client: Client, email: str, status: int, what: str) -> None:
    a_teacher()
    assert client.sign_in(email).get(f"/batches/{batch().id}/{what}").status_code == status
