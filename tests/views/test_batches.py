"""Batches: creating one with people picked, the workspace, and a batch's own page with joining it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.days import today_in
from models import Batch, db
from models.organisation import OrganisationRoleName
from tests.clients import Client
from tests.pages import Page
from tests.people import a_batch, a_role, enrolled, the_person
from tests.teaching import (
    LITERACY,
    MENTOR,
    STATE_ADMIN,
    STRANGER,
    TEACHER,
    a_teacher,
    as_typed,
    batch,
    course,
    fill,
    ids,
    in_days,
    more,
    pradesh,
)

pytestmark = pytest.mark.usefixtures("world")

NEW = f"{LITERACY}/batches/new"


@pytest.fixture
def mentor(client: Client) -> Client:
    return client.sign_in(MENTOR)


@pytest.fixture
def learner(client: Client) -> Client:
    a_teacher()
    return client.sign_in(TEACHER)


def a_form(**given: Any) -> dict[str, Any]:
    return {"name": "Autumn", "enrolment_type": "invite-only", "start_date": in_days(0), **given}


def ticked(page: Page, name: str) -> list[str | None]:
    return [box.get("value") for box in page.all("input", name=name) if box.get("checked") is not None]


def offered(page: Page, name: str) -> list[str | None]:
    return [box.get("value") for box in page.all("input", name=name) if box.get("checked") is None]


def value_of(page: Page, name: str) -> str | None:
    return page.all("input", name=name)[0].get("value")


def find(client: Client, words: str, what: str = "participants", path: str = NEW, **given: Any) -> Page:
    return client.send(path, **a_form(step=f"find-{what}", **{f"find_{what}": words}, **given))


# Creating.


def test_the_form_begins_today_with_its_mentor(mentor: Client) -> None:
    page = mentor.page(NEW)
    assert value_of(page, "start_date") == in_days(0)
    assert ticked(page, "mentors") == [str(the_person(MENTOR).id)]
    assert "me*****@pradesh.test" in page


def test_an_admin_who_creates_a_batch_does_not_mentor_it_unasked(client: Client) -> None:
    assert ticked(client.sign_in(STATE_ADMIN).page(NEW), "mentors") == []


def test_a_batch_is_created_with_its_people(mentor: Client) -> None:
    people = more(1500)
    mentors = [str(the_person(MENTOR).id)]
    page = mentor.send(NEW, **a_form(description="Two\nlines", mentors=mentors, participants=ids(people)))
    assert page.heading == "Foundational Literacy"
    assert "“Autumn” is created. 1,500 participants have been added." in page
    made = batch("Autumn")
    assert (made.participant_count, made.description, made.created_by) == (1500, "Two\nlines", the_person(MENTOR))
    assert made.mentors == [the_person(MENTOR)]


def test_even_many_thousands_may_be_picked(mentor: Client) -> None:
    nobody = [str(the_person(MENTOR).id)] * 20_000
    assert "1 participant has been added." in mentor.send(NEW, **a_form(participants=nobody))


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(mentor: Client) -> None:
    people = ids(more(2))
    wrong = a_form(name="", start_date=in_days(-1), end_date=in_days(-1), participants=people)
    page = mentor.send(NEW, 422, **wrong)
    assert "3 things to correct" in page
    assert "Start date: Batch start date should be either today or future date." in page
    assert "End date: End date should be greater than start date." in page
    assert "Name: Give the batch a name." in page
    assert ticked(page, "participants") == people
    assert value_of(page, "start_date") == in_days(-1)


def test_enrolment_ends_within_the_batch(mentor: Client) -> None:
    wrong = a_form(end_date=in_days(10), enrolment_end_date=in_days(11))
    page = mentor.send(NEW, 422, **wrong)
    assert "Enrollment end date should be between the start and the end date." in page


def test_a_date_that_is_none_is_told(mentor: Client) -> None:
    assert "“31/12/2026” is no date. Write it like 2026-12-31." in mentor.send(
        NEW, 422, **a_form(end_date="31/12/2026")
    )


def test_people_of_another_organisation_are_refused_without_their_names(mentor: Client) -> None:
    otto = the_person(STRANGER)
    page = mentor.send(NEW, 422, **a_form(participants=[str(otto.id)], mentors=[str(otto.id)]))
    assert "1 person that was picked cannot be added" in page
    assert "Mentors must be people of Pradesh State Education." in page
    assert otto.name not in page
    assert db.session.scalar(select(Batch).where(Batch.name == "Autumn")) is None


def test_what_people_type_is_text(mentor: Client) -> None:
    page = mentor.send(NEW, **a_form(name="<b>Autumn</b>\x00\u202e", description="<script>"))
    assert "“<b>Autumn</b>” is created." in page


# Picking people.


def test_a_search_keeps_all_that_was_typed_and_saves_nothing(mentor: Client) -> None:
    people = ids(more(3))
    page = find(mentor, "PR-50001", name="Autumn", end_date=in_days(9), participants=people[1:2])
    assert (value_of(page, "name"), value_of(page, "end_date")) == ("Autumn", in_days(9))
    assert ticked(page, "participants") == people[1:2]
    assert offered(page, "participants") == people[:1]
    assert "1 person found." in page
    assert "Teacher 50001 te*****@pradesh.test · PR-50001" in page
    assert db.session.scalar(select(Batch).where(Batch.name == "Autumn")) is None


@pytest.mark.parametrize("words", ["teacher 50002", "  TEACHER   50002 ", "pr-50002", "teacher50002@pra"])
def test_people_are_found_by_name_address_and_state_id(mentor: Client, words: str) -> None:
    people = ids(more(3))
    assert offered(find(mentor, words), "participants") == [people[1]]


def test_of_many_the_first_twenty_are_shown_by_name(mentor: Client) -> None:
    people = ids(more(30))
    page = find(mentor, "teacher 5")
    assert offered(page, "participants") == people[:20]
    assert "The first 20 people of more who fit." in page


def test_a_search_without_words_shows_the_first_people_there_are(mentor: Client) -> None:
    more(30)
    assert len(offered(find(mentor, ""), "participants")) == 20


def test_who_is_picked_is_not_found_once_more_and_nobody_found_says_so(mentor: Client) -> None:
    people = ids(more(1))
    page = find(mentor, "50001", participants=people)
    assert "Nobody found who fits “50001”" in page
    assert ticked(page, "participants") == people


def test_only_active_people_of_the_organisation_are_found(mentor: Client) -> None:
    a_teacher("closed@pradesh.test", is_active=False)
    assert offered(find(mentor, "closed"), "participants") == []
    assert offered(find(mentor, "Otto"), "participants") == []
    assert offered(find(mentor, "100%"), "participants") == []


def test_anyone_of_the_organisation_is_found_as_a_mentor(mentor: Client) -> None:
    [person] = ids(more(1))
    sarita = str(the_person(STATE_ADMIN).id)
    assert offered(find(mentor, "sarita", "mentors"), "mentors") == [sarita]
    assert offered(find(mentor, "50001", "mentors"), "mentors") == [person]
    assert offered(find(mentor, "otto", "mentors"), "mentors") == []


def test_a_state_id_of_another_organisation_is_not_told(mentor: Client) -> None:
    otto = the_person(STRANGER)
    otto.state_id = "OT-1"
    a_role(otto, OrganisationRoleName.MENTOR, pradesh())
    page = find(mentor, "otto", "mentors")
    assert offered(page, "mentors") == [str(otto.id)]
    assert "OT-1" not in page


def test_enter_in_a_search_searches_and_does_not_save(mentor: Client) -> None:
    """Browsers press the first button of a form, whichever field one is in."""
    people = ids(more(2))
    form = mentor.page(NEW).all("form")[-1]
    first = next(button for button in form.iter("button") if button.get("type") == "submit")
    assert (first.get("name"), first.get("value")) == ("step", "find-mentors")
    page = mentor.send(NEW, **a_form(step="find-mentors", find_participants="50002"))
    assert offered(page, "participants") == people[1:]
    assert offered(page, "mentors") == []


def test_htmx_gets_what_is_found_alone_with_the_count_announced(mentor: Client) -> None:
    people = ids(more(2))
    form = a_form(step="find-participants", find_participants="50002", participants=people[:1])
    answer = mentor.post(NEW, data=form, headers={"HX-Request": "true", "HX-Target": "participants-found"})
    page = Page(answer.text)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert (ticked(page, "participants"), offered(page, "participants")) == (people[:1], people[1:])
    assert "1 person found." in str(page.all("p", role="status")[0].text)


def test_an_unknown_target_gets_the_whole_page(mentor: Client) -> None:
    form = a_form(step="find-participants", find_participants="x")
    answer = mentor.post(NEW, data=form, headers={"HX-Target": "../secret-found"})
    assert "<html" in answer.text


# Who may create.


@pytest.mark.parametrize(("email", "status"), [(TEACHER, 403), (STRANGER, 404), ("member@harderwijk.test", 404)])
def test_others_create_no_batch(client: Client, email: str, status: int) -> None:
    a_teacher()
    client.sign_in(email).page(NEW, status)
    client.send(NEW, status, **a_form())
    assert db.session.scalar(select(Batch).where(Batch.name == "Autumn")) is None


# The workspace.


def names(page: Page) -> list[str]:
    return [row.partition(" Foundational")[0].partition(" ICT")[0] for row in page.rows()[1:]]


def test_the_workspace_shows_ongoing_batches_and_counts_the_others(mentor: Client) -> None:
    today = today_in("Asia/Kolkata")
    batch("Pilot").end_date = today - timedelta(days=1)
    batch("Full house").end_date = today
    batch("One too many").start_date = today + timedelta(days=1)
    page = mentor.page("/workspace/batches")
    assert "Ongoing 4 Upcoming 1 Ended 1" in page
    assert names(page) == ["Full house", "State training", "Open batch", "Open batch"]
    assert names(mentor.page("/workspace/batches?show=upcoming")) == ["One too many"]
    assert names(mentor.page("/workspace/batches?show=ended")) == ["Pilot"]


def test_the_workspace_is_narrowed_to_what_one_created_or_mentors(mentor: Client) -> None:
    batch("Pilot").mentors, batch("Full house").created_by = [], None
    assert "Pilot" in names(mentor.page("/workspace/batches?whose=created"))
    assert "Full house" not in names(mentor.page("/workspace/batches?whose=created"))
    assert "Pilot" not in names(mentor.page("/workspace/batches?whose=mentored"))
    page = mentor.page("/workspace/batches")
    assert {"Pilot", "Full house"} <= {*names(page)}


def test_a_mentor_cannot_ask_for_the_whole_organisation(mentor: Client) -> None:
    a_batch(course(), "Somebody else's", created_by=the_person(STATE_ADMIN))
    page = mentor.page("/workspace/batches?whose=all")
    assert "Somebody else's" not in page
    assert "All of the organisation" not in page


def test_a_state_admin_sees_all_of_the_organisation(client: Client) -> None:
    client.sign_in(STATE_ADMIN)
    assert "Pilot" in names(client.page("/workspace/batches"))
    assert names(client.page("/workspace/batches?whose=mine")) == []


def test_the_filter_stays_on_other_tabs_and_pages(mentor: Client) -> None:
    for number in range(60):
        a_batch(course(), f"Batch {number:02}", created_by=the_person(MENTOR))
    page = mentor.page("/workspace/batches?whose=created")
    addresses = [link.get("href") or "" for link in page.all("a")]
    assert any("show=ended" in address and "whose=created" in address for address in addresses)
    assert any("page=2" in address and "whose=created" in address for address in addresses)


def test_the_window_leads_back_to_where_one_came_from(mentor: Client) -> None:
    page = mentor.page("/workspace/batches")
    [edit] = [link.get("href") or "" for link in page.all("a") if "edit?" in (link.get("href") or "")][-1:]
    assert edit.endswith("?from=workspace")
    assert mentor.send(edit, **as_typed(batch("Open batch"))).heading == "Batches"
    assert mentor.send(edit.partition("?")[0], **as_typed(batch("Open batch"))).heading in {
        "Foundational Literacy",
        "ICT in class",
    }


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ("", "Courses"),
        ("/dashboard", "Courses"),
        ("/edit", "Courses"),
        ("/edit?from=workspace", "Batches"),
    ],
)
def test_the_navigation_says_where_a_page_of_a_batch_belongs(mentor: Client, path: str, section: str) -> None:
    page = mentor.page(f"/batches/{batch().id}{path}")
    current = [link.text for link in page.all("a", aria_current="page")]
    assert [label for label in current if label in {"Courses", "Batches"}] == [section]


def test_the_workspace_is_for_those_who_run_batches(learner: Client) -> None:
    learner.page("/workspace/batches", 403)
    assert "/workspace/batches" not in learner.page("/").html
    batch().mentors = [the_person(TEACHER)]
    assert names(learner.page("/workspace/batches")) == ["Pilot"]


# A batch's own page, and joining.


def path(name: str = "Open batch", tail: str = "") -> str:
    return f"/batches/{batch(name).id}{tail}"


def test_a_learner_joins_an_open_batch_and_sees_their_progress(learner: Client) -> None:
    assert "Join" in learner.page(path()).buttons()
    page = learner.send(path(tail="/join"))
    assert "You take part in “Open batch”." in page
    assert "Your progress 0%" in page
    assert "Join" not in page.buttons()
    assert batch("Open batch").participant_count == 1


def test_joining_twice_is_harmless(learner: Client) -> None:
    learner.send(path(tail="/join"))
    assert "You take part in “Open batch” already." in learner.send(path(tail="/join"))
    assert batch("Open batch").participant_count == 1


def test_a_stranger_joins_too_and_is_told_no_more_than_that_needs(client: Client) -> None:
    client.sign_in(STRANGER)
    page = client.page(path())
    assert "A batch of Foundational Literacy." in page
    assert "Pradesh State Education" in page
    assert "Mohan" not in page
    assert "/courses/course-v1" not in page.html
    assert "You take part in “Open batch”." in client.send(path(tail="/join"))
    assert "Foundational Literacy" in client.page("/")


@pytest.mark.parametrize(
    ("field", "sentence"), [("enrolment_end_date", "Enrolment ended on"), ("end_date", "The batch ended on")]
)
def test_the_last_day_still_counts_and_the_day_after_it_is_over(learner: Client, field: str, sentence: str) -> None:
    yesterday = today_in("Asia/Kolkata") - timedelta(days=1)
    setattr(batch("Open batch"), field, yesterday)
    page = learner.page(path())
    assert sentence in page
    assert "Join" not in page.buttons()
    assert sentence in learner.send(path(tail="/join"), 409)
    setattr(batch("Open batch"), field, yesterday + timedelta(days=1))
    assert "You take part in" in learner.send(path(tail="/join"))


def test_nobody_joins_an_invite_only_batch(client: Client) -> None:
    a_teacher()
    client.sign_in(TEACHER).send(path("Pilot", "/join"), 403)
    assert "This batch is invite-only" in Client(client.application).sign_in(MENTOR).send(path("Pilot", "/join"), 409)
    Client(client.application).sign_in(STRANGER).send(path("Pilot", "/join"), 404)
    assert batch().participant_count == 0


def test_an_invite_only_batch_is_shown_to_who_takes_part_and_who_edits(learner: Client) -> None:
    learner.page(path("Pilot"), 403)
    enrolled(batch(), [the_person(TEACHER).id])
    page = learner.page(path("Pilot"))
    assert "Your progress 0%" in page
    assert "Mentors Mohan Iyer" in page
    assert "Edit batch" not in page


def test_a_mentor_finds_the_way_to_edit_and_to_the_dashboard(mentor: Client) -> None:
    fill(3)
    page = mentor.page(path("Pilot"))
    addresses = {link.get("href") for link in page.all("a")}
    assert {path("Pilot", "/edit"), path("Pilot", "/dashboard")} <= addresses
    assert path("Pilot", "/participants") not in addresses
    assert "Participants 3" in page


# The start page.


def test_the_start_page_shows_ones_courses_with_progress(learner: Client) -> None:
    enrolled(batch(), [the_person(TEACHER).id])
    end = batch().end_date
    assert end
    page = learner.page("/")
    assert f"Foundational Literacy Pilot 0% {end.day} {end:%B %Y}" in page.rows()
    assert "Batches that you run" not in page
    assert "Nothing waits for you" not in page


def test_the_start_page_shows_a_mentor_the_batches_that_run(mentor: Client) -> None:
    batch("Pilot").end_date = today_in("Asia/Kolkata") - timedelta(days=1)
    page = mentor.page("/")
    assert "Batches that you run" in page
    assert [row.partition(" Foundational")[0] for row in page.rows()[1:3]] == ["One too many", "Full house"]
    assert "Pilot" not in page
    assert "/workspace/batches" in page.html
