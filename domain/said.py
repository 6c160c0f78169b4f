"""What is said of a thing, field by field: each is read by a reader of its own, and every problem is found."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from domain.cells import CellError, one_line
from domain.language import gettext as _
from domain.language import ngettext, number

LONGEST_DESCRIPTION = 4_000
#: Files name collaborations and groups by it, and letters tell it.
_SHORT_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")

#: By field, sentences that say what is wrong with it.
Problems = dict[str, list[str]]
#: Makes a value of what is said. Raises `CellError`.
Reader = Callable[[str], Any]


def read(said: Mapping[str, str], readers: Mapping[str, Reader]) -> tuple[dict[str, Any], Problems]:
    """The values by field; and what is wrong with the others."""
    values: dict[str, Any] = {}
    problems: Problems = {}
    for name, reader in readers.items():
        try:
            values[name] = reader(said.get(name, ""))
        except CellError as error:
            problems[name] = [str(error)]
    return values, problems


def name(text: str) -> str:
    if not text:
        raise CellError("missing", _("Give it a name."))
    return one_line(text)


def short_name(text: str) -> str:
    """In small letters, however it is written."""
    written = text.lower()
    if not _SHORT_NAME.fullmatch(written):
        sentence = _(
            "Write a short name of at most 32 letters, digits, dashes, dots and underscores, beginning with a letter "
            "or a digit."
        )
        raise CellError("short_name", sentence)
    return written


def description(text: str) -> str:
    if len(text) > LONGEST_DESCRIPTION:
        sentence = ngettext(
            "The description has %(number)s character; at most %(most)s fit.",
            "The description has %(number)s characters; at most %(most)s fit.",
            len(text),
            most=number(LONGEST_DESCRIPTION),
        )
        raise CellError("too_long", sentence)
    return text


def unless(kept: str | None, reader: Reader) -> Reader:
    """The reader, but for what is kept as it is: that need not be as the reader would have it today."""
    return lambda text: text if text == kept else reader(text)
