"""Who is what in an organisation: the list, making somebody that, changing a manager's units, taking a role away."""

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, case, delete, func, insert, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from domain import audit
from domain.audit import About, By
from domain.errors import ConflictError, NotAllowedError
from domain.language import gettext as _
from domain.organisations import hold
from domain.permissions import Rights, may_decide_on_role
from domain.said import Problems
from domain.units import hold_units, problem_of_missing
from models import Batch, Organisation, OrganisationRole, RoleInvitation, Unit, User, db, key_of
from models.audit import AuditAction
from models.base import among
from models.batch import batch_mentors
from models.organisation import OrganisationRoleName, manager_units


class Kind(StrEnum):
    """What somebody can be in an organisation, as its people see it."""

    ADMIN = "admin"
    MANAGER = "manager"
    UNIT_MANAGER = "unit-manager"
    MENTOR = "mentor"


#: What a manager can be made.
OF_MANAGERS = (Kind.MANAGER, Kind.UNIT_MANAGER)

NAMES = {
    Kind.ADMIN: OrganisationRoleName.ADMIN,
    Kind.MANAGER: OrganisationRoleName.MANAGER,
    Kind.UNIT_MANAGER: OrganisationRoleName.MANAGER,
    Kind.MENTOR: OrganisationRoleName.MENTOR,
}

_WORDS: dict[Kind, Callable[[], str]] = {
    Kind.ADMIN: lambda: _("admin"),
    Kind.MANAGER: lambda: _("manager"),
    Kind.UNIT_MANAGER: lambda: _("unit manager"),
    Kind.MENTOR: lambda: _("mentor"),
}


_EXPLAINED: dict[Kind, Callable[[], str]] = {
    Kind.ADMIN: lambda: _("Admin (you run the organisation, and may do everything in it)"),
    Kind.MANAGER: lambda: _(
        "Manager (you create collaborations and courses, invite to all collaborations, name mentors, run all batches)"
    ),
    Kind.UNIT_MANAGER: lambda: _("Unit manager (you invite people to the collaborations of your units)"),
    Kind.MENTOR: lambda: _("Mentor (you create and run batches of the organisation's courses)"),
}


def kind_of(role: OrganisationRole | RoleInvitation) -> Kind:
    return Kind.UNIT_MANAGER if role.units else Kind(role.role.value)


def words_of(role: OrganisationRole | RoleInvitation) -> str:
    return _WORDS[kind_of(role)]()


def explained(role: OrganisationRole | RoleInvitation) -> str:
    """What it is and allows, to whoever has it or is to have it."""
    return _EXPLAINED[kind_of(role)]()


@dataclass(frozen=True, slots=True)
class _Sought:
    organisation_id: uuid.UUID
    role: OrganisationRoleName


def kinds_decided_by(rights: Rights, organisation: Organisation) -> list[Kind]:
    """Which `permissions.may_decide_on_role` lets the person decide on."""
    return [kind for kind in Kind if may_decide_on_role(rights, _Sought(organisation.id, NAMES[kind]))]


def assert_may_decide(rights: Rights, organisation_id: uuid.UUID, name: OrganisationRoleName) -> None:
    """Raises `NotAllowedError`."""
    if not may_decide_on_role(rights, _Sought(organisation_id, name)):
        raise NotAllowedError(_("Only admins of the organisation may do this; its managers may name mentors."))


def roles_in(organisation: Organisation, kinds: Collection[Kind] = tuple(Kind), words: str = "") -> Select[Any]:
    """Those of the organisation that are of these kinds, admins first; of the people whose name or address contains
    the words.
    """
    order = case({name: place for place, name in enumerate(OrganisationRoleName)}, value=OrganisationRole.role)
    query = (
        select(OrganisationRole)
        .join(OrganisationRole.user)
        .where(
            OrganisationRole.organisation_id == organisation.id,
            OrganisationRole.role.in_({NAMES[kind] for kind in kinds}),
        )
        .order_by(order, User.name, OrganisationRole.id)
        .options(contains_eager(OrganisationRole.user), selectinload(OrganisationRole.units))
    )
    if words := key_of(words):
        columns = (User.name, User.email)
        query = query.where(or_(*(func.lower(column).contains(words, autoescape=True) for column in columns)))
    return query


