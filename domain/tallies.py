"""What the dashboards count, kept with every change.

A tally is changed in the transaction that changes what it counts, by whoever holds the batch (see
`participants.hold`): a dashboard then needs to look at no participant, however many there are.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Protocol

from sqlalchemy import select

from models import BatchTally, db
from models.base import insert_or_add
from models.batch import TallyKind


class Counted(Protocol):
    """What an active participant is counted by."""

    @property
    def percent(self) -> int: ...
    @property
    def enrolled_on(self) -> date: ...
    @property
    def completed_on(self) -> date | None: ...
    @property
    def district(self) -> str | None: ...


def count_in(batch_id: uuid.UUID, people: Collection[Counted]) -> None:
    """They have become active participants, or have become what they are now."""
    _add(batch_id, _counts(people), 1)


def count_out(batch_id: uuid.UUID, people: Collection[Counted]) -> None:
    """They are active participants no more, or are about to become something else."""
    _add(batch_id, _counts(people), -1)


def tallies_of(batch_id: uuid.UUID) -> dict[TallyKind, dict[str, int]]:
    """By kind and key, without those that nobody has."""
    found: dict[TallyKind, dict[str, int]] = {kind: {} for kind in TallyKind}
    rows = db.session.execute(
        select(BatchTally.kind, BatchTally.key, BatchTally.count).where(
            BatchTally.batch_id == batch_id, BatchTally.count > 0
        )
    )
    for kind, key, count in rows:
        found[kind][key] = count
    return found


def _counts(people: Collection[Counted]) -> Mapping[TallyKind, Counter[Any]]:
    completed = [person for person in people if person.completed_on is not None]
    return {
        TallyKind.PERCENT: Counter(person.percent for person in people),
        TallyKind.ENROLLED: Counter(person.enrolled_on for person in people),
        TallyKind.COMPLETED: Counter(person.completed_on for person in completed),
        TallyKind.DISTRICT: Counter(person.district or "" for person in people),
        TallyKind.COMPLETED_IN_DISTRICT: Counter(person.district or "" for person in completed),
    }


def _add(batch_id: uuid.UUID, counts: Mapping[TallyKind, Counter[Any]], sign: int) -> None:
    rows = [
        {"batch_id": batch_id, "kind": kind, "key": str(key), "count": sign * number}
        for kind, counter in counts.items()
        for key, number in counter.items()
    ]
    if rows:
        db.session.execute(insert_or_add(BatchTally, "count"), rows)
