"""What the dashboard shows above its list, from the tallies alone."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from domain.dashboard import (
    MOST_PERIODS,
    Band,
    District,
    Step,
    Tallies,
    districts_of,
    figures_of,
    spread_of,
    timeline_of,
)
from models.batch import TallyKind


def tallies(
    percent: dict[str, int] | None = None,
    enrolled: dict[str, int] | None = None,
    completed: dict[str, int] | None = None,
    district: dict[str, int] | None = None,
    completed_in_district: dict[str, int] | None = None,
) -> Tallies:
    return {
        TallyKind.PERCENT: percent or {},
        TallyKind.ENROLLED: enrolled or {},
        TallyKind.COMPLETED: completed or {},
        TallyKind.DISTRICT: district or {},
        TallyKind.COMPLETED_IN_DISTRICT: completed_in_district or {},
    }


# Figures.


def test_everybody_is_counted_once() -> None:
    assert figures_of(tallies({"0": 3, "40": 5, "100": 2})) == (10, 3, 5, 2, 40)


@pytest.mark.parametrize(
    ("percent", "average"),
    [
        ({}, 0),
        ({"0": 3}, 0),
        ({"0": 999, "1": 1}, 1),
        ({"100": 999, "99": 1}, 99),
        ({"100": 7}, 100),
    ],
)
def test_the_average_is_rounded_but_for_its_ends(percent: dict[str, int], average: int) -> None:
    assert figures_of(tallies(percent)).average == average


def test_progress_is_spread_over_bands_that_hold_everybody() -> None:
    bands = spread_of(tallies({str(percent): 1 for percent in range(101)}))
    assert bands == [
        Band("0%", 1),
        Band("1–20%", 20),
        Band("21–40%", 20),
        Band("41–60%", 20),
        Band("61–80%", 20),
        Band("81–99%", 19),
        Band("100%", 1),
    ]


# Over time.


def days(first: date, *after: int) -> dict[str, int]:
    return {(first + timedelta(days=number)).isoformat(): 1 for number in after}


@pytest.mark.parametrize(
    ("last", "step"),
    [
        (0, Step(days=1)),
        (30, Step(days=1)),
        (31, Step(days=7)),
        (200, Step(days=7)),
        (365, Step(months=1)),
        (1_200, Step(months=3)),
        (100_000, Step(months=120)),
    ],
)
def test_periods_grow_with_the_time_that_has_passed(last: int, step: Step) -> None:
    timeline = timeline_of(tallies(enrolled=days(date(2026, 9, 1), 0, last)))
    assert timeline.step == step
    assert len(timeline.periods) <= MOST_PERIODS
    assert sum(period.enrolled for period in timeline.periods) == (2 if last else 1)


def test_periods_follow_each_other_without_gap() -> None:
    periods = timeline_of(tallies(enrolled=days(date(2026, 1, 5), 0, 90), completed=days(date(2026, 1, 5), 80))).periods
    assert all(after.first_day == before.last_day + timedelta(days=1) for before, after in pairwise(periods))
    [of_it] = [period for period in periods if period.completed]
    assert of_it.first_day <= date(2026, 3, 26) <= of_it.last_day


def test_a_short_time_is_shown_in_a_week_that_ends_with_it() -> None:
    timeline = timeline_of(tallies(enrolled={"2026-09-10": 4}))
    assert [period.enrolled for period in timeline.periods] == [0, 0, 0, 0, 0, 0, 4]
    assert timeline.most_enrolled == 4


def test_without_anybody_there_is_no_time() -> None:
    timeline = timeline_of(tallies())
    assert (timeline.periods, timeline.most_enrolled, timeline.most_completed) == ([], 0, 0)


# By district.


def test_the_largest_districts_come_first_and_those_unknown_last() -> None:
    found = districts_of(tallies(district={"": 9, "North": 2, "South": 5}, completed_in_district={"South": 1, "": 3}))
    assert found == [District("South", 5, 1), District("North", 2, 0), District("", 9, 3)]


def test_small_districts_share_one_line() -> None:
    many = {f"District {number:02}": 100 - number for number in range(15)}
    found = districts_of(tallies(district=many, completed_in_district={"District 14": 2}))
    assert len(found) == 11
    assert found[-1] == District("", sum(100 - number for number in range(10, 15)), 2, districts=5)


def test_one_small_district_keeps_its_name() -> None:
    many = {f"District {number:02}": 100 - number for number in range(11)}
    assert districts_of(tallies(district=many))[-1] == District("District 10", 90, 0)
