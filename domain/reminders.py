"""Letters before something ends by itself: an invitation that nobody has answered, a membership. Each comes once.

A letter is posted in the transaction that marks its row, so that nobody gets it twice, whichever worker is killed when.
Rows that another worker holds are left to it.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from domain.post import membership_ending_letter, post, reminder_letter
from models import Collaboration, Invitation, Letter, Membership, Organisation, User, db, now
from models.base import among
from models.outbox import LetterKind
from models.searching import one_of_few

#: Letters that are written at once.
PORTION = 500
#: How long before its end a member is told: time enough to ask, and to be answered.
NOTICE = timedelta(days=14)
#: Whoever has just been written to needs no reminder.
LET_BE = timedelta(days=1)


def remind_of_invitations() -> int:
    """Of open ones whose organisation wants it, as long before they expire as it says; a portion of them. Answers how
    many.

    Not of those that were open for no longer from the first, nor sent within the last day.
    """
    days = db.session.scalars(
        select(Organisation.reminder_days).where(Organisation.reminder_days.is_not(None)).distinct()
    ).all()
    if not days:
        return 0
    at = now()
    reminded = db.session.execute(
        update(Invitation)
        .where(one_of_few(Invitation.id, _to_remind([number for number in days if number], at)))
        .values(reminded_at=at)
        .returning(Invitation.id, Invitation.link_number, Invitation.email)
        .execution_options(synchronize_session=False)
    ).all()
    post([reminder_letter(*row) for row in reminded])
    return len(reminded)


def _to_remind(days: list[int], at: datetime) -> Select[Any]:
    """`days`: those that organisations have set."""
    is_time = or_(
        *(
            and_(Organisation.reminder_days == number, Invitation.expires_at <= at + timedelta(days=number))
            for number in days
        )
    )
    was_just_sent = exists().where(
        Letter.invitation_id == Invitation.id, Letter.kind == LetterKind.INVITATION, Letter.created_at > at - LET_BE
    )
    stays_open_longer = _seconds(Invitation.created_at, Invitation.expires_at) > Organisation.reminder_days * 86_400
    can_be_accepted = or_(Invitation.membership_expires_at.is_(None), Invitation.membership_expires_at > at)
    return (
        select(Invitation.id)
        .join(Invitation.collaboration)
        .join(Collaboration.organisation)
        .where(Invitation.is_to_remind, Invitation.expires_at > at)
        .where(Invitation.expires_at <= at + timedelta(days=max(days)), is_time, stays_open_longer, can_be_accepted)
        .where(Collaboration.archived_at.is_(None), Organisation.suspended_at.is_(None), ~was_just_sent)
        .order_by(Invitation.expires_at)
        .limit(PORTION)
        .with_for_update(of=Invitation, skip_locked=True)
    )


def announce_ends_of_memberships() -> int:
    """To members, some days before; a portion of them. Answers how many.

    Not of memberships that are hardly longer than that: whoever has just joined knows.
    """
    at = now()
    announced = db.session.execute(
        update(Membership)
        .where(one_of_few(Membership.id, _to_announce(at)))
        .values(end_announced_at=at)
        .returning(Membership.id)
        .execution_options(synchronize_session=False)
    )
    ids = announced.scalars().all()
    if ids:
        members = select(Membership.id, User.email).join(Membership.user).where(among(Membership.id, ids))
        post([membership_ending_letter(membership, at, to) for membership, to in db.session.execute(members)])
    return len(ids)


def _to_announce(at: datetime) -> Select[Any]:
    is_long_enough = _seconds(Membership.joined_at, Membership.expires_at) >= (2 * NOTICE).total_seconds()
    return (
        select(Membership.id)
        .join(Membership.user)
        .join(Membership.collaboration)
        .join(Collaboration.organisation)
        .where(Membership.is_to_announce, Membership.expires_at > at, Membership.expires_at <= at + NOTICE)
        .where(is_long_enough, User.is_active, Organisation.suspended_at.is_(None))
        .order_by(Membership.expires_at)
        .limit(PORTION)
        .with_for_update(of=Membership, skip_locked=True)
    )


def _seconds(since: InstrumentedAttribute[Any], until: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """Between two times of a row."""
    if db.engine.dialect.name == "postgresql":
        return func.extract("epoch", until - since)
    return (func.julianday(until) - func.julianday(since)) * literal(86_400)
