"""Collaborations: whose, who is in them, who is invited."""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true, update
from sqlalchemy.orm import joinedload, selectinload

from domain import audit
from domain.audit import CLOCK, About, By
from domain.errors import ConflictError
from domain.language import gettext as _
from domain.permissions import Rights
from models import Collaboration, Invitation, Label, Membership, User, db, key_of, now
from models.audit import AuditAction
from models.base import among
from models.collaboration import MembershipEnd, collaboration_units
from models.invitation import InvitationStatus
from models.searching import few_with


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


def search(rights: Rights, words: str, *, archived: bool = False) -> Select[Any]:
    """The COs that the person may see whose names, or one of whose labels, contain the words: those in use, or the
    `archived` ones.
    """
    which = Collaboration.archived_at.is_not(None) if archived else Collaboration.archived_at.is_(None)
    query = select(Collaboration).where(visible_to(rights), which)
    query = query.order_by(Collaboration.short_name, Collaboration.id)
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


def has_archived(rights: Rights) -> bool:
    """Whether there is any archived one that the person may see."""
    found = select(Collaboration.id).where(visible_to(rights), Collaboration.archived_at.is_not(None)).limit(1)
    return db.session.scalar(found) is not None


def _contains(column: Any, words: str) -> ColumnElement[bool]:
    return func.lower(column).contains(words, autoescape=True)


def hold(collaboration: Collaboration) -> None:
    """Nobody else changes what it is, or its groups, until this transaction ends; it is looked at anew."""
    query = select(Collaboration).where(Collaboration.id == collaboration.id).with_for_update(key_share=True)
    db.session.scalars(query.execution_options(populate_existing=True)).one()
    db.session.expire(collaboration, ["units", "labels", "groups"])


def hold_still(collaboration_id: uuid.UUID) -> Collaboration:
    """As it is now. Until this transaction ends nobody takes `hold` of it; others may hold it still, too."""
    query = select(Collaboration).where(Collaboration.id == collaboration_id).with_for_update(read=True)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def demand_in_use(collaboration: Collaboration) -> None:
    """Raises `ConflictError` where it is archived: nobody is invited to it."""
    if collaboration.is_archived:
        raise ConflictError(words_of_archived(collaboration.name))


def words_of_archived(name: str) -> str:
    return _(
        "“%(name)s” is archived: nobody can be invited to it, unless an admin or manager of its organisation restores "
        "it.",
        name=name,
    )


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
        query = query.join(Membership.user)
        few = few_with(words, User.search_text, User.id, query)
        query = query.where(few, or_(*(_contains(column, words) for column in columns)))
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


def remove_member(membership: Membership, by: By) -> None:
    """End the membership; it stays as history. Raises `ConflictError` where it has ended already."""
    if not _end(MembershipEnd.REMOVED, by, Membership.id == membership.id):
        raise ConflictError(_("This membership has ended already."))


def end_memberships_of(user: User, by: By) -> int:
    """All of a person's, wherever. Answers how many."""
    return _end(MembershipEnd.REMOVED, by, Membership.user_id == user.id)


def end_expired_memberships(*which: ColumnElement[bool]) -> int:
    """End all memberships past their expiry, or those `which` are. Answers how many."""
    return _end(MembershipEnd.EXPIRED, CLOCK, Membership.expires_at <= now(), *which)


_ENDED_IN_THE_LOG = {
    MembershipEnd.REMOVED: (AuditAction.MEMBER_REMOVED, "removed"),
    MembershipEnd.EXPIRED: (AuditAction.MEMBERSHIPS_EXPIRED, "expired"),
}


def _end(because: MembershipEnd, by: By, *which: ColumnElement[bool]) -> int:
    ended_at = Membership.expires_at if because is MembershipEnd.EXPIRED else now()
    ended = db.session.execute(
        update(Membership)
        .where(*which, Membership.ended_at.is_(None))
        .values(ended_at=ended_at, ended_because=because)
        .returning(Membership.collaboration_id, Membership.user_id)
    ).all()
    action, outcome = _ENDED_IN_THE_LOG[because]
    for collaboration, user_ids in _by_collaboration(ended):
        audit.record(action, About.collaboration(collaboration), by, {outcome: user_ids})
    return len(ended)


def _by_collaboration(ended: Iterable[Any]) -> list[tuple[Collaboration, list[uuid.UUID]]]:
    user_ids: dict[uuid.UUID, list[uuid.UUID]] = {}
    for collaboration_id, user_id in ended:
        user_ids.setdefault(collaboration_id, []).append(user_id)
    if not user_ids:
        return []
    theirs = select(Collaboration).where(among(Collaboration.id, user_ids)).order_by(Collaboration.id)
    return [(collaboration, user_ids[collaboration.id]) for collaboration in db.session.scalars(theirs)]
