"""Links to an invitation to a role: whom they lead in, and why they lead no further."""

import uuid
from dataclasses import dataclass
from enum import StrEnum

from argon2 import PasswordHasher
from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload, selectinload

from domain import role_invitations
from domain.audit import By
from domain.link_tokens import InvitationTokens
from domain.people import create_account, find_by_email
from models import OrganisationRole, RoleInvitation, User, db
from models.audit import Through
from models.invitation import InvitationStatus


class Ending(StrEnum):
    """Why an invitation cannot be answered any more, as this visitor is told."""

    #: By this visitor, who has the role since.
    ACCEPTED_BY_YOU = "accepted_by_you"
    #: By this visitor, from whom the role has been taken since.
    TAKEN_AWAY = "taken_away"
    #: By somebody who is not signed in as the invited person.
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    REPLACED = "replaced"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    #: Sent again: only the newer link counts.
    NEWER_LINK = "newer_link"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link names."""

    invitation: RoleInvitation
    #: As the link has it; the invitation's own may have been counted up since.
    number: int


def follow(tokens: InvitationTokens, token: str) -> Link | None:
    """What the token of a link names; nothing where it is not one of ours."""
    named = tokens.read(token)
    invitation = _load(named[0]) if named else None
    return Link(invitation, named[1]) if invitation and named else None


def _load(invitation_id: uuid.UUID) -> RoleInvitation | None:
    together = (
        joinedload(RoleInvitation.organisation),
        joinedload(RoleInvitation.invited_by),
        selectinload(RoleInvitation.units),
    )
    return db.session.scalar(select(RoleInvitation).where(RoleInvitation.id == invitation_id).options(*together))


def ending_of(link: Link, visitor: User | None) -> Ending | None:
    """Why the link leads no further; nothing where the invitation can be answered."""
    invitation = link.invitation
    if invitation.status is InvitationStatus.ACCEPTED:
        return _accepted(invitation, visitor)
    if invitation.status is not InvitationStatus.OPEN:
        return Ending(invitation.status)
    if invitation.is_expired:
        return Ending.EXPIRED
    return Ending.NEWER_LINK if link.number != invitation.link_number else None


def _accepted(invitation: RoleInvitation, visitor: User | None) -> Ending:
    if visitor is None or visitor.email_key != invitation.email_key:
        return Ending.ACCEPTED
    return Ending.ACCEPTED_BY_YOU if _has_the_role(visitor, invitation) else Ending.TAKEN_AWAY


def _has_the_role(user: User, invitation: RoleInvitation) -> bool:
    held = exists().where(
        OrganisationRole.user_id == user.id,
        OrganisationRole.organisation_id == invitation.organisation_id,
        OrganisationRole.role == invitation.role,
    )
    return bool(db.session.scalar(select(held)))


@dataclass(frozen=True, slots=True)
class Offer:
    """An open invitation, as it is to this visitor."""

    #: The visitor is signed in with the invited address.
    is_to_you: bool
    #: The invited address has an account.
    has_account: bool
    #: Which is closed: nobody signs in with it.
    is_closed: bool
    #: The visitor has the role already: of a manager, the units come to theirs.
    has_the_role: bool


def offer_to(visitor: User | None, invitation: RoleInvitation) -> Offer:
    addressee = find_by_email(invitation.email)
    return Offer(
        is_to_you=visitor is not None and visitor is addressee,
        has_account=addressee is not None,
        is_closed=addressee is not None and not addressee.is_active,
        has_the_role=visitor is not None and visitor is addressee and _has_the_role(visitor, invitation),
    )


def accept_with_new_account(
    hasher: PasswordHasher, invitation: RoleInvitation, *, name: str, password: str, address: str | None
) -> User:
    """Make an account for the invited address, which the link has proved, and accept with it, from `address`.

    Raises `ConflictError` where the address has an account by now, or the invitation is no longer open.
    """
    role_invitations.locked(invitation.id)
    user = create_account(hasher, email=invitation.email, name=name, password=password)
    role_invitations.accept(invitation.id, user, By(user.id, Through.PAGE, address=address))
    return user