# Making somebody something.


def make(offer: RoleInvitation, user: User, by: By) -> None:
    """Make the person what they are invited to be. The caller holds the organisation.

    Nobody loses by it: whoever is that already stays it; a manager of units manages those of the invitation too, or
    everything; and a manager of everything stays one.
    """
    held = select(OrganisationRole).where(
        OrganisationRole.organisation_id == offer.organisation_id,
        OrganisationRole.user_id == user.id,
        OrganisationRole.role == offer.role,
    )
    role = db.session.scalar(held.options(selectinload(OrganisationRole.units)))
    if role is None:
        role = OrganisationRole(organisation_id=offer.organisation_id, user_id=user.id, role=offer.role)
        db.session.add(role)
        db.session.flush()
        _set_units(role, offer.units)
        _record(AuditAction.ROLE_GIVEN, role, by, offer.invited_by_id)
    elif role.units and {*offer.units} != {*role.units}:
        _set_units(role, [*{*role.units, *offer.units}] if offer.units else [])
        _record(AuditAction.ROLE_CHANGED, role, by, offer.invited_by_id)


def problems_of_units(kind: Kind | None, unit_ids: Collection[uuid.UUID], units: Sequence[Unit]) -> Problems:
    """What is wrong with the choice of a role (`kind`), and of the units of these IDs, of which there are `units`."""
    if kind is None:
        return {"kind": [_("Choose a role.")]}
    if kind is Kind.UNIT_MANAGER and not units:
        return {"units": [_("Choose the units that they manage.")]}
    if kind is not Kind.UNIT_MANAGER and unit_ids:
        return {"units": [_("Only unit managers have units: choose that role, or no units.")]}
    problem = problem_of_missing(unit_ids, units)
    return {"units": [problem]} if problem else {}


def _set_units(role: OrganisationRole, units: Sequence[Unit]) -> None:
    db.session.execute(delete(manager_units).where(manager_units.c.role_id == role.id))
    rows = [{"role_id": role.id, "unit_id": unit.id, "organisation_id": role.organisation_id} for unit in units]
    if rows:
        db.session.execute(insert(manager_units), rows)
    db.session.expire(role, ["units"])


def _record(
    action: AuditAction, role: OrganisationRole, by: By, inviter_id: uuid.UUID | None = None, note: str = ""
) -> None:
    people = {kind_of(role).value: [role.user_id], "inviter": [inviter_id] if inviter_id else []}
    audit.record(action, About(role.organisation_id), by, people, note or names_of(role.units))


def names_of(units: Sequence[Unit]) -> str:
    """For the audit log: in no language."""
    return ", ".join(sorted(unit.name for unit in units))


# Changing and taking away.


def change(
    rights: Rights, role: OrganisationRole, kind: Kind | None, unit_ids: Collection[uuid.UUID], by: By
) -> Problems:
    """Let a manager manage these units, or the whole organisation; or tell what is wrong with that.

    Raises `NotAllowedError`, and `ConflictError` where the role is no manager's, or was taken away.
    """
    role = _held(rights, role)
    demand_manager(role)
    units = hold_units(role.organisation, unit_ids)
    problems = problems_of_units(kind if kind in OF_MANAGERS else None, unit_ids, units)
    if not problems and {*units} != {*role.units}:
        _set_units(role, units)
        _record(AuditAction.ROLE_CHANGED, role, by)
    return problems


def demand_manager(role: OrganisationRole) -> None:
    """Raises `ConflictError`."""
    if kind_of(role) not in OF_MANAGERS:
        raise ConflictError(_("Only managers have units."))


