"""What a member is in a collaboration: as what, in which groups, until when."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from domain import audit
from domain.audit import About, By
from domain.collaborations import hold_still
from domain.dates import ExpiryError, read_expiry
from domain.errors import ConflictError, NotAllowedError
from domain.language import gettext as _
from domain.permissions import Rights, may_invite
from domain.said import Problems
from models import Group, Membership, db, now
from models.audit import AuditAction
from models.base import among
from models.collaboration import Role, group_memberships


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a member shall be."""

    role: Role
    #: Of the collaboration; all that they shall be in.
    group_ids: Collection[uuid.UUID]
    #: As files write it: see `domain.dates.read_expiry`. Empty: without an end.
    until: str


def last_day_of(membership: Membership) -> str:
    """As `Wanted.until` has it; what reads like this leaves the end as it is, to the second."""
    return membership.expires_at.date().isoformat() if membership.expires_at else ""


def change(rights: Rights, membership: Membership, wanted: Wanted, by: By) -> Problems:
    """Make the member what is wanted, or tell by field (`groups`, `until`) what is wrong with that.

    Raises `NotAllowedError`, and `ConflictError` where the membership has ended.
    """
    if not may_invite(rights, membership.collaboration):
        raise NotAllowedError(_("Only those who look after the collaboration change what its members are."))
    hold_still(membership.collaboration_id)
    _hold(membership)
    problems = _problems_of_groups(membership, wanted)
    try:
        expires_at = _read_until(membership, wanted.until)
    except ExpiryError as error:
        problems["until"] = [str(error)]
    if problems:
        return problems
    was, was_role = _as_it_is(membership), membership.role
    membership.role = wanted.role
    if membership.expires_at != expires_at:
        membership.expires_at, membership.end_announced_at = expires_at, None
    _set_groups(membership, wanted.group_ids)
    if _as_it_is(membership) != was:
        outcome = "changed" if membership.role is was_role else membership.role.value
        about = About.collaboration(membership.collaboration)
        audit.record(AuditAction.MEMBER_CHANGED, about, by, {outcome: [membership.user_id]})
    db.session.flush()
    return {}


def _hold(membership: Membership) -> None:
    """Nobody else changes or ends it until this transaction ends; it is looked at anew."""
    query = select(Membership.id).where(Membership.id == membership.id, Membership.is_current())
    if db.session.scalar(query.with_for_update(key_share=True)) is None:
        raise ConflictError(_("This membership has ended meanwhile."))
    db.session.refresh(membership)


def _problems_of_groups(membership: Membership, wanted: Wanted) -> Problems:
    theirs = Group.collaboration_id == membership.collaboration_id
    found = db.session.scalars(select(Group.id).where(theirs, among(Group.id, wanted.group_ids))).all()
    if len(found) < len({*wanted.group_ids}):
        return {"groups": [_("One of these groups is there no more. Choose again.")]}
    return {}


def _read_until(membership: Membership, text: str) -> datetime | None:
    if text == last_day_of(membership):
        return membership.expires_at
    return read_expiry(text, now()) if text else None


def _as_it_is(membership: Membership) -> tuple[Role, datetime | None, frozenset[uuid.UUID]]:
    return membership.role, membership.expires_at, frozenset(group.id for group in membership.groups)


def _set_groups(membership: Membership, group_ids: Collection[uuid.UUID]) -> None:
    table = group_memberships
    theirs = {"membership_id": membership.id, "collaboration_id": membership.collaboration_id}
    db.session.execute(delete(table).where(table.c.membership_id == membership.id))
    if group_ids:
        db.session.execute(insert(table), [{**theirs, "group_id": group_id} for group_id in {*group_ids}])
    db.session.expire(membership, ["groups"])
