"""Which column of a file is which column of a sheet."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from domain.findings import Finding, Notice
from domain.language import gettext as _
from domain.language import listing, ngettext
from domain.table import Record
from models.upload import Level

#: How alike two names are (0 to 1) for the one to be taken for a slip of the other.
_NEAR = 0.75
#: Names that are longer are shown cut off.
_LONGEST_NAME = 60
#: What names are compared without; soft hyphens and zero-width spaces come along when a name is copied from a page.
_NO_MATTER = re.compile(r"[\s_\-\xad\u200b\u2060\ufeff]+")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a sheet knows."""

    name: str
    #: Other names that it answers to.
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matched:
    """What the columns of a file are."""

    #: By position: the column's name in the sheet; None for one that the sheet does not know.
    columns: list[str | None]
    #: By position: the column's name as the file writes it; without a header, its name in the sheet.
    file_names: list[str]
    has_header: bool
    #: Without a header, the record that stands in its place: it is data.
    first_records: list[Record] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    #: With any, the file cannot be read as this sheet.
    errors: list[Finding] = field(default_factory=list)


def plain(name: str) -> str:
    """A column's name as names are compared: without case, spaces, `-`, `_` and a trailing `(s)`."""
    return _NO_MATTER.sub("", name).casefold().removesuffix("(s)")


def knows(columns: Iterable[Column]) -> Callable[[str], bool]:
    """Tells names of these columns from other values; for `domain.table.read_table`."""
    names = _by_plain_name(columns)
    return lambda value: plain(value) in names


def _by_plain_name(columns: Iterable[Column]) -> dict[str, str]:
    return {plain(name): column.name for column in columns for name in (column.name, *column.also)}


def match_header(
    header: Record,
    columns: Sequence[Column],
    required: Sequence[tuple[str, ...]],
    records: Iterable[Record] = (),
) -> Matched:
    """Match a file's first record with the columns of a sheet; of each of `required` one alternative must be there.

    A file whose first record names no column at all has the columns in the sheet's own order. `records` are those
    below the header: they tell whether a column without a name has values.
    """
    names = _by_plain_name(columns)
    found = [names.get(plain(value)) for value in header.values]
    if not any(found):
        return _without_header(header, columns)
    return Matched(
        columns=found,
        file_names=[*header.values],
        has_header=True,
        notices=[*_unknown_columns(header, found, names), *_nameless_columns(header, records)],
        errors=[*_missing_columns(found, required), *_repeated_columns(header, found)],
    )


def _without_header(first: Record, columns: Sequence[Column]) -> Matched:
    names = [column.name for column in columns]
    message = _(
        "The file has no header line: its columns were taken to be %(columns)s, in this order.",
        columns=listing(names),
    )
    return Matched([*names], names, has_header=False, first_records=[first], notices=[Notice("no_header", message)])


def _unknown_columns(header: Record, found: Sequence[str | None], names: dict[str, str]) -> Iterator[Notice]:
    absent = {name: column for name, column in names.items() if column not in found}
    unknown = (value for value, column in zip(header.values, found, strict=True) if value and column is None)
    for value in dict.fromkeys(unknown):
        yield Notice("unknown_column", _unknown_column(_shortened(value), absent))


def _unknown_column(value: str, absent: dict[str, str]) -> str:
    near = get_close_matches(plain(value), absent, n=1, cutoff=_NEAR)
    if near:
        return _(
            "The column “%(name)s” is not known and is ignored: did you mean “%(near)s”?",
            name=value,
            near=absent[near[0]],
        )
    return _("The column “%(name)s” is not known and is ignored.", name=value)


def _nameless_columns(header: Record, records: Iterable[Record]) -> Iterator[Notice]:
    nameless = {place for place, value in enumerate(header.values) if not value}
    if not nameless:
        return
    used = {place for record in records for place in nameless if any(record.values[place : place + 1])}
    for place in sorted(used):
        yield Notice("unknown_column", _("Column %(place)s has no name and is ignored.", place=place + 1))


def _missing_columns(found: Sequence[str | None], required: Iterable[tuple[str, ...]]) -> Iterator[Finding]:
    for alternatives in required:
        if not any(name in found for name in alternatives):
            message = _(
                "The file has no column %(columns)s. Add it to the header, and fill it in on every line.",
                columns=_either(alternatives),
            )
            yield Finding(Level.ERROR, "missing_column", message)


def _either(names: Iterable[str]) -> str:
    """“a”; “a” or “b”; “a”, “b” or “c”."""
    *before, last = [f"“{name}”" for name in names]
    return _("%(these)s or %(last)s", these=", ".join(before), last=last) if before else last


def _repeated_columns(header: Record, found: Sequence[str | None]) -> Iterator[Finding]:
    places = defaultdict(list)
    for place, column in enumerate(found):
        if column is not None:
            places[column].append(place)
    for column, its_places in places.items():
        if len(its_places) > 1:
            yield Finding(Level.ERROR, "duplicate_column", _repeated(header, its_places), header.line, column)


def _repeated(header: Record, places: Sequence[int]) -> str:
    return _(
        "These columns of the file are one and the same: %(columns)s. Keep one of them.",
        columns=listing(
            _("column %(place)s (“%(name)s”)", place=place + 1, name=_shortened(header.values[place]))
            for place in places
        ),
    )


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…"


def too_many_values(record: Record, columns: int) -> Finding:
    """The error of a line that has more values than the file has columns."""
    message = ngettext(
        "Line %(line)s has %(values)s values, the header has %(number)s column: "
        "put values that contain commas in double quotes.",
        "Line %(line)s has %(values)s values, the header has %(number)s columns: "
        "put values that contain commas in double quotes.",
        columns,
        line=record.line,
        values=len(record.values),
    )
    return Finding(Level.ERROR, "too_many_values", message, record.line, value=record.values[columns])
