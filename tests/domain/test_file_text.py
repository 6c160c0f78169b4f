import pytest

from tests.domain.reading import codes_of, error_of, read, rows_of


@pytest.mark.parametrize(
    ("encoding", "notices"),
    [
        ("utf-8", []),
        ("utf-8-sig", []),
        ("utf-16", ["encoding"]),
        ("utf-16-le", ["encoding"]),
        ("utf-16-be", ["encoding"]),
        ("windows-1252", ["encoding"]),
    ],
)
def test_the_encoding_is_found_and_said_when_it_is_not_utf_8(encoding: str, notices: list[str]) -> None:
    table = read("invitees,message\nzoë,€ 5 — jij\n".encode(encoding))

    assert rows_of(table) == [["invitees", "message"], ["zoë", "€ 5 — jij"]]
    assert codes_of(table) == notices


def test_utf_16_with_its_byte_order_mark_is_read_whatever_its_order() -> None:
    assert rows_of(read(b"\xfe\xff" + "invitees\nzoë".encode("utf-16-be"))) == [["invitees"], ["zoë"]]


@pytest.mark.parametrize(
    "content",
    [
        "invitees\na\n".encode("utf-32"),
        b"\xef\xbb\xbfinvitees\nzo\xeb\n",
        b"invitees\nM\x81ller\n",
        "invitees\na\n".encode("utf-16")[:-1],
    ],
    ids=["utf-32", "broken utf-8", "not windows-1252", "cut off utf-16"],
)
def test_an_encoding_that_does_not_explain_the_file_is_an_error(content: bytes) -> None:
    table = read(content)

    assert error_of(table).reason == "unreadable_encoding"
    assert "CSV UTF-8" in error_of(table).message


def test_the_line_that_cannot_be_decoded_is_named() -> None:
    (error,) = read(b"invitees\r\na\r\nM\x81ller\r\n").errors

    assert error.line == 3
    assert error.message.startswith("Line 3 has a character that cannot be read as Windows-1252.")
