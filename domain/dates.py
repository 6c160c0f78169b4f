"""Dates as people and programs write them."""

import re
from datetime import UTC, date, datetime, time, timedelta

from domain.language import day, minute
from domain.language import gettext as _

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_AND_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:?[0-9]{2}.*")
_DIGITS = re.compile(r"[0-9]+")
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
        raise ExpiryError("in_the_past", _in_the_past(text, moment, now))
    return moment


def read_day_or_moment(text: str) -> date | datetime:
    """An ISO 8601 date; or a date with a time, which has no zone where none is written. Raises `ExpiryError`."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        if _DATE_AND_TIME.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise ExpiryError("not_a_date", _not_a_date(text))


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
    except (ValueError, OverflowError):
        pass
    raise ExpiryError("not_a_date", _not_a_date(text))


def _from_epoch(digits: str) -> datetime:
    if len(digits) > _MILLISECONDS:
        raise OverflowError
    if len(digits) == _MILLISECONDS:
        return _EPOCH + timedelta(milliseconds=int(digits))
    return _EPOCH + timedelta(seconds=int(digits))


def _not_a_date(text: str) -> str:
    shown = text[:50]
    if _DATE.fullmatch(text):
        return _("There is no such day as “%(value)s”.", value=shown)
    if meant := _meant(text):
        return _("“%(value)s” is not how a date is written here. Write it as %(meant)s.", value=shown, meant=meant)
    return _("“%(value)s” is not a date before the year 10000. Write it like 2026-12-31.", value=shown)


def _meant(text: str) -> str | None:
    """The day, in ISO 8601, that a value in another order or with other marks means; several where it may be either."""
    if found := _YEAR_FIRST.fullmatch(text):
        days = [_iso(found[1], found[2], found[3])]
    elif found := _YEAR_LAST.fullmatch(text):
        days = [_iso(found[3], found[2], found[1]), _iso(found[3], found[1], found[2])]
    else:
        return None
    either = list(dict.fromkeys(filter(None, days)))
    return _("%(one)s or %(other)s", one=either[0], other=either[1]) if len(either) > 1 else next(iter(either), None)


def _iso(year: str, month: str, day_of_month: str) -> str | None:
    try:
        return date(int(year), int(month), int(day_of_month)).isoformat()
    except ValueError:
        return None


def _in_the_past(text: str, moment: datetime, now: datetime) -> str:
    if not _DIGITS.fullmatch(text):
        shown = day(moment) if _DATE.fullmatch(text) else minute(moment)
        return _("%(day)s is past. Write a date that is still to come, or leave it empty.", day=shown)
    example = _example(text, now)
    if len(text) == _MILLISECONDS:
        return _(
            "“%(value)s”, read as milliseconds since 1970, is %(day)s, which is past. "
            "Write a date to come, with dashes: %(example)s.",
            value=text,
            day=day(moment),
            example=example,
        )
    return _(
        "“%(value)s”, read as seconds since 1970, is %(day)s, which is past. "
        "Write a date to come, with dashes: %(example)s.",
        value=text,
        day=day(moment),
        example=example,
    )


def _example(digits: str, now: datetime) -> str:
    """A date to come: the one that eight digits mean, if they do."""
    meant = _iso(digits[:4], digits[4:6], digits[6:]) if len(digits) == 8 else None
    return meant if meant and meant > now.date().isoformat() else f"{now.year + 1}-12-31"
