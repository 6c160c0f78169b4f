"""Participants of a batch: added, removed and listed; their progress."""

from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import BaseModel, Field

from domain import participants
from domain.participants import Outcome, counts_of
from domain.permissions import may_manage_participants
from models import Batch
from models.upload import OutcomeState
from views import access
from views.api import problems
from views.api.blueprint import ApiBlueprint
from views.api.calls import Given, call

bp = ApiBlueprint("api_participants", problems.tell, url_prefix="/api/v1/batches/<uuid:batch_id>")

#: A user ID or a state ID.
Identifier = Annotated[str, Field(examples=["PR-05501"])]


class Identifiers(Given):
    identifiers: list[Identifier] = Field(description="User IDs and state IDs, mixed freely.", min_length=1)


class DryRun(Given):
    dry_run: bool = Field(False, description="Only say what would happen.")


class Result(BaseModel):
    """What became of one identifier."""

    identifier: str = Field(description="As it was sent.")
    outcome: OutcomeState
    reason: str | None = Field(
        description="Of those failed `not_found`, `deactivated`, `not_a_participant`, `completed`; of those skipped "
        "`already_present`, `repeated`."
    )


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
    return Added(
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
    return Removed(
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
        Result.model_construct(identifier=outcome.identifier, outcome=outcome.state, reason=outcome.reason)
        for outcome in outcomes
    ]
