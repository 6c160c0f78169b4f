"""First answers to calls with an `Idempotency-Key`: claimed, kept, given again, and forgotten after a day."""

import uuid
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select, update

from models import GivenAnswer, db, now
from models.base import insert_new

#: For so long the same call is answered the same.
KEPT_FOR = timedelta(hours=24)


def claim(api_key_id: uuid.UUID, idempotency_key: str, request_hash: str) -> GivenAnswer | None:
    """Be the first to make this call; or the answer that whoever was has got.

    Two at once: the second waits here until the first one's transaction has ended.
    """
    _forget(GivenAnswer.api_key_id == api_key_id, GivenAnswer.idempotency_key == idempotency_key)
    mine = {"api_key_id": api_key_id, "idempotency_key": idempotency_key}
    row = {**mine, "request_hash": request_hash, "status": 0, "body": b"", "created_at": now()}
    if db.session.scalar(insert_new(GivenAnswer).values(row).returning(GivenAnswer.status)) is not None:
        return None
    return db.session.scalars(select(GivenAnswer).filter_by(**mine)).one()


def keep(api_key_id: uuid.UUID, idempotency_key: str, status: int, location: str | None, body: bytes) -> None:
    """The answer to the call that was claimed."""
    db.session.execute(
        update(GivenAnswer)
        .where(GivenAnswer.api_key_id == api_key_id, GivenAnswer.idempotency_key == idempotency_key)
        .values(status=status, location=location, body=body)
    )


def forget_old() -> None:
    _forget()


def _forget(*which: ColumnElement[bool]) -> None:
    db.session.execute(delete(GivenAnswer).where(GivenAnswer.created_at < now() - KEPT_FOR, *which))
