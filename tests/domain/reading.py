"""Short words for reading a file in a test."""

import csv
import io
from collections.abc import Iterable

from domain.columns import Column, knows
from domain.findings import Finding
from domain.table import Limits, Table, read_table
from models.upload import Level

knows_names = knows([Column("short_names", also=("short_name",)), Column("invitees"), Column("message")])


def read(
    content: str | bytes, file_name: str = "list.csv", *, max_bytes: int = 10_000_000, max_lines: int = 10_000
) -> Table:
    content = content.encode() if isinstance(content, str) else content
    return read_table(content, file_name, knows_names, Limits(max_bytes, max_lines))


def rows_of(table: Table) -> list[list[str]]:
    assert not table.errors
    assert table.header
    return [table.header.values, *(record.values for record in table.records)]


def lines_of(table: Table) -> list[int]:
    assert table.header
    return [table.header.line, *(record.line for record in table.records)]


def codes_of(table: Table) -> list[str]:
    return [notice.code for notice in table.notices]


def error_of(table: Table) -> Finding:
    """The one error of a file that cannot be read at all."""
    assert table.header is None
    assert table.records == []
    (error,) = table.errors
    assert error.level is Level.ERROR
    return error


def written(rows: Iterable[Iterable[str]], delimiter: str = ",") -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue()
