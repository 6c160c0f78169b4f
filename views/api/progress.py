"""How far the participants of a batch are, as the systems that they learn in tell it."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Annotated

from pydantic import BaseModel, Field

from domain import progress
from domain.cells import CellError
from domain.permissions import may_edit_batch
from domain.progress import Entry, ProgressOutcome, ProgressState
from domain.progress_sheet import Line, when_of
from models import Batch
from views import access
from views.api import problems
from views.api.blueprint import ApiBlueprint
from views.api.calls import MOST_PEOPLE, Given, call, malformed
from views.api.participants import Identifier

bp = ApiBlueprint("api_progress", problems.tell, url_prefix="/api/v1/batches/<uuid:batch_id>")

#: Read by the domain, which says what is no time.
Moment = Annotated[
    str,
    Field(
        description="ISO 8601: a time, of the organisation's time zone where it names none, or a day.",
        examples=["2026-11-25T10:30:00Z"],
        min_length=1,
    ),
]
Units = Annotated[int, Field(strict=True)]


class ProgressGiven(Given):
    """Of one participant: a percentage, or completed and total units, or all three."""

    identifier: Identifier
    completed_units: Units | None = Field(None, description="With `total_units`.", examples=[9])
    total_units: Units | None = Field(None, examples=[20])
    percent: float | None = Field(
        None, strict=True, allow_inf_nan=False, description="0 to 100, rounded down.", examples=[45]
    )
    completed_at: Moment | None = None
    last_activity: Moment | None = None


class ProgressReport(Given):
    progress: list[ProgressGiven] = Field(min_length=1, max_length=MOST_PEOPLE)
    allow_decrease: bool = Field(False, description="Also take what is less than was told before.")


class ProgressResult(BaseModel):
    """What became of one of those told of."""

    identifier: str = Field(description="As it was sent.")
    outcome: ProgressState
    reason: str | None = Field(
        description="A word, where there is something to tell: `not_found`, `not_a_participant`, `lower`, `repeated`, "
        "or what is wrong with the values.",
        examples=["lower"],
    )
    message: str | None = Field(description="The same as a sentence.")


class Reported(BaseModel):
    updated: int
    unchanged: int
    skipped: int
    failed: int
    results: list[ProgressResult] = Field(description="One for each that was sent, in their order.")


@bp.patch("/progress")
@access.batch(may_edit_batch)
@call(
    "Report progress",
    "Of any number of participants. Progress never goes backwards, unless `allow_decrease` says so. What is wrong with "
    "one of them stops none of the others.",
    body=ProgressReport,
    answer=Reported,
)
def report(batch: Batch, body: ProgressReport) -> Reported:
    entries = _entries(body.progress, batch.organisation.time_zone)
    outcomes = progress.report(access.my_rights(), batch, entries, access.by(), allow_decrease=body.allow_decrease)
    counts = Counter(outcome.state for outcome in outcomes)
    return Reported.model_construct(
        updated=counts[ProgressState.UPDATED],
        unchanged=counts[ProgressState.UNCHANGED],
        skipped=counts[ProgressState.SKIPPED],
        failed=counts[ProgressState.FAILED],
        results=_results(outcomes),
    )


def _entries(given: Sequence[ProgressGiven], time_zone: str) -> list[Entry]:
    """What the domain takes. Raises `MalformedError` for all times that are none."""
    wrong: dict[str, list[str]] = {}

    def when(place: int, name: str, text: str | None) -> date | datetime | None:
        try:
            return when_of(text) if text is not None else None
        except CellError as error:
            wrong[f"progress/{place}/{name}"] = [str(error)]
            return None

    entries = [
        Line(
            number=place,
            identifier=one.identifier,
            completed_units=one.completed_units,
            total_units=one.total_units,
            percent=_rounded_down(one.percent),
            completed_at=when(place, "completed_at", one.completed_at),
            last_activity=when(place, "last_activity", one.last_activity),
        ).entry(time_zone)
        for place, one in enumerate(given)
    ]
    if wrong:
        raise malformed(wrong)
    return entries


def _rounded_down(percent: float | None) -> int | None:
    """What is a little more than all of it is no percentage."""
    if percent is None:
        return None
    return math.floor(percent) if percent <= 100 else math.ceil(percent)


def _results(outcomes: Sequence[ProgressOutcome]) -> list[ProgressResult]:
    sentence_of = cache(progress.message_of)
    return [
        ProgressResult.model_construct(
            identifier=outcome.identifier,
            outcome=outcome.state,
            reason=outcome.reason,
            message=sentence_of(outcome.reason) if outcome.reason else None,
        )
        for outcome in outcomes
    ]
