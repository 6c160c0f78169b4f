"""From bytes to text: is this file text at all, and in which encoding?

Encodings are never guessed by statistics, which take Windows-1252 for Mac Roman and garble it. What counts, in
this order: the byte order mark, strict UTF-8, UTF-16 known by its NULs, and Windows-1252 for all the rest.
"""

import codecs

from domain.findings import Finding, Notice
from domain.language import gettext as _
from domain.language import ngettext
from models.upload import Level

#: What the container of every Office file before 2007 begins with, and of an .xlsx protected by a password.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
_ARCHIVES = (b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\xfd7zXZ\0")
_MARKUP = ("<!doctype", "<html", "<head", "<meta", "<body", "<table", "<?xml")
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "UTF-8"), (codecs.BOM_UTF16_LE, "UTF-16-LE"), (codecs.BOM_UTF16_BE, "UTF-16-BE"))
#: The control characters that no list has, unlike tab, line breaks, form feed and end of file.
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a"))


class UnreadableError(Exception):
    """The file as a whole cannot be read as a list. `finding` says why, and what to do."""

    def __init__(self, reason: str, message: str, line: int | None = None, value: str | None = None) -> None:
        super().__init__(message)
        self.finding = Finding(Level.ERROR, reason, message, line=line, value=value)


def value_too_long(line: int, most: int) -> UnreadableError:
    message = ngettext(
        "A value on line %(line)s has more than %(number)s character, more than any column takes. Shorten it.",
        "A value on line %(line)s has more than %(number)s characters, more than any column takes. Shorten it.",
        most,
        line=line,
    )
    return UnreadableError("cell_too_long", message, line)


def read_text(content: bytes) -> tuple[str, list[Notice]]:
    """The file's text without its byte order mark, and a notice where its encoding is not UTF-8.

    Raises UnreadableError for what is no text, and for text that its encoding does not explain.
    """
    _refuse_other_kinds(content)
    text, notice = _decode(content)
    if "\0" in text:
        raise _not_text()
    if text[:1000].lstrip().lower().startswith(_MARKUP):
        raise _not_a_table(
            _("This is a web page or an XML document, not a list. Save the sheet as CSV or .xlsx, and upload that.")
        )
    return text, [Notice("encoding", notice)] if notice else []


def _refuse_other_kinds(content: bytes) -> None:
    if content.startswith(_IMAGES) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        raise _not_a_table(_("This is an image, not a list. Save the sheet itself as CSV or .xlsx, and upload that."))
    if content.startswith(b"%PDF-"):
        raise _not_a_table(_("This is a PDF document, not a list. Save the sheet it was made from as CSV or .xlsx."))
    if content.startswith(_ARCHIVES):
        raise _not_a_table(_("This is a compressed archive, not a list. Unpack it, and upload the list that is in it."))
    if content.startswith(_OLE) and _ENCRYPTED in content:
        message = _("The workbook is protected by a password. Save it without one, or save the sheet as CSV.")
        raise UnreadableError("protected_workbook", message)
    if content.startswith(_OLE):
        raise _not_a_table(_("The file is in an old Office format (.xls or .doc). Save the sheet as .xlsx or CSV."))


def _not_a_table(message: str) -> UnreadableError:
    return UnreadableError("not_a_table", message)


def _not_text() -> UnreadableError:
    return _not_a_table(_("This file is neither text nor a workbook. Save the sheet as CSV or .xlsx, and upload that."))


def _decode(content: bytes) -> tuple[str, str | None]:
    """The text, and the sentence for its reader where it is not UTF-8."""
    # First UTF-32: its mark begins like the one of UTF-16.
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        message = _("The file is in UTF-32, which cannot be read. Save the sheet as “CSV UTF-8”, and upload that.")
        raise UnreadableError("unreadable_encoding", message)
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            notice = _("The file is not in UTF-8; it was read as UTF-16.")
            return _strictly(content[len(mark) :], encoding), None if encoding == "UTF-8" else notice
    if b"\0" in content:
        return _decode_by_nuls(content)
    try:
        return content.decode(), None
    except UnicodeDecodeError:
        return _decode_windows(content)


def _decode_by_nuls(content: bytes) -> tuple[str, str]:
    """In UTF-16, plain letters have a NUL as the second of their two bytes (little-endian) or as the first."""
    sample = content[:4096]
    first, second = sample[::2].count(0), sample[1::2].count(0)
    if max(first, second) < len(sample) * 0.15 or min(first, second) * 10 > max(first, second):
        raise _not_text()
    return _strictly(content, "UTF-16-LE" if second > first else "UTF-16-BE"), _(
        "The file does not say its encoding; it was read as UTF-16. If letters look wrong below, save the sheet as"
        " “CSV UTF-8”, and upload it again."
    )


def _decode_windows(content: bytes) -> tuple[str, str]:
    controls = len(content) - len(content.translate(None, _CONTROLS))
    if controls * 100 > len(content):
        raise _not_text()
    return _strictly(content, "Windows-1252"), _(
        "The file is not in UTF-8; it was read as Windows-1252. If letters such as é or ü look wrong below, save the"
        " sheet as “CSV UTF-8”, and upload it again."
    )


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as fault:
        before = content[: fault.start].decode(encoding, "ignore")
        line = before.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
        message = _(
            "Line %(line)s has a character that cannot be read as %(encoding)s. Save the sheet as “CSV UTF-8”, and"
            " upload that.",
            line=line,
            encoding=encoding.removesuffix("-LE").removesuffix("-BE"),
        )
        raise UnreadableError("unreadable_encoding", message, line=line) from fault
