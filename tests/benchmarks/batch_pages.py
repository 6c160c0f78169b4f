"""Edit Batch, dashboard and the state admin's page of a batch with so many participants.

Floor: the same page of the same service with 100 participants.
"""

from tests.benchmarks.crowd import ADMIN, crowd
from tests.benchmarks.results import Result, in_turn, seconds
from tests.benchmarks.service import Browser, peak_memory, running

FEW = 100


def measure_edit(database: str, size: int) -> Result:
    return _measure("Edit Batch", "edit", 1.5, database, size)


def measure_dashboard(database: str, size: int) -> Result:
    return _measure("dashboard", "dashboard", 3.0, database, size)


def measure_participants(database: str, size: int) -> Result:
    return _measure("participants page", "participants", 1.5, database, size)


def _measure(name: str, page: str, bar: float, database: str, size: int) -> Result:
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
            lambda _round: seconds(lambda: one.get(f"/batches/{many.batch_id}/{page}")),
            lambda _round: seconds(lambda: other.get(f"/batches/{few.batch_id}/{page}")),
            rounds=15,
        )
        return Result(name, database, size, mine, bare, bar, peak_memory(large.processes[0]), bar_at=100_000)
