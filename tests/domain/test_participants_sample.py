"""The sample file of participants, brought by the state admin to a fresh demo world with all its teachers."""

import pytest
from sqlalchemy import func, select

from domain import uploads
from models import Participant, db
from models.upload import UploadState
from tests.participant_files import REMOVE, brought, outcomes
from tests.sheets import sheet
from tests.teaching import batch
from worker.tasks import process_uploads

pytestmark = pytest.mark.usefixtures("whole_world")


def test_added_to_pilot_it_has_exactly_the_documented_outcomes() -> None:
    upload = brought(sheet("participants.csv"), name="participants.csv")
    assert (upload.state, upload.lines, upload.to_do) == (UploadState.READY, 5, 3)
    assert (upload.will_fail, upload.will_skip, upload.notices) == (1, 1, [])
    assert uploads.press_process(upload)
    db.session.commit()
    process_uploads()
    db.session.rollback()
    assert outcomes(upload) == [
        ("PR-00001", "added", None),
        ("pr-00002", "added", None),
        ("PR-00003", "added", None),
        ("PR-00001", "skipped", "repeated"),
        ("PR-99999", "failed", "not_found"),
    ]
    active = select(func.count()).where(Participant.batch_id == batch().id, Participant.is_active)
    assert batch().participant_count == db.session.scalar(active) == 12 + 3


def test_the_pilots_own_teachers_can_be_removed_but_for_the_one_who_completed() -> None:
    upload = brought("".join(f"PR-{number:05}\n" for number in range(5001, 5013)), REMOVE)
    assert (upload.to_do, upload.will_fail, upload.will_skip) == (11, 1, 0)
