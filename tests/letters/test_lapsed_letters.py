"""A letter is written when its turn comes, and not at all if there is nothing to tell any more."""

from datetime import timedelta
from typing import Any

import pytest

from models import Letter, now
from models.invitation import InvitationStatus
from models.outbox import LetterKind
from tests.letters.makers import (
    TOKENS,
    WRITER,
    a_failure,
    a_membership,
    a_role_invitation,
    an_account,
    an_id,
    an_invitation,
    the_failure_mail,
    the_invitation_mail,
    the_mail_about_a_password,
    the_mail_about_the_end_of,
    the_mail_of_a_role,
    the_mail_of_failures,
    the_mail_to_a_new_address,
    the_mail_to_the_address_before,
)
from worker.letter_facts import Facts

CLOSED = [status for status in InvitationStatus if status is not InvitationStatus.OPEN]


@pytest.mark.parametrize("status", CLOSED)
def test_an_invitation_that_is_closed_is_not_sent(status: InvitationStatus) -> None:
    assert the_invitation_mail(an_invitation(status=status)) is None


def test_an_invitation_past_its_expiry_is_not_sent() -> None:
    assert the_invitation_mail(an_invitation(expires_at=now() - timedelta(seconds=1))) is None


def test_an_invitation_that_was_sent_again_goes_out_with_its_newer_link_only() -> None:
    invitation = an_invitation(link_number=2)
    assert the_invitation_mail(invitation) is None
    newer = the_invitation_mail(invitation, once=f"invitation:{invitation.id}:2")
    assert newer is not None
    assert TOKENS.join.make(invitation.id, 2) in newer.text


@pytest.mark.parametrize("status", CLOSED)
def test_an_invitation_to_a_role_that_is_closed_is_not_sent(status: InvitationStatus) -> None:
    assert the_mail_of_a_role(a_role_invitation(status=status)) is None


def test_an_invitation_to_a_role_goes_out_with_its_newest_link_before_it_expires() -> None:
    assert the_mail_of_a_role(a_role_invitation(link_number=2)) is None
    assert the_mail_of_a_role(a_role_invitation(expires_at=now() - timedelta(seconds=1))) is None
    mail = the_mail_of_a_role(a_role_invitation(link_number=2), once=f"role_invitation:{an_id(9)}:2")
    assert mail is not None
    assert TOKENS.role.make(an_id(9), 2) in mail.text


@pytest.mark.parametrize("kind", list(LetterKind))
def test_a_letter_whose_matter_is_gone_is_not_sent(kind: LetterKind) -> None:
    letter = Letter(
        kind=kind, once="", to_address="a@b.test", invitation_id=an_id(4), upload_id=an_id(5), outcome_number=1
    )
    assert WRITER.write(letter, Facts()) is None


def test_a_link_to_a_new_password_is_not_sent_to_a_closed_account() -> None:
    assert the_mail_about_a_password(an_account(is_active=False)) is None


def test_a_link_to_a_new_password_is_not_sent_once_it_has_run_out() -> None:
    assert the_mail_about_a_password(an_account(), created_at=now() - timedelta(minutes=59)) is not None
    assert the_mail_about_a_password(an_account(), created_at=now() - timedelta(minutes=61)) is None


def test_a_link_to_a_new_address_is_not_sent_for_a_closed_account_nor_once_it_has_run_out() -> None:
    assert the_mail_to_a_new_address(an_account(is_active=False)) is None
    assert the_mail_to_a_new_address(an_account(), created_at=now() - timedelta(minutes=61)) is None


def test_an_address_that_the_account_has_by_now_needs_no_link() -> None:
    assert the_mail_to_a_new_address(an_account(email="jane@new.example.org")) is None


def test_an_account_that_is_deleted_meanwhile_is_told_of_no_more() -> None:
    assert the_mail_to_the_address_before(an_account(is_active=False, deleted_at=now())) is None


@pytest.mark.parametrize("given", [{"status": InvitationStatus.DECLINED}, {"link_number": 2}])
def test_a_reminder_of_what_was_answered_or_sent_again_is_not_sent(given: dict[str, Any]) -> None:
    invitation = an_invitation(**given)
    reminder = {"kind": LetterKind.REMINDER, "once": f"reminder:{invitation.id}:1"}
    assert the_invitation_mail(invitation, **reminder) is None


@pytest.mark.parametrize(
    "given",
    [
        {"ended_at": now()},
        {"expires_at": None},
        {"expires_at": now() - timedelta(seconds=1)},
        {"end_announced_at": None},
    ],
    ids=["it has ended", "it has no end any more", "its end is past", "its end was moved"],
)
def test_a_membership_that_does_not_end_as_announced_is_told_of_no_more(given: dict[str, Any]) -> None:
    assert the_mail_about_the_end_of(a_membership(**given)) is None


def test_without_failures_there_is_nothing_to_tell_together() -> None:
    assert the_mail_of_failures([]) is None


def test_a_failure_of_an_unknown_kind_is_told_all_the_same() -> None:
    mail = the_failure_mail(a_failure(reason="something_new", message=None))
    assert mail is not None
    assert "The invitation could not be made" in mail.text
