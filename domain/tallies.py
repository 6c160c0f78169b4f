"""What the dashboards count, kept with every change.

A tally is changed in the transaction that changes what it counts, by whoever holds the batch (see
`participants.hold`): a dashboard then needs to look at no participant, however many there are.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, Text, TextClause, cast, func, select

from models import Batch, BatchTally, Organisation, Participant, User, db
from models.base import among, insert_or_add
from models.batch import TallyKind


class Counted(Protocol):
    """What an active participant is counted by. Days may be in ISO 8601, as their tallies have them."""

    @property
    def percent(self) -> int: ...
    @property
    def enrolled_on(self) -> date | str: ...
    @property
    def completed_on(self) -> date | str | None: ...
    @property
    def district(self) -> str | None: ...


def count_in(batch_id: uuid.UUID, people: Collection[Counted]) -> None:
    """They have become active participants, or have become what they are now."""
    _add(batch_id, _counts(people), 1)


def count_out(batch_id: uuid.UUID, people: Collection[Counted]) -> None:
    """They are active participants no more, or are about to become something else."""
    _add(batch_id, _counts(people), -1)


def keep_districts(organisations: Select[Any]) -> None:
    """The people of these organisations, told by their IDs, keep the districts that they have until this transaction
    ends; others may keep them, too. For who is about to count them: before a batch is held.

    SQLite lets one write at a time anyway.
    """
    _lock(func.pg_advisory_xact_lock_shared, organisations)


@contextmanager
def move_districts(organisation_id: uuid.UUID | None, user_ids: Collection[uuid.UUID]) -> Iterator[None]:
    """For changing the districts of these people of an organisation, within: the tallies of the batches that they
    take part in follow, whichever these are.

    Meanwhile those batches are held, and nobody can be added to another of the organisation's with the district that
    they had.
    """
    if not user_ids:
        yield
        return
    hold_batches(organisation_id, user_ids)
    _add_districts(_active(user_ids), -1)
    yield
    _add_districts(_active(user_ids), 1)


def hold_batches(organisation_id: uuid.UUID | None, user_ids: Collection[uuid.UUID]) -> None:
    """Hold the batches that these people take part in. Of the organisation's others, however many, nobody takes hold
    either until this transaction ends.
    """
    _lock(func.pg_advisory_xact_lock, select(Organisation.id).where(Organisation.id == organisation_id))
    theirs = select(Participant.batch_id).where(*_active(user_ids))
    db.session.execute(select(Batch.id).where(Batch.id.in_(theirs)).order_by(Batch.id).with_for_update())


def _lock(lock: Callable[[Any], Any], organisations: Select[Any]) -> None:
    if db.engine.dialect.name == "postgresql":
        (organisation_id,) = organisations.subquery().c
        db.session.execute(select(lock(func.hashtextextended(cast(organisation_id, Text), 0))))


def _active(user_ids: Collection[uuid.UUID]) -> tuple[TextClause, ColumnElement[bool]]:
    return Participant.is_active, among(Participant.user_id, user_ids)


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


def _add_districts(participants: Iterable[ColumnElement[bool] | TextClause], sign: int) -> None:
    """Count the participants in, or out, as the tables have them now."""
    district, has_completed = func.coalesce(User.district, ""), Participant.completed_on.is_not(None)
    query = (
        select(Participant.batch_id, district, has_completed, func.count())
        .join(Participant.user)
        .where(*participants)
        .group_by(Participant.batch_id, district, has_completed)
    )
    counted: Counter[tuple[uuid.UUID, TallyKind, str]] = Counter()
    for batch_id, key, completed, count in db.session.execute(query):
        counted[batch_id, TallyKind.DISTRICT, key] += count
        if completed:
            counted[batch_id, TallyKind.COMPLETED_IN_DISTRICT, key] += count
    _write({"batch_id": b, "kind": kind, "key": key, "count": sign * n} for (b, kind, key), n in counted.items())


def _add(batch_id: uuid.UUID, counts: Mapping[TallyKind, Counter[Any]], sign: int) -> None:
    _write(
        {"batch_id": batch_id, "kind": kind, "key": str(key), "count": sign * number}
        for kind, counter in counts.items()
        for key, number in counter.items()
    )


def _write(rows: Iterable[dict[str, Any]]) -> None:
    """The counts are added to those that are there."""
    if added := [*rows]:
        db.session.execute(insert_or_add(BatchTally, "count"), added)
