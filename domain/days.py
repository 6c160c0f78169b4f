"""Days as an organisation counts them: in its own time zone."""

from datetime import UTC, date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from models import now


def today_in(time_zone: str) -> date:
    return day_in(now(), time_zone)


def day_in(moment: datetime, time_zone: str) -> date:
    """`time_zone`: an IANA name; one that this machine does not know counts as UTC."""
    return moment.astimezone(_zone(time_zone)).date()


def moment_of(when: date | datetime, time_zone: str) -> datetime:
    """In UTC: of a day, its beginning in the time zone; of a time that has no zone of its own, that time in it."""
    moment = when if isinstance(when, datetime) else datetime.combine(when, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=_zone(time_zone))).astimezone(UTC)


@cache
def time_zones() -> list[str]:
    """The IANA names that this machine knows, but for those that stand for no place or time in particular."""
    return sorted(available_timezones() - {"Factory", "localtime"})


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
