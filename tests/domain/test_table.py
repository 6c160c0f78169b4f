import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.csv_files import without_guard
from tests.domain.reading import codes_of, error_of, lines_of, read, rows_of, written
from tests.domain.workbooks import workbook


def test_a_plain_file_is_read_without_notices() -> None:
    table = read("short_names,invitees\ncumulusgrp,a@example.org\n")

    assert rows_of(table) == [["short_names", "invitees"], ["cumulusgrp", "a@example.org"]]
    assert table.notices == []


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_every_line_break_ends_a_line(line_break: str) -> None:
    table = read(line_break.join(["invitees", "a", "b"]))

    assert lines_of(table) == [1, 2, 3]


def test_blank_lines_and_lines_of_delimiters_are_ignored_but_counted() -> None:
    table = read('\n,,\ninvitees,message\n\n , \t,\n"",\na,b\n')

    assert rows_of(table) == [["invitees", "message"], ["a", "b"]]
    assert lines_of(table) == [3, 7]


def test_a_value_that_spans_lines_does_not_shift_the_ones_below() -> None:
    table = read('invitees,message\r\na,"one\r\ntwo\r\nthree"\r\nb,four\r\n')

    assert rows_of(table)[1:] == [["a", "one\r\ntwo\r\nthree"], ["b", "four"]]
    assert lines_of(table) == [1, 2, 3]


def test_quoted_values_hold_delimiters_and_doubled_quotes() -> None:
    table = read('invitees,message\n"a,b","so ""it"" is"\n')

    assert rows_of(table)[1] == ["a,b", 'so "it" is']


def test_spaces_before_a_quote_are_no_part_of_the_value() -> None:
    assert rows_of(read('short_names, invitees\na, "b, c"\n'))[1] == ["a", "b, c"]


def test_a_quote_within_an_unquoted_value_is_text() -> None:
    assert rows_of(read('invitees,message\na,a 5" pipe\n'))[1] == ["a", 'a 5" pipe']


def test_values_are_trimmed_of_what_cannot_be_seen() -> None:
    table = read("\u200binvitees\xa0,message\n\xa0\ufeff a b \u200b,\xad\tc\u202f\n\u200b,\u2060\n")

    assert rows_of(table) == [["invitees", "message"], ["a b", "c"]]


def test_plain_spaces_are_trimmed() -> None:
    assert rows_of(read("invitees , message\n  a ,\t b \n")) == [["invitees", "message"], ["a", "b"]]


def test_invisible_characters_within_a_value_stay() -> None:
    assert rows_of(read("invitees\na\u200bb\n"))[1] == ["a\u200bb"]


def test_empty_values_at_the_end_are_dropped() -> None:
    assert rows_of(read("invitees,message,,\na,,, \n")) == [["invitees", "message"], ["a"]]


@pytest.mark.parametrize(("delimiter", "notices"), [(",", []), (";", ["delimiter"]), ("\t", ["delimiter"])])
def test_the_delimiter_is_found_from_the_header(delimiter: str, notices: list[str]) -> None:
    table = read(f"Short name(s){delimiter}Invitees\na,b;c{delimiter}d,e;f\n".replace("\n", f"{delimiter}\n"))

    assert rows_of(table)[0] == ["Short name(s)", "Invitees"]
    assert codes_of(table) == notices


def test_one_known_name_outweighs_many_unknown_ones() -> None:
    assert rows_of(read("invitees;a,b,c,d\nx;y\n"))[1] == ["x", "y"]


