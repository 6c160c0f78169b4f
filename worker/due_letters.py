"""Which letters are due, and whose they are meanwhile: claimed for a while by one worker, given back, put off."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import or_, select, update

from domain.processing import is_free
from models import Letter, begin_writing, db, now
from models.searching import one_of_few
from worker.claims import ME

#: Letters claimed at once.
PORTION = 100
#: How long to wait after the first, second, … attempt; then as after the last.
WAITS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
#: No letter waits for longer than this, unless it was put off while a clock went ahead.
LONGER_THAN_ANY = 2 * WAITS[-1]


def take_due() -> Sequence[Letter]:
    """The next ones, `PORTION` at most, claimed for as long as a lease lasts."""
    lease = timedelta(seconds=current_app.config["LEASE_SECONDS"])
    at = now()
    is_due = or_(Letter.due_at <= at, Letter.due_at > at + LONGER_THAN_ANY)
    due = (
        select(Letter.id)
        .where(Letter.is_waiting, is_due, is_free(Letter, lease))
        .order_by(Letter.due_at)
        .limit(PORTION)
        .with_for_update(skip_locked=True)
    )
    taken = db.session.scalars(
        update(Letter)
        .where(one_of_few(Letter.id, due))
        .values(claimed_by=ME, claimed_until=at + lease)
        .returning(Letter)
        .execution_options(synchronize_session=False)
    )
    return sorted(taken, key=lambda letter: letter.due_at)


def still_mine(letter_id: uuid.UUID) -> Letter | None:
    """The letter, held; nothing where the claim has run out and another worker is at it."""
    query = select(Letter).where(Letter.id == letter_id, Letter.is_open, Letter.claimed_by == ME)
    return db.session.scalar(query.with_for_update())


def give_back(letter_ids: Collection[uuid.UUID], claimed_until: datetime | None) -> None:
    """They are due still, for whoever comes. Those whose claim ran out and that were claimed anew, maybe over another
    connection of this worker, are let alone: `claimed_until` is that of the claim.
    """
    if not letter_ids:
        return
    begin_writing()
    db.session.execute(
        update(Letter)
        .where(Letter.id.in_(letter_ids), Letter.is_open, Letter.claimed_by == ME)
        .where(Letter.claimed_until == claimed_until)
        .values(claimed_by=None, claimed_until=None)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
