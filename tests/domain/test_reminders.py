"""Letters before something ends: to whom, when, and once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from domain import invitations, reminders
from models import Collaboration, Invitation, Letter, Membership, Organisation, User, begin_writing, db, now
from models.invitation import InvitationStatus
from models.outbox import LetterKind
from tests.people import a_collaboration, a_membership, a_person, an_invitation, an_organisation
from tests.queries import counted
from tests.worker.sending import at_once
from worker import tasks

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def organisation() -> Organisation:
    return an_organisation(reminder_days=3)


@pytest.fixture
def collaboration(organisation: Organisation) -> Collaboration:
    return a_collaboration(organisation)


@pytest.fixture
def inviter() -> User:
    return a_person("inviter@example.org")


def in_days(days: float) -> datetime:
    return now() + timedelta(days=days)


def ann(collaboration: Collaboration, inviter: User, days: float = 2, **given: Any) -> Invitation:
    """Invited ten days ago, for so many days from now."""
    plain = {"created_at": in_days(-10), "expires_at": in_days(days)}
    return an_invitation("ann@example.org", collaboration, inviter, **plain | given)


def reminded() -> list[str]:
    """Whom, by a sweep."""
    db.session.flush()
    reminders.remind_of_invitations()
    return letters(LetterKind.REMINDER)


def letters(kind: LetterKind) -> list[str]:
    return sorted(db.session.scalars(select(Letter.to_address).where(Letter.kind == kind)))


def test_an_open_invitation_is_reminded_of_as_long_before_it_expires_as_the_organisation_says(
    collaboration: Collaboration, inviter: User
) -> None:
    invitation = ann(collaboration, inviter, days=3.5)
    assert reminded() == []
    with time_machine.travel(in_days(1), tick=False):
        assert reminded() == ["ann@example.org"]
    db.session.expire_all()
    assert invitation.reminded_at is not None


def test_it_is_reminded_of_once(collaboration: Collaboration, inviter: User) -> None:
    ann(collaboration, inviter)
    assert reminded() == reminded() == ["ann@example.org"]


def test_organisations_each_have_their_own_time(inviter: User) -> None:
    for days in (1, 3, None):
        organisation = an_organisation(f"org-{days or 0}", reminder_days=days)
        an_invitation(
            f"{days}@example.org",
            a_collaboration(organisation),
            inviter,
            created_at=in_days(-10),
            expires_at=in_days(2),
        )
    assert reminded() == ["3@example.org"]


@pytest.mark.parametrize(
    "given",
    [
        {"status": InvitationStatus.DECLINED},
        {"status": InvitationStatus.REVOKED},
        {"expires_at": in_days(-0.1)},
        {"membership_expires_at": in_days(-0.1)},
        {"created_at": in_days(-0.5)},
    ],
    ids=["declined", "revoked", "expired", "of a membership that is over", "open for no longer from the first"],
)
def test_what_needs_no_reminder_gets_none(collaboration: Collaboration, inviter: User, given: dict[str, Any]) -> None:
    ann(collaboration, inviter, **given)
    assert reminded() == []


def test_nobody_is_reminded_of_what_is_archived_or_suspended(collaboration: Collaboration, inviter: User) -> None:
    ann(collaboration, inviter)
    collaboration.archived_at = now()
    assert reminded() == []
    collaboration.archived_at, collaboration.organisation.suspended_at = None, now()
    assert reminded() == []


def test_one_that_was_just_sent_again_is_let_be_for_a_day_and_then_reminded_of_anew(
    collaboration: Collaboration, inviter: User
) -> None:
    invitation = ann(collaboration, inviter)
    assert len(reminded()) == 1
    invitations.resend(invitation.id, 30)
    assert len(reminded()) == 1
    with time_machine.travel(in_days(1.1), tick=False):
        assert len(reminded()) == 2


def test_a_sweep_takes_a_portion_and_the_worker_goes_on(
    collaboration: Collaboration, inviter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"created_at": in_days(-10), "expires_at": in_days(2)}
    for number in range(5):
        an_invitation(f"{number}@example.org", collaboration, inviter, **given)
    db.session.commit()
    monkeypatch.setattr(reminders, "PORTION", 2)
    assert reminders.remind_of_invitations() == 2
    db.session.commit()
    tasks.remind()
    assert len(letters(LetterKind.REMINDER)) == 5


def test_several_workers_at_once_write_each_letter_once(
    app: Flask, collaboration: Collaboration, inviter: User
) -> None:
    for number in range(20):
        given = {"created_at": in_days(-100), "expires_at": in_days(2)}
        an_invitation(f"{number}@example.org", collaboration, inviter, **given)
        a_membership(a_person(f"m{number}@example.org"), collaboration, joined_at=in_days(-100), expires_at=in_days(5))
    at_once(app, *[tasks.remind] * 3)
    assert len(letters(LetterKind.REMINDER)) == len(letters(LetterKind.MEMBERSHIP_ENDING)) == 20


def test_a_sweep_that_is_undone_leaves_neither_letter_nor_mark(collaboration: Collaboration, inviter: User) -> None:
    invitation = ann(collaboration, inviter)
    db.session.commit()
    begin_writing()
    assert reminded() == ["ann@example.org"]
    db.session.rollback()
    assert (letters(LetterKind.REMINDER), invitation.reminded_at) == ([], None)


def test_when_there_is_nothing_to_do_a_sweep_costs_one_query_each(inviter: User) -> None:
    with counted() as queries:
        assert reminders.remind_of_invitations() == reminders.announce_ends_of_memberships() == 0
    assert len(queries) == 2


def test_many_reminders_cost_as_many_queries_as_one(collaboration: Collaboration, inviter: User) -> None:
    numbers = []
    for number in range(6):
        given = {"created_at": in_days(-10), "expires_at": in_days(2)}
        an_invitation(f"{number}@example.org", collaboration, inviter, **given)
        if number in {0, 5}:
            with counted() as queries:
                reminders.remind_of_invitations()
            numbers.append(len(queries))
    assert numbers[0] == numbers[1]
    assert len(letters(LetterKind.REMINDER)) == 6


# Memberships.


@pytest.fixture
def membership(collaboration: Collaboration) -> Membership:
    """A member for a hundred days, of which ten are left."""
    given = {"joined_at": in_days(-90), "expires_at": in_days(10)}
    return a_membership(a_person("bob@example.org"), collaboration, **given)


def told() -> list[str]:
    db.session.flush()
    reminders.announce_ends_of_memberships()
    db.session.expire_all()
    return letters(LetterKind.MEMBERSHIP_ENDING)


def test_a_member_is_told_once_before_the_membership_ends(membership: Membership) -> None:
    assert told() == told() == ["bob@example.org"]
    assert membership.end_announced_at is not None


def test_a_member_is_told_two_weeks_before(membership: Membership) -> None:
    membership.expires_at = in_days(14.5)
    assert told() == []
    with time_machine.travel(in_days(1), tick=False):
        assert told() == ["bob@example.org"]


def test_an_end_that_is_moved_is_told_anew(membership: Membership) -> None:
    told()
    membership.expires_at, membership.end_announced_at = in_days(30), None
    assert len(told()) == 1
    with time_machine.travel(in_days(20), tick=False):
        assert len(told()) == 2


def test_a_short_membership_needs_no_letter(membership: Membership) -> None:
    membership.joined_at = in_days(-17)
    assert told() == []


def test_who_has_left_is_closed_or_stays_is_not_told(membership: Membership) -> None:
    membership.expires_at = None
    assert told() == []
    membership.expires_at, membership.user.is_active = in_days(10), False
    assert told() == []
    membership.user.is_active = True
    db.session.execute(update(Membership).values(ended_at=now(), ended_because="removed"))
    assert told() == []
