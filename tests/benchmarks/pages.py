"""Pages of organisations with so many people.

Floor: the same page of the same service, of an organisation with 100.
"""

from collections.abc import Callable

from tests.benchmarks.crowd import FEW, Crowd, Crowds
from tests.benchmarks.results import Result, in_turn, seconds
from tests.benchmarks.service import Browser, peak_memory

#: By name: what it is, its path, its bar.
PAGES: dict[str, tuple[str, Callable[[Crowd], str], float]] = {
    "edit": ("Edit Batch", lambda crowd: f"/batches/{crowd.batch_id}/edit", 1.5),
    "dashboard": ("dashboard", lambda crowd: f"/batches/{crowd.batch_id}/dashboard", 3.0),
    "participants": ("participants page", lambda crowd: f"/batches/{crowd.batch_id}/participants", 1.5),
    "members": ("Members tab", lambda crowd: f"/collaborations/{crowd.collaboration_id}/members", 1.5),
    "upload": ("upload page", lambda crowd: f"/uploads/{crowd.upload_id}", 1.5),
    "people": ("all people", lambda crowd: f"/organisations/{crowd.organisation_id}/directory", 1.5),
    "find": ("find by state ID", lambda crowd: f"/organisations/{crowd.organisation_id}/directory?q=pr-00050", 1.5),
}


def measure(name: str, world: Crowds, size: int) -> Result:
    what, path_of, bar = PAGES[name]
    one, other = _browser(world, size), _browser(world, FEW)
    mine, bare = in_turn(
        lambda _round: seconds(lambda: one.get(path_of(world.of[size]))),
        lambda _round: seconds(lambda: other.get(path_of(world.of[FEW]))),
        rounds=15,
    )
    return Result(what, world.database, size, mine, bare, bar, peak_memory(world.web), bar_at=100_000)


def _browser(world: Crowds, size: int) -> Browser:
    browser = Browser(world.service)
    browser.sign_in(world.of[size].admin)
    return browser
