"""What a batch's dashboard shows above its list: figures and pictures, all of them from the tallies."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from domain.days import day_in
from domain.participant_list import Standing, counts_of
from models import Batch
from models.batch import TallyKind

Tallies = Mapping[TallyKind, Mapping[str, int]]

#: Districts that get a bar of their own; the others share one.
MOST_DISTRICTS = 10
#: What the picture of them has room for on a phone, and what it needs for its width.
MOST_PERIODS, FEWEST_PERIODS = 31, 7
#: That make a period: up to a year, then years, then centuries.
_MONTHS = (1, 3, 12, 60, 120, 600, 1200, 6000)


class Figures(NamedTuple):
    participants: int
    not_started: int
    in_progress: int
    completed: int
    #: In percent; 100 only where everybody has completed, 0 only where nobody has started.
    average: int


def figures_of(tallies: Tallies) -> Figures:
    counts = counts_of(tallies)
    everybody = sum(counts.values())
    done = sum(int(percent) * count for percent, count in tallies[TallyKind.PERCENT].items())
    return Figures(
        everybody,
        counts[Standing.NOT_STARTED],
        counts[Standing.IN_PROGRESS],
        counts[Standing.COMPLETED],
        _average(done, everybody),
    )


def _average(done: int, everybody: int) -> int:
    if done in {0, 100 * everybody}:
        return 100 if done else 0
    return min(max(round(done / everybody), 1), 99)


def last_active_on(batch: Batch) -> date | None:
    """The day of the organisation's on which anybody was active last."""
    at = batch.last_activity_at
    return day_in(at, batch.organisation.time_zone) if at else None


# How progress is spread.


class Band(NamedTuple):
    label: str
    participants: int


def spread_of(tallies: Tallies) -> list[Band]:
    """None yet, five parts of what lies between, and all of it."""
    by_percent = {int(percent): count for percent, count in tallies[TallyKind.PERCENT].items()}
    parts = [(0, 0), (1, 20), (21, 40), (41, 60), (61, 80), (81, 99), (100, 100)]
    return [
        Band(
            f"{first}%" if first == last else f"{first}–{last}%",
            sum(by_percent.get(percent, 0) for percent in range(first, last + 1)),
        )
        for first, last in parts
    ]


# Enrolments and completions over time.


class Period(NamedTuple):
    """Some days, both ends included."""

    first_day: date
    last_day: date
    enrolled: int
    completed: int


class Step(NamedTuple):
    """How long a period is: some days, or some months."""

    days: int = 0
    months: int = 0


class Timeline(NamedTuple):
    """From the first thing that happened to the last, with the periods in which nothing did."""

    step: Step
    periods: list[Period]

    @property
    def most_enrolled(self) -> int:
        return max((period.enrolled for period in self.periods), default=0)

    @property
    def most_completed(self) -> int:
        return max((period.completed for period in self.periods), default=0)


def timeline_of(tallies: Tallies) -> Timeline:
    """Day by day where the days are few, else by week, by month, by more and more months; empty without anybody."""
    enrolled, completed = (_by_day(tallies[kind]) for kind in (TallyKind.ENROLLED, TallyKind.COMPLETED))
    days = enrolled.keys() | completed.keys()
    if not days:
        return Timeline(Step(days=1), [])
    last = max(days)
    step, starts = _starts(min(min(days), _back(last, FEWEST_PERIODS - 1)), last)
    ends = [_back(start, 1) for start in starts[1:]] + [last]
    counts = [_counts(of, starts) for of in (enrolled, completed)]
    return Timeline(step, [Period(*values) for values in zip(starts, ends, *counts, strict=True)])


def _by_day(tally: Mapping[str, int]) -> dict[date, int]:
    return {date.fromisoformat(day): count for day, count in tally.items()}


def _back(day: date, days: int) -> date:
    return date.fromordinal(max(day.toordinal() - days, 1))


def _counts(by_day: Mapping[date, int], starts: Sequence[date]) -> list[int]:
    """How many fall into each of the periods that start so."""
    counts = [0] * len(starts)
    for day, count in by_day.items():
        counts[bisect_right(starts, day) - 1] += count
    return counts


def _starts(first: date, last: date) -> tuple[Step, list[date]]:
    """The first days of the periods, which are as short as their number allows."""
    if (last - first).days < MOST_PERIODS:
        return Step(days=1), [_back(last, back) for back in range((last - first).days, -1, -1)]
    monday = _back(first, first.weekday())
    weeks = (last - monday).days // 7
    if weeks < MOST_PERIODS:
        return Step(days=7), [monday + timedelta(weeks=week) for week in range(weeks + 1)]
    for months in _MONTHS:
        numbers = range(_month(first) // months, _month(last) // months + 1)
        if len(numbers) <= MOST_PERIODS:
            break
    return Step(months=months), [_first_of(number * months) for number in numbers]


def _month(day: date) -> int:
    """Its month's number, counted from the beginning of our era."""
    return day.year * 12 + day.month - 1


def _first_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1) if month >= 12 else date.min


# Completion by district.


class District(NamedTuple):
    #: Empty: of those whose district is not known.
    name: str
    participants: int
    completed: int
    #: How many districts this is, where it is several.
    districts: int = 1


def districts_of(tallies: Tallies) -> list[District]:
    """The largest first; the small ones together, and those who tell none, at the end."""
    completed = tallies[TallyKind.COMPLETED_IN_DISTRICT]
    named = [District(name, count, completed.get(name, 0)) for name, count in tallies[TallyKind.DISTRICT].items()]
    named.sort(key=lambda district: (not district.name, -district.participants, district.name))
    unknown = [named.pop()] if named and not named[-1].name else []
    most = MOST_DISTRICTS if len(named) > MOST_DISTRICTS + 1 else len(named)
    return [*named[:most], *_together(named[most:]), *unknown]


def _together(districts: Sequence[District]) -> list[District]:
    if not districts:
        return []
    participants = sum(district.participants for district in districts)
    return [District("", participants, sum(district.completed for district in districts), len(districts))]
