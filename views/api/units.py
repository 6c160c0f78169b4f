"""The units of an organisation: listed, made, renamed and deleted."""

from collections.abc import Iterable
from uuid import UUID

from pydantic import BaseModel, Field

from domain import permissions, units
from domain.keyset import Order
from domain.language import gettext as _
from models import Organisation, Unit, db, key_of
from views import access
from views.api import problems
from views.api.blueprint import ApiBlueprint
from views.api.calls import Answer, Given, call, malformed
from views.api.fields import Name
from views.api.links import absolute
from views.api.lists import Listed, Paged, page_of

bp = ApiBlueprint("api_units", problems.tell, url_prefix="/api/v1")


class UnitAnswer(BaseModel):
    id: UUID
    name: str = Field(examples=["Yoda data management"])
    managers: list[str] = Field(description="Their names.")
    collaborations: int = Field(description="How many belong to it.")


class Units(Listed[UnitAnswer]):
    """Units, by name."""


class NewUnit(Given):
    name: Name = Field(examples=["Geosciences"])


class UnitChanges(Given):
    name: Name = Field(examples=["Earth sciences"])


@bp.get("/organisations/<organisation>/units")
@access.organisation_called(permissions.may_run_organisation)
@call("List units", "Of the organisation.", query=Paged, answer=Units)
def index(organisation: Organisation, query: Paged) -> Units:
    found, cursor = page_of(units.units_of(organisation), Order(Unit.name, Unit.id), str, query)
    return Units(items=[*map(_line, units.lines_of(found))], next=cursor)


@bp.post("/organisations/<organisation>/units")
@access.organisation_called(permissions.may_run_organisation)
@call("Make a unit", "In the organisation.", body=NewUnit, answer=UnitAnswer, status=201, creates=True)
def create(organisation: Organisation, body: NewUnit) -> Answer:
    made = units.create(access.my_rights(), organisation, body.name, access.by())
    if made.unit is None:
        raise malformed({"name": [made.problem]})
    return Answer(_unit(made.unit), 201, location=absolute("api_units.show", unit_id=made.unit.id))


@bp.get("/units/<uuid:unit_id>")
@access.unit(permissions.may_run_organisation)
@call("Read a unit", answer=UnitAnswer)
def show(unit: Unit) -> UnitAnswer:
    return _unit(unit)


@bp.patch("/units/<uuid:unit_id>")
@access.unit(permissions.may_run_organisation)
@call("Rename a unit", "What belongs to it stays with it.", body=UnitChanges, answer=UnitAnswer)
def change(unit: Unit, body: UnitChanges) -> UnitAnswer:
    if problem := units.rename(access.my_rights(), unit, body.name, access.by()):
        raise malformed({"name": [problem]})
    return _unit(unit)


@bp.delete("/units/<uuid:unit_id>")
@access.unit(permissions.may_run_organisation)
@call("Delete a unit", "One that nobody manages, and nothing belongs to.", status=204, refusals=(409,))
def delete(unit: Unit) -> None:
    units.delete(access.my_rights(), unit, access.by())


def ids_of(organisation: Organisation, names: Iterable[str]) -> set[UUID]:
    """Of the organisation's units of these names, in any case."""
    known = {key_of(unit.name): unit.id for unit in db.session.scalars(units.units_of(organisation))}
    missing = [name for name in names if key_of(name) not in known]
    if missing:
        raise malformed({"units": [_("There is no unit “%(name)s”.", name=name) for name in missing]})
    return {known[key_of(name)] for name in names}


def _unit(unit: Unit) -> UnitAnswer:
    [line] = units.lines_of([unit])
    return _line(line)


def _line(line: units.Line) -> UnitAnswer:
    return UnitAnswer(
        id=line.unit.id, name=line.unit.name, managers=[*line.managers], collaborations=line.collaborations
    )
