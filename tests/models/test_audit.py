"""The audit log is written once: neither database lets an entry be changed or deleted, whoever asks."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models import AuditEntry, db
from models.audit import AuditAction, Through
from tests.people import add, an_organisation


@pytest.fixture(autouse=True)
def entry(app: Flask) -> AuditEntry:
    told = {"action": AuditAction.MEMBER_JOINED, "through": Through.PAGE, "counts": {"joined": 1}, "people": {}}
    made: AuditEntry = add(AuditEntry(organisation_id=an_organisation().id, note="as it was", **told))
    db.session.commit()
    return made


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET note = 'otherwise'",
        "UPDATE audit_entries SET user_id = NULL WHERE note = 'as it was'",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_entries WHERE note = 'as it was'",
    ],
)
def test_an_entry_is_neither_changed_nor_deleted(statement: str) -> None:
    refused(statement)
    assert notes() == ["as it was"]


def test_an_entry_is_not_put_in_the_place_of_another(app: Flask) -> None:
    columns = "id, at, organisation_id, action, through, counts, people"
    copy = f"audit_entries ({columns}, note) SELECT {columns}, 'otherwise' FROM audit_entries"
    refused(f"INSERT OR REPLACE INTO {copy}" if is_sqlite() else f"INSERT INTO {copy}")
    assert notes() == ["as it was"]


def test_the_log_is_not_emptied_at_one_blow(app: Flask) -> None:
    refused("DELETE FROM audit_entries" if is_sqlite() else "TRUNCATE audit_entries")
    assert notes() == ["as it was"]


def refused(statement: str) -> None:
    with pytest.raises(IntegrityError):
        db.session.execute(text(statement))
    db.session.rollback()


def notes() -> list[str]:
    return [*db.session.scalars(db.select(AuditEntry.note))]


def is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"