def test_a_single_column_needs_no_delimiter() -> None:
    assert rows_of(read("invitees\na;b\n"))[1] == ["a;b"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_without_a_header_the_delimiter_is_the_one_with_most_values_in_every_line(delimiter: str) -> None:
    rows = [["a", "member", "b@example.org"], ["c", "admin", "d@example.org", "Welcome, all, to us; and\tenjoy"]]

    assert rows_of(read(written(rows, delimiter))) == rows


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_line_that_names_the_delimiter_for_excel_counts_but_is_no_record(first: str) -> None:
    table = read(f"{first}\r\ninvitees;message\r\na;b\r\n")

    assert rows_of(table) == [["invitees", "message"], ["a", "b"]]
    assert lines_of(table) == [2, 3]


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n", " \r\n,,,\r\n", '"",""\n'])
def test_an_empty_file_is_an_error(content: str) -> None:
    assert error_of(read(content)).reason == "empty"


def test_a_header_without_lines_is_an_error() -> None:
    assert error_of(read("invitees,message\n,\n")).reason == "empty"


def test_a_single_line_that_is_no_header_is_data() -> None:
    table = read("a,b@example.org")

    assert table.errors == []
    assert table.header == (1, ["a", "b@example.org"])


def test_a_file_over_the_limit_is_refused_with_both_sizes() -> None:
    table = read(b"x" * (1024 * 1024 + 1), max_bytes=1024 * 1024)

    assert error_of(table).reason == "too_large"
    assert error_of(table).message.startswith("The file is 1.1 MB large; at most 1 MB can be read.")


def test_as_many_lines_as_allowed_are_read() -> None:
    assert len(rows_of(read("invitees\na\n\nb\nc\n", max_lines=3))) == 1 + 3
    assert len(rows_of(read("a\nb\nc\n\n", max_lines=3))) == 3


@pytest.mark.parametrize("content", ["invitees\na\n\nb\n,\nc\n", "a\nb\n\nc\n"])
def test_too_many_lines_are_counted(content: str) -> None:
    table = read(content, max_lines=2)

    assert error_of(table).reason == "too_many_lines"
    assert error_of(table).message.startswith("The file has 3 lines; at most 2 can be read at once. Split it")


def test_an_unclosed_quote_is_named_where_it_opens() -> None:
    (error,) = read('invitees,message\na,"one\nmore"\nb,"two\nc,three\nd,four\n').errors

    assert (error.reason, error.line, error.value) == ("unclosed_quote", 3, 'b,"two')
    assert error.message.startswith('A double quote (") that opens on line 3 is not closed')


def test_an_unclosed_quote_is_named_where_it_opens_though_a_later_one_ends_it() -> None:
    (error,) = read('invitees,message\na,b\nc,"two\nd,"three"\ne,f\n').errors

    assert (error.reason, error.line) == ("unclosed_quote", 3)


def test_an_unclosed_quote_before_very_much_text_is_named_where_it_opens() -> None:
    (error,) = read('invitees,message\na,b\nc,"two\n' + "d,e\n" * 50_000).errors

    assert (error.reason, error.line) == ("unclosed_quote", 3)


@pytest.mark.parametrize("value", ['"Hi" there', '"Hi "you" there"', '"one\ntwo "and" three"', '"Hi" '])
def test_what_follows_a_closing_quote_is_an_error_of_its_line(value: str) -> None:
    (error,) = read(f"invitees,message\na,b\nc,{value},\nd,e\n").errors

    assert (error.reason, error.line) == ("text_after_quote", 3)
    assert error.message.startswith("On line 3, something follows the closing double quote")


def test_lines_of_faults_are_those_of_the_spreadsheet() -> None:
    (error,) = read('sep=,\ninvitees,message\n\na,"1\n2\n3"\n"b"c,d\n').errors

    assert error.line == 5


def trimmed(values: list[str]) -> list[str]:
    shown = [without_guard(value.strip()).strip() for value in values]
    while shown and not shown[-1]:
        shown.pop()
    return shown


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cf", "Cc", "Cs"], include_characters="\n\r\t"))
narrow_texts = st.text("abc ,;\t\"'\r\nëüñ")


@settings(deadline=None)
@given(
    rows=st.lists(st.lists(texts, max_size=6), min_size=1),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_was_written_is_read(rows: list[list[str]], delimiter: str, encoding: str) -> None:
    check_roundtrip(rows, delimiter, encoding)


@settings(deadline=None)
@given(rows=st.lists(st.lists(narrow_texts, max_size=6), min_size=1), delimiter=st.sampled_from(",;\t"))
def test_what_was_written_as_windows_1252_is_read(rows: list[list[str]], delimiter: str) -> None:
    check_roundtrip(rows, delimiter, "windows-1252")


def check_roundtrip(rows: list[list[str]], delimiter: str, encoding: str) -> None:
    header, last = ["short_names", "invitees"], ["the", "end"]
    table = read(written([header, *rows, last], delimiter).encode(encoding))

    expected = {line: values for line, row in enumerate(rows, 2) if (values := trimmed(row))}
    assert table.header == (1, header)
    assert {record.line: record.values for record in table.records[:-1]} == expected
    assert table.records[-1] == (len(rows) + 2, last)


beginnings = st.sampled_from(
    [b"", b"PK\x03\x04", b"\xef\xbb\xbf", b"\xff\xfe", b"sep=;\n", b'invitees,message\n"a', b"\xd0\xcf"]
)


@settings(deadline=None)
@given(beginning=beginnings, content=st.binary(max_size=200) | st.text().map(str.encode), file_name=st.text())
def test_no_bytes_whatever_make_it_raise(beginning: bytes, content: bytes, file_name: str) -> None:
    table = read(beginning + content, file_name, max_bytes=150, max_lines=5)

    assert (table.header is None) == bool(table.errors)


#: Made once: it says when, and its length follows.
A_WORKBOOK = workbook(["invitees", "message"], ["a", 1.5])


@settings(deadline=None)
@given(data=st.data())
def test_no_damage_to_a_workbook_makes_it_raise(data: st.DataObject) -> None:
    content = bytearray(A_WORKBOOK)
    for _number in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    table = read(bytes(content))

    assert (table.header is None) == bool(table.errors)
