"""`python -m tests.chaos [--seed N] [--rounds N] [--runs N] [--database NAME] [--faults NAME,NAME]`."""

import argparse
import random
import signal
import sys

from tests.chaos.faults import FAULTS
from tests.chaos.run import run
from tests.chaos.table import table


def main() -> int:
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # all that was started is ended
    print(f"seed {arguments.seed}", flush=True)
    reports = []
    for number in range(arguments.runs):
        for database in arguments.database.split(","):
            seed = f"{arguments.seed}.{number}" if arguments.runs > 1 else arguments.seed
            print(f"\n{database}, seed {seed}", flush=True)
            reports.append(run(database, seed, arguments.rounds, arguments.faults))
    print(f"\n{table(reports)}")
    return 1 if any(report.findings for report in reports) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.description = "Faults, for real and at random; what was lost, doubled or stuck is nothing, or exit status 1."
    parser.epilog = "\n".join(f"{name:<22}{fault.description}" for name, fault in FAULTS.items())
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**6)), help="to do the same again")
    parser.add_argument("--rounds", type=int, default=30, help="faults in a run")
    parser.add_argument("--runs", type=int, default=1, help="of each database")
    parser.add_argument("--database", default="sqlite,postgresql")
    parser.add_argument("--faults", type=lambda names: names.split(","), default=[], help="which; all by default")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
