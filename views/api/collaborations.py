"""Collaborations, their members and those who are invited: what the Members tab shows and does."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from flask import current_app
from pydantic import BaseModel, Field
from sqlalchemy.orm import selectinload

from domain import collaborations, invitations, inviting, permissions
from domain.inviting import Invited
from domain.keyset import Order
from models import Collaboration, Group, Invitation, Membership
from models.collaboration import Role
from views import access
from views.api import problems
from views.api.blueprint import ApiBlueprint
from views.api.calls import Given, call, malformed
from views.api.lists import Listed, Paged, Words, page_of

bp = ApiBlueprint("api_collaborations", problems.tell, url_prefix="/api/v1")


class CollaborationsAskedFor(Paged):
    search: Words = Field("", description="Words in a name, or in a label.")
    archived: bool = Field(False, description="Those that are archived, instead of those in use.")


class PeopleAskedFor(Paged):
    search: Words = Field("", description="Words in the name or, where the key may see it, the e-mail address.")


class GroupAnswer(BaseModel):
    id: uuid.UUID
    short_name: str = Field(examples=["researchers"])
    name: str = Field(examples=["Researchers"])


class CollaborationAnswer(BaseModel):
    id: uuid.UUID
    short_name: str = Field(examples=["cumulusgrp"])
    name: str = Field(examples=["Cumulus research group"])
    labels: list[str] = Field(examples=[["climate", "yoda"]])
    organisation: str = Field(description="Its short name.", examples=["uniharderwijk"])
    units: list[str] = Field(description="Their names.", examples=[["Yoda data management"]])
    groups: list[GroupAnswer]


class Collaborations(Listed[CollaborationAnswer]):
    """Collaborations, by short name."""


class MemberAnswer(BaseModel):
    """A member. Who may not invite sees their name and role only; the rest is null."""

    id: uuid.UUID = Field(description="Of the membership.")
    name: str
    role: Role
    user_id: uuid.UUID | None
    email: str | None
    groups: list[GroupAnswer] | None
    joined_at: datetime | None
    expires_at: datetime | None = Field(description="Null also where it never does.")


class Members(Listed[MemberAnswer]):
    """Members, the newest first."""


class InvitationState(StrEnum):
    OPEN = "open"
    EXPIRED = "expired"


class InvitationAnswer(BaseModel):
    id: uuid.UUID
    email: str = Field(examples=["r.doe@example.org"])
    role: Role
    state: InvitationState
    groups: list[GroupAnswer]
    expires_at: datetime
    membership_expires_at: datetime | None = Field(description="Null: never.")
    invited_by: str = Field(description="Their name.")
    created_at: datetime


class Invitations(Listed[InvitationAnswer]):
    """Invitations that wait for an answer, the newest first."""


#: As the values of a file, by whose rules they are read.
AsInTheFile = Annotated[str, Field(min_length=1)]


class NewInvitations(Given):
    """Named as the columns of a file of invitations are, and read by the same rules."""

    invitees: list[AsInTheFile] = Field(
        description="E-mail addresses, at most 50.",
        examples=[["r.doe@example.org"]],
        min_length=1,
    )
    intended_role: Role = Role.MEMBER
    groups: list[str] = Field([], description="Identifiers or short names.", examples=[["researchers"]])
    invitation_expiry_date: AsInTheFile | None = Field(
        None, description="The last day to accept: an ISO 8601 date.", examples=["2027-06-30"]
    )
    membership_expiry_date: AsInTheFile | None = Field(
        None, description="The last day of the membership; left out: it never ends.", examples=["2028-06-30"]
    )
    message: str | None = Field(None, description="Left out: the organisation's own.")
    sender_name: str | None = Field(None, description="Left out: the organisation's own, or the key owner's name.")


class InvitationMade(BaseModel):
    id: uuid.UUID
    email: str


class InviteeSkipped(BaseModel):
    email: str
    reason: str = Field(
        description="`already_invited`; `already_member`, or `has_the_role`.", examples=["already_member"]
    )
    message: str


class InvitedAnswer(BaseModel):
    made: list[InvitationMade] = Field(description="Invitations; their mails are on their way.")
    skipped: list[InviteeSkipped] = Field(description="Those for whom there was nothing to do.")


@bp.get("/collaborations")
@access.signed_in
@call("List collaborations", "Those that the key may see.", query=CollaborationsAskedFor, answer=Collaborations)
def index(query: CollaborationsAskedFor) -> Collaborations:
    found_by = collaborations.search(access.my_rights(), query.search, archived=query.archived)
    asked = found_by.options(selectinload(Collaboration.groups))
    found, cursor = page_of(asked, Order(Collaboration.short_name, Collaboration.id), str, query)
    return Collaborations(items=[*map(_collaboration, found)], next=cursor)


@bp.get("/collaborations/<uuid:collaboration_id>/members")
@access.collaboration(permissions.may_see_collaboration)
@call("List members", query=PeopleAskedFor, answer=Members)
def members(collaboration: Collaboration, query: PeopleAskedFor) -> Members:
    in_detail = permissions.may_see_member_details(access.my_rights(), collaboration)
    asked = collaborations.members(collaboration, query.search, by_address=in_detail)
    found, cursor = page_of(asked, Order(Membership.id, Membership.id, descending=True), uuid.UUID, query)
    tell = member_in_detail if in_detail else _member
    return Members(items=[*map(tell, found)], next=cursor)


@bp.get("/collaborations/<uuid:collaboration_id>/invitations")
@access.collaboration(permissions.may_see_member_details)
@call("List open invitations", "Expired ones too.", query=PeopleAskedFor, answer=Invitations)
def invited(collaboration: Collaboration, query: PeopleAskedFor) -> Invitations:
    asked = collaborations.invited(collaboration, query.search)
    found, cursor = page_of(asked, Order(Invitation.id, Invitation.id, descending=True), uuid.UUID, query)
    return Invitations(items=[*map(_invitation, found)], next=cursor)


@bp.post("/collaborations/<uuid:collaboration_id>/invitations")
@access.collaboration(permissions.may_invite)
@call(
    "Invite people",
    "A few, each with a mail; more are for a file. With anything wrong, nobody is invited.",
    body=NewInvitations,
    answer=InvitedAnswer,
    creates=True,
    refusals=(409,),
)
def invite(collaboration: Collaboration, body: NewInvitations) -> InvitedAnswer:
    days = current_app.config["INVITATION_DAYS"]
    defaults = invitations.defaults_of(collaboration.organisation, access.me(), days)
    values = {
        "invitees": ", ".join(body.invitees),
        "intended_role": body.intended_role.value,
        "invitation_expiry_date": body.invitation_expiry_date or "",
        "membership_expiry_date": body.membership_expiry_date or "",
        "message": defaults.message if body.message is None else body.message,
        "sender_name": body.sender_name or "",
    }
    reading = inviting.read_form(collaboration, values)
    group_ids, no_groups = inviting.read_groups(collaboration, body.groups)
    if reading.problems or no_groups:
        raise malformed({**reading.problems, "groups": no_groups})
    return invited_answer(inviting.invite(collaboration, access.me(), reading.line, group_ids, defaults))


@bp.post("/invitations/<uuid:invitation_id>/resend")
@access.invitation(permissions.may_invite)
@call(
    "Send an invitation again",
    "With a new link; the old one ends. One that has expired is open again.",
    answer=InvitationAnswer,
    creates=True,
    refusals=(409,),
)
def resend(invitation: Invitation) -> InvitationAnswer:
    return _invitation(invitations.resend(invitation.id, current_app.config["INVITATION_DAYS"]))


@bp.delete("/invitations/<uuid:invitation_id>")
@access.invitation(permissions.may_invite)
@call("Revoke an invitation", "Its link ends.", status=204, refusals=(409,))
def revoke(invitation: Invitation) -> None:
    invitations.revoke(invitation.id)


def _collaboration(collaboration: Collaboration) -> CollaborationAnswer:
    return CollaborationAnswer(
        id=collaboration.id,
        short_name=collaboration.short_name,
        name=collaboration.name,
        labels=[label.name for label in collaboration.labels],
        organisation=collaboration.organisation.short_name,
        units=[unit.name for unit in collaboration.units],
        groups=[*map(group_answer, collaboration.groups)],
    )


def group_answer(group: Group) -> GroupAnswer:
    return GroupAnswer(id=group.id, short_name=group.short_name, name=group.name)


def _member(membership: Membership) -> MemberAnswer:
    return MemberAnswer(
        id=membership.id,
        name=membership.user.name,
        role=membership.role,
        user_id=None,
        email=None,
        groups=None,
        joined_at=None,
        expires_at=None,
    )


def member_in_detail(membership: Membership) -> MemberAnswer:
    return MemberAnswer(
        id=membership.id,
        name=membership.user.name,
        role=membership.role,
        user_id=membership.user_id,
        email=membership.user.email,
        groups=[*map(group_answer, membership.groups)],
        joined_at=membership.joined_at,
        expires_at=membership.expires_at,
    )


def _invitation(invitation: Invitation) -> InvitationAnswer:
    return InvitationAnswer(
        id=invitation.id,
        email=invitation.email,
        role=invitation.role,
        state=InvitationState.EXPIRED if invitation.is_expired else InvitationState.OPEN,
        groups=[*map(group_answer, invitation.groups)],
        expires_at=invitation.expires_at,
        membership_expires_at=invitation.membership_expires_at,
        invited_by=invitation.invited_by.name,
        created_at=invitation.created_at,
    )


def invited_answer(invited: Invited) -> InvitedAnswer:
    return InvitedAnswer(
        made=[InvitationMade(id=invitation, email=email) for email, invitation in invited.made.items()],
        skipped=[
            InviteeSkipped(email=email, reason=standing.reason, message=standing.message)
            for email, standing in invited.skipped.items()
        ],
    )
