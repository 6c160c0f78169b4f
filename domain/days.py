"""Days as an organisation counts them: in its own time zone."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models import now


def today_in(time_zone: str) -> date:
    return day_in(now(), time_zone)


def day_in(moment: datetime, time_zone: str) -> date:
    """`time_zone`: an IANA name; one that this machine does not know counts as UTC."""
    return moment.astimezone(_zone(time_zone)).date()


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
