"""The sheet of participants: one identifier a line. Whom they stand for is the business of `domain.participants`."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from domain.columns import Column, too_many_values
from domain.findings import Finding
from domain.language import gettext as _
from domain.table import Record
from models.upload import Level

IDENTIFIER = "identifier"
COLUMNS = (Column(IDENTIFIER, also=("user_id", "state_id", "external_id")),)
REQUIRED = ((IDENTIFIER,),)


class Line(NamedTuple):
    number: int
    #: A user ID or a state ID, as the file writes it.
    identifier: str


def read_lines(columns: Sequence[str | None], records: Iterable[Record]) -> tuple[list[Line], list[Finding]]:
    """The well-formed lines, and the errors of the others. `columns`: by position, with an `identifier` among them."""
    place, width = columns.index(IDENTIFIER), len(columns)
    lines, errors = [], []
    for record in records:
        if len(record.values) > width:
            errors.append(too_many_values(record, width))
        elif identifier := "".join(record.values[place : place + 1]):
            lines.append(Line(record.line, identifier))
        else:
            errors.append(_missing(record))
    return lines, errors


def _missing(record: Record) -> Finding:
    sentence = _("Nobody is named: write a user ID or a state ID.")
    return Finding(Level.ERROR, "missing", sentence, record.line, IDENTIFIER, "")
