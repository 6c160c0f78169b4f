"""The Edit batch window: what it shows at which size, its limit, and that no request passes it."""

import uuid
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from models import Batch, Participant, db
from models.organisation import OrganisationRoleName
from tests.clients import Client
from tests.pages import Page
from tests.people import a_role, enrolled, the_person
from tests.queries import counted
from tests.teaching import (
    CONTACT,
    MENTOR,
    STATE_ADMIN,
    STRANGER,
    TEACHER,
    a_teacher,
    as_typed,
    batch,
    completed,
    fill,
    ids,
    in_days,
    more,
    pradesh,
)
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("world")

HUNDRED = "You can only select 100 participants."


@pytest.fixture
def mentor(client: Client) -> Client:
    return client.sign_in(MENTOR)


def path(tail: str = "", name: str = "Pilot") -> str:
    return f"/batches/{batch(name).id}/edit{tail}"


def save(client: Client, status: int = 200, name: str = "Pilot", **given: Any) -> Page:
    return client.send(path(name=name), status, **as_typed(batch(name), **given))


def picker(page: Page) -> Any:
    return page.all("fieldset", id="participants")[0]


def removable(page: Page) -> int:
    return len(page.all("button", name="participant"))


def active(name: str = "Pilot") -> int:
    query = select(func.count()).select_from(Participant).where(Participant.batch_id == batch(name).id)
    counted_now = db.session.scalar(query.where(Participant.is_active)) or 0
    assert counted_now == batch(name).participant_count
    return counted_now


# What it shows.


def test_participants_are_listed_each_with_remove(mentor: Client) -> None:
    fill(99)
    page = mentor.page(path())
    assert "Teacher 00001 te*****@pradesh.test PR-00001 0% Remove Teacher 00001" in page.rows()
    assert removable(page) == 99
    assert "Participants 99" in page
    assert "1 more participant fits in here." in page
    assert picker(page).get("disabled") is None


def test_exactly_a_hundred_are_listed_and_the_picker_says_that_no_more_can_be_added(mentor: Client) -> None:
    fill(100)
    page = mentor.page(path())
    assert removable(page) == 100
    assert "The batch has 100 participants: no more can be added here." in page
    assert picker(page).get("disabled") is None
    assert CONTACT not in page


def test_from_a_hundred_and_one_on_the_picker_is_greyed_out_and_nobody_is_listed(mentor: Client) -> None:
    fill(101)
    page = mentor.page(path())
    assert picker(page).get("disabled") is not None
    assert CONTACT in page
    assert "101 participants" in page
    assert removable(page) == 0
    assert "Teacher 00001" not in page
    assert page.rows() == []


def test_the_greyed_picker_is_described_by_the_message(mentor: Client) -> None:
    fill(101)
    page = mentor.page(path())
    [search] = page.all("input", id="find_participants")
    for element in (picker(page), search):
        [message] = page.all("div", id=element.get("aria-describedby"))
        assert CONTACT in "".join(message.itertext())


def test_the_message_names_the_state_admins_and_leads_those_to_their_page(client: Client) -> None:
    fill(101)
    participants = f"/batches/{batch().id}/participants"
    page = client.sign_in(MENTOR).page(path())
    assert "State admin: Sarita Deshmukh" in page
    assert participants not in page.html
    assert participants in Client(client.application).sign_in(STATE_ADMIN).page(path()).html


def window_of(page: Page) -> list[tuple[str, ...]]:
    """All that stands in the window but the way back."""
    main = page.all("main")[0]
    return [
        (element.tag, element.get("name") or "", element.get("value") or "", (element.text or "").strip())
        for form in main.iter("form")
        for element in form.iter()
        if element.get("name") != "csrf_token"
    ]


def test_both_ways_in_show_the_same_window(mentor: Client) -> None:
    fill(3)
    course, workspace = mentor.page(path()), mentor.page(path("?from=workspace"))
    assert window_of(course) == window_of(workspace)
    assert "/workspace/batches" in workspace.all("main")[0].findall(".//nav//a")[0].get("href", "")


def test_only_a_known_word_changes_the_way_back(mentor: Client) -> None:
    page = mentor.page(path("?from=//elsewhere.test"))
    assert "elsewhere.test" not in page.html
    assert window_of(page) == window_of(mentor.page(path()))


def test_who_has_completed_has_no_remove_button(mentor: Client) -> None:
    completed(fill(2)[0])
    page = mentor.page(path())
    assert removable(page) == 1
    [row] = [row for row in page.rows() if row.startswith("Teacher 00001")]
    assert "100% Completed on" in row
    assert row.endswith("cannot be removed")


def test_a_stranger_among_the_participants_shows_no_state_id(mentor: Client) -> None:
    otto = the_person(STRANGER)
    otto.state_id = "OT-1"
    Client(mentor.application).sign_in(STRANGER).send(f"/batches/{batch('Open batch').id}/join")
    page = mentor.page(path(name="Open batch"))
    assert "ad*****@otherland.test" in page
    assert "OT-1" not in page


