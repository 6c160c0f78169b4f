"""Invitations to a role in an organisation: listed, made, sent again and revoked."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from flask import current_app
from pydantic import AfterValidator, BaseModel, Field

from domain import permissions, role_invitations, role_inviting, roles
from domain.keyset import Order
from domain.role_inviting import Said
from domain.roles import Kind
from models import Organisation, RoleInvitation
from views import access
from views.api import problems
from views.api.blueprint import ApiBlueprint
from views.api.calls import Given, call, malformed
from views.api.collaborations import AsInTheFile, InvitedAnswer, invited_answer
from views.api.lists import Listed, Paged, Words, page_of
from views.api.roles import as_called_here
from views.api.units import ids_of
from views.forms.typed import typed

bp = ApiBlueprint("api_role_invitations", problems.tell, url_prefix="/api/v1")


class RoleInvitationsAskedFor(Paged):
    search: Words = Field("", description="Words in the e-mail address.")


class RoleInvitationState(StrEnum):
    OPEN = "open"
    EXPIRED = "expired"
    DECLINED = "declined"
    UNDELIVERED = "undelivered"


class RoleInvitationAnswer(BaseModel):
    id: UUID
    email: str = Field(examples=["r.doe@example.org"])
    role: Kind
    units: list[str] = Field(description="That a unit manager would manage, their names.")
    state: RoleInvitationState
    expires_at: datetime
    invited_by: str = Field(description="Their name.")
    created_at: datetime


class RoleInvitations(Listed[RoleInvitationAnswer]):
    """Invitations that were not accepted, nor revoked, the newest first."""


class NewRoleInvitations(Given):
    addresses: list[AsInTheFile] = Field(
        description=f"E-mail addresses, at most {role_inviting.MOST_AT_ONCE}.",
        examples=[["r.doe@example.org"]],
        min_length=1,
    )
    role: Kind = Field(examples=["mentor"])
    units: list[str] = Field([], description="The names of those that a unit manager shall manage.")
    message: Annotated[str, AfterValidator(typed)] = Field("", description="It stands in the mail.")


@bp.get("/organisations/<organisation>/role-invitations")
@access.organisation_called(permissions.may_name_mentors)
@call(
    "List invitations to roles",
    "Of the organisation. Who has accepted is among the roles.",
    query=RoleInvitationsAskedFor,
    answer=RoleInvitations,
)
def index(organisation: Organisation, query: RoleInvitationsAskedFor) -> RoleInvitations:
    kinds = roles.kinds_decided_by(access.my_rights(), organisation)
    asked = role_invitations.listed(organisation, kinds, query.search)
    order = Order(RoleInvitation.id, RoleInvitation.id, descending=True)
    found, cursor = page_of(asked, order, UUID, query)
    return RoleInvitations(items=[*map(_invitation, found)], next=cursor)


@bp.post("/organisations/<organisation>/role-invitations")
@access.organisation_called(permissions.may_name_mentors)
@call(
    "Invite people to a role",
    "Each with a mail; they have the role once they accept. With anything wrong, nobody is invited.",
    body=NewRoleInvitations,
    answer=InvitedAnswer,
    creates=True,
)
def invite(organisation: Organisation, body: NewRoleInvitations) -> InvitedAnswer:
    said = Said("\n".join(body.addresses), body.role, ids_of(organisation, body.units), body.message)
    days = current_app.config["INVITATION_DAYS"]
    answer = role_inviting.invite(access.my_rights(), organisation, access.me(), said, days, access.by())
    if answer.problems:
        raise malformed(as_called_here(answer.problems))
    return invited_answer(answer.invited)


@bp.post("/role-invitations/<uuid:role_invitation_id>/resend")
@access.role_invitation(permissions.may_decide_on_role)
@call(
    "Send an invitation to a role again",
    "With a new link; the old one ends. One that has expired is open again.",
    answer=RoleInvitationAnswer,
    creates=True,
    refusals=(409,),
)
def resend(role_invitation: RoleInvitation) -> RoleInvitationAnswer:
    days = current_app.config["INVITATION_DAYS"]
    return _invitation(role_invitations.resend(access.my_rights(), role_invitation.id, days))


@bp.delete("/role-invitations/<uuid:role_invitation_id>")
@access.role_invitation(permissions.may_decide_on_role)
@call("Revoke an invitation to a role", "Its link ends.", status=204, refusals=(409,))
def revoke(role_invitation: RoleInvitation) -> None:
    role_invitations.revoke(access.my_rights(), role_invitation.id, access.by())


def _invitation(invitation: RoleInvitation) -> RoleInvitationAnswer:
    return RoleInvitationAnswer(
        id=invitation.id,
        email=invitation.email,
        role=roles.kind_of(invitation),
        units=[unit.name for unit in invitation.units],
        state=RoleInvitationState.EXPIRED if invitation.is_expired else RoleInvitationState(invitation.status),
        expires_at=invitation.expires_at,
        invited_by=invitation.invited_by.name,
        created_at=invitation.created_at,
    )
