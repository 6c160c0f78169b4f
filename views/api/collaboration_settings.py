"""Collaborations made, read, changed, archived and restored: what their Settings tab does."""

from datetime import datetime
from typing import Any

from pydantic import Field

from domain import collaboration_draft, collaboration_settings, permissions
from models import Collaboration
from views import access
from views.api import problems
from views.api.blueprint import ApiBlueprint
from views.api.calls import Answer, Given, call, malformed
from views.api.collaborations import CollaborationAnswer, group_answer
from views.api.fields import Description, Name, left_out
from views.api.links import absolute
from views.api.units import ids_of

bp = ApiBlueprint("api_collaboration_settings", problems.tell, url_prefix="/api/v1")


class CollaborationInDetail(CollaborationAnswer):
    description: str
    archived_at: datetime | None = Field(description="Null where it is in use.")


class NewCollaboration(Given):
    organisation: str = Field(description="Its short name.", examples=["uniharderwijk"])
    name: Name = Field(examples=["Altocumulus group"])
    short_name: str = Field(description="Files name it by this.", examples=["altogrp"])
    description: Description = ""
    labels: list[str] = Field([], examples=[["climate"]])
    units: list[str] = Field([], description="Their names.")


class CollaborationChanges(Given):
    """What is left out stays as it is."""

    name: Name = left_out(examples=["Cumulus research group"])
    short_name: str = left_out(description="Files name it by this: those made before no longer find it.")
    description: Description = left_out()
    labels: list[str] = left_out(description="All that it shall bear.")
    units: list[str] = left_out(description="The names of all that it shall belong to.")


@bp.post("/collaborations")
@access.needs(permissions.may_create_collaborations)
@call(
    "Make a collaboration",
    "In an organisation that the key manages as a whole.",
    body=NewCollaboration,
    answer=CollaborationInDetail,
    status=201,
    creates=True,
)
def create(body: NewCollaboration) -> Answer:
    organisation = access.organisation_named(body.organisation, permissions.may_create_collaborations_in)
    said, unit_ids = _texts(body.model_dump()), ids_of(organisation, body.units)
    made = collaboration_settings.create(access.my_rights(), organisation, said, unit_ids, access.by())
    if made.collaboration is None:
        raise malformed(made.problems)
    where = absolute("api_collaboration_settings.show", collaboration_id=made.collaboration.id)
    return Answer(_in_detail(made.collaboration), 201, location=where)


@bp.get("/collaborations/<uuid:collaboration_id>")
@access.collaboration(permissions.may_see_collaboration)
@call("Read a collaboration", answer=CollaborationInDetail)
def show(collaboration: Collaboration) -> CollaborationInDetail:
    return _in_detail(collaboration)


@bp.patch("/collaborations/<uuid:collaboration_id>")
@access.collaboration(permissions.may_label)
@call(
    "Change a collaboration",
    "Only what is sent. A key for units changes labels alone.",
    body=CollaborationChanges,
    answer=CollaborationInDetail,
)
def change(collaboration: Collaboration, body: CollaborationChanges) -> CollaborationInDetail:
    sent = body.model_dump(exclude_unset=True)
    rights, said = access.my_rights(), collaboration_draft.as_texts(collaboration) | _texts(sent)
    if {*sent} == {"labels"}:
        wrong = collaboration_settings.relabel(rights, collaboration, said["labels"], access.by())
    else:
        named = ids_of(collaboration.organisation, body.units) if "units" in sent else collaboration.unit_ids
        wrong = collaboration_settings.change(rights, collaboration, said, named, access.by())
    if wrong:
        raise malformed(wrong)
    return _in_detail(collaboration)


@bp.post("/collaborations/<uuid:collaboration_id>/archive")
@access.collaboration(permissions.may_edit_collaboration)
@call(
    "Archive a collaboration",
    "Nobody can be invited to it any more, and invitations to it cannot be accepted. Its members stay.",
    answer=CollaborationInDetail,
    refusals=(409,),
)
def archive(collaboration: Collaboration) -> CollaborationInDetail:
    collaboration_settings.archive(access.my_rights(), collaboration, access.by())
    return _in_detail(collaboration)


@bp.post("/collaborations/<uuid:collaboration_id>/restore")
@access.collaboration(permissions.may_edit_collaboration)
@call("Restore a collaboration", "As if it had never been archived.", answer=CollaborationInDetail, refusals=(409,))
def restore(collaboration: Collaboration) -> CollaborationInDetail:
    collaboration_settings.restore(access.my_rights(), collaboration, access.by())
    return _in_detail(collaboration)


def _texts(sent: dict[str, Any]) -> dict[str, str]:
    texts = {name: sent[name] for name in ("name", "short_name", "description") if name in sent}
    return texts | ({"labels": ",".join(sent["labels"])} if "labels" in sent else {})


def _in_detail(collaboration: Collaboration) -> CollaborationInDetail:
    return CollaborationInDetail(
        id=collaboration.id,
        short_name=collaboration.short_name,
        name=collaboration.name,
        labels=[label.name for label in collaboration.labels],
        organisation=collaboration.organisation.short_name,
        units=[unit.name for unit in collaboration.units],
        groups=[*map(group_answer, collaboration.groups)],
        description=collaboration.description,
        archived_at=collaboration.archived_at,
    )
