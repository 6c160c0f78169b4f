"""Expiry dates as people and programs write them."""

import re
from datetime import UTC, datetime, time

from domain.language import day
from domain.language import gettext as _

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATE_AND_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:?\d{2}.*")
_DIGITS = re.compile(r"\d+")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_MILLISECONDS = 13  # digits of an epoch given in milliseconds, from 2001 to 2286


class ExpiryError(ValueError):
    """`reason` is a word for programs; `str(error)` a sentence: what is wrong, and what to write instead."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


def read_expiry(text: str, now: datetime) -> datetime:
    """The moment at which it expires.

    An ISO 8601 date means through that day in UTC. Also taken: ISO 8601 with a time (UTC unless it says
    otherwise), epoch seconds, and with 13 digits epoch milliseconds. Raises `ExpiryError`.
    """
    moment = _read(text)
    if moment <= now:
        raise ExpiryError("in_the_past", _in_the_past(text, moment))
    return moment


def through(day_of: datetime) -> datetime:
    """The last second of that day in UTC."""
    return datetime.combine(day_of.astimezone(UTC).date(), time(23, 59, 59), UTC)


def _read(text: str) -> datetime:
    try:
        if _DATE.fullmatch(text):
            return through(datetime.fromisoformat(text).replace(tzinfo=UTC))
        if _DATE_AND_TIME.fullmatch(text):
            moment = datetime.fromisoformat(text)
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        if _DIGITS.fullmatch(text):
            return _from_epoch(text)
    except (ValueError, OverflowError, OSError):
        pass
    raise ExpiryError("not_a_date", _not_a_date(text))


def _from_epoch(digits: str) -> datetime:
    if len(digits) > _MILLISECONDS:
        raise OverflowError
    return datetime.fromtimestamp(int(digits) / (1000 if len(digits) == _MILLISECONDS else 1), UTC)


def _not_a_date(text: str) -> str:
    shown = text[:50]
    day_first = _DAY_FIRST.fullmatch(text)
    if _DATE.fullmatch(text):
        return _("There is no such day as “%(value)s”.", value=shown)
    if day_first and int(day_first[2]) <= 12:
        meant = f"{day_first[3]}-{int(day_first[2]):02}-{int(day_first[1]):02}"
        return _("“%(value)s” does not begin with the year. Write it as %(meant)s.", value=shown, meant=meant)
    return _("“%(value)s” is not a date before the year 10000. Write it like 2026-12-31.", value=shown)


def _in_the_past(text: str, moment: datetime) -> str:
    if _DIGITS.fullmatch(text):
        return _(
            "“%(value)s”, read as seconds since 1970, is %(day)s, which is past. "
            "Write a date to come, with dashes: 2026-12-31.",
            value=text,
            day=day(moment),
        )
    return _("%(day)s is past. Write a date that is still to come, or leave it empty.", day=day(moment))
