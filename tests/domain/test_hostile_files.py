"""Files that mean harm, or might as well: each gets a sentence, in bounded time and memory."""

import io
import random
import zipfile

import pytest

from tests.domain.reading import error_of, read, rows_of
from tests.domain.workbooks import SHEET, workbook, workbook_of_cells, workbook_with, zipped

FAR_CORNER = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


@pytest.mark.parametrize(
    ("content", "beginning"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "This is an image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "This is an image"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "This is an image"),
        (b"%PDF-1.7\n%\xe2\xe3", "This is a PDF document"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "This is a compressed archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "The file is in an old Office format"),
        (b"<!DOCTYPE html><table><tr><td>invitees</table>", "This is a web page"),
        ('\n<?xml version="1.0"?><Workbook/>'.encode("utf-16"), "This is a web page or an XML document"),
        (zipped({"notes.txt": b"invitees"}), "This is neither a workbook nor a list."),
        (zipped({"mimetype": b"", "content.xml": b""}), "This is an OpenDocument file"),
        (zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), "This is a document"),
        (zipped({"[Content_Types].xml": b"", "xl/workbook.bin": b""}), "This is a binary workbook"),
        (bytes(5_000_000), "This file is neither text nor a workbook."),
        (b"invitees,message\na,b\0c\n", "This file is neither text nor a workbook."),
        (b"\x80" + bytes(range(1, 32)) * 9, "This file is neither text nor a workbook."),
        (b"\xff" + random.Random(1).randbytes(100_000), "This file is neither text nor a workbook."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_list_is_told_apart(content: bytes, beginning: str) -> None:
    error = error_of(read(content))

    assert error.reason == "not_a_table"
    assert error.message.startswith(beginning)


def test_a_workbook_with_a_password_is_told_apart() -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le") + bytes(512)

    assert error_of(read(content, "list.xlsx")).reason == "protected_workbook"


def test_utf_16_without_a_byte_order_mark_is_read() -> None:
    assert rows_of(read("invitees,message\nzoë,Ω\n".encode("utf-16-be"))) == [["invitees", "message"], ["zoë", "Ω"]]


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        ('"' * 1_000_000, "cell_too_long", 1),
        ('"' * 1_000_001, "unclosed_quote", 1),
        ("invitees\n" + '"a""' * 1_000_000, "text_after_quote", 2),
        ("invitees\n" + 'a"' * 10_000 + "\n" + '"b"c', "text_after_quote", 3),
        ("invitees,message\na," + "x" * 5_000_000, "cell_too_long", 2),
        ('invitees,message\na,"' + "x\n" * 2_500_000 + '"\n', "cell_too_long", 2),
        (",".join(f"column {number}" for number in range(100_000)), "too_many_columns", 1),
        ("invitees\n\n" + "a," * 1_000_000 + "b", "too_many_columns", 3),
    ],
    ids=["even quotes", "odd quotes", "pairs", "text", "cell", "cell of lines", "columns", "values"],
)
def test_monstrous_text_is_an_error_of_its_line(content: str, reason: str, line: int) -> None:
    error = error_of(read(content))

    assert (error.reason, error.line) == (reason, line)
    assert f"ine {line}" in error.message


def test_a_million_lines_are_counted_not_kept() -> None:
    assert "1,000,000 lines" in error_of(read("invitees\n" + "a\n\n" * 1_000_000)).message


def test_columns_of_nothing_are_no_columns() -> None:
    assert rows_of(read("invitees" + "," * 1_000_000 + "\na\n")) == [["invitees"], ["a"]]


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = workbook_with({"xl/media/image1.png": bytes(60_000_000)})

    assert len(bomb) < 100_000
    assert error_of(read(bomb)).reason == "too_large"


def test_a_zip_that_lies_about_its_sizes_is_broken() -> None:
    honest = workbook_of_cells(b"<row>" + b"<c><v>1</v></c>" * 100_000 + b"</row>")
    with zipfile.ZipFile(io.BytesIO(honest)) as archive:
        size = archive.getinfo(SHEET).file_size.to_bytes(4, "little")

    assert error_of(read(honest.replace(size, (1_000).to_bytes(4, "little")))).reason == "broken_workbook"


def test_a_zip_of_very_many_parts_is_not_opened() -> None:
    assert error_of(read(b"PK\x03\x04" + b"PK\x01\x02" * 100_000)).reason == "too_large"


@pytest.mark.parametrize("kept", [4, 100, 2_000, -1, -100])
def test_a_workbook_that_is_cut_off_is_broken(kept: int) -> None:
    assert error_of(read(workbook(["invitees"], ["a"])[:kept])).reason == "broken_workbook"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (FAR_CORNER, "too_large"),
        (FAR_CORNER.replace(b"<v>1</v>", b"<is><t>x</t></is>"), "too_large"),
        (b'<row r="9999999"><c><v>1</v></c><c><v>1</v></c></row>', "too_large"),
        (b'<row r="1000000"><c/></row><row><c/><c/><c><v>1</v></c></row>', "too_large"),
        (b"<row>" + b"<c/>" * 3_000_000 + b"</row>", "too_large"),
        (b"<row>" + b"<c><v>1</v></c>" * 300 + b"</row>", "too_many_columns"),
        (b'<row r="1"><c r="ZZZZZZZ1"><v>1</v></c></row>', "broken_workbook"),
        (b'<row r="1"><c r="A99999999999999"><v>1</v></c></row>', "broken_workbook"),
        (b'<row r="0"><c r="A0"><v>1</v></c></row>', "broken_workbook"),
        (b'<row r="-1"><c><v>1</v></c></row>', "broken_workbook"),
        (b"<row><c><v>1</v></c><row><c><v>1</v></c></row></row>", "broken_workbook"),
        (b'<c r="A1048576"><v>1</v></c><row><c><v>1</v></c></row>', "broken_workbook"),
        (b"<row><c><c><v>1</v></c></c></row>", "broken_workbook"),
        (b"<row>" + b"<a>" * 1_000_000, "too_large"),
        (b"<a>" * 101 + b"</a>" * 101, "too_large"),
        (b"<row", "broken_workbook"),
        (b'<row r="1"><c r="A1" t="inlineStr"><is><t>' + b"x" * 5_000_000 + b"</t></is></c></row>", "cell_too_long"),
    ],
)
def test_no_sheet_overwhelms(cells: bytes, reason: str) -> None:
    assert error_of(read(workbook_of_cells(cells))).reason == reason


