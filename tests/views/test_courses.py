"""Courses as those see them who run their batches, and those who learn in them."""

from datetime import timedelta

import pytest

from domain.days import today_in
from models import db, now
from models.batch import EnrolmentType
from tests.clients import Client
from tests.pages import Page
from tests.people import a_batch, a_course, enrolled, the_person
from tests.queries import counted
from tests.teaching import LITERACY, MENTOR, STATE_ADMIN, STRANGER, TEACHER, a_teacher, batch, course, fill, pradesh

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def mentor(client: Client) -> Client:
    return client.sign_in(MENTOR)


@pytest.fixture
def learner(client: Client) -> Client:
    a_teacher()
    return client.sign_in(TEACHER)


def links(page: Page) -> set[str | None]:
    return {link.get("href") for link in page.all("a")}


# The cards.


def test_a_card_tells_name_key_batches_and_participants(mentor: Client) -> None:
    fill(7)
    page = mentor.page("/courses")
    assert "Foundational Literacy course-v1:pradesh+FLN101+2026 Pradesh State Education ongoing batches 5" in page
    assert "upcoming batches 0 participants 7" in page
    assert "ongoing batch 1 upcoming batches 0 participants 0" in page
    assert LITERACY in links(page)


def test_learners_see_the_courses_of_their_organisation_too(learner: Client) -> None:
    assert "ICT in class" in learner.page("/courses")


def test_another_organisations_courses_do_not_show(client: Client) -> None:
    page = client.sign_in(STRANGER).page("/courses")
    assert "No courses yet" in page
    assert "Literacy" not in page


def test_courses_are_searched(mentor: Client) -> None:
    page = mentor.page("/courses?q=ict")
    assert "ICT in class" in page
    assert "Foundational" not in page
    assert "No course is called “<b>none”" in mentor.page("/courses?q=%3Cb%3Enone%00")


def test_many_courses_come_in_pages(mentor: Client) -> None:
    for number in range(30):
        a_course(pradesh(), f"C{number:02}")
    assert "Page 1 of 2" in mentor.page("/courses")
    assert len(mentor.page("/courses?page=2").all("h2")) == 32 - 24


def test_whoever_belongs_nowhere_is_told_how_to_join(client: Client) -> None:
    a_teacher(organisation=None)
    assert "You are in no organisation that has courses" in client.sign_in(TEACHER).page("/courses")


# One course.


def test_a_mentor_sees_the_batches_with_what_can_be_done(mentor: Client) -> None:
    fill(12)
    page = mentor.page(LITERACY)
    [pilot] = [row for row in page.rows() if row.startswith("Pilot")]
    start, end = batch().start_date, batch().end_date
    assert end
    assert f"Pilot Invite-only Ongoing {start.day} {start:%B %Y} – {end.day} {end:%B %Y} 12 Mohan Iyer" in pilot
    assert pilot.endswith("Edit Pilot Dashboard Pilot")
    assert f"{LITERACY}/batches/new" in links(page)
    assert f"/batches/{batch().id}/edit" in links(page)


def test_only_state_admins_are_led_to_the_participants_of_invite_only_batches(client: Client) -> None:
    page = client.sign_in(STATE_ADMIN).page(LITERACY)
    assert f"/batches/{batch().id}/participants" in links(page)
    assert f"/batches/{batch('Open batch').id}/participants" not in links(page)


def test_a_mentor_does_not_see_what_other_mentors_run(mentor: Client) -> None:
    batch("Full house").mentors, batch("Full house").created_by = [], the_person(STATE_ADMIN)
    assert "Full house" not in mentor.page(LITERACY)


def test_ongoing_batches_come_first_and_ended_ones_last(mentor: Client) -> None:
    today = today_in("Asia/Kolkata")
    batch("One too many").end_date = today - timedelta(days=1)
    batch("Pilot").start_date = today + timedelta(days=1)
    rows = mentor.page(LITERACY).rows()[1:]
    assert [row.split(" ")[0] for row in rows] == ["Full", "State", "Open", "Pilot", "One"]
    assert ["Upcoming" in rows[3], "Ended" in rows[4]] == [True, True]


