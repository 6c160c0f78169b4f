"""Groups of a collaboration: what its Groups tab does."""

from typing import Any

from pydantic import Field

from domain import groups, permissions
from domain.groups import Wanted
from domain.keyset import Order
from models import Collaboration, Group
from views import access
from views.api import problems
from views.api.blueprint import ApiBlueprint
from views.api.calls import Answer, Given, call, malformed
from views.api.collaborations import GroupAnswer
from views.api.fields import Name, left_out
from views.api.links import absolute
from views.api.lists import Listed, Paged, page_of

bp = ApiBlueprint("api_groups", problems.tell, url_prefix="/api/v1")


class GroupInDetail(GroupAnswer):
    auto_provision: bool = Field(description="Whether every new member of the collaboration joins it.")
    members: int = Field(description="How many are in it.")


class Groups(Listed[GroupInDetail]):
    """Groups, by short name."""


class NewGroup(Given):
    name: Name = Field(examples=["Writers"])
    short_name: str = Field(description="Unique in its collaboration.", examples=["writers"])
    auto_provision: bool = Field(False, description="Every new member of the collaboration joins it.")
    with_members: bool = Field(False, description="Everybody who is a member already joins it, once.")


class GroupChanges(Given):
    """What is left out stays as it is."""

    name: Name = left_out(examples=["Writers"])
    short_name: str = left_out()
    auto_provision: bool = left_out()
    with_members: bool = Field(False, description="Everybody who is a member already joins it, once.")


@bp.get("/collaborations/<uuid:collaboration_id>/groups")
@access.collaboration(permissions.may_see_collaboration)
@call("List groups", "Of a collaboration.", query=Paged, answer=Groups)
def index(collaboration: Collaboration, query: Paged) -> Groups:
    asked, order = groups.groups_of(collaboration), Order(Group.short_name, Group.id)
    found, cursor = page_of(asked, order, str, query)
    return Groups(items=[*map(_line, groups.lines_of(found))], next=cursor)


@bp.post("/collaborations/<uuid:collaboration_id>/groups")
@access.collaboration(permissions.may_edit_groups)
@call("Make a group", "Of a collaboration.", body=NewGroup, answer=GroupInDetail, status=201, creates=True)
def create(collaboration: Collaboration, body: NewGroup) -> Answer:
    made = groups.create(access.my_rights(), collaboration, Wanted(**body.model_dump()), access.by())
    if made.group is None:
        raise malformed(made.problems)
    return Answer(_group(made.group), 201, location=absolute("api_groups.show", group_id=made.group.id))


@bp.get("/groups/<uuid:group_id>")
@access.group(permissions.may_see_collaboration)
@call("Read a group", answer=GroupInDetail)
def show(group: Group) -> GroupInDetail:
    return _group(group)


@bp.patch("/groups/<uuid:group_id>")
@access.group(permissions.may_edit_groups)
@call("Change a group", "Only what is sent.", body=GroupChanges, answer=GroupInDetail, refusals=(409,))
def change(group: Group, body: GroupChanges) -> GroupInDetail:
    now: dict[str, Any] = {name: getattr(group, name) for name in ("name", "short_name", "auto_provision")}
    wanted = Wanted(**now | body.model_dump(exclude_unset=True))
    if wrong := groups.change(access.my_rights(), group, wanted, access.by()):
        raise malformed(wrong)
    return _group(group)


@bp.delete("/groups/<uuid:group_id>")
@access.group(permissions.may_edit_groups)
@call(
    "Delete a group",
    "Its members stay in the collaboration, and invitations no longer lead into it.",
    status=204,
    refusals=(409,),
)
def delete(group: Group) -> None:
    groups.delete_group(access.my_rights(), group, access.by())


def _group(group: Group) -> GroupInDetail:
    [line] = groups.lines_of([group])
    return _line(line)


def _line(line: groups.Line) -> GroupInDetail:
    return GroupInDetail(
        id=line.group.id,
        short_name=line.group.short_name,
        name=line.group.name,
        auto_provision=line.group.auto_provision,
        members=line.members,
    )
