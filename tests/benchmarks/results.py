"""Ours beside the floor, in turn; and the tables of what came out."""

import gc
import os
import platform
import re
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

ROUNDS = 5


class Row(Protocol):
    """Of the first table."""

    @property
    def is_held(self) -> bool: ...
    @property
    def cells(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Result:
    work: str
    database: str
    size: int
    #: Medians, in seconds; no floor where ours was measured alone.
    ours: float
    floor: float | None
    #: The most that ours may be of the floor, at the size that the bar is for.
    bar: float
    peak_memory_mb: int
    bar_at: int = 10_000

    @property
    def is_held(self) -> bool:
        """At other sizes it is the growth that counts."""
        return self.size != self.bar_at or self.floor is None or self.ours / self.floor <= self.bar

    @property
    def cells(self) -> tuple[str, ...]:
        floor, ratio = (f"{self.floor:.3f} s", f"{self.ours / self.floor:.2f}") if self.floor else ("", "")
        bar = f"{self.bar:g}" if self.size == self.bar_at else ""
        memory = f"{self.peak_memory_mb} MB" if self.peak_memory_mb else ""
        return self.work, self.database, f"{self.size:,}", f"{self.ours:.3f} s", floor, ratio, bar, memory


@dataclass(frozen=True)
class Limited:
    """What may be so much at most, whatever a floor is."""

    work: str
    database: str
    size: int
    value: float
    most: float
    unit: str

    @property
    def is_held(self) -> bool:
        return self.value <= self.most

    @property
    def cells(self) -> tuple[str, ...]:
        told, bar = (f"{number:.3g} {self.unit}" for number in (self.value, self.most))
        return self.work, self.database, f"{self.size:,}", told, "", "", bar, ""


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

    @property
    def cells(self) -> tuple[str, ...]:
        return self.work, self.database, f"{self.factor:.2f}", f"{GROWTH:g}"


def growths(rows: Iterable[Row]) -> list[Growth]:
    """Of the works that were measured at both sizes."""
    results = [row for row in rows if isinstance(row, Result)]
    by_size = {(result.work, result.database, result.size): result.ours / result.size for result in results}
    return [
        Growth(work, database, each / by_size[work, database, FEW])
        for (work, database, size), each in by_size.items()
        if size == MANY and (work, database, FEW) in by_size
    ]


def in_turn(
    ours: Callable[[int], float], floor: Callable[[int], float], rounds: int = ROUNDS, *, warm_up: bool = True
) -> tuple[float, float]:
    """The medians of both, each round right after the other; the first round warms up and does not count."""
    pairs = [(ours(number), floor(number)) for number in range(rounds + warm_up)][warm_up:]
    return statistics.median(mine for mine, _bare in pairs), statistics.median(bare for _mine, bare in pairs)


def alone(ours: Callable[[int], float], rounds: int) -> tuple[float, None]:
    """The median of ours without a floor, where only the growth counts and a round takes long."""
    return statistics.median(ours(number) for number in range(rounds)), None


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


HEAD = ("work", "database", "size", "ours", "floor", "ratio", "bar", "peak memory", "")
HEAD_OF_GROWTHS = ("by the item", "database", f"{MANY:,} / {FEW:,}", "bar", "")


def table(head: Sequence[str], rows: Iterable[Row | Growth]) -> str:
    """In Markdown, to be pasted into the README."""
    told = [(*row.cells, "" if row.is_held else "**missed**") for row in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *told))


def when_and_where() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    processor, cores = found[1] if found else platform.processor(), len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    day, python = datetime.now(UTC).date(), platform.python_version()
    return f"{day}: {cores} cores of {processor}, {memory} GB, Linux {platform.release()}, Python {python}"
