"""What a run has come to, for people to read."""

from collections import Counter
from collections.abc import Sequence

from tests.chaos.reckoning import shortened
from tests.chaos.run import Report

KINDS = ("lost", "doubled", "stuck", "broken")


def table(reports: Sequence[Report]) -> str:
    """A line a run, and what was found beneath."""
    head = ("database", "queue", "seed", "faults", "told", "mails", "twice, as may be", *KINDS, "seconds")
    lines = [_line(report) for report in reports]
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    rows = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in (head, *lines)]
    return "\n".join([*rows, "", by_fault(reports), *(_found(report) for report in reports if report.findings)])


def _line(report: Report) -> tuple[str, ...]:
    told, found = report.told, report.findings
    promises = sum(map(len, told.invited.values())) + len(told.takes_part) + told.letters.total() + len(told.joined)
    figures = (report.faults.total(), promises, report.mails, found.repeated_mails)
    counts = (len(getattr(found, kind)) for kind in KINDS)
    return report.database, report.queue, report.seed, *map(str, (*figures, *counts, round(report.seconds)))


def by_fault(reports: Sequence[Report]) -> str:
    counts = sum((report.faults for report in reports), Counter())
    return "Faults: " + ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))


def _found(report: Report) -> str:
    told = [f"{kind}: {what}" for kind in KINDS for what in shortened(getattr(report.findings, kind))]
    return "\n  ".join([f"\n{report.database}, seed {report.seed}:", *told])
