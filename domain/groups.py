"""Groups of a collaboration: the list, making one, changing it, and doing away with it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.exc import IntegrityError

from domain import audit, said
from domain.audit import About, By
from domain.cells import CellError
from domain.collaborations import hold
from domain.errors import ConflictError, NotAllowedError
from domain.language import gettext as _
from domain.language import ngettext
from domain.permissions import Rights, may_edit_groups
from domain.purview import group_key
from domain.said import Problems
from models import Collaboration, Group, Invitation, Membership, db
from models.audit import AuditAction
from models.base import insert_new
from models.collaboration import group_memberships
from models.invitation import InvitationStatus, invitation_groups


@dataclass(frozen=True, slots=True)
class Line:
    group: Group
    #: Current ones.
    members: int


def groups_of(collaboration: Collaboration) -> Select[Any]:
    return select(Group).where(Group.collaboration_id == collaboration.id).order_by(Group.short_name, Group.id)


def lines_of(groups: Sequence[Group]) -> list[Line]:
    """In their order; one query, however many."""
    group_id = group_memberships.c.group_id
    counted = (
        select(group_id, func.count())
        .join(Membership, Membership.id == group_memberships.c.membership_id)
        .where(group_id.in_([group.id for group in groups]), Membership.is_current())
        .where(Membership.collaboration_id.in_({group.collaboration_id for group in groups}))  # which its index needs
        .group_by(group_id)
    )
    members: dict[uuid.UUID, int] = dict(db.session.execute(counted).all())
    return [Line(group, members.get(group.id, 0)) for group in groups]


# Making and changing.


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a group shall be."""

    name: str
    short_name: str
    #: Every new member of the collaboration joins it.
    auto_provision: bool
    #: Once, now: so does everybody who is a member already.
    with_members: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    #: By field; with any, nothing is made.
    problems: Problems = field(default_factory=dict)
    group: Group | None = None


def create(rights: Rights, collaboration: Collaboration, wanted: Wanted, by: By) -> Made:
    """A new group, or what is wrong with what is said of it. Raises `NotAllowedError`."""
    _assert_may_edit(rights, collaboration)
    hold(collaboration)
    values, problems = _read(wanted)
    if problems:
        return Made(problems)
    group = Group(collaboration_id=collaboration.id, **values)
    try:
        with db.session.begin_nested():
            db.session.add(group)
    except IntegrityError:
        return Made(_taken())
    _record(AuditAction.GROUP_MADE, group, by, {"joined": _add_members(group) if wanted.with_members else []})
    return Made(group=group)


def change(rights: Rights, group: Group, wanted: Wanted, by: By) -> Problems:
    """Make the group what is wanted, where nothing is wrong with it.

    Raises `NotAllowedError`, and `ConflictError` where it has been deleted.
    """
    group = _held(rights, group)
    values, problems = _read(wanted, group)
    if problems:
        return problems
    before, short_name = _as_it_is(group), group.short_name
    try:
        with db.session.begin_nested():
            for name, value in values.items():
                setattr(group, name, value)
    except IntegrityError:
        return _taken()
    joined = _add_members(group) if wanted.with_members else []
    if joined or _as_it_is(group) != before:
        renamed = f"{short_name} → {group.short_name}" if group.short_name != short_name else group.short_name
        _record(AuditAction.GROUP_CHANGED, group, by, {"joined": joined}, renamed)
    return {}


def _read(wanted: Wanted, now: Group | None = None) -> tuple[dict[str, Any], Problems]:
    texts = {"name": wanted.name, "short_name": wanted.short_name}
    kept = said.unless(now.short_name if now else None, _short_name)
    values, problems = said.read(texts, {"name": said.name, "short_name": kept})
    return values | {"auto_provision": wanted.auto_provision}, problems


def _short_name(text: str) -> str:
    written = said.short_name(text)
    if group_key(written) != written:
        raise CellError("short_name", _("This reads like an identifier. Write a name that people can tell from one."))
    return written


