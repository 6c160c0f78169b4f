"""The audit log: written in the transaction of what it tells of."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models import AuditEntry, Batch, db
from models.audit import AuditAction, Through


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, and by which door they came."""

    #: Empty: the operator, by a command.
    user_id: uuid.UUID | None
    through: Through
    upload_id: uuid.UUID | None = None


def record(action: AuditAction, batch: Batch, by: By, people: Mapping[str, Sequence[uuid.UUID]]) -> None:
    """`people`: those to whom it was done, by outcome. Of an upload, its result names them."""
    db.session.add(
        AuditEntry(
            organisation_id=batch.organisation_id,
            user_id=by.user_id,
            action=action,
            through=by.through,
            upload_id=by.upload_id,
            batch_id=batch.id,
            counts={outcome: len(ids) for outcome, ids in people.items() if ids},
            people={} if by.upload_id else {outcome: [i.hex for i in ids] for outcome, ids in people.items() if ids},
        )
    )
