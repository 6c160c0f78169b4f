"""From the bytes of a file to its header and records, whatever program wrote it.

Quoting follows RFC 4180. Records are numbered as a spreadsheet numbers its rows: blank ones count, and a value
that spans several lines does not shift the ones below.
"""

import csv
import io
import math
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from operator import methodcaller
from typing import NamedTuple

from domain import language
from domain.csv_files import may_be_guarded, without_guard
from domain.file_text import UnreadableError, read_text, value_too_long
from domain.findings import Finding, Notice
from domain.language import gettext as _
from domain.language import ngettext
from domain.workbook import broken_workbook, is_zip, read_workbook

_MEGABYTE = 1024 * 1024
#: Far more than any sheet of ours has; what lies beyond is no list, or a list without its quotes.
_MOST_COLUMNS = 200
_DELIMITERS = (",", ";", "\t")
#: How many records of a file without a header are looked at for its delimiter, and how many characters of any file.
_SAMPLE = 20
_LOOKED_AT = 1_000_000
#: How many characters of a line are shown to find it by.
_SHOWN = 80
#: What Excel takes, on a first line of its own, for the name of the delimiter.
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t])"?(?:\r\n|\r|\n|$)', re.IGNORECASE)

_SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
#: Characters without width that copying from pages and documents brings along: soft hyphen, zero-width spaces and
#: joiners, direction marks, byte order mark.
_INVISIBLE = (
    "\xad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufeff"
)
_BLANK = _SPACES + _INVISIBLE + "".join(_DELIMITERS)
#: Trims a value as the reader does.
strip_invisible = methodcaller("strip", _SPACES + _INVISIBLE)

