"""`python -m tests.benchmarks [NAMES] [--sizes N,N] [--databases NAME,NAME]`."""

import argparse
import sys

from tests.benchmarks import batch_pages, check, participants, process, report
from tests.benchmarks.results import table

BENCHMARKS = {
    "check": check.measure,
    "process": process.measure,
    "add": participants.measure_adding,
    "add-again": participants.measure_adding_again,
    "remove": participants.measure_removing,
    "report": report.measure,
    "edit": batch_pages.measure_edit,
    "dashboard": batch_pages.measure_dashboard,
    "participants": batch_pages.measure_participants,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--databases", default="sqlite,postgresql")
    arguments = parser.parse_args()
    results = []
    for name in arguments.names or BENCHMARKS:
        for database in arguments.databases.split(","):
            for size in arguments.sizes.split(","):
                results.append(BENCHMARKS[name](database, int(size)))
                print(table(results[-1:]).splitlines()[1], file=sys.stderr)
    print(table(results))
    return 0 if all(result.is_held for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
