"""Members of a collaboration, changed and removed: what its Members tab does."""

from domain import collaborations, inviting, memberships, permissions
from domain.memberships import Wanted, last_day_of
from models import Membership
from models.collaboration import Role
from views import access
from views.api import problems
from views.api.blueprint import ApiBlueprint
from views.api.calls import Given, call, malformed
from views.api.collaborations import AsInTheFile, MemberAnswer, member_in_detail
from views.api.fields import left_out

bp = ApiBlueprint("api_memberships", problems.tell, url_prefix="/api/v1")


class MembershipChanges(Given):
    """What is left out stays as it is."""

    role: Role = left_out()
    groups: list[str] = left_out(description="Identifiers or short names of all that they shall be in.")
    membership_expiry_date: AsInTheFile | None = left_out(
        description="The last day of the membership: an ISO 8601 date; null: it never ends."
    )


@bp.patch("/memberships/<uuid:membership_id>")
@access.membership(permissions.may_invite)
@call("Change a member", "Only what is sent.", body=MembershipChanges, answer=MemberAnswer, refusals=(409,))
def change(membership: Membership, body: MembershipChanges) -> MemberAnswer:
    sent = body.model_dump(exclude_unset=True)
    names = sent.get("groups", [str(group.id) for group in membership.groups])
    group_ids, no_groups = inviting.read_groups(membership.collaboration, names)
    until = sent.get("membership_expiry_date", last_day_of(membership)) or ""
    wanted = Wanted(sent.get("role", membership.role), group_ids, until)
    if no_groups:
        raise malformed({"groups": no_groups})
    if wrong := memberships.change(access.my_rights(), membership, wanted, access.by()):
        raise malformed({_FIELDS.get(field, field): sentences for field, sentences in wrong.items()})
    return member_in_detail(membership)


@bp.delete("/memberships/<uuid:membership_id>")
@access.membership(permissions.may_invite)
@call("Remove a member", "From the collaboration and its groups.", status=204, refusals=(409,))
def remove(membership: Membership) -> None:
    collaborations.remove_member(membership, access.by())


#: As they are called here.
_FIELDS = {"until": "membership_expiry_date"}