@pytest.mark.parametrize(
    "strings",
    [
        b'<sst count="9" uniqueCount="99999999999"><si><t>a</t></si></sst>',
        b'<x:sst xmlns:x="x" uniqueCount="99999999999"/>',
        b'<sst uniqueCount="many"/>',
        b'<!DOCTYPE sst [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si></sst>',
        b"<sst><si>",
    ],
)
def test_no_table_of_strings_overwhelms(strings: bytes) -> None:
    assert error_of(read(workbook_of_cells(b"<row/>", strings))).reason == "broken_workbook"


def test_a_dimension_is_not_believed() -> None:
    sheet = b'<worksheet><dimension ref="A1:XFD1048576"/><sheetData><row><c><v>7</v></c></row></sheetData></worksheet>'

    assert rows_of(read(workbook_with({SHEET: sheet}))) == [["7"]]


def test_a_date_that_panics_the_reader_is_a_broken_workbook() -> None:
    styles = b'<styleSheet><cellXfs count="1"><xf numFmtId="14"/></cellXfs></styleSheet>'
    sheet = b'<worksheet><sheetData><row><c s="0"><v>-1e300</v></c></row></sheetData></worksheet>'
    table = read(workbook_with({SHEET: sheet, "xl/styles.xml": styles}))

    assert error_of(table).reason == "broken_workbook"
