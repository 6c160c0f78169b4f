"""E-mail addresses: which can be mailed, and what is wrong with those that cannot."""

import re
import unicodedata

from domain.language import gettext as _
from domain.language import listing
from models import key_of

#: Plain ASCII addresses, which are nearly all. What this accepts, email-validator accepts (a property test
#: holds it), at a hundredth of the time; everything else is asked there.
_PLAIN = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+([A-Za-z]{2,63})"
)
_LONGEST = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
_LONGEST_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1
#: Top-level names with rules of their own (RFC 6761 and others): asked of email-validator.
_SPECIAL = {"test", "local", "localhost", "invalid", "onion", "arpa", "example", "internal", "alt"}
_UNDELIVERABLE = {"local", "localhost", "invalid", "onion", "arpa"}


class AddressError(ValueError):
    """`str(error)` says what is wrong with the address, as the end of a sentence."""


def key_of_address(text: str) -> str:
    """The form in which the address is compared. Raises `AddressError` if it cannot be mailed."""
    if _is_plain(text):
        return text.lower()
    if (mistake := _common_mistake(text)) is not None:
        raise AddressError(mistake)
    key = key_of(_normalised(text))
    if len(key) > _LONGEST:  # a few letters become two or three
        raise AddressError(_too_long())
    return key


def problem_of(text: str) -> str | None:
    """Why it cannot be mailed, as a sentence; nothing where it can."""
    try:
        key_of_address(text)
    except AddressError as error:
        return _("This is no e-mail address: %(why)s.", why=error)
    return None


def is_international(address: str) -> bool:
    """Whether only mail servers that know SMTPUTF8 (RFC 6531) can deliver to it."""
    return not address.isascii() and not address.rpartition("@")[0].isascii()


def _is_plain(text: str) -> bool:
    found = _PLAIN.fullmatch(text)
    return (
        found is not None
        and len(text) <= _LONGEST
        and text.index("@") <= _LONGEST_LOCAL_PART
        and "--" not in text
        and found[1].lower() not in _SPECIAL
    )


def _normalised(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # slow to import, and seldom needed

    try:
        # `.test` is for trying out, as in the demo world.
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise AddressError(_uncommon_mistake(text)) from None


def _common_mistake(text: str) -> str | None:
    """What people most often mistype, in words that tell what to do."""
    if len(text) > _LONGEST:  # before the expressions below, which are slow on values without end
        return _too_long()
    local, _at, domain = text.rpartition("@")
    if in_brackets := re.search(r"<([^<>\s]+@[^<>\s]+)>", text):
        return _("write only the address, %(address)s", address=in_brackets[1])
    if "\ufffd" in text:
        return _("a letter of it was lost (“\ufffd”); type it again")
    if "@" not in text:
        return _("it has no @")
    if text.count("@") > 1 and '"' not in text:
        return _("it has more than one @")
    if re.search(r"\s", text):
        return _("it has a space in it; put a comma between two addresses")
    if not local:
        return _("nothing stands before the @")
    if "." not in domain:
        return _("the part after the @ has no dot, as in example.org")
    if any(part != part.strip(".") or ".." in part for part in (local, domain)):
        return _("it has a dot too many")
    if len(local) > _LONGEST_LOCAL_PART:
        return _("the part before the @ is longer than 64 characters")
    return None


def _uncommon_mistake(text: str) -> str:
    """Of an address that email-validator, which speaks English only, has refused."""
    if len(text.encode()) > _LONGEST:  # what counts in the end is bytes
        return _too_long()
    local, _at, domain = text.rpartition("@")
    ending = domain.rpartition(".")[2]
    if wrong := _odd(local, "!#$%&'*+-./=?^_`{|}~"):
        return _("%(characters)s cannot stand before the @", characters=wrong)
    if wrong := _odd(domain, "-."):
        return _("%(characters)s cannot stand after the @", characters=wrong)
    if ending.lower() in _UNDELIVERABLE:
        return _("no mail can be sent to addresses that end in .%(ending)s", ending=ending)
    return _("what stands after the @ is not the name of a mail server, as example.org is")


def _odd(part: str, allowed: str) -> str:
    """Each character that is no letter, mark or number, nor allowed; by its number if it cannot be seen."""
    odd = dict.fromkeys(each for each in part if unicodedata.category(each)[0] not in "LMN" and each not in allowed)
    return listing(f"“{character}”" if character.isprintable() else f"U+{ord(character):04X}" for character in odd)


def _too_long() -> str:
    return _("it is longer than %(most)s characters", most=_LONGEST)
