"""From an .xlsx file to rows of text, as its reader sees them.

A workbook is a zip of XML that anybody can write, and calamine believes what it reads: one cell in the far corner
of a sheet, or a table of strings that calls itself huge, has it ask for memory until the process is aborted. So
every part is unpacked and surveyed first, and calamine is given an unpacked copy of what was surveyed.
"""

import io
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache, reduce
from xml.parsers import expat

from domain.file_text import UnreadableError, value_too_long
from domain.findings import Notice
from domain.language import gettext as _
from domain.language import ngettext

#: How many times the largest upload a workbook may be when unpacked.
_MOST_UNPACKED = 5
_MOST_PARTS = 10_000
_MOST_ELEMENTS = 3_000_000
_DEEPEST_ELEMENT = 100
#: Rows times columns, up to the last filled cell: calamine lays out all of them, some 30 bytes each.
_MOST_CELLS = 2_000_000
#: What Excel itself lets into a cell.
_LONGEST_VALUE = 32_767
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ROW = re.compile(r"[1-9][0-9]{0,6}")
#: The parts that calamine needs: the workbook, its strings and formats, and its sheets.
_PARTS = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|xl/(?:_rels/|worksheets/)?[^/]+\.(?:xml|rels)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first sheet of a workbook that its reader sees."""

    #: Each with the number that the sheet itself shows beside it. Reading them may raise UnreadableError.
    rows: Iterator[tuple[int, list[str]]]
    notices: list[Notice]


def is_zip(content: bytes) -> bool:
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def read_workbook(content: bytes, max_bytes: int) -> Sheet:
    """The first visible sheet of a zip; `max_bytes`, the largest upload, bounds what it may unpack to.

    Raises UnreadableError for a zip that is no workbook, is damaged, or is unreasonably large inside.
    """
    try:
        return _first_sheet(_surveyed_copy(content, max_bytes))
    except UnreadableError:
        raise
    except BaseException as fault:
        # Whatever zipfile, expat or calamine stumble over is the file's fault; a panic in calamine is no Exception.
        if isinstance(fault, Exception) or type(fault).__name__ == "PanicException":
            raise broken_workbook() from fault
        raise


def broken_workbook() -> UnreadableError:
    return UnreadableError(
        "broken_workbook",
        _(
            "The file cannot be opened as an Excel workbook: it is damaged, cut off, or of another kind. Open it in the"
            " program that made it, save it as .xlsx or CSV, and upload that."
        ),
    )


def _surveyed_copy(content: bytes, max_bytes: int) -> io.BytesIO:
    """A zip of the same XML parts, not compressed; none of them is larger than what was surveyed."""
    # Counted before zipfile makes an object of each.
    if content.count(b"PK\x01\x02") > _MOST_PARTS:
        raise _too_large()
    copy, elements = io.BytesIO(), 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(copy, "w") as unpacked:
        parts = {part.filename: part for part in archive.infolist()}
        _refuse_other_kinds(parts)
        if sum(part.file_size for part in parts.values()) > _MOST_UNPACKED * max_bytes:
            raise _too_large()
        for name, part in parts.items():
            if _is_read(part):
                # Gives at most the size that the directory states, even where that is a lie.
                xml = archive.read(part)
                elements += _survey(xml)
                if elements > _MOST_ELEMENTS:
                    raise _too_large()
                unpacked.writestr(zipfile.ZipInfo(name), xml)
    copy.seek(0)
    return copy


def _is_read(part: zipfile.ZipInfo) -> bool:
    # The two compressions of the format; others unpack without bound.
    is_bounded = part.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    return is_bounded and _PARTS.fullmatch(part.filename) is not None


def _refuse_other_kinds(names: Collection[str]) -> None:
    if "content.xml" in names:
        message = _("This is an OpenDocument file, such as .ods. Save the sheet as .xlsx or CSV, and upload that.")
    elif "xl/workbook.bin" in names:
        message = _("This is a binary workbook (.xlsb). Save it as .xlsx or CSV, and upload that.")
    elif "[Content_Types].xml" not in names:
        message = _("This is neither a workbook nor a list. If it is an archive, unpack it and upload the list in it.")
    elif not any(name.startswith("xl/") for name in names):
        message = _("This is a document, not a list. Copy its table into a sheet, and save that as .xlsx or CSV.")
    else:
        return
    raise UnreadableError("not_a_table", message)


def _too_large() -> UnreadableError:
    return UnreadableError(
        "too_large",
        _(
            "The workbook is too large once it is unpacked. Copy the list alone into a new workbook, without what"
            " stands beside or below it and without other sheets, and upload that."
        ),
    )


def _survey(xml: bytes) -> int:
    """The number of elements in a part. Raises UnreadableError where calamine would be overwhelmed by it."""
    survey, parser = _Survey(), expat.ParserCreate()
    parser.StartDoctypeDeclHandler = survey.doctype
    parser.StartElementHandler = survey.start
    parser.EndElementHandler = survey.ended.append
    parser.Parse(xml, True)
    if survey.height * survey.width > _MOST_CELLS:
        raise _too_large()
    return survey.elements


class _Survey:
    """Follows the elements of a part, and where calamine would lay out its cells."""

    __slots__ = ("cell_row", "column", "elements", "ended", "height", "row", "row_depth", "width")

    def __init__(self) -> None:
        self.elements = 0
        #: The names of elements that have ended, only to be counted: nothing is cheaper than `list.append`.
        self.ended: list[str] = []
        self.row = self.column = self.cell_row = self.row_depth = 0
        #: The last row and the last column with a value in a cell; cells that are only formatted have none.
        self.height = self.width = 0

    def doctype(self, *_declaration: object) -> None:
        raise broken_workbook()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        depth = self.elements - len(self.ended)
        if depth > _DEEPEST_ELEMENT or self.elements > _MOST_ELEMENTS:
            raise _too_large()
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        if tag == "c":
            self._cell(attributes.get("r"), depth)
        elif tag in ("v", "is"):
            self.height, self.width = max(self.height, self.cell_row), max(self.width, self.column)
        elif tag == "row":
            self._row(attributes.get("r"), depth)
        elif tag == "sst" and int(attributes.get("uniqueCount", 0)) > _MOST_ELEMENTS:
            raise broken_workbook()

    def _cell(self, reference: str | None, depth: int) -> None:
        if self.row_depth and depth != self.row_depth + 1:
            raise broken_workbook()
        if reference is None:
            self.cell_row, self.column = max(self.row, 1), self.column + 1
        elif found := _REFERENCE.fullmatch(reference):
            self.cell_row, self.column = int(found[2]), _column(found[1])
        else:
            raise broken_workbook()

    def _row(self, reference: str | None, depth: int) -> None:
        # Rows within rows, and cells outside of them, end up in unforeseen places.
        if depth != (self.row_depth or depth) or (self.column and not self.row_depth):
            raise broken_workbook()
        if not (reference is None or _ROW.fullmatch(reference)):
            raise broken_workbook()
        self.row, self.column, self.row_depth = self.row + 1 if reference is None else int(reference), 0, depth


@cache
def _column(letters: str) -> int:
    """A is 1, Z is 26, AA is 27."""
    return reduce(lambda column, letter: column * 26 + ord(letter) - 64, letters, 0)


def _first_sheet(copy: io.BytesIO) -> Sheet:
    # Most visits of the application read no workbook: it is imported only here.
    from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook

    workbook = load_workbook(copy)
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    sheet = workbook.get_sheet_by_name(visible[0])
    return Sheet(_rows(sheet.to_python(), *(sheet.start or (0, 0))), _notices(visible))


def _rows(cells: Iterable[Sequence[object]], above: int, before: int) -> Iterator[tuple[int, list[str]]]:
    """The rows by their numbers; calamine leaves out the empty ones above, and the empty columns before the first."""
    for line, row in enumerate(cells, above + 1):
        values = [""] * before + [_shown(cell) for cell in row]
        if max(map(len, values)) > _LONGEST_VALUE:
            raise value_too_long(line, _LONGEST_VALUE)
        yield line, values


def _notices(sheets: list[str]) -> list[Notice]:
    if len(sheets) == 1:
        return []
    message = ngettext(
        "The workbook has %(number)s sheet; the first, “%(sheet)s”, was read.",
        "The workbook has %(number)s sheets; the first, “%(sheet)s”, was read.",
        len(sheets),
        sheet=sheets[0],
    )
    return [Notice("sheet", message)]


def _shown(cell: object) -> str:
    """A cell as its reader sees it, with dates in ISO 8601."""
    match cell:
        case str():
            return cell.replace("\0", "\ufffd")  # an escape of the format (_x0000_) that PostgreSQL cannot store
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer():
            return str(int(cell))
        case float():
            # Excel keeps and shows 15 digits.
            return f"{cell:.15g}"
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
    return str(cell)
