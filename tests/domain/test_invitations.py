"""What becomes of an invitation: made, sent again, revoked, accepted, declined."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from domain import invitations
from domain.errors import ConflictError, GoneError
from models import AuditEntry, Invitation, Membership, db, new_id, now
from models.collaboration import Role
from models.invitation import InvitationStatus
from models.outbox import LetterKind
from tests.invitees import (
    MEREL,
    TOMORROW,
    YESTERDAY,
    YODA,
    auto_provisioned,
    collaboration,
    group_names,
    invited,
    letters,
    member,
    newcomer,
    person,
)

pytestmark = pytest.mark.usefixtures("world")


def expired(email: str = "ann@example.org") -> Invitation:
    invitation = invited(email)
    invitation.expires_at = now() + YESTERDAY
    db.session.flush()
    return invitation


def memberships() -> int:
    return db.session.scalar(select(func.count()).select_from(Membership)) or 0


# Made.


def test_an_invitation_comes_with_its_letter() -> None:
    invited("ann@example.org")
    assert letters(LetterKind.INVITATION) == ["ann@example.org"]


def test_an_expired_one_is_replaced_by_a_new_one() -> None:
    old = expired()
    new = invited()
    db.session.refresh(old)
    assert (old.status, new.status) == (InvitationStatus.REPLACED, InvitationStatus.OPEN)


def test_of_two_at_once_for_the_same_pair_one_is_made() -> None:
    first = invited()
    draft = invitations.Draft(
        first.collaboration_id,
        first.email,
        first.email_key,
        Role.MEMBER,
        first.expires_at,
        None,
        "",
        "Yoda",
        person(YODA).id,
    )
    assert invitations.make([draft]) == [None]
    assert letters(LetterKind.INVITATION) == ["ann@example.org"]


def test_standing_tells_who_is_invited_and_who_is_a_member() -> None:
    here = collaboration().id
    invited("ann@example.org")
    pairs = [("ann@example.org", here), (MEREL, here), ("new@example.org", here)]
    standing = invitations.standing_of(pairs)
    assert {pair[0]: found.reason for pair, found in standing.items()} == {
        "ann@example.org": "already_invited",
        MEREL: "already_member",
    }


def test_an_expired_invitation_and_an_ended_membership_are_no_standing() -> None:
    expired("ann@example.org")
    member(newcomer("bob@example.org"), expires_at=now() + YESTERDAY)
    here = collaboration().id
    assert invitations.standing_of([("ann@example.org", here), ("bob@example.org", here)]) == {}


def test_who_accepted_with_another_address_stands_by_the_invited_one_too() -> None:
    invitations.accept(invited("a.n@example.org").id, newcomer("ann@example.org"))
    standing = invitations.standing_of([("a.n@example.org", collaboration().id)])
    assert [found.reason for found in standing.values()] == ["already_member"]


# Defaults.


def test_the_organisation_has_its_own_defaults() -> None:
    organisation = collaboration().organisation
    organisation.invitation_days, organisation.default_message = 7, "Welcome!"
    organisation.default_sender_name = "Harderwijk"
    defaults = invitations.defaults_of(organisation, person(YODA), 30)
    assert (defaults.expires_at.date() - now().date()).days == 7
    assert (defaults.message, defaults.sender_name) == ("Welcome!", "Harderwijk")


def test_without_them_the_setting_and_the_inviters_name_hold() -> None:
    defaults = invitations.defaults_of(collaboration().organisation, person(YODA), 30)
    assert (defaults.expires_at.date() - now().date()).days == 30
    assert f"{defaults.expires_at:%H:%M:%S}" == "23:59:59"
    assert (defaults.message, defaults.sender_name) == ("", "Yolanda Damen")


# Accepted.


def test_accepting_makes_the_membership_that_the_invitation_says() -> None:
    end = now() + timedelta(days=100)
    invitation = invited(role=Role.ADMIN, membership_expires_at=end, groups=("researchers",))
    membership = invitations.accept(invitation.id, newcomer())
    assert (membership.role, membership.expires_at, group_names(membership)) == (Role.ADMIN, end, ["researchers"])
    assert (invitation.status, invitation.membership_id) == (InvitationStatus.ACCEPTED, membership.id)


def test_accepting_leads_into_auto_provisioned_groups_of_that_collaboration_only() -> None:
    auto_provisioned("Everyone")
    auto_provisioned("Others", of="cirrusgrp")
    membership = invitations.accept(invited(groups=("researchers",)).id, newcomer())
    assert group_names(membership) == ["everyone", "researchers"]


def test_accepting_is_in_the_audit_log_where_it_makes_somebody_a_member() -> None:
    ann = newcomer()
    invitations.accept(invited().id, ann)
    invitations.accept(invited("ann.smit@example.org", groups=("researchers",)).id, ann)
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.through, entry.user_id) == ("member-joined", "page", ann.id)
    assert (entry.collaboration_id, entry.counts, entry.people) == (
        collaboration().id,
        {"joined": 1},
        {"joined": [ann.id.hex]},
    )


def test_a_membership_that_had_run_out_ends_in_the_audit_log_before_another_begins() -> None:
    member(ann := newcomer(), expires_at=now() + YESTERDAY)
    invitations.accept(invited().id, ann)
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    assert [(entry.action, entry.through) for entry in entries] == [
        ("memberships-expired", "clock"),
        ("member-joined", "page"),
    ]


def test_accepting_tells_the_inviter_once() -> None:
    invitation, ann = invited(), newcomer()
    invitations.accept(invitation.id, ann)
    invitations.accept(invitation.id, ann)
    assert letters(LetterKind.ACCEPTED) == [YODA]


def test_accepting_twice_makes_one_membership() -> None:
    invitation, ann, before = invited(), newcomer(), memberships()
    first = invitations.accept(invitation.id, ann)
    assert invitations.accept(invitation.id, ann) is first
    assert memberships() == before + 1


def test_accepting_with_another_address_makes_the_accepting_person_a_member() -> None:
    membership = invitations.accept(invited("a.n@example.org").id, newcomer("ann@example.org"))
    assert membership.user.email == "ann@example.org"


def test_what_somebody_else_has_accepted_cannot_be_accepted() -> None:
    invitation = invited()
    invitations.accept(invitation.id, newcomer())
    with pytest.raises(ConflictError, match="no longer open"):
        invitations.accept(invitation.id, newcomer("bob@example.org", "Bob"))


def test_a_member_who_accepts_stays_as_they_are_and_joins_the_groups() -> None:
    merel, before = person(MEREL), memberships()
    invitation = invited(MEREL, role=Role.ADMIN, groups=("researchers",))
    membership = invitations.accept(invitation.id, merel)
    assert (membership.role, group_names(membership), memberships()) == (Role.MEMBER, ["researchers"], before)


def test_a_former_member_who_accepts_gets_a_new_membership() -> None:
    ann = newcomer()
    former = member(ann, expires_at=now() + YESTERDAY)
    membership = invitations.accept(invited().id, ann)
    db.session.refresh(former)
    assert membership is not former
    assert former.ended_at == former.expires_at


def test_an_expired_invitation_cannot_be_accepted_or_declined() -> None:
    invitation = expired()
    with pytest.raises(ConflictError):
        invitations.accept(invitation.id, newcomer())
    with pytest.raises(ConflictError):
        invitations.decline(invitation.id)


def test_an_invitation_to_a_membership_that_is_over_cannot_be_accepted() -> None:
    invitation = invited(membership_expires_at=now() + TOMORROW)
    invitation.membership_expires_at = now() + YESTERDAY
    db.session.flush()
    with pytest.raises(ConflictError, match="no longer open"):
        invitations.accept(invitation.id, newcomer())


# Declined.


def test_declining_tells_the_inviter_once() -> None:
    invitation = invited()
    invitations.decline(invitation.id)
    invitations.decline(invitation.id)
    assert invitation.status is InvitationStatus.DECLINED
    assert letters(LetterKind.DECLINED) == [YODA]


def test_a_declined_invitation_cannot_be_accepted_but_a_new_one_can_be_made() -> None:
    invitation = invited()
    invitations.decline(invitation.id)
    with pytest.raises(ConflictError):
        invitations.accept(invitation.id, newcomer())
    assert invited().is_open


# Revoked.


def test_a_revoked_invitation_cannot_be_answered() -> None:
    invitation = invited()
    invitations.revoke(invitation.id)
    assert invitation.status is InvitationStatus.REVOKED
    with pytest.raises(ConflictError):
        invitations.accept(invitation.id, newcomer())
    with pytest.raises(ConflictError):
        invitations.decline(invitation.id)


def test_an_answered_invitation_can_neither_be_revoked_nor_sent_again() -> None:
    invitation = invited()
    invitations.decline(invitation.id)
    with pytest.raises(ConflictError, match="answered or closed already"):
        invitations.revoke(invitation.id)
    with pytest.raises(ConflictError, match="answered or closed already"):
        invitations.resend(invitation.id, 30)


# Sent again.


def test_sending_again_makes_a_new_link_and_a_new_letter() -> None:
    invitation = invited()
    until = invitation.expires_at
    invitations.resend(invitation.id, 30)
    assert (invitation.link_number, invitation.expires_at) == (2, until)
    assert letters(LetterKind.INVITATION) == ["ann@example.org", "ann@example.org"]


def test_sending_an_expired_one_again_opens_it_as_long_as_a_new_one() -> None:
    invitation = expired()
    invitation.collaboration.organisation.invitation_days = 7
    invitations.resend(invitation.id, 30)
    assert invitation.is_open
    assert (invitation.expires_at.date() - now().date()).days == 7


def test_to_an_archived_collaboration_nothing_is_sent_again_or_answered_but_revoked() -> None:
    invitation = invited()
    collaboration().archived_at = now()
    with pytest.raises(ConflictError, match="is archived"):
        invitations.resend(invitation.id, 30)
    for answer in (lambda: invitations.accept(invitation.id, newcomer()), lambda: invitations.decline(invitation.id)):
        with pytest.raises(ConflictError, match="no longer open"):
            answer()
    assert invitations.revoke(invitation.id).status is InvitationStatus.REVOKED


def test_what_offers_a_membership_that_is_over_is_not_sent_again() -> None:
    invitation = invited(membership_expires_at=now() + YESTERDAY)
    with pytest.raises(ConflictError, match="Revoke it, and invite with another date"):
        invitations.resend(invitation.id, 30)


def test_an_invitation_deleted_at_this_very_moment_is_said_to_be_gone() -> None:
    with pytest.raises(GoneError, match="just been deleted"):
        invitations.revoke(new_id())
