"""Collaborations: whose, who is in them, who is invited."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true, update
from sqlalchemy.orm import joinedload, selectinload

from domain.errors import ConflictError
from domain.language import gettext as _
from domain.permissions import Rights
from models import Collaboration, Invitation, Label, Membership, User, db, key_of, now
from models.collaboration import MembershipEnd, collaboration_units
from models.invitation import InvitationStatus


def invitable_by(rights: Rights) -> ColumnElement[bool]:
    """The COs to which `permissions.may_invite_in_bulk` lets the person invite, as a condition."""
    if rights.is_platform_admin:
        return true()
    in_my_units = select(collaboration_units.c.collaboration_id).where(
        collaboration_units.c.unit_id.in_(rights.manages_units)
    )
    return or_(
        Collaboration.organisation_id.in_(rights.admin_of | rights.manager_of), Collaboration.id.in_(in_my_units)
    )


def visible_to(rights: Rights) -> ColumnElement[bool]:
    """The COs that `permissions.may_see_collaboration` shows the person, as a condition."""
    return or_(invitable_by(rights), Collaboration.id.in_(rights.member_of_collaborations))


def search(rights: Rights, words: str) -> Select[Any]:
    """The COs that the person may see whose names, or one of whose labels, contain the words."""
    query = select(Collaboration).where(visible_to(rights)).order_by(Collaboration.short_name, Collaboration.id)
    query = query.options(
        selectinload(Collaboration.units),
        selectinload(Collaboration.labels),
        selectinload(Collaboration.organisation),
    )
    if words := key_of(words):
        labelled = Collaboration.labels.any(Label.name.contains(words, autoescape=True))
        query = query.where(
            or_(_contains(Collaboration.name, words), _contains(Collaboration.short_name, words), labelled)
        )
    return query


def _contains(column: Any, words: str) -> ColumnElement[bool]:
    return func.lower(column).contains(words, autoescape=True)


def members(collaboration: Collaboration, words: str = "", *, by_address: bool = True) -> Select[Any]:
    """Current members, the newest first, whose name or address contains the words.

    Without `by_address` names only: who may not see addresses must not find out by searching for them.
    """
    query = (
        select(Membership)
        .where(Membership.collaboration_id == collaboration.id, Membership.is_current())
        .order_by(Membership.id.desc())
        .options(joinedload(Membership.user), selectinload(Membership.groups))
    )
    if words := key_of(words):
        columns = (User.name, User.email) if by_address else (User.name,)
        query = query.join(Membership.user).where(or_(*(_contains(column, words) for column in columns)))
    return query


def invited(collaboration: Collaboration, words: str = "") -> Select[Any]:
    """Invitations that wait for an answer, expired ones too, the newest first."""
    query = (
        select(Invitation)
        .where(Invitation.collaboration_id == collaboration.id, Invitation.status == InvitationStatus.OPEN)
        .order_by(Invitation.id.desc())
        .options(joinedload(Invitation.invited_by), selectinload(Invitation.groups))
    )
    return query.where(_contains(Invitation.email, key_of(words))) if words.strip() else query


def remove_member(membership: Membership) -> None:
    """End the membership; it stays as history. Raises `ConflictError` where it has ended already."""
    if not _end(Membership.id == membership.id, MembershipEnd.REMOVED):
        raise ConflictError(_("This membership has ended already."))


def end_expired_memberships() -> int:
    """End all memberships past their expiry. Answers how many."""
    return _end(Membership.expires_at <= now(), MembershipEnd.EXPIRED)


def _end(which: ColumnElement[bool], because: MembershipEnd) -> int:
    ended_at = Membership.expires_at if because is MembershipEnd.EXPIRED else now()
    ended = db.session.scalars(
        update(Membership)
        .where(which, Membership.ended_at.is_(None))
        .values(ended_at=ended_at, ended_because=because)
        .returning(Membership.id)
    )
    return len(ended.all())