@pytest.mark.parametrize("way", ["", "?from=workspace"])
def test_opening_and_saving_cost_the_same_at_ten_and_at_two_thousand(mentor: Client, way: str) -> None:
    people = fill(2000)
    enrolled(batch("Full house"), people[:10])
    db.session.commit()
    numbers = []
    for name in ("Full house", "Pilot"):
        address, form = path(way, name), as_typed(batch(name), name=name)
        with counted() as opening:
            mentor.page(address)
        with counted() as saving:
            assert mentor.post(address, data=form).status_code == 303
        numbers.append((len(opening), len(saving)))
    assert numbers[0] == numbers[1]


# Saving.


def test_all_is_saved_and_leads_back_to_the_course(mentor: Client) -> None:
    people = ids(more(3))
    page = save(mentor, description="New", end_date=in_days(400), participants=people, mentors=people[:1])
    assert page.heading == "Foundational Literacy"
    assert "“Pilot” is saved. 3 participants have been added." in page
    assert (batch().description, str(batch().end_date), ids(batch().mentor_ids)) == ("New", in_days(400), people[:1])
    assert active() == 3


@pytest.mark.parametrize("size", [10, 100, 101, 300])
def test_name_dates_description_and_mentors_are_edited_at_any_size(mentor: Client, size: int) -> None:
    people = fill(size)
    form = as_typed(batch(), name="Winter", description="Cold", end_date=in_days(9), enrolment_end_date=in_days(8))
    page = mentor.send(path(), **form | {"mentors": ids(people[:1])})
    assert "“Winter” is saved." in page
    made = batch("Winter")
    assert (made.description, str(made.end_date), str(made.enrolment_end_date)) == ("Cold", in_days(9), in_days(8))
    assert (made.mentor_ids, made.participant_count) == ({people[0]}, size)


def test_a_started_batch_keeps_its_start_date_and_type(mentor: Client) -> None:
    began = batch().start_date.isoformat()
    page = save(mentor, 422, start_date=in_days(1), enrolment_type="open")
    assert "The batch has started: its start date can no longer be changed." in page
    assert "The batch has started: its enrolment type can no longer be changed." in page
    [start] = page.all("input", name="start_date")
    assert (start.get("value"), start.get("readonly") is not None) == (began, True)
    assert batch().start_date.isoformat() == began


def test_an_empty_form_changes_nothing(mentor: Client) -> None:
    page = mentor.send(path(), 422)
    assert "Name: Give the batch a name." in page
    assert (batch().name, batch().mentors) == ("Pilot", [the_person(MENTOR)])


def test_an_ended_batch_is_not_pulled_in(mentor: Client) -> None:
    batch().end_date = date.fromisoformat(in_days(-3))
    assert "its end date can be moved later, but not earlier" in save(mentor, 422, end_date=in_days(-4))
    assert "is saved" in save(mentor, end_date=in_days(4))


def test_whoever_takes_their_own_batch_away_is_led_where_they_may_be(client: Client) -> None:
    a_teacher()
    batch().mentors = [the_person(TEACHER)]
    client.sign_in(TEACHER)
    page = client.send(path("?from=workspace"), **as_typed(batch(), mentors=[]))
    assert page.heading == "Foundational Literacy"


# The limit.


def test_the_hundredth_fits_in_and_the_next_does_not(mentor: Client) -> None:
    fill(98)
    people = ids(more(3))
    page = save(mentor, 422, participants=people, description="Not saved")
    assert f"Participants: {HUNDRED}" in page
    assert HUNDRED in "".join(picker(page).itertext())
    assert (active(), batch().description) == (98, "Twelve teachers who try the course out before the others.")
    assert "2 participants have been added." in save(mentor, participants=people[:2])
    assert active() == 100


def test_at_a_hundred_an_addition_is_refused(mentor: Client) -> None:
    fill(100)
    assert HUNDRED in save(mentor, 422, participants=ids(more(1)))
    assert active() == 100


def test_picks_survive_a_refusal(mentor: Client) -> None:
    fill(99)
    people = ids(more(2))
    page = save(mentor, 422, participants=people)
    boxes = [box.get("value") for box in page.all("input", name="participants") if box.get("checked") is not None]
    assert boxes == people


def test_above_the_limit_a_hand_made_addition_is_refused_with_the_words_of_the_page(mentor: Client) -> None:
    fill(101)
    page = save(mentor, 422, participants=ids(more(1)), description="Not saved")
    assert f"Participants: {CONTACT}" in page
    assert (active(), batch().description) == (101, "Twelve teachers who try the course out before the others.")


def test_above_the_limit_a_hand_made_removal_is_refused_with_the_words_of_the_page(mentor: Client) -> None:
    people = fill(101)
    assert CONTACT in mentor.send(path("/remove"), 409, participant=str(people[0]))
    assert active() == 101


