"""Who is what in an organisation: listed, a manager's units changed, a role taken away."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from domain import permissions, roles
from domain.directory import Account
from domain.keyset import Order
from domain.roles import Kind
from domain.said import Problems
from models import Organisation, OrganisationRole, User
from views import access
from views.api import problems
from views.api.blueprint import ApiBlueprint
from views.api.calls import Given, call, malformed
from views.api.fields import left_out
from views.api.lists import Listed, Paged, Words, page_of
from views.api.units import ids_of

bp = ApiBlueprint("api_roles", problems.tell, url_prefix="/api/v1")


class RolesAskedFor(Paged):
    search: Words = Field("", description="Words in the person's name or e-mail address.")


class RoleAnswer(BaseModel):
    id: UUID = Field(description="Of the role.")
    role: Kind
    units: list[str] = Field(description="Of a unit manager, their names.", examples=[["Yoda data management"]])
    user_id: UUID
    name: str
    email: str
    account: Account
    created_at: datetime


class Roles(Listed[RoleAnswer]):
    """Roles, by the name of the person; one of several roles comes once for each."""


class RoleChanges(Given):
    """What is left out stays as it is."""

    units: list[str] = left_out(
        description="Of a unit manager, the names of all that they shall manage.", examples=[["Yoda data management"]]
    )
    role: Literal["manager", "unit-manager"] = left_out(
        description="A `manager` manages the whole organisation, a `unit-manager` some units."
    )


@bp.get("/organisations/<organisation>/roles")
@access.organisation_called(permissions.may_name_mentors)
@call("List roles", "Of the organisation: who is what in it.", query=RolesAskedFor, answer=Roles)
def index(organisation: Organisation, query: RolesAskedFor) -> Roles:
    kinds = roles.kinds_decided_by(access.my_rights(), organisation)
    asked = roles.roles_in(organisation, kinds, query.search)
    found, cursor = page_of(asked, Order(User.name, OrganisationRole.id), str, query)
    return Roles(items=[*map(_role, found)], next=cursor)


@bp.patch("/roles/<uuid:role_id>")
@access.role(permissions.may_decide_on_role)
@call(
    "Change what a manager manages",
    "Some units, or the whole organisation. Other roles are taken away, and given by an invitation.",
    body=RoleChanges,
    answer=RoleAnswer,
    refusals=(409,),
)
def change(role: OrganisationRole, body: RoleChanges) -> RoleAnswer:
    sent = body.model_dump(exclude_unset=True)
    kind = Kind(sent.get("role", roles.kind_of(role)))
    kept = {unit.id for unit in role.units} if kind is Kind.UNIT_MANAGER else set()
    unit_ids = ids_of(role.organisation, sent["units"]) if "units" in sent else kept
    if wrong := roles.change(access.my_rights(), role, kind, unit_ids, access.by()):
        raise malformed(as_called_here(wrong))
    return _role(role)


@bp.delete("/roles/<uuid:role_id>")
@access.role(permissions.may_decide_on_role)
@call(
    "Take a role away",
    "The person's account stays, and what they have done. A mentor is taken off their batches.",
    status=204,
    refusals=(409,),
)
def take(role: OrganisationRole) -> None:
    roles.take(access.my_rights(), role, access.by())


def as_called_here(wrong: Problems) -> Problems:
    """By the fields of a body."""
    return {"role" if field == "kind" else field: sentences for field, sentences in wrong.items()}


def _role(role: OrganisationRole) -> RoleAnswer:
    return RoleAnswer(
        id=role.id,
        role=roles.kind_of(role),
        units=sorted(unit.name for unit in role.units),
        user_id=role.user_id,
        name=role.user.name,
        email=role.user.email,
        account=Account.OPEN if role.user.is_active else Account.DEACTIVATED,
        created_at=role.created_at,
    )
