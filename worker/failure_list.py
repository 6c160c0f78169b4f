"""The list of failures that goes with a letter, as CSV for a spreadsheet."""

from collections.abc import Callable, Iterable

from domain import csv_files
from models import UploadOutcome

COLUMNS = ("line", "invitee", "collaboration", "groups", "role", "reason", "message")


def as_csv(failures: Iterable[UploadOutcome], in_words: Callable[[str | None], str]) -> bytes:
    """`in_words` says a reason to people."""
    rows = (
        (
            failure.line,
            failure.invitee,
            failure.collaboration,
            failure.groups,
            failure.role,
            in_words(failure.reason),
            failure.message,
        )
        for failure in failures
    )
    return csv_files.whole([COLUMNS, *rows])
