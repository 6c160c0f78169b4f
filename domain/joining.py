"""Join links: whom they lead in, and why they lead no further."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from argon2 import PasswordHasher
from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from domain.invitations import accept, groups_joined, is_membership_past, locked
from domain.link_tokens import InvitationTokens
from domain.people import create_account, find_by_email
from models import Collaboration, Group, Invitation, Membership, User, db
from models.invitation import InvitationStatus


class Ending(StrEnum):
    """Why an invitation cannot be answered any more, as this visitor is told."""

    #: By this visitor, who is a member since.
    ACCEPTED_BY_YOU = "accepted_by_you"
    #: By this visitor, whose membership has ended since.
    LEFT = "left"
    #: By somebody else, or by somebody who is not signed in.
    ACCEPTED = "accepted"
    #: The collaboration, which takes nobody more.
    ARCHIVED = "archived"
    DECLINED = "declined"
    REVOKED = "revoked"
    REPLACED = "replaced"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    #: Sent again: only the newer link counts.
    NEWER_LINK = "newer_link"
    MEMBERSHIP_PAST = "membership_past"


@dataclass(frozen=True, slots=True)
class Link:
    """What a join link names."""

    invitation: Invitation
    #: As the link has it; the invitation's own may have been counted up since.
    number: int


def follow(tokens: InvitationTokens, token: str) -> Link | None:
    """What the token of a link names; nothing where it is not one of ours."""
    named = tokens.read(token)
    invitation = _load(named[0]) if named else None
    return Link(invitation, named[1]) if invitation and named else None


def _load(invitation_id: uuid.UUID) -> Invitation | None:
    query = (
        select(Invitation)
        .where(Invitation.id == invitation_id)
        .options(
            joinedload(Invitation.collaboration).joinedload(Collaboration.organisation),
            joinedload(Invitation.invited_by),
        )
    )
    return db.session.scalar(query)


def ending_of(link: Link, visitor: User | None) -> Ending | None:
    """Why the link leads no further; nothing where the invitation can be answered."""
    invitation = link.invitation
    if invitation.status is InvitationStatus.ACCEPTED:
        return _accepted(invitation, visitor)
    if invitation.status is not InvitationStatus.OPEN:
        return Ending(invitation.status)
    return next((ending for ending, holds in _OPEN_ENDINGS.items() if holds(link)), None)


#: Of an invitation that nobody has answered, the most telling first.
_OPEN_ENDINGS: dict[Ending, Callable[[Link], bool]] = {
    Ending.ARCHIVED: lambda link: link.invitation.collaboration.is_archived,
    Ending.EXPIRED: lambda link: link.invitation.is_expired,
    Ending.MEMBERSHIP_PAST: lambda link: is_membership_past(link.invitation),
    Ending.NEWER_LINK: lambda link: link.number != link.invitation.link_number,
}


def _accepted(invitation: Invitation, visitor: User | None) -> Ending:
    query = select(Membership.user_id, Membership.is_current().label("is_current"))
    membership = db.session.execute(query.where(Membership.id == invitation.membership_id)).one()
    if visitor is None or membership.user_id != visitor.id:
        return Ending.ACCEPTED
    return Ending.ACCEPTED_BY_YOU if membership.is_current else Ending.LEFT


@dataclass(frozen=True, slots=True)
class Offer:
    """An open invitation, as it is to this visitor."""

    #: Those that accepting leads into.
    groups: Sequence[Group]
    #: The visitor is signed in with the invited address.
    is_to_you: bool
    #: The invited address has an account.
    has_account: bool
    #: The visitor is in the collaboration already.
    is_member: bool


def offer_to(visitor: User | None, invitation: Invitation) -> Offer:
    addressee = find_by_email(invitation.email)
    return Offer(
        groups=groups_joined(invitation),
        is_to_you=visitor is not None and visitor is addressee,
        has_account=addressee is not None,
        is_member=visitor is not None and _is_member(visitor, invitation.collaboration_id),
    )


def _is_member(user: User, collaboration_id: uuid.UUID) -> bool:
    here = exists().where(
        Membership.user_id == user.id, Membership.collaboration_id == collaboration_id, Membership.is_current()
    )
    return bool(db.session.scalar(select(here)))


def accept_with_new_account(
    hasher: PasswordHasher, invitation: Invitation, *, name: str, password: str, address: str | None = None
) -> User:
    """Make an account for the invited address, which the link has proved, and accept with it, from `address`.

    Raises `ConflictError` where the address has an account by now, or the invitation is no longer open.
    """
    locked(invitation.id)
    user = create_account(hasher, email=invitation.email, name=name, password=password)
    accept(invitation.id, user, address)
    return user
