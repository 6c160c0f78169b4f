"""The demo world is the one that the documents promise."""

import pytest
from sqlalchemy import func, select

from domain import demo
from domain.tallies import tallies_of
from models import Batch, Course, Participant, User, db
from models.batch import TallyKind

pytestmark = pytest.mark.usefixtures("whole_world")


def batches_of(key: str) -> dict[str, Batch]:
    query = select(Batch).join(Batch.course).where(Course.key == key)
    return {batch.name: batch for batch in db.session.scalars(query)}


def test_pradesh_has_its_batches_with_their_people() -> None:
    batches = batches_of("course-v1:pradesh+FLN101+2026")
    assert {name: batch.participant_count for name, batch in batches.items()} == {
        "Open batch": 0,
        "Pilot": 12,
        "Full house": 100,
        "One too many": 101,
        "State training": 5_000,
    }
    assert list(batches_of("course-v1:pradesh+ICT201+2026")) == ["Open batch"]
    assert {mentor.email for batch in batches.values() for mentor in batch.mentors} == {"mentor@pradesh.test"}


def test_each_teacher_has_a_user_name_a_state_id_and_no_password() -> None:
    rows = db.session.execute(
        select(User.user_name, User.email, User.state_id, User.password_hash)
        .where(User.state_id.is_not(None))
        .order_by(User.state_id)
    ).all()
    assert len(rows) == 6_000
    assert tuple(rows[0]) == ("teacher00001", "teacher00001@pradesh.test", "PR-00001", None)
    assert rows[-1].state_id == "PR-06000"


def test_two_have_completed_for_sure_and_500_are_in_no_batch() -> None:
    query = select(User.user_name).join(Participant, Participant.user_id == User.id)
    completed = set(db.session.scalars(query.where(Participant.completed_at.is_not(None))))
    assert {"teacher00001", "teacher05001"} <= completed
    assert not set(db.session.scalars(query)) & {f"teacher{number:05}" for number in range(5501, 6001)}


def test_its_tallies_say_what_counting_would() -> None:
    for batch in db.session.scalars(select(Batch)):
        tallies = tallies_of(batch.id)
        rows = db.session.execute(
            select(Participant.percent, func.count())
            .where(Participant.batch_id == batch.id)
            .group_by(Participant.percent)
        )
        assert tallies[TallyKind.PERCENT] == {str(percent): count for percent, count in rows}
        assert sum(tallies[TallyKind.DISTRICT].values()) == batch.participant_count


def test_progress_is_believable() -> None:
    state_training = batches_of("course-v1:pradesh+FLN101+2026")["State training"]
    rows = db.session.scalars(select(Participant).where(Participant.batch_id == state_training.id)).all()
    assert all(row.last_activity_at is None or row.last_activity_at >= row.enrolled_at for row in rows)
    shares = [sum(1 for row in rows if low <= row.percent <= high) for low, high in ((0, 0), (1, 99), (100, 100))]
    assert all(share > 500 for share in shares)


def test_the_login_page_lists_every_account_that_has_a_password() -> None:
    query = select(User.email).where(User.password_hash.is_not(None))
    assert set(db.session.scalars(query)) == {account.email for account in demo.ACCOUNTS}
