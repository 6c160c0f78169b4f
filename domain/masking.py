"""Contact details as they are shown to those who need to recognise, but not to reach, a person."""

_STARS = "*****"
_BEFORE_LAST_DIGITS = "******"
_LAST_DIGITS = 4


def masked_email(address: str) -> str:
    """`jo*****@example.org`: at most the first two letters, and never the whole of what stands before the @."""
    local, at, domain = address.rpartition("@")
    return f"{local[: min(2, len(local) - 1)]}{_STARS}{at}{domain}" if at else _STARS


def masked_mobile(number: str) -> str:
    """`******7890`: the last four characters, of a number that is longer than that."""
    return _BEFORE_LAST_DIGITS + (number[-_LAST_DIGITS:] if len(number) > _LAST_DIGITS else "")
