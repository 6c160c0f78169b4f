from datetime import date, datetime, time

import openpyxl

from tests.domain.reading import error_of, lines_of, read, rows_of
from tests.domain.workbooks import saved, workbook, workbook_of_cells


def test_a_workbook_is_known_by_its_content() -> None:
    table = read(workbook(["invitees"], ["a@example.org"]), file_name="list.csv")

    assert rows_of(table) == [["invitees"], ["a@example.org"]]
    assert table.notices == []


def test_cells_become_what_their_reader_sees() -> None:
    cells = [7.0, 2.5, 0.1 + 0.2, 1830297600000, True, date(2027, 6, 30), datetime(2027, 6, 30, 10, 30), time(9, 5)]
    table = read(workbook(["invitees"], [" a\xa0", None, *cells, "#N/A"]))

    assert rows_of(table)[1] == [
        *("a", "", "7", "2.5", "0.3", "1830297600000", "TRUE"),
        *("2027-06-30", "2027-06-30T10:30:00", "09:05:00"),
    ]


def test_rows_of_a_workbook_have_the_numbers_of_the_sheet() -> None:
    made = openpyxl.Workbook()
    sheet = made["Sheet"]
    sheet["C4"], sheet["D4"], sheet["D7"] = "invitees", "message", "b"
    table = read(saved(made))

    assert rows_of(table) == [["", "", "invitees", "message"], ["", "", "", "b"]]
    assert lines_of(table) == [4, 7]


def test_rows_and_cells_without_references_follow_each_other() -> None:
    row = b"<row><c t='str'><v>%s</v></c><c t='str'><v>%s</v></c></row>"
    table = read(workbook_of_cells(row % (b"invitees", b"message") + b"<row/>" + row % (b"a", b"b")))

    assert rows_of(table) == [["invitees", "message"], ["a", "b"]]
    assert lines_of(table) == [1, 3]


def test_of_several_sheets_the_first_visible_one_is_read_and_said() -> None:
    made = openpyxl.Workbook()
    made["Sheet"].sheet_state = "hidden"
    made.create_sheet("People").append(["invitees"])
    made["People"].append(["a"])
    made.create_sheet("Notes")
    table = read(saved(made))

    assert rows_of(table) == [["invitees"], ["a"]]
    assert [notice.message for notice in table.notices] == ["The workbook has 2 sheets; the first, “People”, was read."]


def test_formatting_far_below_the_list_does_no_harm() -> None:
    cells = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="0"/></row>'

    assert read(workbook_of_cells(cells)).header == (1, ["1"])


def test_an_empty_sheet_is_an_empty_file() -> None:
    assert error_of(read(workbook())).reason == "empty"


def test_a_workbook_is_held_to_the_same_limits() -> None:
    content = workbook(["invitees"], ["a"], [], ["b"], ["c"])

    assert error_of(read(content, max_lines=2)).reason == "too_many_lines"


def test_text_that_calls_itself_a_workbook_is_none() -> None:
    assert error_of(read("invitees\na\n", file_name="List.XLSX")).reason == "broken_workbook"


def test_strings_may_be_shared() -> None:
    strings = b'<sst count="9" uniqueCount="2"><si><t>a</t></si><si><r><t>b</t></r><r><t>c</t></r></si></sst>'
    cells = b'<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'

    assert rows_of(read(workbook_of_cells(cells, strings))) == [["a", "bc"]]
