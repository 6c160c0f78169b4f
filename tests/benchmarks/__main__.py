"""`python -m tests.benchmarks [NAMES] [--sizes N,N] [--databases NAME,NAME]`."""

import argparse
import sys
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

from tests.benchmarks import bulk_enrolment, check, clients, pages, participants, people_import, process, report, start
from tests.benchmarks.crowd import crowds
from tests.benchmarks.files import files
from tests.benchmarks.results import HEAD, HEAD_OF_GROWTHS, Row, growths, table, when_and_where
from tests.benchmarks.service import forget_peak_memory

Measure = Callable[[Any, int], Row | Iterator[Row]]

#: Each in a world of its own, whatever the size.
ALONE: dict[str, Measure] = {"clients": clients.measure}
IN_CROWDS: dict[str, Measure] = {
    **{name: partial(pages.measure, name) for name in pages.PAGES},
    "report": report.measure,
    "add": participants.measure_adding,
    "add-again": participants.measure_adding_again,
    "remove": participants.measure_removing,
    "bulk_enroll": bulk_enrolment.measure,
}
WITH_FILES: dict[str, Measure] = {
    "check": check.measure,
    "check-people": people_import.measure_check,
    "import-people": people_import.measure_processing,
    "process": process.measure_by_one,
    "process-by-two": process.measure_by_two,
}
NAMES = ("start", *ALONE, *IN_CROWDS, *WITH_FILES)


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--databases", default="sqlite,postgresql")
    arguments = parser.parse_args()
    names, sizes = arguments.names or NAMES, sorted(int(size) for size in arguments.sizes.split(","))
    if unknown := {*names} - {*NAMES}:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    rows = []
    for row in _measured(names, arguments.databases.split(","), sizes):
        rows.append(row)
        print(*row.cells, "" if row.is_held else "MISSED", sep="  ", file=sys.stderr, flush=True)
    grown = growths(rows)
    print(when_and_where(), table(HEAD, rows), *([table(HEAD_OF_GROWTHS, grown)] if grown else []), sep="\n\n")
    return 0 if all(one.is_held for one in (*rows, *grown)) else 1


def _measured(names: Collection[str], databases: Collection[str], sizes: Collection[int]) -> Iterator[Row]:
    if "start" in names:
        yield start.measure()
    for database in databases:
        for measure in _chosen(ALONE, names):
            yield from _rows(measure(database, 0))
        yield from _in_world(partial(crowds, database, sizes), IN_CROWDS, names, sizes)
        yield from _in_world(partial(files, database), WITH_FILES, names, sizes)


def _in_world(
    world: Callable[[], Any], benchmarks: dict[str, Measure], names: Collection[str], sizes: Collection[int]
) -> Iterator[Row]:
    """All of them in one world, which takes a while to make."""
    if chosen := _chosen(benchmarks, names):
        with world() as made:
            for measure in chosen:
                for size in sizes:
                    forget_peak_memory(*made.service.processes)
                    yield from _rows(measure(made, size))


def _chosen(benchmarks: dict[str, Measure], names: Collection[str]) -> list[Measure]:
    return [measure for name, measure in benchmarks.items() if name in names]


def _rows(found: Row | Iterator[Row]) -> Iterator[Row]:
    return found if isinstance(found, Iterator) else iter([found])


if __name__ == "__main__":
    sys.exit(main())
