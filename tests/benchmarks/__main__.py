"""`python -m tests.benchmarks [NAMES] [--sizes N,N] [--databases NAME,NAME]`."""

import argparse
import sys
from itertools import product

from tests.benchmarks import (
    batch_pages,
    bulk_enrolment,
    check,
    directory,
    participants,
    people_import,
    process,
    report,
    start,
)
from tests.benchmarks.results import growth_table, growths, table

BENCHMARKS = {
    "check": check.measure,
    "process": process.measure,
    "add": participants.measure_adding,
    "add-again": participants.measure_adding_again,
    "remove": participants.measure_removing,
    "bulk_enroll": bulk_enrolment.measure,
    "report": report.measure,
    "edit": batch_pages.measure_edit,
    "dashboard": batch_pages.measure_dashboard,
    "participants": batch_pages.measure_participants,
    "people": directory.measure_list,
    "find": directory.measure_finding,
    "check-people": people_import.measure_check,
    "import-people": people_import.measure_processing,
    "start": start.measure,
}
#: Of one size, whatever the database.
ALONE = {"start"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--databases", default="sqlite,postgresql")
    arguments = parser.parse_args()
    results = []
    everywhere = [*product(arguments.databases.split(","), arguments.sizes.split(","))]
    for name in arguments.names or BENCHMARKS:
        for database, size in [("sqlite", "1")] if name in ALONE else everywhere:
            results.append(BENCHMARKS[name](database, int(size)))
            print(table(results[-1:]).splitlines()[1], file=sys.stderr)
    grown = growths(results)
    print(table(results))
    if grown:
        print(growth_table(grown))
    return 0 if all(one.is_held for one in (*results, *grown)) else 1


if __name__ == "__main__":
    sys.exit(main())
