"""Sentences, dates and numbers in the reader's language.

The domain knows no request, so whoever calls it (a page, the worker) says whose language is being spoken; until then
it is English, the language the sentences are written in. Each other one is a catalogue in `translations/`: here, where
the rooms that speak it all look. `make messages` keeps the catalogues, `make` compiles them.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

CATALOGUES = Path(__file__).parent / "translations"
ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Speech:
    """A language as it is spoken. `code` is empty where nobody has said whose."""

    code: str | None
    translations: NullTranslations
    #: As Babel knows it: how dates and numbers are written.
    locale: str


#: 31 December 2026, and not December 31, 2026.
_IN_ENGLISH = Speech(None, NullTranslations(), "en_GB")
_spoken: ContextVar[Speech] = ContextVar("spoken", default=_IN_ENGLISH)


@cache
def languages() -> tuple[str, ...]:
    """The codes of those that can be spoken: English, and what has a compiled catalogue."""
    return (ENGLISH, *sorted(path.parts[-3] for path in CATALOGUES.glob("*/LC_MESSAGES/messages.mo")))


def name_of(code: str) -> str:
    """What its own speakers call it: English, Nederlands."""
    name = Locale.parse(code).display_name or code
    return name[:1].upper() + name[1:]


@contextmanager
def speaking(code: str | None) -> Iterator[None]:
    """Meanwhile, the language of this code; English where it cannot be spoken."""
    token = _spoken.set(_speech(code))
    try:
        yield
    finally:
        _spoken.reset(token)


def speak(code: str | None) -> None:
    """From now on, the language of this code."""
    _spoken.set(_speech(code))


def tag_of(code: str) -> str:
    """As HTML's `lang` takes it (RFC 5646)."""
    return code.replace("_", "-")


def spoken() -> str | None:
    """The code of the language in which somebody is spoken to; nothing where nobody has said whose it should be."""
    return _spoken.get().code


@cache
def _speech(code: str | None) -> Speech:
    if code not in languages():
        return _IN_ENGLISH
    if code == ENGLISH:
        return Speech(code, _IN_ENGLISH.translations, _IN_ENGLISH.locale)
    return Speech(code, translation("messages", CATALOGUES, [code]), code)


def sentence(message: str) -> str:
    """As the catalogue has it: its `%(name)s` places are to be filled in."""
    return _spoken.get().translations.gettext(message)


def sentence_for(count: int, one: str, many: str) -> str:
    """The singular or the plural one, likewise."""
    return _spoken.get().translations.ngettext(one, many, count)


def gettext(message: str, /, **values: Any) -> str:
    """The sentence with its `%(name)s` places filled in."""
    return sentence(message) % values


def ngettext(one: str, many: str, count: int, /, **values: Any) -> str:
    """The singular or plural sentence; `%(number)s` is the number with thousands set apart."""
    return sentence_for(count, one, many) % {"number": number(count), **values}


def number(of: float) -> str:
    """With thousands set apart: 1,234."""
    return _set_apart(of, _spoken.get().locale)


def day(of: date) -> str:
    """The day, written out: 31 December 2026; of a moment, that in UTC."""
    return _written_out(of.astimezone(UTC).date() if isinstance(of, datetime) else of, _spoken.get().locale)


def minute(moment: datetime) -> str:
    """Day and time in UTC: 31 December 2026, 14:05 UTC."""
    return f"{day(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


@lru_cache(maxsize=4096)
def _set_apart(of: float, locale: str) -> str:
    return format_decimal(of, locale=locale)


@lru_cache(maxsize=4096)
def _written_out(of: date, locale: str) -> str:
    return format_date(of, "long", locale=locale)


def listing(words: Iterable[str]) -> str:
    """a; a and b; a, b and c."""
    *before, last = [*words] or [""]
    return gettext("%(these)s and %(last)s", these=", ".join(before), last=last) if before else last
