"""Who is what in an organisation: the list, giving a role, changing a manager's units, taking a role away."""

import uuid
from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, case, delete, func, insert, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from domain import audit
from domain.audit import About, By
from domain.errors import ConflictError
from domain.language import gettext as _
from domain.language import listing
from domain.organisations import assert_may_run, hold
from domain.people import find_by_email
from domain.permissions import Rights
from models import Organisation, OrganisationRole, Unit, User, db, key_of
from models.audit import AuditAction
from models.base import among
from models.organisation import OrganisationRoleName, manager_units

#: By field (`email`, `kind`, `units`), sentences that say what is wrong with it.
Problems = dict[str, list[str]]


class Kind(StrEnum):
    """What somebody can be in an organisation, as its people see it."""

    ADMIN = "admin"
    MANAGER = "manager"
    UNIT_MANAGER = "unit-manager"
    MENTOR = "mentor"


#: What a manager can be made.
OF_MANAGERS = (Kind.MANAGER, Kind.UNIT_MANAGER)

_NAMES = {
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


def kind_of(role: OrganisationRole) -> Kind:
    return Kind.UNIT_MANAGER if role.units else Kind(role.role.value)


def words_of(role: OrganisationRole) -> str:
    return _WORDS[kind_of(role)]()


def roles_in(organisation: Organisation, words: str = "") -> Select[Any]:
    """Those of the organisation, admins first; of the people whose name or address contains the words."""
    order = case({name: place for place, name in enumerate(OrganisationRoleName)}, value=OrganisationRole.role)
    query = (
        select(OrganisationRole)
        .join(OrganisationRole.user)
        .where(OrganisationRole.organisation_id == organisation.id)
        .order_by(order, User.name, OrganisationRole.id)
        .options(contains_eager(OrganisationRole.user), selectinload(OrganisationRole.units))
    )
    if words := key_of(words):
        columns = (User.name, User.email)
        query = query.where(or_(*(func.lower(column).contains(words, autoescape=True) for column in columns)))
    return query


# Giving.


def give(
    rights: Rights, organisation: Organisation, email: str, kind: Kind | None, unit_ids: Collection[uuid.UUID], by: By
) -> Problems:
    """Make whoever has this address `kind` in the organisation, or of its units; or tell what is wrong with that.

    Raises `NotAllowedError`.
    """
    assert_may_run(rights, organisation)
    hold(organisation.id)
    user, units = find_by_email(email), _units(organisation.id, unit_ids)
    problems = _problems_of_units(kind, unit_ids, units)
    problem = problem_of_account(email, user)
    if user and kind and not problem:
        problem = _problem_of_another(organisation, user, kind)
    if problem:
        problems["email"] = [problem]
    if user and kind and not problems:
        make(organisation, user, kind, units, by)
    return problems


def make(organisation: Organisation, user: User, kind: Kind, units: Sequence[Unit], by: By) -> None:
    """Give the role to whom it can be given to."""
    role = OrganisationRole(organisation_id=organisation.id, user_id=user.id, role=_NAMES[kind])
    db.session.add(role)
    db.session.flush()
    _set_units(role, units)
    _record(AuditAction.ROLE_GIVEN, role, by)


def _units(organisation_id: uuid.UUID, unit_ids: Collection[uuid.UUID]) -> Sequence[Unit]:
    query = select(Unit).where(Unit.organisation_id == organisation_id, Unit.id.in_(unit_ids)).order_by(Unit.name)
    return db.session.scalars(query).all()


def problem_of_account(email: str, user: User | None) -> str | None:
    """Why nobody with this address, whose account is `user`, can be given a role."""
    if not email:
        return _("Enter an e-mail address.")
    if user is None:
        return _(
            "There is no account for %(email)s yet. People make one when they accept an invitation, for example to a "
            "collaboration.",
            email=email,
        )
    if not user.is_active:
        return _("The account of %(email)s is closed.", email=email)
    return None


def _problem_of_another(organisation: Organisation, user: User, kind: Kind) -> str | None:
    held = select(OrganisationRole.id).where(
        OrganisationRole.organisation_id == organisation.id,
        OrganisationRole.user_id == user.id,
        OrganisationRole.role == _NAMES[kind],
    )
    if db.session.scalar(held) is None:
        return None
    if kind in OF_MANAGERS:
        return _("%(name)s is a manager already: change what they manage in the list.", name=user.name)
    return _("%(name)s has this role already.", name=user.name)


def _problems_of_units(kind: Kind | None, unit_ids: Collection[uuid.UUID], units: Sequence[Unit]) -> Problems:
    if kind is None:
        return {"kind": [_("Choose a role.")]}
    if kind is Kind.UNIT_MANAGER and not units:
        return {"units": [_("Choose the units that they manage.")]}
    if kind is not Kind.UNIT_MANAGER and unit_ids:
        return {"units": [_("Only unit managers have units: choose that role, or no units.")]}
    if len(units) < len({*unit_ids}):
        return {"units": [_("One of these units is there no more. Choose again.")]}
    return {}


def _set_units(role: OrganisationRole, units: Sequence[Unit]) -> None:
    db.session.execute(delete(manager_units).where(manager_units.c.role_id == role.id))
    rows = [{"role_id": role.id, "unit_id": unit.id, "organisation_id": role.organisation_id} for unit in units]
    if rows:
        db.session.execute(insert(manager_units), rows)
    db.session.expire(role, ["units"])


def _record(action: AuditAction, role: OrganisationRole, by: By) -> None:
    units = listing(sorted(unit.name for unit in role.units))
    audit.record(action, About(role.organisation_id), by, {kind_of(role).value: [role.user_id]}, units)


# Changing and taking away.


def change(
    rights: Rights, role: OrganisationRole, kind: Kind | None, unit_ids: Collection[uuid.UUID], by: By
) -> Problems:
    """Let a manager manage these units, or the whole organisation; or tell what is wrong with that.

    Raises `NotAllowedError`, and `ConflictError` where the role is no manager's, or was taken away.
    """
    role = _held(rights, role)
    if kind_of(role) not in OF_MANAGERS:
        raise ConflictError(_("Only managers have units."))
    units = _units(role.organisation_id, unit_ids)
    problems = _problems_of_units(kind if kind in OF_MANAGERS else None, unit_ids, units)
    if not problems and {*units} != {*role.units}:
        _set_units(role, units)
        _record(AuditAction.ROLE_CHANGED, role, by)
    return problems


def take(rights: Rights, role: OrganisationRole, by: By) -> None:
    """Raises `NotAllowedError`, and `ConflictError` where it is the last admin's, or was taken away already."""
    role = _held(rights, role)
    if role.role is OrganisationRoleName.ADMIN and not _has_another_admin(role):
        sentence = _("An organisation needs an admin whose account is open: make somebody else one first.")
        raise ConflictError(sentence)
    _record(AuditAction.ROLE_TAKEN, role, by)
    db.session.delete(role)
    db.session.flush()


def _held(rights: Rights, role: OrganisationRole) -> OrganisationRole:
    """The role, as it is now; nobody else changes those of the organisation until this transaction ends."""
    assert_may_run(rights, role.organisation)
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
