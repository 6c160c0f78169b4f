"""Participants added, revived and removed in bulk: an outcome for each identifier, and nobody's progress lost."""

import uuid

import pytest
from sqlalchemy import func, select

from domain import participants
from domain.errors import ConflictError, NotAllowedError
from domain.people import rights_of
from domain.permissions import Rights
from domain.tallies import tallies_of
from models import AuditEntry, Batch, Organisation, Participant, User, db
from models.batch import EnrolmentType, TallyKind
from tests.people import BY_NOBODY, a_batch, a_course, a_person, an_organisation, teachers
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("app")


class Here:
    """An organisation with ten teachers, a batch, and its state admin."""

    def __init__(self, people: int = 10) -> None:
        self.organisation: Organisation = an_organisation("pradesh")
        self.teachers = teachers(self.organisation, people)
        self.batch: Batch = a_batch(a_course(self.organisation))
        self.admin: User = a_person("state@pradesh.test", admin_of=self.organisation)
        self.rights: Rights = rights_of(self.admin)

    def add(self, *identifiers: str) -> list[tuple[str, str | None]]:
        outcomes = participants.add(self.rights, self.batch, identifiers, BY_NOBODY)
        return [(outcome.state.value, outcome.reason) for outcome in outcomes]

    def remove(self, *identifiers: str) -> list[tuple[str, str | None]]:
        outcomes = participants.remove(self.rights, self.batch, identifiers, BY_NOBODY)
        return [(outcome.state.value, outcome.reason) for outcome in outcomes]

    def active(self) -> int:
        query = select(func.count()).select_from(Participant).where(Participant.is_active)
        return db.session.scalars(query).one()

    def give_progress(self, user_id: uuid.UUID, percent: int) -> None:
        participant = db.session.get_one(Participant, (self.batch.id, user_id))
        participant.percent = percent
        if percent == 100:
            participant.completed_at, participant.completed_on = participant.enrolled_at, participant.enrolled_on
        db.session.flush()


def test_user_ids_and_state_ids_are_mixed_freely_without_regard_to_case_and_space() -> None:
    here = Here()
    given = ("PR-00001", "pr-00002", " PR-00003 ", str(here.teachers[3]).upper(), here.teachers[4].hex)
    assert here.add(*given) == [("added", None)] * 5
    assert (here.active(), here.batch.participant_count) == (5, 5)


def test_a_state_id_that_looks_like_a_user_id_is_found_too() -> None:
    here = Here()
    looks_like_one = str(uuid.uuid4())
    a_person("one@pradesh.test", organisation=here.organisation, state_id=looks_like_one)
    assert here.add(looks_like_one) == [("added", None)]


def test_one_bad_identifier_never_stops_the_others() -> None:
    here = Here()
    closed = a_person("closed@pradesh.test", organisation=here.organisation, state_id="PR-C", is_active=False)
    elsewhere = an_organisation("elsewhere")
    stranger = a_person("stranger@elsewhere.test", organisation=elsewhere, state_id="EL-1")
    answer = here.add("PR-99999", "PR-00001", str(stranger.id), "EL-1", str(closed.id), "pr-00001", "", "PR-00002")
    assert answer == [
        ("failed", "not_found"),
        ("added", None),
        ("failed", "not_found"),
        ("failed", "not_found"),
        ("failed", "deactivated"),
        ("skipped", "repeated"),
        ("failed", "not_found"),
        ("added", None),
    ]


def test_the_same_person_by_both_identifiers_is_a_repeat() -> None:
    here = Here()
    assert here.add("PR-00001", str(here.teachers[0])) == [("added", None), ("skipped", "repeated")]


def test_adding_those_who_are_present_changes_nothing() -> None:
    here = Here()
    here.add("PR-00001")
    here.give_progress(here.teachers[0], 40)
    assert here.add("PR-00001") == [("skipped", "already_present")]
    (row,) = db.session.scalars(select(Participant))
    assert (row.percent, row.removed_at, here.batch.participant_count) == (40, None, 1)


def test_removing_is_soft_and_adding_again_revives_with_the_progress() -> None:
    here = Here()
    here.add("PR-00001")
    here.give_progress(here.teachers[0], 40)
    assert here.remove("PR-00001") == [("removed", None)]
    assert (here.active(), here.batch.participant_count) == (0, 0)
    assert here.add("PR-00001") == [("revived", None)]
    (row,) = db.session.scalars(select(Participant).execution_options(populate_existing=True))
    assert (row.percent, row.removed_at, here.batch.participant_count) == (40, None, 1)


def test_who_completed_the_course_is_kept_alone() -> None:
    here = Here()
    here.add("PR-00001", "PR-00002")
    here.give_progress(here.teachers[0], 100)
    assert here.remove("PR-00001", "PR-00002", "PR-00003", "PR-99999") == [
        ("failed", "completed"),
        ("removed", None),
        ("failed", "not_a_participant"),
        ("failed", "not_found"),
    ]


def test_only_state_admins_do_it_and_only_in_invite_only_batches() -> None:
    here = Here()
    mentor = a_person("mentor@pradesh.test", mentor_in=here.organisation)
    with pytest.raises(NotAllowedError):
        participants.add(rights_of(mentor), here.batch, ["PR-00001"], BY_NOBODY)
    here.batch.enrolment_type = EnrolmentType.OPEN
    with pytest.raises(ConflictError, match="should be invite-only"):
        here.add("PR-00001")


def test_the_tallies_say_what_counting_would() -> None:
    here = Here(30)
    here.add(*(f"PR-{number:05}" for number in range(1, 21)))
    here.remove(*(f"PR-{number:05}" for number in range(1, 8)))
    here.add("PR-00001", "PR-00025")
    query = select(func.coalesce(User.district, ""), func.count()).join(Participant.user).where(Participant.is_active)
    counted_now = dict(db.session.execute(query.group_by(User.district)).all())
    tallies = tallies_of(here.batch.id)
    assert tallies[TallyKind.DISTRICT] == counted_now
    assert tallies[TallyKind.PERCENT] == {"0": 15}
    assert sum(tallies[TallyKind.ENROLLED].values()) == here.batch.participant_count == 15


def test_the_audit_log_tells_who_was_added_and_removed() -> None:
    here = Here()
    here.add("PR-00001", "PR-00002")
    here.remove("PR-00001")
    db.session.flush()
    added, removed = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    assert (added.counts, added.people) == ({"added": 2}, {"added": [one.hex for one in here.teachers[:2]]})
    assert (removed.action, removed.counts) == ("participants-removed", {"removed": 1})


@pytest.mark.parametrize("size", [10, 2000])
def test_the_number_of_queries_does_not_depend_on_how_many(size: int) -> None:
    here = Here(size)
    with counted() as few:
        participants.add(here.rights, here.batch, ["PR-00001"], BY_NOBODY)
        db.session.flush()
    with counted() as many:
        participants.add(here.rights, here.batch, [f"PR-{number:05}" for number in range(1, size + 1)], BY_NOBODY)
        db.session.flush()
    assert len(many) == len(few)
