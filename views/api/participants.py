"""Participants of a batch: listed, added and removed."""

import uuid
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from typing import Annotated

from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # pydantic wants it until Python 3.12

from domain import participant_list, participants
from domain.participant_list import Row, Standing, Wanted
from domain.participants import Outcome, counts_of
from domain.permissions import may_edit_batch, may_manage_participants
from models import Batch
from models.upload import OutcomeState
from views import access
from views.api import problems
from views.api.blueprint import ApiBlueprint
from views.api.calls import MOST_PEOPLE, Given, call
from views.api.lists import Listed, Paged, Words, cursor_of, mark_asked_for

bp = ApiBlueprint("api_participants", problems.tell, url_prefix="/api/v1/batches/<uuid:batch_id>")

#: A user ID or a state ID.
Identifier = Annotated[str, Field(examples=["PR-05501"])]


class Identifiers(Given):
    identifiers: list[Identifier] = Field(
        description="User IDs and state IDs, mixed freely.", min_length=1, max_length=MOST_PEOPLE
    )


class DryRun(Given):
    dry_run: bool = Field(False, description="Only say what would happen.")


# Ten thousand dictionaries are made in a tenth of the time of as many models.
class Result(TypedDict):
    """What became of one identifier."""

    identifier: Annotated[str, Field(description="As it was sent.")]
    outcome: OutcomeState
    reason: Annotated[
        str | None,
        Field(
            description="Of those failed `not_found`, `deactivated`, `not_a_participant`, `completed`; of those "
            "skipped `already_present`, `repeated`."
        ),
    ]


class Added(BaseModel):
    added: int
    revived: int = Field(description="Took part before; their progress is what it was.")
    skipped: int
    failed: int
    results: list[Result] = Field(description="One for each identifier, in their order.")


class Removed(BaseModel):
    removed: int
    skipped: int
    failed: int
    results: list[Result] = Field(description="One for each identifier, in their order.")


class ParticipantsAskedFor(Paged):
    search: Words = Field("", description="Words in the name, the state ID or the e-mail address.")
    state: Standing | None = Field(None, description="Only those who are so far.")


class ParticipantAnswer(BaseModel):
    user_id: uuid.UUID
    user_name: str = Field(examples=["teacher05501"])
    name: str
    state_id: str | None = Field(description="Null for people of other organisations.", examples=["PR-05501"])
    email: str = Field(description="Masked.", examples=["jo*****@example.org"])
    organisation: str | None
    district: str | None
    enrolled_on: date
    progress: int = Field(description="In per cent.", ge=0, le=100)
    completed_on: date | None
    last_activity_at: datetime | None


class Participants(Listed[ParticipantAnswer]):
    """Participants, in the order in which they were enrolled."""


@bp.get("/participants")
@access.batch(may_edit_batch)
@call("List participants", "Active ones. Any page costs the same.", query=ParticipantsAskedFor, answer=Participants)
def index(batch: Batch, query: ParticipantsAskedFor) -> Participants:
    wanted = Wanted(query.search, query.state)
    mark = mark_asked_for(query, partial(participant_list.mark_in, wanted))
    rows, after = participant_list.page_after(batch, wanted, mark, query.limit)
    return Participants.model_construct(items=[*map(_participant, rows)], next=cursor_of(after))


def _participant(row: Row) -> ParticipantAnswer:
    return ParticipantAnswer.model_construct(
        user_id=row.id,
        user_name=row.user_name,
        name=row.name,
        state_id=row.state_id,
        email=row.masked_email,
        organisation=row.organisation,
        district=row.district,
        enrolled_on=row.enrolled_on,
        progress=row.percent,
        completed_on=row.completed_on,
        last_activity_at=row.last_activity_at,
    )


@bp.post("/participants")
@access.batch(may_manage_participants)
@call(
    "Add participants",
    "To an invite-only batch. One that cannot be added stops none of the others.",
    body=Identifiers,
    query=DryRun,
    answer=Added,
    creates=True,
    refusals=(409,),
)
def add(batch: Batch, body: Identifiers, query: DryRun) -> Added:
    do = participants.foresee_adding if query.dry_run else participants.add
    outcomes = _done(do, batch, body.identifiers, dry_run=query.dry_run)
    counts = counts_of(outcomes)
    return Added.model_construct(
        added=counts[OutcomeState.ADDED],
        revived=counts[OutcomeState.REVIVED],
        skipped=counts[OutcomeState.SKIPPED],
        failed=counts[OutcomeState.FAILED],
        results=_results(outcomes),
    )


@bp.delete("/participants")
@access.batch(may_manage_participants)
@call(
    "Remove participants",
    "From an invite-only batch. Their progress is kept; who has completed the course stays.",
    body=Identifiers,
    query=DryRun,
    answer=Removed,
    refusals=(409,),
)
def remove(batch: Batch, body: Identifiers, query: DryRun) -> Removed:
    do = participants.foresee_removing if query.dry_run else participants.remove
    outcomes = _done(do, batch, body.identifiers, dry_run=query.dry_run)
    counts = counts_of(outcomes)
    return Removed.model_construct(
        removed=counts[OutcomeState.REMOVED],
        skipped=counts[OutcomeState.SKIPPED],
        failed=counts[OutcomeState.FAILED],
        results=_results(outcomes),
    )


def _done(do: Callable[..., list[Outcome]], batch: Batch, identifiers: list[str], *, dry_run: bool) -> list[Outcome]:
    if dry_run:
        participants.must_be_invite_only(batch)
        return do(batch, identifiers)
    return do(access.my_rights(), batch, identifiers, access.by())


def _results(outcomes: Iterable[Outcome]) -> list[Result]:
    return [
        {"identifier": outcome.identifier, "outcome": outcome.state, "reason": outcome.reason} for outcome in outcomes
    ]
