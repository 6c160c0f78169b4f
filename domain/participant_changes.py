"""Who was added to a batch and removed from it, when, by whom and through what: its part of the audit log."""

import uuid
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from models import AuditEntry, Batch, db


def changes_of(batch: Batch) -> Select[Any]:
    """The entries, the newest first."""
    query = select(AuditEntry).where(AuditEntry.batch_id == batch.id).order_by(AuditEntry.id.desc())
    return query.options(joinedload(AuditEntry.user))


def change_of(batch: Batch, entry_id: uuid.UUID) -> AuditEntry | None:
    return db.session.scalar(select(AuditEntry).where(AuditEntry.id == entry_id, AuditEntry.batch_id == batch.id))
