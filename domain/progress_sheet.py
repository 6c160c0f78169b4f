"""The sheet of progress: what its columns take, and every problem found in its lines.

Whom and which batches the lines are about is the business of `domain.progress_import`.
"""

import re
import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from domain.cells import CellError, Cells, missing, one_line, shown
from domain.columns import Column
from domain.dates import ExpiryError, read_day_or_moment
from domain.days import moment_of
from domain.findings import Finding
from domain.language import gettext as _
from domain.progress import Entry, message_of, problem_of
from domain.table import Record
from models.upload import Level

BATCH = Column("batch", also=("batch_id",))
#: In the order that a file without a header line is taken to have.
COLUMNS = (
    BATCH,
    Column("identifier", also=("user_id", "state_id", "external_id")),
    Column("completed_units"),
    Column("total_units"),
    Column("percent", also=("progress",)),
    Column("completed_at"),
    Column("last_activity", also=("last_activity_at",)),
)
REQUIRED = (("batch",), ("identifier",), ("percent", "completed_units"))
#: For a file about one batch, which need not name it.
COLUMNS_OF_A_BATCH = (*COLUMNS[1:], BATCH)
REQUIRED_OF_A_BATCH = REQUIRED[1:]

#: The column to mend, by what `domain.progress.problem_of` finds.
_COLUMN_AT_FAULT = {
    "no_progress": "percent",
    "percent_out_of_range": "percent",
    "units_incomplete": "total_units",
    "units_out_of_range": "completed_units",
    "contradictory": "percent",
    "completed_without_100": "completed_at",
    "completed_in_the_future": "completed_at",
    "completed_too_early": "completed_at",
    "activity_in_the_future": "last_activity",
    "activity_too_early": "last_activity",
}


class Line(NamedTuple):
    """What one line says; what it leaves empty is as here."""

    number: int
    #: Its ID.
    batch: uuid.UUID | None = None
    identifier: str = ""
    completed_units: int | None = None
    total_units: int | None = None
    percent: int | None = None
    #: A day, or a time that need not have a zone: what is meant is those of the batch's organisation.
    completed_at: date | datetime | None = None
    last_activity: date | datetime | None = None

    def entry(self, time_zone: str) -> Entry:
        return Entry(
            self.identifier,
            self.completed_units,
            self.total_units,
            self.percent,
            moment_of(self.completed_at, time_zone) if self.completed_at else None,
            moment_of(self.last_activity, time_zone) if self.last_activity else None,
        )


class Sheet:
    """Reads the lines of one file. `batch`: the ID of that of lines which name none."""

    def __init__(self, columns: Sequence[str | None], batch: uuid.UUID | None) -> None:
        self._batch = batch
        readers = {
            "batch": _batch,
            "identifier": one_line,
            "completed_units": _units,
            "total_units": _units,
            "percent": _percent,
            "completed_at": when_of,
            "last_activity": when_of,
        }
        self._cells = Cells(columns, readers)

    def read(self, record: Record) -> tuple[Line, list[Finding]]:
        """The line, and what is wrong with it; with errors, the line is not to be relied on."""
        values, problems = self._cells.read(record)
        line = Line(record.line, **{"batch": self._batch, **values})
        if not line.identifier:
            nobody = _("Nobody is named: write a user ID or a state ID.")
            problems += missing(line.number, "identifier", nobody, problems)
        if line.batch is None:
            problems += missing(line.number, "batch", _("No batch is named: write its ID."), problems)
        return line, problems


def problems_with(line: Line, entry: Entry, at: datetime) -> list[Finding]:
    """What is wrong with the values of a line together, and with its times. `entry`: the line's."""
    reason = problem_of(entry, at)
    if reason is None:
        return []
    column = _COLUMN_AT_FAULT[reason]
    value = getattr(line, column)
    return [Finding(Level.ERROR, reason, message_of(reason), line.number, column, "" if value is None else str(value))]


_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
_PERCENTAGE = re.compile(r"([0-9]{1,3})([.,][0-9]+)?\s*(%?)")


def _batch(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        sentence = _(
            "“%(value)s” is not the ID of a batch, which stands in the address of its page.", value=shown(text)
        )
        raise CellError("not_a_batch", sentence) from None


def _units(text: str) -> int:
    if _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    raise CellError("not_a_number", _("“%(value)s” is not a whole number.", value=shown(text)))


def _percent(text: str) -> int:
    """Rounded down. A fraction such as 0.45 may be a half per cent, or a cell of a workbook that shows 45 %."""
    found = _PERCENTAGE.fullmatch(text)
    if found is None or (found[2] and found[1].strip("0") == "" and not found[3]):
        sentence = _("“%(value)s” is not a percentage. Write it like 45 or 45%%.", value=shown(text))
        raise CellError("not_a_percentage", sentence)
    whole, decimals = int(found[1]), (found[2] or "").strip(".,0")
    return whole + 1 if whole == 100 and decimals else whole


def when_of(text: str) -> date | datetime:
    """As of `Line.completed_at`. Raises `CellError`."""
    try:
        when = read_day_or_moment(text)
    except ExpiryError as error:
        raise CellError(error.reason, str(error)) from None
    if not 1900 <= when.year <= 9998:  # beyond, there may be no such time in another zone
        raise CellError("not_a_date", _("“%(value)s” is too far away to be true.", value=shown(text)))
    return when
