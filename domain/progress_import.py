"""A file of progress, of one batch or of several."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from domain.audit import By
from domain.cells import open_sheet
from domain.findings import Finding, Notice
from domain.language import gettext as _
from domain.progress import Entry, ProgressState, message_of, report
from domain.progress_sheet import (
    COLUMNS,
    COLUMNS_OF_A_BATCH,
    REQUIRED,
    REQUIRED_OF_A_BATCH,
    Line,
    Sheet,
    problems_with,
)
from domain.table import Limits, Record
from models import Batch, db, now
from models.base import among


class LineOutcome(NamedTuple):
    """What a line of the file became."""

    line: int
    state: ProgressState
    #: As of `domain.progress.ProgressOutcome`, or `batch_not_found`.
    reason: str | None

    @property
    def message(self) -> str | None:
        """The sentence for its reader, where there is something to tell."""
        if self.reason == "batch_not_found":
            return _("There is no batch with this ID.")
        return message_of(self.reason) if self.reason else None


@dataclass(slots=True)
class ProgressImport:
    """What came of a file. With errors, nothing is done."""

    notices: list[Notice] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    #: In the order of the lines.
    outcomes: list[LineOutcome] = field(default_factory=list)


def import_progress(
    content: bytes, file_name: str, batch: Batch | None, by: By, limits: Limits, *, allow_decrease: bool = False
) -> ProgressImport:
    """Take the progress that a file tells, for the operator. `batch`: of the lines that name none.

    Lines about one person and one batch are taken one after the other: see `domain.progress.report`.
    """
    columns, required = (COLUMNS_OF_A_BATCH, REQUIRED_OF_A_BATCH) if batch else (COLUMNS, REQUIRED)
    file = open_sheet(content, file_name, columns, required, limits)
    lines, errors = _read_lines(Sheet(file.columns, batch.id if batch else None), file.records)
    batches = _batches(lines)
    told, problems = _entries(lines, batches)
    errors = sorted([*file.errors, *errors, *problems], key=lambda error: error.line or 0)
    if errors:
        return ProgressImport(file.notices, errors)
    outcomes = _report(told, batches, by, allow_decrease=allow_decrease)
    return ProgressImport(file.notices, outcomes=sorted(outcomes, key=lambda outcome: outcome.line))


def _read_lines(sheet: Sheet, records: Iterable[Record]) -> tuple[list[Line], list[Finding]]:
    lines, errors = [], []
    for record in records:
        line, problems = sheet.read(record)
        errors += problems
        if not problems:
            lines.append(line)
    return lines, errors


def _batches(lines: Iterable[Line]) -> dict[uuid.UUID | None, Batch]:
    ids = {line.batch for line in lines if line.batch}
    query = select(Batch).where(among(Batch.id, ids)).options(joinedload(Batch.organisation))
    return {batch.id: batch for batch in db.session.scalars(query)}


#: Line numbers and what the lines tell, by batch.
Told = dict[uuid.UUID | None, list[tuple[int, Entry]]]


def _entries(lines: Iterable[Line], batches: Mapping[uuid.UUID | None, Batch]) -> tuple[Told, list[Finding]]:
    told, problems, at = defaultdict(list), [], now()
    for line in lines:
        batch = batches.get(line.batch)
        entry = line.entry(batch.organisation.time_zone if batch else "UTC")
        problems += problems_with(line, entry, at)
        told[line.batch].append((line.number, entry))
    return told, problems


def _report(
    told: Told, batches: Mapping[uuid.UUID | None, Batch], by: By, *, allow_decrease: bool
) -> Iterator[LineOutcome]:
    """Batch by batch in the order of their IDs, in which everybody holds several of them."""
    for batch_id in sorted(told, key=str):
        numbers, entries = zip(*told[batch_id], strict=True)
        if batch := batches.get(batch_id):
            outcomes = report(None, batch, entries, by, allow_decrease=allow_decrease)
            yield from (
                LineOutcome(number, one.state, one.reason) for number, one in zip(numbers, outcomes, strict=True)
            )
        else:
            yield from (LineOutcome(number, ProgressState.FAILED, "batch_not_found") for number in numbers)
