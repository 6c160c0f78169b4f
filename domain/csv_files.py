"""CSV that people download."""

import csv
import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence

#: What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), and what the guard is made of.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
_UNGUARDED = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
#: Rows written at once.
_ROWS = 500


def stream(rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The rows as CSV for a spreadsheet, piece by piece: UTF-8 with BOM, by which Excel recognises it."""
    yield BOM_UTF8
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for number, row in enumerate(rows, 1):
        writer.writerow([as_text(value) for value in row])
        if number % _ROWS == 0:
            yield _take(text)
    yield _take(text)


def whole(rows: Iterable[Sequence[object]]) -> bytes:
    return b"".join(stream(rows))


def as_text(value: object) -> object:
    """The value with an apostrophe before what a spreadsheet would take for a formula."""
    if isinstance(value, str) and value.startswith(_STARTS) and _UNGUARDED.match(value):
        return f"'{value}"
    return "" if value is None else value


def may_be_guarded(text: str) -> bool:
    """Whether any value in the text of a file may have the apostrophe that `as_text` writes."""
    return "'" in text and _GUARDED.search(text) is not None


def without_guard(value: str) -> str:
    """What `as_text` was given: a file that people download, mend and bring back says what it said."""
    return value[1:] if value.startswith("'") and _GUARDED.match(value) else value


def _take(text: io.StringIO) -> bytes:
    piece = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return piece
