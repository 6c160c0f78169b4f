"""Makers of .xlsx files, well-formed and hostile ones."""

import io
import zipfile
from collections.abc import Iterable, Sequence

import openpyxl

SHEET = "xl/worksheets/sheet1.xml"


def workbook(*rows: Sequence[object], sheets: Iterable[str] = ()) -> bytes:
    """A workbook whose first sheet has these rows; `sheets` are the names of empty ones after it."""
    made = openpyxl.Workbook()
    for row in rows:
        made["Sheet"].append(row)
    for name in sheets:
        made.create_sheet(name)
    return saved(made)


def saved(made: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def workbook_with(parts: dict[str, bytes]) -> bytes:
    """A workbook of one sheet, some parts of which are replaced or added."""
    return zipped({**_parts(workbook(["invitees"], ["a@example.org"])), **parts})


def workbook_of_cells(cells: bytes, strings: bytes = b"<sst/>") -> bytes:
    """A workbook with this XML as the data of its sheet, and as its shared strings."""
    sheet = _parts(workbook(["invitees"]))[SHEET]
    sheet = sheet[: sheet.index(b"<row")] + cells + b"</sheetData></worksheet>"
    return workbook_with({SHEET: sheet, "xl/sharedStrings.xml": strings})


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