def test_state_admins_are_held_to_the_limit_of_the_window_too(client: Client) -> None:
    fill(101)
    assert CONTACT in save(client.sign_in(STATE_ADMIN), 422, participants=ids(more(1)))


def test_who_has_become_a_participant_meanwhile_is_passed_over(mentor: Client) -> None:
    people = fill(99)
    page = save(mentor, participants=[*ids(people[:50]), *ids(more(1))])
    assert "1 participant has been added." in page
    assert active() == 100


def test_the_limit_is_a_setting(world: Flask, mentor: Client) -> None:
    world.config["BATCH_EDIT_LIMIT"] = 3
    fill(2)
    assert "You can only select 3 participants." in save(mentor, 422, participants=ids(more(2)))


def test_twenty_mentors_at_once_do_not_pass_the_limit_between_them(world: Flask) -> None:
    fill(95)
    people, address, form = ids(more(20)), path(), as_typed(batch())
    visitors = [Client(world).sign_in(MENTOR) for _person in people]
    statuses: list[int] = []

    def add(visitor: Client, person: str) -> None:
        statuses.append(visitor.post(address, data={**form, "participants": [person]}).status_code)

    jobs = [lambda one=visitor, who=person: add(one, who) for visitor, person in zip(visitors, people, strict=True)]
    at_once(world, *jobs)
    assert sorted(statuses) == [303] * 5 + [422] * 15
    assert active() == 100


# Removing.


def test_removing_is_done_at_once_and_keeps_the_row(mentor: Client) -> None:
    people = fill(3)
    page = mentor.send(path("/remove?from=workspace"), participant=str(people[0]))
    assert page.heading == "Edit batch: Pilot"
    assert "The participant has been removed. Their progress is kept." in page
    assert "/workspace/batches" in page.html
    assert (active(), removable(page)) == (2, 2)
    assert db.session.get(Participant, (batch().id, people[0])) is not None


def test_removing_twice_or_nobody_changes_nothing(mentor: Client) -> None:
    people = fill(3)
    mentor.send(path("/remove"), participant=str(people[0]))
    for whom in ({"participant": str(people[0])}, {"participant": "x"}, {"participant": str(uuid.uuid4())}, {}):
        assert "no participant of the batch any more" in mentor.send(path("/remove"), **whom)
    assert active() == 2


def test_who_has_completed_is_not_removed_by_a_hand_made_request(mentor: Client) -> None:
    people = fill(2)
    completed(people[0])
    assert "has completed the course" in mentor.send(path("/remove"), 409, participant=str(people[0]))


def test_who_was_removed_can_be_found_and_added_again(mentor: Client) -> None:
    people = fill(2)
    mentor.send(path("/remove"), participant=str(people[0]))
    page = mentor.send(path(), **as_typed(batch(), step="find-participants", find_participants="teacher 0000"))
    assert [box.get("value") for box in page.all("input", name="participants")] == ids(people[:1])
    save(mentor, participants=ids(people[:1]))
    assert active() == 2


def test_htmx_gets_the_list_alone_with_what_happened_and_how_many_fit_in_now(mentor: Client) -> None:
    people = fill(100)
    answer = mentor.post(
        path("/remove"),
        data={"participant": str(people[0])},
        headers={"HX-Request": "true", "HX-Target": "taking-part"},
        follow_redirects=True,
    )
    assert "<html" not in answer.text
    page = Page(answer.text)
    assert removable(page) == 99
    assert "The participant has been removed." in page
    [hint] = page.all("p", id="participants-hint")
    assert hint.get("hx-swap-oob") == "true"
    assert "1 more participant fits in here." in "".join(hint.itertext())


# Who may.


@pytest.mark.parametrize(("email", "status"), [(TEACHER, 403), (STRANGER, 404), ("manager@harderwijk.test", 404)])
@pytest.mark.parametrize("name", ["Pilot", "Open batch"])
def test_others_neither_open_nor_save_it(client: Client, email: str, status: int, name: str) -> None:
    a_teacher()
    client.sign_in(email).page(path(name=name), status)
    client.send(path(name=name), status, **as_typed(batch(name), description="Hacked"))
    client.send(path("/remove", name), status, participant=str(uuid.uuid4()))
    assert batch(name).description != "Hacked"


def test_a_participant_may_not_edit(client: Client) -> None:
    enrolled(batch(), [a_teacher().id])
    client.sign_in(TEACHER).page(path(), 403)


def test_who_created_it_edits_it_as_long_as_they_are_a_mentor_here(client: Client) -> None:
    teacher = a_teacher()
    made: Batch = batch()
    made.created_by, made.mentors = teacher, []
    client.sign_in(TEACHER).page(path(), 403)
    a_role(teacher, OrganisationRoleName.MENTOR, pradesh())
    client.page(path())
