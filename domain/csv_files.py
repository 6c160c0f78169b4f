"""CSV that people download."""

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence

#: What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
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
    """The value, so that no spreadsheet takes it for a formula."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value


def _take(text: io.StringIO) -> bytes:
    piece = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return piece
