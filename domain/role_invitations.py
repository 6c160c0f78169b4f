"""Invitations to a role in an organisation: the list, sent again, revoked, accepted, declined."""

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from domain import audit, roles
from domain.audit import About, By
from domain.errors import ConflictError, NotAllowedError
from domain.invitations import default_expiry, deleted
from domain.language import gettext as _
from domain.organisations import hold
from domain.permissions import Rights
from domain.post import post, role_answer_letter, role_invitation_letter
from domain.roles import Kind
from domain.suspending import assert_in_use
from models import Letter, Organisation, RoleInvitation, User, db, key_of, now
from models.audit import AuditAction
from models.invitation import InvitationStatus
from models.outbox import LetterKind

#: What still tells the inviters something. Whoever has accepted stands among those with a role.
LISTED = (InvitationStatus.OPEN, InvitationStatus.DECLINED, InvitationStatus.UNDELIVERED)


def listed(organisation: Organisation, kinds: Collection[Kind], words: str = "") -> Select[Any]:
    """Those of these kinds that wait for an answer, have expired, were declined or could not be delivered, the newest
    first; to addresses that contain the words.
    """
    query = (
        select(RoleInvitation)
        .where(
            RoleInvitation.organisation_id == organisation.id,
            RoleInvitation.status.in_(LISTED),
            RoleInvitation.role.in_({roles.NAMES[kind] for kind in kinds}),
        )
        .order_by(RoleInvitation.id.desc())
        .options(joinedload(RoleInvitation.invited_by), selectinload(RoleInvitation.units))
    )
    if words := key_of(words):
        query = query.where(func.lower(RoleInvitation.email).contains(words, autoescape=True))
    return query


# What becomes of one.


def locked(invitation_id: uuid.UUID) -> RoleInvitation:
    """The invitation as it stands, held until the end of the transaction; and so are the organisation's roles. Raises
    `GoneError` where it has just been deleted.
    """
    query = select(RoleInvitation).where(RoleInvitation.id == invitation_id)
    organisation_id = db.session.scalars(query.with_only_columns(RoleInvitation.organisation_id)).one_or_none()
    if organisation_id:
        hold(organisation_id)
    invitation = db.session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if invitation is None:
        raise deleted()
    return invitation


def resend(rights: Rights, invitation_id: uuid.UUID, invitation_days: int) -> RoleInvitation:
    """Send it again with a new link; the old link ends. One that has expired is open again as long as a new one.

    Raises `NotAllowedError`, and `ConflictError` where it is closed.
    """
    invitation = _to_decide_on(rights, invitation_id)
    if invitation.is_expired:
        invitation.expires_at = default_expiry(invitation.organisation, invitation_days)
    invitation.link_number += 1
    db.session.flush()
    post([role_invitation_letter(invitation.id, invitation.link_number, invitation.email)])
    return invitation


def revoke(rights: Rights, invitation_id: uuid.UUID, by: By) -> RoleInvitation:
    """Raises `NotAllowedError`, and `ConflictError` where it is closed."""
    invitation = _to_decide_on(rights, invitation_id)
    invitation.status = InvitationStatus.REVOKED
    invitation.answered_at = now()
    people = {roles.kind_of(invitation).value: [invitation.email]}
    about = About(invitation.organisation_id)
    audit.record(AuditAction.ROLE_INVITATION_REVOKED, about, by, people, roles.names_of(invitation.units))
    return invitation


def _to_decide_on(rights: Rights, invitation_id: uuid.UUID) -> RoleInvitation:
    invitation = locked(invitation_id)
    roles.assert_may_decide(rights, invitation.organisation_id, invitation.role)
    if invitation.status is not InvitationStatus.OPEN:
        raise ConflictError(_("This invitation has been answered or closed already."))
    return invitation


def accept(invitation_id: uuid.UUID, user: User, by: By) -> RoleInvitation:
    """Make the person what they are invited to be, and tell the inviter. Accepting again what one has accepted changes
    nothing.

    Raises `NotAllowedError` where somebody else is invited, `ConflictError` where it is no longer open, and
    `SuspendedError`.
    """
    invitation = locked(invitation_id)
    if user.email_key != invitation.email_key:
        raise NotAllowedError(
            _("This invitation is for %(email)s: sign in with that address to accept it.", email=invitation.email)
        )
    if invitation.status is not InvitationStatus.ACCEPTED:
        _close(invitation, InvitationStatus.ACCEPTED, LetterKind.ROLE_ACCEPTED)
        roles.make(invitation, user, by)
    return invitation


def decline(invitation_id: uuid.UUID) -> RoleInvitation:
    """Say no, and tell the inviter. Raises `ConflictError` and `SuspendedError` as accepting does."""
    invitation = locked(invitation_id)
    if invitation.status is not InvitationStatus.DECLINED:
        _close(invitation, InvitationStatus.DECLINED, LetterKind.ROLE_DECLINED)
    return invitation


def _close(invitation: RoleInvitation, status: InvitationStatus, letter: LetterKind) -> None:
    assert_in_use(invitation.organisation)
    if not invitation.is_open:
        raise ConflictError(_("This invitation is no longer open."))
    invitation.status = status
    invitation.answered_at = now()
    db.session.flush()
    _tell_inviter(invitation, letter)


def letter_refused(letter: Letter) -> None:
    """It will never be delivered: the invitation is closed, unless it is already, and its inviter told."""
    which = (RoleInvitation.id == letter.role_invitation_id, RoleInvitation.status == InvitationStatus.OPEN)
    invitation = db.session.scalar(select(RoleInvitation).where(*which).with_for_update())
    if invitation is not None:
        invitation.status = InvitationStatus.UNDELIVERED
        invitation.answered_at = now()
        _tell_inviter(invitation, LetterKind.ROLE_UNDELIVERED)


def _tell_inviter(invitation: RoleInvitation, kind: LetterKind) -> None:
    post([role_answer_letter(kind, invitation.id, invitation.invited_by.email)])


def waiting_for(user: User) -> Select[Any]:
    """The open ones to this person's address, the newest first."""
    return (
        select(RoleInvitation)
        .join(RoleInvitation.organisation)
        .where(
            RoleInvitation.email_key == user.email_key,
            RoleInvitation.status == InvitationStatus.OPEN,
            RoleInvitation.expires_at > now(),
            Organisation.suspended_at.is_(None),
        )
        .options(
            contains_eager(RoleInvitation.organisation),
            joinedload(RoleInvitation.invited_by),
            selectinload(RoleInvitation.units),
        )
        .order_by(RoleInvitation.id.desc())
    )
