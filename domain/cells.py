"""Reading a file as a sheet of known columns: its records, and the values of each, one by one.

This is about the file alone. What each sheet's columns are is told by its own module.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from domain.columns import Column, knows, match_header, too_many_values
from domain.findings import Finding, Notice
from domain.language import gettext as _
from domain.language import ngettext
from domain.table import Limits, Record, read_table
from models import key_of
from models.upload import Level

#: What the tables keep of a name, and of what it is compared by.
LONGEST = 255
_SHOWN = 80
#: Control and formatting characters that nobody types on purpose, line breaks among them.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
#: Files repeat themselves: so many different values of a column are remembered.
_REMEMBERED = 10_000


class CellError(ValueError):
    """`reason` is a word for programs; `str(error)` a sentence: what is wrong, and what to write instead."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


#: Makes a value of what stands in a cell that is not empty. Raises `CellError`.
Read = Callable[[str], Any]


@dataclass(slots=True)
class SheetFile:
    """A file in which columns were recognised. With errors, it has no records."""

    #: By position: the column's name in the sheet; None for one that the sheet does not know.
    columns: list[str | None] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)


def open_sheet(
    content: bytes, file_name: str, columns: Sequence[Column], required: Sequence[tuple[str, ...]], limits: Limits
) -> SheetFile:
    """Read a CSV file or a workbook. `columns` and `required`: as for `domain.columns.match_header`."""
    table = read_table(content, file_name, knows(columns), limits)
    if table.header is None or table.errors:
        return SheetFile(notices=table.notices, errors=table.errors)
    matched = match_header(table.header, columns, required, table.records)
    records = [] if matched.errors else [*matched.first_records, *table.records]
    return SheetFile(matched.columns, records, [*table.notices, *matched.notices], matched.errors)


class Cells:
    """Reads the values of a file's lines. `readers`: by the columns' names in the sheet."""

    def __init__(self, columns: Sequence[str | None], readers: Mapping[str, Read]) -> None:
        self._width = len(columns)
        self._cells = [
            (place, name, lru_cache(_REMEMBERED)(readers[name])) for place, name in enumerate(columns) if name
        ]

    def read(self, record: Record) -> tuple[dict[str, Any], list[Finding]]:
        """The values by column, without the empty ones; and what is wrong with the others."""
        values, width = record.values, len(record.values)
        if width > self._width:
            return {}, [too_many_values(record, self._width)]
        read_values, problems = {}, []
        for place, name, read in self._cells:
            if place < width and (text := values[place]):
                try:
                    read_values[name] = read(text)
                except CellError as error:
                    problems.append(Finding(Level.ERROR, error.reason, str(error), record.line, name, text))
        return read_values, problems


def missing(line: int, column: str, sentence: str, problems: Iterable[Finding]) -> list[Finding]:
    """The error of a value that is not there; none where it is there and wrong, or the line cannot be read at all."""
    told = any(problem.column in (column, None) for problem in problems)
    return [] if told else [Finding(Level.ERROR, "missing", sentence, line, column, "")]


def one_line(text: str) -> str:
    """The text itself. Raises `CellError` where no name can be like it."""
    if not text.isprintable() and _CONTROL.search(text):
        sentence = _("The value has control characters in it, or a line break where there can be none: type it again.")
        raise CellError("control_characters", sentence)
    if len(text) > LONGEST or len(key_of(text)) > LONGEST:
        raise CellError("too_long", _too_long(text))
    return text


def shown(text: str) -> str:
    """The beginning of a value, to recognise it by."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _too_long(text: str) -> str:
    return ngettext(
        "The value has %(number)s character; at most %(most)s fit.",
        "The value has %(number)s characters; at most %(most)s fit.",
        len(text),
        most=LONGEST,
    )
