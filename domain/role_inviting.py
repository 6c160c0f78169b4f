"""Inviting people to a role in an organisation: read from a form, and told who was left out."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import joinedload

from domain import audit, roles
from domain.audit import About, By
from domain.invitation_sheet import CellError, Invitee, read_invitees, read_message
from domain.invitations import Standing, default_expiry, invited_already
from domain.inviting import Invited, told_too_many
from domain.language import gettext as _
from domain.organisations import hold
from domain.permissions import Rights
from domain.post import post, role_invitation_letter
from domain.roles import Kind
from domain.said import Problems
from domain.units import hold_units
from models import Organisation, OrganisationRole, RoleInvitation, Unit, User, db, new_id, now
from models.audit import AuditAction
from models.invitation import InvitationStatus
from models.organisation import OrganisationRoleName
from models.role_invitation import role_invitation_units

#: Who runs an organisation is invited one by one, or a few together.
MOST_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Said:
    """Who is to be invited, to what."""

    #: One a line; commas and semicolons separate them, too.
    addresses: str
    kind: Kind | None
    unit_ids: Collection[uuid.UUID] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of it: with any problem, nobody is invited."""

    #: By field (`addresses`, `kind`, `units`, `message`), sentences.
    problems: Problems = field(default_factory=dict)
    invited: Invited = field(default_factory=lambda: Invited({}, {}))


def invite(
    rights: Rights, organisation: Organisation, inviter: User, said: Said, invitation_days: int, by: By
) -> Answer:
    """Invite these people. Those who are invited already, or have the role, are skipped.

    Of an earlier invitation to the same role, which has expired, was declined or was not delivered, the new one takes
    the place. Raises `NotAllowedError`.
    """
    if said.kind:
        roles.assert_may_decide(rights, organisation.id, roles.NAMES[said.kind])
    hold(organisation.id)
    units = hold_units(organisation, said.unit_ids)
    invitees, problems = _read(said)
    problems |= roles.problems_of_units(said.kind, said.unit_ids, units)
    if said.kind is None or problems:
        return Answer(problems)
    name = roles.NAMES[said.kind]
    skipped = _standing(organisation, name, [*invitees])
    wanted = [invitee for key, invitee in invitees.items() if key not in skipped]
    made = _make(organisation, inviter, name, units, wanted, said.message, invitation_days)
    if wanted:
        people = {said.kind.value: [invitee.email for invitee in wanted]}
        audit.record(AuditAction.ROLE_INVITED, About(organisation.id), by, people, roles.names_of(units))
    return Answer(invited=Invited(made, {invitees[key].email: why for key, why in skipped.items()}))


def _read(said: Said) -> tuple[dict[str, Invitee], Problems]:
    """The invitees by the keys of their addresses, and what is wrong with them and the message."""
    problems: Problems = {}
    invitees: dict[str, Invitee] = {}
    try:
        invitees = {invitee.key: invitee for invitee in read_invitees(said.addresses)} if said.addresses else {}
        if not invitees:
            problems["addresses"] = [_("Enter one or more e-mail addresses, one on each line.")]
        elif len(invitees) > MOST_AT_ONCE:
            problems["addresses"] = [told_too_many(len(invitees), MOST_AT_ONCE)]
    except CellError as error:
        problems["addresses"] = [problem.sentence for problem in error.problems]
    try:
        read_message(said.message)
    except CellError as error:
        problems["message"] = [problem.sentence for problem in error.problems]
    return invitees, problems


def _standing(organisation: Organisation, name: OrganisationRoleName, keys: Sequence[str]) -> dict[str, Standing]:
    """By the key of their address, who is invited already, or has the role: two queries, however many."""
    open_ones = (
        select(RoleInvitation)
        .where(
            RoleInvitation.organisation_id == organisation.id,
            RoleInvitation.role == name,
            RoleInvitation.email_key.in_(keys),
            RoleInvitation.status == InvitationStatus.OPEN,
            RoleInvitation.expires_at > now(),
        )
        .options(joinedload(RoleInvitation.invited_by))
    )
    holders = (
        select(User.email_key)
        .join(OrganisationRole, OrganisationRole.user_id == User.id)
        .where(
            OrganisationRole.organisation_id == organisation.id,
            OrganisationRole.role == name,
            User.email_key.in_(keys),
        )
    )
    invited = {
        one.email_key: invited_already(one.created_at, one.invited_by.name, one.expires_at)
        for one in db.session.scalars(open_ones)
    }
    has_it = Standing("has_the_role", _has_it(name))
    return invited | dict.fromkeys(db.session.scalars(holders), has_it)


def _has_it(name: OrganisationRoleName) -> str:
    if name is OrganisationRoleName.MANAGER:
        return _("A manager already: change what they manage in the list.")
    return _("Has this role already.")


def _make(
    organisation: Organisation,
    inviter: User,
    name: OrganisationRoleName,
    units: Sequence[Unit],
    invitees: Sequence[Invitee],
    message: str,
    invitation_days: int,
) -> dict[str, uuid.UUID]:
    """By address, the invitations, with their units and letters."""
    if not invitees:
        return {}
    _replace_earlier(organisation, name, [invitee.key for invitee in invitees])
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "organisation_id": organisation.id,
            "email": invitee.email,
            "email_key": invitee.key,
            "role": name,
            "expires_at": default_expiry(organisation, invitation_days),
            "message": message,
            "invited_by_id": inviter.id,
        }
        for invitee in invitees
    ]
    db.session.execute(insert(RoleInvitation), rows)
    pairs = [
        {"invitation_id": row["id"], "unit_id": unit.id, "organisation_id": organisation.id}
        for row in rows
        for unit in units
    ]
    if pairs:
        db.session.execute(insert(role_invitation_units), pairs)
    post([role_invitation_letter(row["id"], 1, row["email"]) for row in rows])
    return {row["email"]: row["id"] for row in rows}


def _replace_earlier(organisation: Organisation, name: OrganisationRoleName, keys: Collection[str]) -> None:
    has_expired = (RoleInvitation.status == InvitationStatus.OPEN) & (RoleInvitation.expires_at <= now())
    has_ended = RoleInvitation.status.in_([InvitationStatus.DECLINED, InvitationStatus.UNDELIVERED])
    db.session.execute(
        update(RoleInvitation)
        .where(
            RoleInvitation.organisation_id == organisation.id,
            RoleInvitation.role == name,
            RoleInvitation.email_key.in_(keys),
            or_(has_expired, has_ended),
        )
        .values(status=InvitationStatus.REPLACED)
    )
