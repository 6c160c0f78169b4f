"""The people of an organisation: the page that lists them all, and finding one by state ID.

Floor: the same page of the same service with 100 people.
"""

from tests.benchmarks.crowd import ADMIN, crowd
from tests.benchmarks.results import Result, in_turn, seconds
from tests.benchmarks.service import Browser, peak_memory, running

FEW = 100
BAR = 1.5


def measure_list(database: str, size: int) -> Result:
    return _measure("all people", "", database, size)


def measure_finding(database: str, size: int) -> Result:
    return _measure("find by state ID", "?q=pr-00050", database, size)


def _measure(name: str, query: str, database: str, size: int) -> Result:
    with (
        running(database) as large,
        crowd(large, size) as many,
        running(database) as small,
        crowd(small, FEW) as few,
    ):
        one, other = Browser(large), Browser(small)
        one.sign_in(ADMIN)
        other.sign_in(ADMIN)
        mine, bare = in_turn(
            lambda _round: seconds(lambda: one.get(f"/organisations/{many.organisation_id}/directory{query}")),
            lambda _round: seconds(lambda: other.get(f"/organisations/{few.organisation_id}/directory{query}")),
            rounds=15,
        )
        return Result(name, database, size, mine, bare, BAR, peak_memory(large.processes[0]), bar_at=100_000)
