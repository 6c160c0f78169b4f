"""The audit log is written once: no database lets an entry be changed, or deleted before its time, whoever asks."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models import AuditEntry, AuditRetention, db, now
from models.audit import AuditAction, Through
from tests.people import add, an_organisation

TOLD = {"action": AuditAction.MEMBER_JOINED, "through": Through.PAGE, "counts": {"joined": 1}, "people": {}}


@pytest.fixture(autouse=True)
def entry(app: Flask) -> AuditEntry:
    made: AuditEntry = add(AuditEntry(organisation_id=an_organisation().id, note="as it was", **TOLD))
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


def test_an_entry_goes_once_it_is_older_than_the_log_is_kept(app: Flask) -> None:
    add(AuditEntry(at=now() - timedelta(days=400), note="of long ago", **TOLD))
    add(AuditRetention(kept_since=now() - timedelta(days=365)))
    db.session.commit()
    refused("DELETE FROM audit_entries")
    refused("UPDATE audit_entries SET note = 'otherwise' WHERE note = 'of long ago'")
    db.session.execute(text("DELETE FROM audit_entries WHERE note = 'of long ago'"))
    db.session.commit()
    assert notes() == ["as it was"]


@pytest.mark.parametrize(
    "statement", ["INSERT INTO audit_retention VALUES (1, :at)", "UPDATE audit_retention SET kept_since = :at"]
)
def test_nobody_says_that_the_log_is_kept_for_less_than_thirty_days(statement: str) -> None:
    if statement.startswith("UPDATE"):
        add(AuditRetention(kept_since=now() - timedelta(days=365)))
        db.session.commit()
    with pytest.raises(IntegrityError, match="thirty days"):
        db.session.execute(text(statement), {"at": f"{now() - timedelta(days=29):%Y-%m-%d %H:%M:%S.%f}"})
    db.session.rollback()


def refused(statement: str) -> None:
    with pytest.raises(IntegrityError):
        db.session.execute(text(statement))
    db.session.rollback()


def notes() -> list[str]:
    return [*db.session.scalars(db.select(AuditEntry.note))]


def is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"
