"""Batches: their states and dates, who may be named and picked, the limit of the window, joining, and their lists."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from domain import batch_draft, batch_lists, batches, participants
from domain.audit import By
from domain.batches import BatchState, Saved, state_on
from domain.days import today_in
from domain.errors import ConflictError
from domain.people import rights_of
from domain.permissions import Rights, may_edit_batch, may_see_batch
from models import Batch, Course, Organisation, Participant, User, begin_writing, db
from models.audit import Through
from models.batch import EnrolmentType
from tests.people import a_batch, a_course, a_person, an_organisation, enrolled, teachers
from tests.queries import counted
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("app")

TOO_EARLY = "Batch start date should be either today or future date."
END_BEFORE_START = "End date should be greater than start date."
ENROLMENT_OUTSIDE = "Enrollment end date should be between the start and the end date."
START_STAYS = "The batch has started: its start date can no longer be changed."
TYPE_STAYS = "The batch has started: its enrolment type can no longer be changed."
PULLED_IN = "The batch has ended: its end date can be moved later, but not earlier."
CONTACT = "Please contact your state admin to add or remove participants from this batch"
#: As far apart as zones are: it is never the same day in both.
FIRST, LAST = "Pacific/Kiritimati", "Pacific/Pago_Pago"
LIMIT = 100


class Here:
    """An organisation with teachers, a course, and a mentor."""

    def __init__(self, people: int = 3, zone: str = "Asia/Kolkata") -> None:
        self.organisation: Organisation = an_organisation("pradesh", time_zone=zone)
        self.course: Course = a_course(self.organisation)
        self.mentor: User = a_person("mentor@pradesh.test", mentor_in=self.organisation, organisation=self.organisation)
        self.by = By(self.mentor.id, Through.PAGE)
        self.teachers = teachers(self.organisation, people)
        self.today = today_in(zone)

    def day(self, days: int) -> date:
        return self.today + timedelta(days=days)

    def batch(self, **given: Any) -> Batch:
        return a_batch(self.course, mentors=[self.mentor], **{"start_date": self.day(-30), **given})

    def create(self, mentors: Any = (), add: Any = (), **given: str) -> Saved:
        plain = {"name": "Autumn", "enrolment_type": "invite-only", "start_date": self.today.isoformat()}
        return batches.create(self.course, batch_draft.read(plain | given), mentors, add, self.by)

    def edit(self, batch: Batch, mentors: Any = (), add: Any = (), limit: int = LIMIT, **given: str) -> Saved:
        draft = batch_draft.read({**as_it_is(batch), **given})
        return batches.edit(batch, draft, mentors, add, self.by, limit)


def as_it_is(batch: Batch) -> dict[str, str]:
    names = ("name", "description", "enrolment_type", "start_date", "end_date", "enrolment_end_date")
    return {name: str(getattr(batch, name) or "") for name in names}


def the_batch() -> Batch:
    return db.session.scalars(select(Batch)).one()


def taking_part(batch: Batch) -> set[uuid.UUID]:
    query = select(Participant.user_id).where(Participant.batch_id == batch.id, Participant.is_active)
    return {*db.session.scalars(query)}


def complete(batch: Batch, user_id: uuid.UUID) -> None:
    participant = db.session.get_one(Participant, (batch.id, user_id))
    participant.percent, participant.completed_at = 100, participant.enrolled_at
    participant.completed_on = participant.enrolled_on
    db.session.flush()


# States.


@pytest.mark.parametrize(
    ("days", "state"),
    [(-1, "upcoming"), (0, "ongoing"), (10, "ongoing"), (11, "ended")],
)
def test_the_first_and_the_last_day_count(days: int, state: str) -> None:
    here = Here()
    batch = here.batch(start_date=here.today, end_date=here.day(10))
    assert state_on(batch, here.day(days)) == state


@pytest.mark.parametrize("zone", [FIRST, LAST, "UTC"])
def test_the_lists_know_the_same_states_by_the_organisations_day(zone: str) -> None:
    Here(zone=FIRST if zone == LAST else LAST)
    here = an_organisation("elsewhere", time_zone=zone)
    course, today = a_course(here), today_in(zone)
    for start in (-2, -1, 0, 1, 2):
        for end in (None, -1, 0, 1):
            if end is None or end > start:
                ends = today + timedelta(days=end) if end is not None else None
                a_batch(course, start_date=today + timedelta(days=start), end_date=ends)
    for state, condition in batch_lists.in_states(batch_lists.today()).items():
        found = db.session.scalars(select(Batch).join(Batch.organisation).where(condition)).all()
        assert {batch.id for batch in found} == {
            batch.id for batch in db.session.scalars(select(Batch)) if state_on(batch, today) is state
        }


# Creating.


def test_a_batch_starts_today_or_later() -> None:
    here = Here()
    assert here.create(start_date=here.day(-1).isoformat()).problems == {"start_date": [TOO_EARLY]}
    assert here.create(start_date=here.day(0).isoformat()).problems == {}


@pytest.mark.parametrize("zone", [FIRST, LAST])
def test_today_is_the_organisations_day(zone: str) -> None:
    here = Here(zone=zone)
    elsewhere = today_in(FIRST if zone == LAST else LAST)
    assert bool(here.create(start_date=elsewhere.isoformat()).problems) == (zone == FIRST)


def test_a_batch_ends_after_it_starts() -> None:
    here = Here()
    assert here.create(end_date=here.today.isoformat()).problems == {"end_date": [END_BEFORE_START]}
    assert here.create(end_date=here.day(1).isoformat()).problems == {}


@pytest.mark.parametrize(("days", "is_within"), [(-1, False), (0, True), (10, True), (11, False)])
def test_enrolment_ends_between_start_and_end_both_included(days: int, is_within: bool) -> None:
    here = Here()
    saved = here.create(end_date=here.day(10).isoformat(), enrolment_end_date=here.day(days).isoformat())
    assert saved.problems == ({} if is_within else {"enrolment_end_date": [ENROLMENT_OUTSIDE]})


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_made() -> None:
    here = Here()
    saved = here.create(
        [uuid.uuid4()], [uuid.uuid4()], name="", enrolment_type="other", start_date="soon", description="x" * 4001
    )
    assert set(saved.problems) == {"name", "enrolment_type", "start_date", "description", "mentors", "participants"}
    assert saved.problems["start_date"] == ["“soon” is no date. Write it like 2026-12-31."]
    assert db.session.scalars(select(Batch)).all() == []


def test_any_number_of_people_is_picked_at_once() -> None:
    here = Here(1500)
    assert here.create(add=here.teachers).added == 1500
    assert (the_batch().participant_count, the_batch().created_by_id) == (1500, here.mentor.id)


def test_picking_costs_as_many_queries_for_many_as_for_one() -> None:
    here = Here(1500)
    with counted() as for_one:
        here.create(add=here.teachers[:1])
        db.session.flush()
    with counted() as for_many:
        here.create(add=here.teachers)
        db.session.flush()
    assert len(for_many) == len(for_one)


def test_only_active_people_of_the_organisation_are_picked() -> None:
    here = Here()
    stranger = a_person("stranger@elsewhere.test", organisation=an_organisation("elsewhere"))
    closed = a_person("closed@pradesh.test", organisation=here.organisation, is_active=False)
    [sentence] = here.create(add=[stranger.id, closed.id, *here.teachers]).problems["participants"]
    assert sentence.startswith("2 people that were picked cannot be added")
    assert "stranger" not in sentence


def test_mentors_belong_to_the_organisation_at_home_or_by_a_role() -> None:
    here = Here()
    stranger = a_person("stranger@elsewhere.test", organisation=an_organisation("elsewhere"))
    guest = a_person("guest@elsewhere.test", manager_of=here.organisation)
    assert here.create([here.teachers[0], stranger.id]).problems == {"mentors": ["Mentors must be people of Pradesh."]}
    assert here.create([here.teachers[0], guest.id]).problems == {}
    assert the_batch().mentor_ids == {here.teachers[0], guest.id}


# Editing: dates.


def test_a_started_batch_keeps_its_start_date_and_type() -> None:
    here = Here()
    batch = here.batch(start_date=here.today)
    saved = here.edit(batch, start_date=here.day(1).isoformat(), enrolment_type="open")
    assert saved.problems == {"start_date": [START_STAYS], "enrolment_type": [TYPE_STAYS]}
    assert here.edit(batch, name="Winter", end_date=here.day(5).isoformat()).problems == {}
    assert batch.name == "Winter"


def test_an_upcoming_batch_is_moved_but_not_into_the_past() -> None:
    here = Here()
    batch = here.batch(start_date=here.day(5))
    assert here.edit(batch, start_date=here.day(-1).isoformat()).problems == {"start_date": [TOO_EARLY]}
    assert here.edit(batch, start_date=here.day(0).isoformat(), enrolment_type="open").problems == {}
    assert (batch.start_date, batch.is_open) == (here.today, True)


def test_an_ended_batch_is_extended_but_not_pulled_in() -> None:
    here = Here()
    batch = here.batch(end_date=here.day(-5))
    assert here.edit(batch, end_date=here.day(-6).isoformat()).problems == {"end_date": [PULLED_IN]}
    assert here.edit(batch, end_date=here.day(-4).isoformat()).problems == {}
    assert here.edit(batch, end_date="").problems == {}
    assert batch.end_date is None


def test_the_batch_that_came_with_its_course_stays_open() -> None:
    here = Here()
    batch = here.batch(is_default=True, enrolment_type=EnrolmentType.OPEN, start_date=here.day(3))
    assert set(here.edit(batch, enrolment_type="invite-only").problems) == {"enrolment_type"}


# Editing: people, and the limit.


def test_mentors_are_exchanged_and_those_who_have_moved_on_may_stay() -> None:
    here = Here()
    batch = here.batch()
    here.mentor.organisation, here.mentor.is_active = an_organisation("elsewhere"), False
    assert here.edit(batch, [here.mentor.id, here.teachers[0]]).problems == {}
    assert batch.mentor_ids == {here.mentor.id, here.teachers[0]}
    assert here.edit(batch, [here.teachers[1]]).problems == {}
    assert batch.mentor_ids == {here.teachers[1]}


def test_who_takes_part_already_is_passed_over_and_who_was_removed_comes_back() -> None:
    here = Here(3)
    batch = here.batch()
    enrolled(batch, here.teachers[:2])
    assert batches.remove(batch, here.teachers[1], here.by, LIMIT)
    assert here.edit(batch, add=here.teachers).added == 2
    assert taking_part(batch) == {*here.teachers}


@pytest.mark.parametrize(
    ("present", "more", "is_taken"), [(95, 5, True), (95, 6, False), (99, 1, True), (100, 1, False)]
)
def test_the_window_takes_a_hundred(present: int, more: int, is_taken: bool) -> None:
    here = Here(present + more)
    batch = here.batch()
    enrolled(batch, here.teachers[:present])
    saved = here.edit(batch, add=here.teachers[present:], name="Winter")
    assert saved.problems == ({} if is_taken else {"participants": ["You can only select 100 participants."]})
    assert (batch.participant_count, batch.name) == ((present + more, "Winter") if is_taken else (present, "Pilot"))


def test_picks_who_take_part_already_do_not_count_against_the_limit() -> None:
    here = Here(100)
    batch = here.batch()
    enrolled(batch, here.teachers[:99])
    assert here.edit(batch, add=here.teachers).added == 1


def test_above_the_limit_nobody_is_added_or_removed_but_the_rest_is_edited() -> None:
    here = Here(102)
    batch = here.batch()
    enrolled(batch, here.teachers[:101])
    assert here.edit(batch, add=here.teachers[101:], name="Winter").problems == {"participants": [CONTACT]}
    with pytest.raises(ConflictError, match=CONTACT):
        batches.remove(batch, here.teachers[0], here.by, LIMIT)
    assert here.edit(batch, [here.teachers[0]], name="Winter").problems == {}
    assert (batch.participant_count, batch.name, batch.mentor_ids) == (101, "Winter", {here.teachers[0]})


def test_the_limit_is_a_setting() -> None:
    here = Here(4)
    batch = here.batch()
    assert here.edit(batch, add=here.teachers, limit=3).problems == {
        "participants": ["You can only select 3 participants."]
    }


def test_removing_keeps_the_progress_and_twice_is_once() -> None:
    here = Here()
    batch = here.batch()
    enrolled(batch, here.teachers)
    assert batches.remove(batch, here.teachers[0], here.by, LIMIT)
    assert not batches.remove(batch, here.teachers[0], here.by, LIMIT)
    assert not batches.remove(batch, uuid.uuid4(), here.by, LIMIT)
    assert (batch.participant_count, taking_part(batch)) == (2, {*here.teachers[1:]})


def test_who_has_completed_the_course_is_not_removed() -> None:
    here = Here()
    batch = here.batch()
    enrolled(batch, here.teachers)
    complete(batch, here.teachers[0])
    with pytest.raises(ConflictError, match="has completed the course"):
        batches.remove(batch, here.teachers[0], here.by, LIMIT)


def test_a_participant_of_another_organisation_is_removed_too() -> None:
    here = Here()
    batch = here.batch(enrolment_type=EnrolmentType.OPEN)
    stranger = a_person("stranger@elsewhere.test", organisation=an_organisation("elsewhere"))
    batches.join(batch, stranger, here.by)
    assert batches.remove(batch, stranger.id, here.by, LIMIT)


def test_the_window_costs_the_same_at_ten_and_at_two_thousand() -> None:
    here = Here(2000)
    small, large = here.batch(name="Small"), here.batch(name="Large")
    enrolled(small, here.teachers[:10])
    enrolled(large, here.teachers)
    db.session.flush()
    numbers = []
    for batch in (small, large):
        with counted() as opening:
            window = batches.window_of(batch, LIMIT)
        with counted() as saving:
            here.edit(batch, [here.mentor.id], name="Winter")
        numbers.append((len(opening), len(saving)))
        assert len(window.participants) == (10 if batch is small else 0)
    assert numbers[0] == numbers[1]


def test_twenty_savers_at_once_do_not_pass_the_limit_between_them(app: Flask) -> None:
    here = Here(115)
    batch = here.batch()
    enrolled(batch, here.teachers[:95])
    batch_id, by, added = batch.id, here.by, []

    def add(user_id: uuid.UUID) -> None:
        begin_writing()
        batch = db.session.get_one(Batch, batch_id)
        saved = batches.edit(batch, batch_draft.read(as_it_is(batch)), [], [user_id], by, LIMIT)
        if not saved.problems:
            db.session.commit()
            added.append(user_id)

    at_once(app, *(lambda user_id=user_id: add(user_id) for user_id in here.teachers[95:]))
    batch = db.session.get_one(Batch, batch_id, populate_existing=True)
    assert (len(added), batch.participant_count, len(taking_part(batch))) == (5, 100, 100)


# Joining.


@pytest.mark.parametrize("zone", [FIRST, LAST])
@pytest.mark.parametrize(("last_day", "is_open"), [(0, True), (-1, False)])
def test_one_joins_through_the_enrolment_end_date_of_the_organisation(zone: str, last_day: int, is_open: bool) -> None:
    here = Here(zone=zone)
    batch = here.batch(enrolment_type=EnrolmentType.OPEN, enrolment_end_date=here.day(last_day))
    stranger = a_person("stranger@elsewhere.test", organisation=an_organisation("elsewhere", time_zone=FIRST))
    if is_open:
        assert batches.join(batch, stranger, here.by)
    else:
        with pytest.raises(ConflictError, match="Enrolment ended on "):
            batches.join(batch, stranger, here.by)
    assert taking_part(batch) == ({stranger.id} if is_open else set())


def test_without_an_enrolment_end_date_one_joins_as_long_as_the_batch_runs() -> None:
    here = Here()
    running = here.batch(enrolment_type=EnrolmentType.OPEN, end_date=here.day(0))
    ended = here.batch(enrolment_type=EnrolmentType.OPEN, end_date=here.day(-1))
    assert batches.join(running, here.mentor, here.by)
    with pytest.raises(ConflictError, match="The batch ended on "):
        batches.join(ended, here.mentor, here.by)


def test_nobody_joins_an_invite_only_batch_by_themself() -> None:
    here = Here()
    with pytest.raises(ConflictError, match="This batch is invite-only"):
        batches.join(here.batch(), here.mentor, here.by)


def test_joining_twice_is_harmless_even_after_enrolment_has_ended() -> None:
    here = Here()
    batch = here.batch(enrolment_type=EnrolmentType.OPEN)
    assert batches.join(batch, here.mentor, here.by)
    batch.enrolment_end_date = here.day(-1)
    assert not batches.join(batch, here.mentor, here.by)
    assert batch.participant_count == 1


def test_who_was_removed_joins_again_with_their_progress() -> None:
    here = Here()
    batch = here.batch(enrolment_type=EnrolmentType.OPEN)
    batches.join(batch, here.mentor, here.by)
    db.session.get_one(Participant, (batch.id, here.mentor.id)).percent = 40
    db.session.flush()
    batches.remove(batch, here.mentor.id, here.by, LIMIT)
    assert batches.participation_of(here.mentor, batch) is None
    batches.join(batch, here.mentor, here.by)
    db.session.expire_all()
    participation = batches.participation_of(here.mentor, batch)
    assert participation is not None
    assert participation.percent == 40


# The lists ask in SQL what permissions ask of one batch.


def cast(here: Here, other: Organisation, batch: Batch) -> list[User]:
    learner = a_person("learner@pradesh.test", organisation=here.organisation)
    participants.enrol(batch, participants.find_by_id(batch, [learner.id]), here.by)
    db.session.flush()
    return [
        here.mentor,
        learner,
        a_person("platform@muster.test", is_platform_admin=True),
        a_person("admin@pradesh.test", admin_of=here.organisation),
        a_person("manager@pradesh.test", manager_of=here.organisation),
        a_person("other@pradesh.test", mentor_in=here.organisation),
        a_person("admin@elsewhere.test", admin_of=other),
    ]


def test_the_lists_show_what_permissions_allow() -> None:
    here, other = Here(), an_organisation("elsewhere")
    created = a_person("created@pradesh.test", mentor_in=here.organisation)
    was_mentor = a_person("was@pradesh.test", organisation=here.organisation)
    all_of_them = [
        here.batch(name="Mentored"),
        a_batch(here.course, "Created", created_by=created),
        a_batch(here.course, "Created by who is no mentor now", created_by=was_mentor),
        a_batch(here.course, "Open", enrolment_type=EnrolmentType.OPEN),
        a_batch(a_course(other), "Elsewhere"),
    ]
    for user in [*cast(here, other, all_of_them[2]), created, was_mentor]:
        rights = rights_of(user)
        assert found(batch_lists.editable_by(rights)) == {b.name for b in all_of_them if may_edit_batch(rights, b)}
        assert found(batch_lists.visible_to(rights)) == {b.name for b in all_of_them if may_see_batch(rights, b)}


def found(condition: Any) -> set[str]:
    return {*db.session.scalars(select(Batch.name).where(condition))}


def test_whoever_manages_nothing_chooses_among_their_own_batches() -> None:
    assert batch_lists.choices_of(Rights(uuid.uuid4())) == ["mine", "created", "mentored"]
    assert batch_lists.choices_of(Rights(uuid.uuid4(), manager_of=frozenset([uuid.uuid4()])))[0] == "all"


def test_the_states_are_counted_as_they_are_listed() -> None:
    here = Here()
    for start, end in ((-5, None), (-5, -1), (-5, 0), (5, None)):
        here.batch(start_date=here.day(start), end_date=None if end is None else here.day(end))
    rights, whose = rights_of(here.mentor), batch_lists.Whose.MENTORED
    listed = {state: len(db.session.scalars(batch_lists.run_by(rights, whose, state)).all()) for state in BatchState}
    assert batch_lists.counts_run_by(rights, whose) == listed == {"ongoing": 2, "upcoming": 1, "ended": 1}
