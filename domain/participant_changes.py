"""Who was added to a batch and removed from it, when, by whom and through what: its part of the audit log."""

import uuid
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Select, case, select
from sqlalchemy.orm import joinedload

from domain.participant_list import is_of
from models import AuditEntry, Batch, User, db
from models.base import among

HEADER = ("User ID", "User Name", "External ID", "Outcome")


def changes_of(batch: Batch) -> Select[Any]:
    """The entries, the newest first."""
    query = select(AuditEntry).where(AuditEntry.batch_id == batch.id).order_by(AuditEntry.id.desc())
    return query.options(joinedload(AuditEntry.user))


def change_of(batch: Batch, entry_id: uuid.UUID) -> AuditEntry | None:
    return db.session.scalar(select(AuditEntry).where(AuditEntry.id == entry_id, AuditEntry.batch_id == batch.id))


def people_of(batch: Batch, entry: AuditEntry) -> Iterator[Sequence[object]]:
    """A header, and a row for each person to whom the entry was done. Those of an upload stand in its result.

    All is looked up at once: the rows may be written after the session has ended.
    """
    outcomes = {uuid.UUID(user_id): outcome for outcome, ids in entry.people.items() for user_id in ids}
    columns: list[Any] = [User.id, User.user_name, case((is_of(batch), User.state_id))]
    rows = db.session.execute(select(*columns).where(among(User.id, outcomes)).order_by(User.id)).all()
    return chain([HEADER], ((*row, outcomes[row[0]]) for row in rows))
