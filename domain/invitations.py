"""Invitations: made in sets, sent again, revoked, accepted, declined."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, Row, null, or_, select, union_all, update

from domain import audit
from domain.audit import About, By
from domain.collaborations import demand_in_use, end_expired_memberships, hold_still
from domain.dates import through
from domain.errors import ConflictError, GoneError
from domain.language import day
from domain.language import gettext as _
from domain.person_names import person_name
from domain.post import answer_letter, invitation_letter, post
from domain.rows import insert_new_rows, insert_rows
from domain.suspending import assert_in_use
from models import Group, Invitation, Membership, Organisation, User, db, new_id, now
from models.audit import AuditAction, Through
from models.base import among, insert_new, texts
from models.collaboration import Role, group_memberships
from models.invitation import InvitationStatus, invitation_groups
from models.outbox import LetterKind

#: The key of an address and a collaboration: at most one open invitation and one membership each.
Pair = tuple[str, uuid.UUID]


class Standing(NamedTuple):
    """Why there is nothing to do for a pair."""

    reason: str
    message: str


def standing_of(pairs: Iterable[Pair]) -> dict[Pair, Standing]:
    """Which of the pairs are invited (and not expired) or members already: one query for all of them."""
    wanted = set(pairs)
    if not wanted:
        return {}
    rows = db.session.execute(_standing({key for key, _place in wanted}, {place for _key, place in wanted}))
    found = {(row.email_key, row.collaboration_id): row for row in rows}
    return {pair: _in_words(row) for pair, row in found.items() if pair in wanted}


def _standing(keys: set[str], collaborations: set[uuid.UUID]) -> CompoundSelect[Any]:
    """Open invitations; then members by the address at which they accepted, and by their own."""
    asked = texts(keys).cte("asked")
    here = (among(Membership.collaboration_id, collaborations), Membership.is_current())
    invited = (
        select(
            Invitation.email_key, Invitation.collaboration_id, Invitation.created_at, Invitation.expires_at, User.name
        )
        .join(asked, asked.c.value == Invitation.email_key)
        .join(User, User.id == Invitation.invited_by_id)
        .where(
            among(Invitation.collaboration_id, collaborations),
            Invitation.status == InvitationStatus.OPEN,
            Invitation.expires_at > now(),
        )
    )
    no_invitation = (Membership.joined_at, null(), null())
    by_invitation = (
        select(Invitation.email_key, Membership.collaboration_id, *no_invitation)
        .join(asked, asked.c.value == Invitation.email_key)
        .join(Membership, Membership.id == Invitation.membership_id)
        .where(Invitation.status == InvitationStatus.ACCEPTED, *here)
    )
    by_address = (
        select(User.email_key, Membership.collaboration_id, *no_invitation)
        .join(asked, asked.c.value == User.email_key)
        .join(Membership, Membership.user_id == User.id)
        .where(*here)
    )
    return union_all(invited, by_invitation, by_address)


def _in_words(row: Row[Any]) -> Standing:
    if row.name is None:
        return Standing("already_member", _("A member since %(day)s.", day=day(row.created_at)))
    return invited_already(row.created_at, row.name, row.expires_at)


def invited_already(at: datetime, inviter: str, until: datetime) -> Standing:
    """`inviter`: their name."""
    message = _(
        "Invited on %(day)s by %(name)s; the invitation is open through %(until)s.",
        day=day(at),
        name=person_name(inviter),
        until=day(until),
    )
    return Standing("already_invited", message)


@dataclass(frozen=True, slots=True)
class Draft:
    """An invitation to be made."""

    collaboration_id: uuid.UUID
    email: str
    email_key: str
    role: Role
    expires_at: datetime
    membership_expires_at: datetime | None
    message: str
    sender_name: str
    invited_by_id: uuid.UUID
    upload_id: uuid.UUID | None = None
    group_ids: tuple[uuid.UUID, ...] = ()


def make(drafts: Sequence[Draft]) -> list[uuid.UUID | None]:
    """Make invitations with their letters. Expired ones of the same pairs are closed as replaced. Groups that have
    been deleted meanwhile are left out.

    Answers an identifier for each draft; empty where somebody else has just invited the same pair.
    """
    _replace_expired(drafts)
    groups_there = _hold_groups({group for draft in drafts for group in draft.group_ids})
    at = now()
    rows = [_row(draft, at) for draft in drafts]
    made = insert_new_rows(Invitation, rows)
    new = [(row["id"], draft) for row, draft in zip(rows, drafts, strict=True) if row["id"] in made]
    groups = [
        {"invitation_id": invitation, "group_id": group, "collaboration_id": draft.collaboration_id}
        for invitation, draft in new
        for group in draft.group_ids
        if group in groups_there
    ]
    insert_rows(invitation_groups, groups)
    post([invitation_letter(invitation, 1, draft.email) for invitation, draft in new])
    return [row["id"] if row["id"] in made else None for row in rows]


def _hold_groups(group_ids: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those that there are; none of them goes until this transaction ends."""
    if not group_ids:
        return set()
    query = select(Group.id).where(among(Group.id, group_ids)).order_by(Group.id)
    return {*db.session.scalars(query.with_for_update(read=True, key_share=True))}


