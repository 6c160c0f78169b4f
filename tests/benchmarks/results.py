"""Ours beside the floor, in turn; and the table of what came out."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Result:
    work: str
    database: str
    size: int
    #: Medians, in seconds.
    ours: float
    floor: float
    #: The most that ours may be of the floor.
    bar: float
    peak_memory_mb: int

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    @property
    def is_held(self) -> bool:
        return self.ratio <= self.bar


def in_turn(ours: Callable[[int], float], floor: Callable[[int], float], rounds: int = ROUNDS) -> tuple[float, float]:
    """The medians of both, each round right after the other; the first round warms up and does not count."""
    pairs = [(ours(number), floor(number)) for number in range(rounds + 1)][1:]
    return statistics.median(mine for mine, _bare in pairs), statistics.median(bare for _mine, bare in pairs)


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def table(results: Sequence[Result]) -> str:
    head = f"{'work':<22} {'database':<11} {'size':>8} {'ours s':>8} {'floor s':>8} {'ratio':>6} {'bar':>5} {'MB':>5}"
    rows = [
        f"{result.work:<22} {result.database:<11} {result.size:>8,} {result.ours:>8.3f} {result.floor:>8.3f} "
        f"{result.ratio:>6.2f} {result.bar:>5.1f} {result.peak_memory_mb:>5} {'' if result.is_held else 'MISSED'}"
        for result in results
    ]
    return "\n".join([head, *rows])
