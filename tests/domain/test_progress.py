"""Progress of many people at once: forwards by itself, backwards only where that is asked for."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from domain import participants, progress
from domain.errors import NotAllowedError
from domain.people import rights_of
from domain.progress import Entry
from domain.tallies import tallies_of
from models import Batch, Organisation, Participant, User, db, now
from models.batch import EnrolmentType, TallyKind
from tests.people import BY_NOBODY, a_batch, a_course, a_person, an_organisation, enrolled, teachers
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("app")

MAY = datetime(2026, 5, 1, 12, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Here:
    """A batch in which the first of ten teachers take part."""

    def __init__(self, people: int = 10, *, enrol: int = 5) -> None:
        self.organisation: Organisation = an_organisation("pradesh", time_zone="Asia/Kolkata")
        self.teachers = teachers(self.organisation, people)
        self.batch: Batch = a_batch(a_course(self.organisation))
        enrolled(self.batch, self.teachers[:enrol])

    def report(self, *entries: Entry, allow_decrease: bool = False) -> list[tuple[str, str | None]]:
        outcomes = progress.report(None, self.batch, entries, BY_NOBODY, allow_decrease=allow_decrease)
        assert [outcome.identifier for outcome in outcomes] == [entry.identifier for entry in entries]
        return [(outcome.state.value, outcome.reason) for outcome in outcomes]

    def tell(self, *, allow_decrease: bool = False, **told: Any) -> tuple[str, str | None]:
        """Of the first teacher."""
        (answer,) = self.report(Entry("PR-00001", **told), allow_decrease=allow_decrease)
        return answer

    @property
    def first(self) -> Participant:
        query = select(Participant).where(Participant.user_id == self.teachers[0])
        return db.session.scalars(query.execution_options(populate_existing=True)).one()

    def tally(self, kind: TallyKind) -> dict[str, int]:
        return tallies_of(self.batch.id)[kind]


def test_people_are_named_by_user_id_and_state_id() -> None:
    here = Here()
    told = [Entry(str(here.teachers[0]).upper(), percent=10), Entry(" pr-00002 ", percent=20)]
    assert here.report(*told) == [("updated", None)] * 2
    assert here.tally(TallyKind.PERCENT) == {"0": 3, "10": 1, "20": 1}


def test_the_percentage_is_reckoned_from_the_units_and_is_100_only_for_all_of_them() -> None:
    here = Here()
    told = [(1, 3), (2, 3), (199, 200), (200, 200), (0, 7)]
    here.report(*(Entry(f"PR-{n:05}", done, total) for n, (done, total) in enumerate(told, 1)))
    query = select(Participant.percent).join(Participant.user).order_by(User.state_id)
    assert [*db.session.scalars(query)] == [33, 66, 99, 100, 0]


def test_each_identifier_has_its_outcome_and_one_that_fails_stops_no_other() -> None:
    here = Here()
    outsider = a_person("a@elsewhere.test", organisation=an_organisation("elsewhere"), state_id="EL-1")
    told = ["PR-99999", "PR-00001", "PR-00009", str(outsider.id), "EL-1", "", "PR-00002"]
    assert here.report(*(Entry(identifier, percent=40) for identifier in told)) == [
        ("failed", "not_found"),
        ("updated", None),
        ("failed", "not_a_participant"),
        ("failed", "not_found"),
        ("failed", "not_found"),
        ("failed", "not_found"),
        ("updated", None),
    ]


def test_a_participant_of_another_organisation_is_known_by_the_user_id() -> None:
    here = Here()
    here.batch.enrolment_type = EnrolmentType.OPEN
    guest = a_person("a@elsewhere.test", organisation=an_organisation("elsewhere"), state_id="EL-1")
    participants.enrol(
        here.batch, [found for found in [participants.find_anybody(here.batch, guest.id)] if found], BY_NOBODY
    )
    answer = here.report(Entry("EL-1", percent=40), Entry(str(guest.id), percent=40))
    assert answer == [("failed", "not_found"), ("updated", None)]


def test_a_deactivated_account_still_progresses_and_who_was_removed_does_not() -> None:
    here = Here()
    db.session.get_one(User, here.teachers[0]).is_active = False
    participants.withdraw(here.batch, participants.find_by_id(here.batch, here.teachers[1:2]), BY_NOBODY)
    answer = here.report(Entry("PR-00001", percent=40), Entry("PR-00002", percent=40))
    assert answer == [("updated", None), ("failed", "not_a_participant")]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({}, "no_progress"),
        ({"last_activity_at": MAY}, "no_progress"),
        ({"percent": 101}, "percent_out_of_range"),
        ({"percent": -1}, "percent_out_of_range"),
        ({"completed_units": 3}, "units_incomplete"),
        ({"percent": 3, "total_units": 3}, "units_incomplete"),
        ({"completed_units": 4, "total_units": 3}, "units_out_of_range"),
        ({"completed_units": -1, "total_units": 3}, "units_out_of_range"),
        ({"completed_units": 0, "total_units": 0}, "units_out_of_range"),
        ({"completed_units": 1, "total_units": 3_000_000_000}, "units_out_of_range"),
        ({"percent": 100, "completed_units": 2, "total_units": 3}, "contradictory"),
        ({"percent": 99, "completed_units": 3, "total_units": 3}, "contradictory"),
        ({"percent": 99, "completed_at": MAY}, "completed_without_100"),
        ({"percent": 100, "completed_at": now() + timedelta(days=1)}, "completed_in_the_future"),
        ({"percent": 1, "last_activity_at": now() + timedelta(days=1)}, "activity_in_the_future"),
        ({"percent": 100, "completed_at": datetime.min.replace(tzinfo=UTC)}, "completed_too_early"),
        ({"percent": 1, "last_activity_at": datetime.min.replace(tzinfo=UTC)}, "activity_too_early"),
    ],
)
def test_values_that_cannot_be_are_told(told: dict[str, Any], reason: str) -> None:
    here = Here(1, enrol=1)
    assert here.tell(**told) == ("failed", reason)
    assert progress.message_of(reason).endswith(".")
    assert here.first.percent == 0


def test_a_clock_that_is_a_little_ahead_is_forgiven() -> None:
    assert Here().tell(percent=10, last_activity_at=now() + timedelta(minutes=2)) == ("updated", None)


def test_telling_the_same_again_changes_nothing() -> None:
    here = Here()
    told = {"completed_units": 3, "total_units": 10, "last_activity_at": MAY}
    assert [here.tell(**told), here.tell(**told), here.tell(percent=30)] == [
        ("updated", None),
        ("unchanged", None),
        ("unchanged", None),
    ]
    assert (here.first.completed_units, here.first.total_units) == (3, 10)


def test_progress_does_not_go_backwards_by_itself() -> None:
    here = Here()
    here.tell(percent=60, last_activity_at=JUNE)
    assert here.tell(percent=50, last_activity_at=MAY) == ("skipped", "lower")
    assert (here.first.percent, here.first.last_activity_at) == (60, JUNE)


def test_of_lower_progress_a_newer_activity_is_taken() -> None:
    here = Here()
    here.tell(percent=60, last_activity_at=MAY)
    assert here.tell(percent=50, last_activity_at=JUNE) == ("updated", "lower")
    assert (here.first.percent, here.first.last_activity_at) == (60, JUNE)


def test_with_the_same_percentage_the_units_tell_what_is_lower() -> None:
    here = Here()
    here.tell(completed_units=339, total_units=1000)
    assert here.tell(completed_units=331, total_units=1000) == ("skipped", "lower")
    assert here.tell(completed_units=679, total_units=2000) == ("updated", None)


def test_it_goes_backwards_where_that_is_asked_for_but_the_last_activity_never_does() -> None:
    here = Here()
    here.tell(completed_units=6, total_units=10, last_activity_at=JUNE)
    assert here.tell(percent=50, last_activity_at=MAY, allow_decrease=True) == ("updated", None)
    assert (here.first.percent, here.first.completed_units, here.first.last_activity_at) == (50, None, JUNE)


def test_completion_is_a_day_of_the_organisation() -> None:
    here = Here()
    late_in_the_evening = datetime(2026, 5, 1, 20, tzinfo=UTC)
    here.tell(percent=100, completed_at=late_in_the_evening)
    assert (here.first.completed_at, here.first.completed_on) == (late_in_the_evening, date(2026, 5, 2))
    assert here.first.last_activity_at == late_in_the_evening
    assert here.tally(TallyKind.COMPLETED) == {"2026-05-02": 1}


def test_who_completed_at_a_time_untold_did_so_with_their_last_activity_or_now() -> None:
    here = Here()
    here.report(Entry("PR-00001", percent=100, last_activity_at=MAY), Entry("PR-00002", 4, 4))
    query = select(Participant.completed_at).join(Participant.user).where(Participant.percent == 100)
    first, second = db.session.scalars(query.order_by(User.state_id))
    assert first == MAY
    assert now() - second < timedelta(minutes=1)


def test_the_time_of_completion_stays_until_a_better_one_is_told() -> None:
    here = Here()
    here.tell(percent=100, last_activity_at=MAY)
    assert here.tell(percent=100, last_activity_at=JUNE) == ("updated", None)
    assert here.first.completed_at == MAY
    assert here.tell(percent=100, completed_at=JUNE) == ("updated", None)
    assert here.tally(TallyKind.COMPLETED) == {"2026-06-01": 1}


def test_going_below_100_takes_the_completion_away() -> None:
    here = Here()
    here.tell(percent=100, completed_at=MAY)
    assert here.tell(percent=99) == ("skipped", "lower")
    assert here.tell(percent=99, allow_decrease=True) == ("updated", None)
    assert (here.first.completed_at, here.first.completed_on) == (None, None)
    assert here.tally(TallyKind.COMPLETED) == here.tally(TallyKind.COMPLETED_IN_DISTRICT) == {}


def test_several_entries_of_one_person_are_taken_one_after_the_other() -> None:
    here = Here()
    told = [Entry("PR-00001", percent=percent) for percent in (10, 30, 20, 30)]
    expected = [("updated", None), ("updated", None), ("skipped", "lower"), ("skipped", "repeated")]
    assert here.report(*told, Entry(str(here.teachers[0]), percent=30)) == [*expected, ("skipped", "repeated")]
    assert (here.first.percent, here.tally(TallyKind.PERCENT)) == (30, {"0": 4, "30": 1})


def test_the_last_entry_counts_where_it_may_go_backwards() -> None:
    here = Here()
    here.report(*(Entry("PR-00001", percent=percent) for percent in (10, 30, 20)), allow_decrease=True)
    assert here.first.percent == 20


def test_the_batch_knows_the_latest_activity_of_any_participant() -> None:
    here = Here()
    here.report(Entry("PR-00001", percent=1, last_activity_at=JUNE), Entry("PR-00002", percent=1, last_activity_at=MAY))
    assert here.batch.last_activity_at == JUNE
    here.report(Entry("PR-00003", percent=1, last_activity_at=MAY), Entry("PR-00004", percent=2))
    assert here.batch.last_activity_at == JUNE


def test_who_may_edit_the_batch_may_report_its_progress() -> None:
    here = Here()
    mentor = a_person("mentor@pradesh.test", mentor_in=here.organisation)
    with pytest.raises(NotAllowedError, match="mentors and managers"):
        progress.report(rights_of(mentor), here.batch, [Entry("PR-00001", percent=1)], BY_NOBODY)
    here.batch.mentors.append(mentor)
    db.session.flush()
    progress.report(rights_of(mentor), here.batch, [Entry("PR-00001", percent=1)], BY_NOBODY)
    assert here.first.percent == 1


def test_nothing_to_report_is_no_mistake() -> None:
    assert Here().report() == []


@pytest.mark.parametrize("size", [10, 2000])
def test_the_number_of_queries_does_not_depend_on_how_many(size: int) -> None:
    here = Here(size, enrol=size)
    names = [f"PR-{number:05}" if number % 2 else str(here.teachers[number - 1]) for number in range(1, size + 1)]
    with counted() as few:
        here.report(*(Entry(name, percent=1, last_activity_at=MAY) for name in names[:2]))
    with counted() as many:
        here.report(*(Entry(name, percent=2 + number % 99, last_activity_at=JUNE) for number, name in enumerate(names)))
    assert len(many) == len(few)
    assert here.batch.participant_count == size == sum(here.tally(TallyKind.PERCENT).values())


# Whatever happens, in whatever order.


class World:
    """A batch, and what the tables say of it when they are counted."""

    def __init__(self) -> None:
        self.organisation = an_organisation("pradesh", time_zone="Asia/Kolkata")
        self.teachers = teachers(self.organisation, 12)
        self.batch = a_batch(a_course(self.organisation))
        self.rights = rights_of(a_person("state@pradesh.test", admin_of=self.organisation))

    def do(self, what: str, who: list[int], percent: int, allow_decrease: bool) -> None:
        identifiers = [f"PR-{number:05}" for number in who]
        if what == "add":
            participants.add(self.rights, self.batch, identifiers, BY_NOBODY)
        elif what == "remove":
            participants.remove(self.rights, self.batch, identifiers, BY_NOBODY)
        else:
            told = [Entry(identifier, percent=percent) for identifier in identifiers]
            progress.report(self.rights, self.batch, told, BY_NOBODY, allow_decrease=allow_decrease)

    def counted(self) -> dict[TallyKind, dict[str, int]]:
        district = func.coalesce(User.district, "")
        return {
            TallyKind.PERCENT: self._by(Participant.percent),
            TallyKind.ENROLLED: self._by(Participant.enrolled_on),
            TallyKind.COMPLETED: self._by(Participant.completed_on, Participant.completed_on.is_not(None)),
            TallyKind.DISTRICT: self._by(district),
            TallyKind.COMPLETED_IN_DISTRICT: self._by(district, Participant.completed_on.is_not(None)),
        }

    def _by(self, key: Any, *which: Any) -> dict[str, int]:
        query = select(key, func.count()).select_from(Participant).join(Participant.user)
        of_the_batch = (Participant.batch_id == self.batch.id, Participant.is_active)
        return {str(k): count for k, count in db.session.execute(query.where(*of_the_batch, *which).group_by(key))}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "remove", "progress", "progress"]),
        st.lists(st.integers(1, 13), max_size=12),
        st.sampled_from([0, 1, 50, 99, 100]),
        st.booleans(),
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_tallies_and_the_count_are_what_counting_finds(steps: list[tuple[str, list[int], int, bool]]) -> None:
    world = World()
    for step in steps:
        world.do(*step)
    db.session.flush()
    assert tallies_of(world.batch.id) == world.counted()
    assert world.batch.participant_count == sum(world.counted()[TallyKind.PERCENT].values())
    db.session.rollback()


def test_somebody_of_no_batch_is_told_apart_from_nobody() -> None:
    here = Here()
    assert here.report(Entry(str(uuid.uuid4()), percent=1)) == [("failed", "not_found")]
