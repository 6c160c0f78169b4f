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
    #: The most that ours may be of the floor, at the size that the bar is for.
    bar: float
    peak_memory_mb: int
    bar_at: int = 10_000

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    @property
    def is_held(self) -> bool:
        """At other sizes it is the growth that counts."""
        return self.size != self.bar_at or self.ratio <= self.bar


#: The most that an item may take among a hundred thousand, of what it takes among a thousand.
GROWTH = 1.5
FEW, MANY = 1_000, 100_000


@dataclass(frozen=True)
class Growth:
    """From a thousand items to a hundred thousand, by the item."""

    work: str
    database: str
    factor: float

    @property
    def is_held(self) -> bool:
        return self.factor <= GROWTH


def growths(results: Sequence[Result]) -> list[Growth]:
    """Of the works that were measured at both sizes."""
    by_size = {(result.work, result.database, result.size): result.ours / result.size for result in results}
    return [
        Growth(work, database, each / by_size[work, database, FEW])
        for (work, database, size), each in by_size.items()
        if size == MANY and (work, database, FEW) in by_size
    ]


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
        f"{result.ratio:>6.2f} {_bar(result):>5} {result.peak_memory_mb:>5} {'' if result.is_held else 'MISSED'}"
        for result in results
    ]
    return "\n".join([head, *rows])


def _bar(result: Result) -> str:
    return f"{result.bar:.1f}" if result.size == result.bar_at else ""


def growth_table(found: Sequence[Growth]) -> str:
    head = f"{'by the item':<22} {'database':<11} {f'{MANY:,} / {FEW:,}':>15} {'bar':>5}"
    rows = [
        f"{growth.work:<22} {growth.database:<11} {growth.factor:>15.2f} {GROWTH:>5} "
        f"{'' if growth.is_held else 'MISSED'}"
        for growth in found
    ]
    return "\n".join([head, *rows])