def _row(draft: Draft, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "collaboration_id": draft.collaboration_id,
        "email": draft.email,
        "email_key": draft.email_key,
        "role": draft.role,
        "expires_at": draft.expires_at,
        "membership_expires_at": draft.membership_expires_at,
        "message": draft.message,
        "sender_name": draft.sender_name,
        "invited_by_id": draft.invited_by_id,
        "upload_id": draft.upload_id,
        "status": InvitationStatus.OPEN,
        "link_number": 1,
        "created_at": at,
    }


def _replace_expired(drafts: Sequence[Draft]) -> None:
    wanted = {(draft.email_key, draft.collaboration_id) for draft in drafts}
    expired = db.session.execute(
        select(Invitation.id, Invitation.email_key, Invitation.collaboration_id).where(
            among(Invitation.email_key, {key for key, _collaboration in wanted}),
            Invitation.status == InvitationStatus.OPEN,
            Invitation.expires_at <= now(),
        )
    )
    ids = [row.id for row in expired if (row.email_key, row.collaboration_id) in wanted]
    if ids:
        db.session.execute(
            update(Invitation)
            .where(among(Invitation.id, ids), Invitation.status == InvitationStatus.OPEN)
            .values(status=InvitationStatus.REPLACED)
        )


@dataclass(frozen=True, slots=True)
class Defaults:
    """What an invitation says where nobody says otherwise."""

    expires_at: datetime
    message: str
    sender_name: str


def defaults_of(organisation: Organisation, inviter: User, invitation_days: int) -> Defaults:
    """The organisation's own; where it has none, the application's `invitation_days` and the inviter's name."""
    return Defaults(
        default_expiry(organisation, invitation_days),
        organisation.default_message or "",
        organisation.default_sender_name or inviter.name,
    )


def default_expiry(organisation: Organisation, invitation_days: int) -> datetime:
    """Through the day so many days from now."""
    return through(now() + timedelta(days=organisation.invitation_days or invitation_days))


def is_membership_past(invitation: Invitation) -> bool:
    """Whether the membership that it offers would have ended already."""
    return invitation.membership_expires_at is not None and invitation.membership_expires_at <= now()


# What becomes of one.


def locked(invitation_id: uuid.UUID) -> Invitation:
    """The invitation as it stands, held until the end of the transaction. Raises `GoneError` where it has just been
    deleted.
    """
    query = select(Invitation).where(Invitation.id == invitation_id).with_for_update()
    invitation = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if invitation is None:
        raise deleted()
    return invitation


def deleted() -> GoneError:
    """Between being shown and being held, an invitation's time may end: see `domain.retention`."""
    return GoneError(_("This invitation has just been deleted: it was kept for long enough."))


def revoke(invitation_id: uuid.UUID) -> Invitation:
    invitation = locked(invitation_id)
    _demand_unanswered(invitation)
    invitation.status = InvitationStatus.REVOKED
    invitation.answered_at = now()
    return invitation


def resend(invitation_id: uuid.UUID, invitation_days: int) -> Invitation:
    """Send it again with a new link; the old link ends. One that has expired is open again as long as a new one, and
    each is reminded of as a new one.

    Raises `ConflictError` where it or the collaboration is closed, or the membership that it offers would be over.
    """
    invitation = locked(invitation_id)
    _demand_unanswered(invitation)
    demand_in_use(hold_still(invitation.collaboration_id))
    if is_membership_past(invitation):
        raise ConflictError(_("The membership that it offers would be over. Revoke it, and invite with another date."))
    if invitation.is_expired:
        invitation.expires_at = default_expiry(invitation.collaboration.organisation, invitation_days)
    invitation.link_number += 1
    invitation.reminded_at = None
    db.session.flush()
    post([invitation_letter(invitation.id, invitation.link_number, invitation.email)])
    return invitation