def test_learners_see_their_own_and_open_batches_alone(learner: Client) -> None:
    enrolled(batch("Full house"), [the_person(TEACHER).id])
    page = learner.page(LITERACY)
    assert "Your batches" in page
    assert any(row.startswith("Full house Ongoing") and row.endswith("0%") for row in page.rows())
    assert any(row.startswith("Open batch Ongoing") and row.endswith("Join Open batch") for row in page.rows())
    assert "Pilot" not in page
    assert "Create batch" not in page
    assert "Mohan" not in page


def test_a_batch_that_one_can_no_longer_join_has_no_join_link(learner: Client) -> None:
    batch("Open batch").enrolment_end_date = today_in("Asia/Kolkata") - timedelta(days=1)
    [row] = [row for row in learner.page(LITERACY).rows() if row.startswith("Open batch")]
    assert "Join" not in row


def test_who_mentors_a_batch_without_a_role_edits_that_one_and_creates_none(learner: Client) -> None:
    batch().mentors = [the_person(TEACHER)]
    page = learner.page(LITERACY)
    assert "Edit Pilot" in page
    assert "Edit Open batch" not in page
    assert "Create batch" not in page


def test_another_organisations_course_does_not_exist(client: Client) -> None:
    assert "Literacy" not in client.sign_in(STRANGER).page(LITERACY, 404)


@pytest.mark.parametrize("path", ["/courses", LITERACY, "/workspace/batches", "/"])
def test_a_page_asks_as_many_queries_for_many_batches_and_people_as_for_few(mentor: Client, path: str) -> None:
    fill(3)
    with counted() as for_few:
        mentor.page(path)
    for number in range(30):
        mentors = [the_person(MENTOR), a_teacher(f"m{number}@pradesh.test")]
        made = a_batch(course(), f"Batch {number}", mentors=mentors, created_by=the_person(MENTOR))
        made.start_date, made.enrolment_type = now().date(), EnrolmentType.OPEN
    fill_more = [the_person(f"m{number}@pradesh.test").id for number in range(30)]
    enrolled(batch("Full house"), fill_more)
    db.session.commit()
    with counted() as for_many:
        mentor.page(path)
    assert len(for_many) == len(for_few)


# Making and changing.


def test_a_state_admin_makes_a_course_with_its_open_batch(client: Client) -> None:
    state = client.sign_in(STATE_ADMIN)
    assert "/courses/new" in links(state.page("/courses"))
    page = state.page("/courses/new")
    assert page.all("input", name="org", value="pradesh")
    where = f"/organisations/{pradesh().id}/courses/new"
    page = state.send(where, name="Arithmetic", org="pradesh", course="ARI1", run="2027", description="To count.")
    assert page.heading == "Arithmetic"
    assert "“Arithmetic” is made, with its open batch." in page
    assert "course-v1:pradesh+ARI1+2027" in page
    assert any(row.startswith("Open batch") for row in page.rows())


def test_what_is_wrong_with_a_course_stands_beside_its_field(client: Client) -> None:
    where = f"/organisations/{pradesh().id}/courses/new"
    page = client.sign_in(STATE_ADMIN).send(where, 422, name="Twice", org="pradesh", course="FLN101", run="2026")
    assert "Course in the key: There is a course with the key course-v1:pradesh+FLN101+2026 already" in page
    assert page.all("input", id="course", aria_invalid="true", value="FLN101")


def test_a_course_is_changed_and_keeps_its_key(client: Client) -> None:
    state = client.sign_in(STATE_ADMIN)
    assert f"{LITERACY}/edit" in links(state.page(LITERACY))
    assert f"/organisations/{pradesh().id}/people" in links(state.page(f"{LITERACY}/edit"))
    page = state.send(f"{LITERACY}/edit", name="Literacy", description="To read.\x00")
    assert "“Literacy” is saved." in page
    assert "Description To read." in page


def test_a_mentor_neither_makes_nor_changes_courses(mentor: Client) -> None:
    assert "Make a course" not in mentor.page("/courses")
    assert "Change course" not in mentor.page(LITERACY)


def test_a_platform_admin_chooses_the_organisation_of_a_course_first(client: Client) -> None:
    page = client.sign_in("platform@muster.test").page("/courses/new")
    assert f"/organisations/{pradesh().id}/courses/new" in links(page)