def take(rights: Rights, role: OrganisationRole, by: By) -> None:
    """Whoever is no mentor any more mentors no batch of the organisation either.

    Raises `NotAllowedError`, and `ConflictError` where it is the last admin's, or was taken away already.
    """
    role = _held(rights, role)
    if role.role is OrganisationRoleName.ADMIN and not _has_another_admin(role):
        raise ConflictError(why_an_admin_stays())
    _record(AuditAction.ROLE_TAKEN, role, by, note=_taken_off_batches(role))
    db.session.delete(role)
    db.session.flush()


def batches_mentored_with(role: OrganisationRole) -> int:
    """On how many batches of the organisation the person is named as a mentor; none for other roles."""
    query = select(func.count()).select_from(batch_mentors).where(*_named_on_batches(role))
    return db.session.scalar(query) or 0 if role.role is OrganisationRoleName.MENTOR else 0


def _taken_off_batches(role: OrganisationRole) -> str:
    """How many, as `audit_words.note` reads it; nothing where there was none."""
    if not (number := batches_mentored_with(role)):
        return ""
    db.session.execute(delete(batch_mentors).where(*_named_on_batches(role)))
    return str(number)


def _named_on_batches(role: OrganisationRole) -> tuple[ColumnElement[bool], ...]:
    here = select(Batch.id).where(Batch.organisation_id == role.organisation_id)
    return batch_mentors.c.user_id == role.user_id, batch_mentors.c.batch_id.in_(here)


def _held(rights: Rights, role: OrganisationRole) -> OrganisationRole:
    """The role, as it is now; nobody else changes those of the organisation until this transaction ends."""
    assert_may_decide(rights, role.organisation_id, role.role)
    hold(role.organisation_id)
    query = select(OrganisationRole).where(OrganisationRole.id == role.id).execution_options(populate_existing=True)
    now_held = db.session.scalar(query.options(selectinload(OrganisationRole.units)))
    if now_held is None:
        raise ConflictError(_("This role has been taken away already."))
    return now_held


def _has_another_admin(role: OrganisationRole) -> bool:
    beside = (OrganisationRole.organisation_id == role.organisation_id, OrganisationRole.id != role.id)
    return db.session.scalar(_with_an_admin(*beside).limit(1)) is not None


def _with_an_admin(*which: ColumnElement[bool]) -> Select[Any]:
    """The organisations in which somebody whose account is open is an admin, by a role that is one of `which`."""
    is_admin = OrganisationRole.role == OrganisationRoleName.ADMIN
    return select(OrganisationRole.organisation_id).join(OrganisationRole.user).where(is_admin, User.is_active, *which)


# Whose account has to stay open.


def why_an_admin_stays() -> str:
    """To whoever would take the last one from an organisation."""
    return _("An organisation needs an admin whose account is open: invite somebody else to be one first.")


def organisations_left_without_admin(user_ids: Collection[uuid.UUID]) -> Sequence[Organisation]:
    """Those, by name, whose only admins with an open account are among these people.

    Nobody else changes the roles in theirs until this transaction ends: of two who leave at once, one stays.
    """
    them = among(OrganisationRole.user_id, user_ids)
    theirs = select(Organisation).where(Organisation.id.in_(_with_an_admin(them)))
    held = db.session.scalars(theirs.order_by(Organisation.id).with_for_update(key_share=True)).all()
    kept = {
        *db.session.scalars(_with_an_admin(among(OrganisationRole.organisation_id, [one.id for one in held]), ~them))
    }
    return sorted((one for one in held if one.id not in kept), key=lambda one: one.name)


def is_last_platform_admin(user: User) -> bool:
    """Of those whose account is open. Nobody else ceases to be one until this transaction ends."""
    query = select(User.id).where(User.is_platform_admin, User.is_active).order_by(User.id)
    return [*db.session.scalars(query.with_for_update(key_share=True))] == [user.id]
