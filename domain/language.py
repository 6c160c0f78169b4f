"""Sentences and dates in the reader's language.

The domain knows no request, so whoever calls it (a page, the command line, the worker) says whose
language is being spoken; until then it is English, the language the sentences are written in.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import lru_cache
from gettext import NullTranslations
from typing import Any

from babel.dates import format_date

_spoken: ContextVar[tuple[NullTranslations, str]] = ContextVar("spoken", default=(NullTranslations(), "en"))


@contextmanager
def speaking(translations: NullTranslations, locale: str) -> Iterator[None]:
    token = _spoken.set((translations, locale))
    try:
        yield
    finally:
        _spoken.reset(token)


def gettext(message: str, **values: Any) -> str:
    """The sentence with its `%(name)s` places filled in."""
    return _spoken.get()[0].gettext(message) % values


def ngettext(one: str, many: str, number: int, **values: Any) -> str:
    """The singular or plural sentence; `%(number)s` is the number with thousands set apart."""
    sentence = _spoken.get()[0].ngettext(one, many, number)
    return sentence % {"number": f"{number:,}", **values}


def day(of: date) -> str:
    """The day, written out: 31 December 2026; of a moment, that in UTC."""
    return _written_out(of.astimezone(UTC).date() if isinstance(of, datetime) else of, _spoken.get()[1])


def minute(moment: datetime) -> str:
    """Day and time in UTC: 31 December 2026, 14:05 UTC."""
    return f"{day(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


@lru_cache(maxsize=4096)
def _written_out(of: date, locale: str) -> str:
    return format_date(of, "d MMMM y", locale=locale)


def listing(words: Iterable[str]) -> str:
    """a; a and b; a, b and c."""
    *before, last = [*words] or [""]
    return gettext("%(these)s and %(last)s", these=", ".join(before), last=last) if before else last