def _demand_unanswered(invitation: Invitation) -> None:
    if invitation.status is not InvitationStatus.OPEN:
        raise ConflictError(_("This invitation has been answered or closed already."))


def accept(invitation_id: uuid.UUID, user: User, address: str | None = None) -> Membership:
    """Make the person a member, as the invitation says, and tell the inviter. `address`: from where they accept.

    Accepting again what one has accepted gives the same membership. Raises `ConflictError` where the
    invitation is closed or has run out, the collaboration is archived, or the membership would be over; and
    `SuspendedError`.
    """
    invitation = locked(invitation_id)
    if (mine := _accepted_before(invitation, user)) is not None:
        return mine
    hold_still(invitation.collaboration_id)
    _demand_open(invitation)
    membership = _membership(invitation, user, address)
    _join_groups(invitation, membership)
    invitation.status = InvitationStatus.ACCEPTED
    invitation.answered_at = now()
    invitation.membership_id = membership.id
    _tell_inviter(invitation, LetterKind.ACCEPTED)
    return membership


def decline(invitation_id: uuid.UUID) -> Invitation:
    """Say no, and tell the inviter. Raises `ConflictError` as accepting does."""
    invitation = locked(invitation_id)
    if invitation.status is not InvitationStatus.DECLINED:
        _demand_open(invitation)
        invitation.status = InvitationStatus.DECLINED
        invitation.answered_at = now()
        _tell_inviter(invitation, LetterKind.DECLINED)
    return invitation


def _accepted_before(invitation: Invitation, user: User) -> Membership | None:
    if invitation.membership_id is None:
        return None
    membership = db.session.get_one(Membership, invitation.membership_id)
    return membership if membership.user_id == user.id else None


def _demand_open(invitation: Invitation) -> None:
    assert_in_use(invitation.collaboration.organisation)
    if not invitation.is_open or is_membership_past(invitation) or invitation.collaboration.is_archived:
        raise ConflictError(_("This invitation is no longer open."))


def _membership(invitation: Invitation, user: User, address: str | None) -> Membership:
    """The person's current membership, or a new one as the invitation says."""
    here = (Membership.collaboration_id == invitation.collaboration_id, Membership.user_id == user.id)
    end_expired_memberships(*here)
    is_new = db.session.scalar(
        insert_new(Membership)
        .values(
            collaboration_id=invitation.collaboration_id,
            user_id=user.id,
            role=invitation.role,
            expires_at=invitation.membership_expires_at,
        )
        .returning(Membership.id)
    )
    if is_new:
        by = By(user.id, Through.PAGE, address=address)  # nobody accepts for somebody else, or elsewhere
        about = About.collaboration(invitation.collaboration)
        audit.record(AuditAction.MEMBER_JOINED, about, by, {"joined": [user.id]})
    return db.session.scalars(select(Membership).where(*here, Membership.ended_at.is_(None))).one()


def _join_groups(invitation: Invitation, membership: Membership) -> None:
    rows = [
        {"membership_id": membership.id, "group_id": group.id, "collaboration_id": invitation.collaboration_id}
        for group in groups_joined(invitation)
    ]
    if rows:
        db.session.execute(insert_new(group_memberships), rows)


def groups_joined(invitation: Invitation) -> Sequence[Group]:
    """The groups that accepting leads into: the invitation's own, and those that every new member joins."""
    named = select(invitation_groups.c.group_id).where(invitation_groups.c.invitation_id == invitation.id)
    joins = or_(Group.auto_provision.is_(True), Group.id.in_(named))
    query = select(Group).where(Group.collaboration_id == invitation.collaboration_id, joins)
    return db.session.scalars(query.order_by(Group.short_name)).all()


def _tell_inviter(invitation: Invitation, kind: LetterKind) -> None:
    inviter = db.session.get_one(User, invitation.invited_by_id)
    post([answer_letter(kind, invitation.id, inviter.email)])