def _taken() -> Problems:
    return {"short_name": [_("The collaboration has a group with this short name already.")]}


def _as_it_is(group: Group) -> tuple[str, str, bool]:
    return group.name, group.short_name, group.auto_provision


def _add_members(group: Group) -> list[uuid.UUID]:
    """Everybody who is a member joins the group. Answers the user IDs of those who were not in it: one statement."""
    members = select(Membership.id, Group.id, Membership.collaboration_id).where(
        Membership.collaboration_id == Group.collaboration_id, Group.id == group.id, Membership.is_current()
    )
    columns = [group_memberships.c[name] for name in ("membership_id", "group_id", "collaboration_id")]
    added = insert_new(group_memberships).from_select(columns, members).returning(group_memberships.c.membership_id)
    new = {*db.session.scalars(added)}
    return [user_id for membership_id, user_id in db.session.execute(_members(group)) if membership_id in new]


def _members(group: Group) -> Select[uuid.UUID, uuid.UUID]:
    """The current members in the group: membership and user IDs."""
    here = Membership.id == group_memberships.c.membership_id
    query = select(Membership.id, Membership.user_id).join(group_memberships, here)
    return query.where(group_memberships.c.group_id == group.id, Membership.is_current()).order_by(Membership.id)


# Deleting.


def what_deleting_does(group: Group) -> str:
    """For whoever is asked whether to."""
    [line] = lines_of([group])
    invitations = _open_invitations(group)
    sentences = [
        ngettext(
            "%(number)s member is in this group, and stays in the collaboration.",
            "%(number)s members are in this group, and stay in the collaboration.",
            line.members,
        )
        if line.members
        else _("Nobody is in this group."),
        ngettext(
            "%(number)s open invitation leads into it, and will lead into the collaboration alone.",
            "%(number)s open invitations lead into it, and will lead into the collaboration alone.",
            invitations,
        )
        if invitations
        else "",
        _("Files that name it will no longer find it; a group made again has another identifier."),
    ]
    return " ".join(filter(None, sentences))


def _open_invitations(group: Group) -> int:
    named = select(invitation_groups.c.invitation_id).where(invitation_groups.c.group_id == group.id)
    query = select(func.count()).where(
        Invitation.collaboration_id == group.collaboration_id,
        Invitation.status == InvitationStatus.OPEN,
        Invitation.id.in_(named),
    )
    return db.session.scalars(query).one()


def delete_group(rights: Rights, group: Group, by: By) -> None:
    """Its members stay in the collaboration, and invitations no longer lead into it.

    Raises `NotAllowedError`, and `ConflictError` where it has been deleted already.
    """
    group = _held(rights, group)
    left = [user_id for _membership_id, user_id in db.session.execute(_members(group))]
    _record(AuditAction.GROUP_DELETED, group, by, {"left": left})
    for table in (group_memberships, invitation_groups):
        db.session.execute(delete(table).where(table.c.group_id == group.id))
    db.session.delete(group)
    db.session.flush()


def _held(rights: Rights, group: Group) -> Group:
    """The group, as it is now; nobody changes it, or puts anybody into it, until this transaction ends."""
    _assert_may_edit(rights, group.collaboration)
    hold(group.collaboration)
    query = select(Group).where(Group.id == group.id).with_for_update()
    found = db.session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise ConflictError(_("This group has been deleted already."))
    return found


def _assert_may_edit(rights: Rights, collaboration: Collaboration) -> None:
    if not may_edit_groups(rights, collaboration):
        raise NotAllowedError(_("Only those who look after the collaboration change its groups."))


def _record(
    action: AuditAction, group: Group, by: By, people: Mapping[str, Sequence[uuid.UUID]], note: str = ""
) -> None:
    about = About.collaboration(group.collaboration)
    audit.record(action, about, by, people, note or group.short_name)