#: Whether a value is the name of a column that the sheet knows.
Knows = Callable[[str], bool]
Trim = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read."""

    max_bytes: int = 10 * _MEGABYTE
    #: Lines of data, without the header and blank ones.
    max_lines: int = 10_000


class Record(NamedTuple):
    """One line of the file that is not blank."""

    #: The row's number in a spreadsheet, from 1, blank ones counted.
    line: int
    #: Trimmed, of invisible characters too, and without the guard of `domain.csv_files`; without the empty ones at
    #: the end, so never none at all.
    values: list[str]


@dataclass(slots=True)
class Table:
    #: The first record, whether or not it names columns; none in a file that cannot be read.
    header: Record | None = None
    #: The records below it.
    records: list[Record] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    #: Of the file as a whole. With any, it cannot be read as a list.
    errors: list[Finding] = field(default_factory=list)


def read_table(content: bytes, file_name: str, knows: Knows, limits: Limits) -> Table:
    """Read a CSV file in any of its dialects, or the first sheet of an .xlsx; what is wrong with it is in `errors`.

    `knows` tells the names of columns from other values: the delimiter is the one that makes most of them known.
    """
    table = Table()
    try:
        if len(content) > limits.max_bytes:
            raise _too_large(len(content), limits.max_bytes)
        if is_zip(content):
            _read_workbook(table, content, knows, limits)
        else:
            _read_csv(table, content, file_name, knows, limits)
    except UnreadableError as fault:
        table.errors.append(fault.finding)
    return table


def _read_workbook(table: Table, content: bytes, knows: Knows, limits: Limits) -> None:
    sheet = read_workbook(content, limits.max_bytes)
    table.notices += sheet.notices
    _fill(table, sheet.rows, _unguarding(strip_invisible), knows, limits)


def _read_csv(table: Table, content: bytes, file_name: str, knows: Knows, limits: Limits) -> None:
    text, notices = read_text(content)
    if file_name.lower().endswith((".xlsx", ".xlsm")):
        raise broken_workbook()
    delimiter, first_line, rows = _separated(text, knows)
    table.notices += notices + _delimiter_notices(delimiter)
    _fill(table, _numbered(rows, delimiter, first_line), _trimmer(text), knows, limits)


def _fill(table: Table, rows: Iterator[tuple[int, list[str]]], trim: Trim, knows: Knows, limits: Limits) -> None:
    records = _records(rows, trim)
    header = next(records, None)
    if header is None:
        raise UnreadableError("empty", _("The file is empty. Write a header line and at least one line below it."))
    has_names = any(map(knows, header.values))
    below = list(islice(records, limits.max_lines if has_names else limits.max_lines - 1))
    # Only counted: what is beyond the limit may be very much.
    beyond = sum(any(map(trim, row)) for _line, row in rows)
    if beyond:
        raise _too_many_lines(limits.max_lines + beyond, limits.max_lines)
    if has_names and not below:
        raise UnreadableError("empty", _("The file has a header line, but no line below it. Add at least one."))
    table.header, table.records = header, below


def _records(rows: Iterator[tuple[int, list[str]]], trim: Trim) -> Iterator[Record]:
    for line, row in rows:
        values = [*map(trim, row)]
        while values and not values[-1]:
            values.pop()
        if len(values) > _MOST_COLUMNS:
            raise _too_many_columns(line, len(values))
        if values:
            yield Record(line, values)


def _trimmer(text: str) -> Trim:
    """Invisible characters and guards are rare: looked for once in the whole text, they cost nothing in each value."""
    has_invisible = not text.isascii() and any(map(text.__contains__, _INVISIBLE))
    trim = strip_invisible if has_invisible else str.strip
    return _unguarding(trim) if may_be_guarded(text) else trim


def _unguarding(trim: Trim) -> Trim:
    return lambda value: trim(without_guard(trim(value)))


class _Dialect(csv.excel):
    """RFC 4180, but for spaces before a value, which are no part of it: `a, "b, c"` has two values.

    A value is at most as long as `csv` allows by itself: that limit is the whole process's, and better left alone.
    """

    strict = True
    skipinitialspace = True


def _separated(text: str, knows: Knows) -> tuple[str, int, str]:
    """The delimiter, the number of the first line of the list, and the text from there."""
    if separator := _SEPARATOR_LINE.match(text):
        return separator[1], 2, text[separator.end() :]
    return _delimiter(text, knows), 1, text


def _delimiter(text: str, knows: Knows) -> str:
    """The one that finds most column names in the first record; without any, most values in every record."""
    names = {delimiter: _count_names(text, delimiter, knows) for delimiter in _DELIMITERS}
    if any(names.values()):
        return max(_DELIMITERS, key=names.__getitem__)
    return max(_DELIMITERS, key=lambda delimiter: min(map(len, _beginning(text, delimiter, _SAMPLE)), default=0))


def _count_names(text: str, delimiter: str, knows: Knows) -> int:
    return sum(knows(strip_invisible(value)) for row in _beginning(text, delimiter, 1) for value in row)


def _beginning(text: str, delimiter: str, count: int) -> list[list[str]]:
    """The first rows that are not blank; none where their quotes make no sense with this delimiter."""
    beginning = text.lstrip("\r\n")[:_LOOKED_AT]
    rows = csv.reader(io.StringIO(beginning, newline=""), _Dialect, delimiter=delimiter)
    try:
        return list(islice((row for row in rows if any(value.strip(_BLANK) for value in row)), count))
    except csv.Error:
        return []


def _delimiter_notices(delimiter: str) -> list[Notice]:
    if delimiter == ";":
        return [Notice("delimiter", _("The values in the file are separated by semicolons."))]
    if delimiter == "\t":
        return [Notice("delimiter", _("The values in the file are separated by tabs."))]
    return []


def _numbered(text: str, delimiter: str, first_line: int) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from enumerate(csv.reader(io.StringIO(text, newline=""), _Dialect, delimiter=delimiter), first_line)
    except csv.Error as fault:
        raise _misquoted(text, delimiter, first_line, str(fault)) from fault


def _misquoted(text: str, delimiter: str, line: int, fault: str) -> UnreadableError:
    """Why `csv` gave up, and the line on which the record begins that it could not read."""
    rows, lines_read = csv.reader(io.StringIO(text, newline=""), _Dialect, delimiter=delimiter), 0
    with suppress(csv.Error):
        for _row in rows:
            line, lines_read = line + 1, rows.line_num
    rest = io.StringIO(text, newline="")
    beginning = next(islice(rest, lines_read, None))
    # From the beginning of a record, well-formed text has an even number of quotes.
    is_odd = (beginning.count('"') + rest.read().count('"')) % 2 == 1
    is_long, runs_on = "limit" in fault, rows.line_num > lines_read + 1
    if "end of data" in fault or (is_odd and (is_long or runs_on)):
        return _unclosed_quote(line, beginning)
    return value_too_long(line, csv.field_size_limit()) if is_long else _text_after_quote(line, beginning)


def _unclosed_quote(line: int, beginning: str) -> UnreadableError:
    message = _(
        'A double quote (") that opens on line %(line)s is not closed, so that the lines below it are taken for a part'
        ' of its value. Close it; a double quote that belongs to the text is written twice ("").',
        line=line,
    )
    return UnreadableError("unclosed_quote", message, line, beginning.strip()[:_SHOWN])


def _text_after_quote(line: int, beginning: str) -> UnreadableError:
    message = _(
        'On line %(line)s, something follows the closing double quote (") of a value. Put the whole value in double'
        ' quotes; a double quote that belongs to the text is written twice ("").',
        line=line,
    )
    return UnreadableError("text_after_quote", message, line, beginning.strip()[:_SHOWN])


def _too_large(size: int, most: int) -> UnreadableError:
    message = _(
        "The file is %(size)s MB large; at most %(most)s MB can be read. Split it into smaller files, each with the"
        " header line.",
        # Rounded up: a file that is just over the limit must not seem to be within it.
        size=f"{math.ceil(size / _MEGABYTE * 10) / 10:g}",
        most=f"{most / _MEGABYTE:g}",
    )
    return UnreadableError("too_large", message)


def _too_many_lines(number: int, most: int) -> UnreadableError:
    message = ngettext(
        "The file has %(number)s line; at most %(most)s can be read at once. Split it into smaller files, each with"
        " the header line.",
        "The file has %(number)s lines; at most %(most)s can be read at once. Split it into smaller files, each with"
        " the header line.",
        number,
        most=language.number(most),
    )
    return UnreadableError("too_many_lines", message)


def _too_many_columns(line: int, number: int) -> UnreadableError:
    message = ngettext(
        "Line %(line)s has %(number)s value; at most %(most)s columns can be read. Leave out the columns that the list"
        " does not need, and put values that contain the delimiter in double quotes.",
        "Line %(line)s has %(number)s values; at most %(most)s columns can be read. Leave out the columns that the list"
        " does not need, and put values that contain the delimiter in double quotes.",
        number,
        line=line,
        most=_MOST_COLUMNS,
    )
    return UnreadableError("too_many_columns", message, line)
