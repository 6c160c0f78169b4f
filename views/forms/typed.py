"""What people type."""

import re

#: What commands a terminal, or turns the direction of the text around it: nobody types it, but pasting may bring it.
_NOT_TYPED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def typed(text: str | None) -> str:
    """The text without what nobody types and without the space around it; a line break is one character."""
    return _NOT_TYPED.sub("", (text or "").replace("\r\n", "\n")).strip()


def typed_on_a_line(text: str | None) -> str:
    return " ".join(typed(text).split())
