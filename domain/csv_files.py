"""CSV that people download."""

import csv
import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

#: What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), and what the guard is made of.
_STARTS = frozenset("=+-@\t\r'")
_UNGUARDED = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
#: Rows written at once.
_ROWS = 500


def stream(rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The rows as CSV for a spreadsheet, piece by piece: UTF-8 with BOM, by which Excel recognises it."""
    yield BOM_UTF8
    left = iter(rows)
    while some := [*islice(left, _ROWS)]:
        text = io.StringIO(newline="")
        # Few values begin so, and to ask `as_text` about each of them takes longer than to write them.
        csv.writer(text).writerows(
            [as_text(value) if isinstance(value, str) and value[:1] in _STARTS else value for value in row]
            for row in some
        )
        yield text.getvalue().encode()


def whole(rows: Iterable[Sequence[object]]) -> bytes:
    return b"".join(stream(rows))


def as_text(value: object) -> object:
    """The value with an apostrophe before what a spreadsheet would take for a formula."""
    if isinstance(value, str) and value[:1] in _STARTS and _UNGUARDED.match(value):
        return f"'{value}"
    return "" if value is None else value


def may_be_guarded(text: str) -> bool:
    """Whether any value in the text of a file may have the apostrophe that `as_text` writes."""
    return "'" in text and _GUARDED.search(text) is not None


def without_guard(value: str) -> str:
    """What `as_text` was given: a file that people download, mend and bring back says what it said."""
    return value[1:] if value.startswith("'") and _GUARDED.match(value) else value
