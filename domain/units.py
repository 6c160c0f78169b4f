"""Units of an organisation: the list, making one, its name, and what keeps it from going."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy import delete as delete_from
from sqlalchemy.exc import IntegrityError

from domain import audit
from domain.audit import About, By
from domain.cells import CellError, one_line
from domain.errors import ConflictError
from domain.language import gettext as _
from domain.language import listing, ngettext
from domain.organisations import assert_may_run, hold
from domain.permissions import Rights
from models import Organisation, OrganisationRole, RoleInvitation, Unit, User, db, key_of
from models.api_key import api_key_units
from models.audit import AuditAction
from models.collaboration import collaboration_units
from models.invitation import InvitationStatus
from models.organisation import manager_units
from models.role_invitation import role_invitation_units


@dataclass(frozen=True, slots=True)
class Line:
    unit: Unit
    #: Their names.
    managers: Sequence[str]
    #: How many belong to it.
    collaborations: int


@dataclass(frozen=True, slots=True)
class Made:
    """A new unit; or what is wrong with its name."""

    unit: Unit | None = None
    problem: str = ""


def units_of(organisation: Organisation) -> Select[Any]:
    return select(Unit).where(Unit.organisation_id == organisation.id).order_by(Unit.name, Unit.id)


def hold_units(organisation: Organisation, unit_ids: Collection[uuid.UUID]) -> Sequence[Unit]:
    """Those of these units that are the organisation's; none of them goes until this transaction ends."""
    query = units_of(organisation).where(Unit.id.in_(unit_ids)).with_for_update(read=True, key_share=True)
    return db.session.scalars(query).all()


def problem_of_missing(unit_ids: Collection[uuid.UUID], found: Sequence[Unit]) -> str | None:
    """Where some of the units that were chosen are no longer there."""
    return _("One of these units is there no more. Choose again.") if len(found) < len({*unit_ids}) else None


def lines_of(units: Sequence[Unit]) -> list[Line]:
    """In their order; two queries, however many."""
    ids = [unit.id for unit in units]
    managers: dict[uuid.UUID, list[str]] = defaultdict(list)
    named = (
        select(manager_units.c.unit_id, User.name)
        .join(OrganisationRole, OrganisationRole.id == manager_units.c.role_id)
        .join(User, User.id == OrganisationRole.user_id)
        .where(manager_units.c.unit_id.in_(ids))
        .order_by(User.name, User.id)
    )
    for unit_id, name in db.session.execute(named):
        managers[unit_id].append(name)
    unit_id = collaboration_units.c.unit_id
    counted = select(unit_id, func.count()).where(unit_id.in_(ids)).group_by(unit_id)
    collaborations: dict[uuid.UUID, int] = dict(db.session.execute(counted).all())
    return [Line(unit, managers[unit.id], collaborations.get(unit.id, 0)) for unit in units]


def create(rights: Rights, organisation: Organisation, name: str, by: By) -> Made:
    """Raises `NotAllowedError`."""
    assert_may_run(rights, organisation)
    hold(organisation.id)
    if problem := _problem_of(name, organisation.id):
        return Made(problem=problem)
    unit = Unit(organisation_id=organisation.id, name=name)
    db.session.add(unit)
    db.session.flush()
    audit.record(AuditAction.UNIT_MADE, About(organisation.id), by, {}, name)
    return Made(unit)


def rename(rights: Rights, unit: Unit, name: str, by: By) -> str | None:
    """Or what is wrong with the name. Raises `NotAllowedError`."""
    assert_may_run(rights, unit.organisation)
    hold(unit.organisation_id)
    if problem := _problem_of(name, unit.organisation_id, unit.id):
        return problem
    if name != unit.name:
        audit.record(AuditAction.UNIT_RENAMED, About(unit.organisation_id), by, {}, f"{unit.name} → {name}")
        unit.name = name
    db.session.flush()
    return None


def _problem_of(name: str, organisation_id: uuid.UUID, unit_id: uuid.UUID | None = None) -> str | None:
    """Names are compared without regard to case; `unit_id`: of the unit that has it already."""
    if not name:
        return _("Give the unit a name.")
    try:
        one_line(name)
    except CellError as error:
        return str(error)
    others = db.session.scalars(select(Unit.name).where(Unit.organisation_id == organisation_id, Unit.id != unit_id))
    if key_of(name) in map(key_of, others):
        return _("There is a unit of this name already.")
    return None


def why_it_stays(unit: Unit) -> str | None:
    """What keeps the unit from being deleted, as a sentence; nothing where it can be."""
    tables = (manager_units, collaboration_units, api_key_units)
    numbers = [select(func.count()).where(table.c.unit_id == unit.id) for table in tables]
    open_ones = (
        select(func.count())
        .select_from(role_invitation_units)
        .where(role_invitation_units.c.unit_id == unit.id, ~_of_closed_invitations())
    )
    queries = [query.scalar_subquery() for query in (*numbers, open_ones)]
    managers, collaborations, keys, invitations = db.session.execute(select(*queries)).one()
    kept_by = [
        ngettext("%(number)s person manages it", "%(number)s people manage it", managers) if managers else "",
        ngettext("%(number)s collaboration belongs to it", "%(number)s collaborations belong to it", collaborations)
        if collaborations
        else "",
        ngettext(
            "%(number)s API key is or was for it alone or with others",
            "%(number)s API keys are or were for it alone or with others",
            keys,
        )
        if keys
        else "",
        ngettext(
            "%(number)s invitation to manage it is not answered yet (revoke it under People and roles)",
            "%(number)s invitations to manage it are not answered yet (revoke them under People and roles)",
            invitations,
        )
        if invitations
        else "",
    ]
    reasons = [reason for reason in kept_by if reason]
    return _("This unit cannot be deleted: %(reasons)s.", reasons=listing(reasons)) if reasons else None


def _of_closed_invitations() -> ColumnElement[bool]:
    closed = select(RoleInvitation.id).where(RoleInvitation.status != InvitationStatus.OPEN)
    return role_invitation_units.c.invitation_id.in_(closed)


def delete(rights: Rights, unit: Unit, by: By) -> None:
    """Closed invitations name it no more.

    Raises `NotAllowedError`, and `ConflictError` where something belongs to the unit, or it is gone.
    """
    assert_may_run(rights, unit.organisation)
    if reason := why_it_stays(unit):
        raise ConflictError(reason)
    audit.record(AuditAction.UNIT_DELETED, About(unit.organisation_id), by, {}, unit.name)
    named = delete_from(role_invitation_units).where(role_invitation_units.c.unit_id == unit.id)
    try:
        with db.session.begin_nested():
            db.session.execute(named.where(_of_closed_invitations()))
            db.session.delete(unit)
    except IntegrityError:
        raise ConflictError(_("Something was given to this unit at this very moment: it stays.")) from None
