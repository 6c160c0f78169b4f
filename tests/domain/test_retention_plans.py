"""What is due is found by an index among many rows, on both databases."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, insert, select, text

from domain import retention
from domain.retention import Periods
from models import (
    AuditEntry,
    Collaboration,
    Invitation,
    Letter,
    RoleInvitation,
    Upload,
    UploadLine,
    UploadOutcome,
    User,
    db,
    new_id,
    now,
)
from models.audit import AuditAction, Through
from models.outbox import LetterKind, LetterState
from models.upload import OutcomeState, UploadState
from tests.people import a_collaboration, a_person, an_organisation

MANY = 3000
#: So many of them are due.
DUE = 50
TABLES = ("outbox", "invitations", "role_invitations", "uploads", "upload_lines", "upload_outcomes", "audit_entries")


@pytest.fixture(autouse=True)
def _many_rows(app: Flask) -> None:
    user, collaboration = a_person("somebody@example.org"), a_collaboration(an_organisation())
    uploads = [*rows_of_uploads(user, MANY)]
    invitations = [*rows_of_invitations(user, collaboration)]
    for table, rows in (
        (Upload, uploads),
        (UploadLine, [{"upload_id": row["id"], "number": 2, "cells": []} for row in uploads]),
        (Invitation, invitations),
        (UploadOutcome, [*rows_of_outcomes(uploads[-1]["id"], invitations)]),
        (RoleInvitation, [*rows_of_role_invitations(user, collaboration)]),
        (Letter, [*rows_of_letters(uploads, invitations)]),
        (AuditEntry, [*rows_of_the_log()]),
    ):
        db.session.execute(insert(table), rows)
    db.session.commit()
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def when(number: int) -> datetime:
    return now() - timedelta(days=1000 if number < DUE else 1)


def rows_of_uploads(user: User, many: int) -> Iterator[dict[str, Any]]:
    for number in range(many):
        at = {"created_at": when(number), "finished_at": when(number)}
        yield {
            "id": new_id(),
            "user_id": user.id,
            "file_name": "a.csv",
            "content": b"",
            "state": UploadState.DONE,
            **at,
        }


def rows_of_invitations(user: User, collaboration: Collaboration) -> Iterator[dict[str, Any]]:
    for number in range(MANY):
        email = f"p{number}@example.org"
        names = {"email": email, "email_key": email, "sender_name": "Muster", "invited_by_id": user.id}
        yield {"id": new_id(), "collaboration_id": collaboration.id, "expires_at": when(number), **names}


def rows_of_role_invitations(user: User, collaboration: Collaboration) -> Iterator[dict[str, Any]]:
    for row in rows_of_invitations(user, collaboration):
        kept = {name: value for name, value in row.items() if name not in {"collaboration_id", "sender_name"}}
        yield {**kept, "organisation_id": collaboration.organisation_id, "role": "mentor"}


def rows_of_outcomes(upload_id: Any, invitations: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, invitation in enumerate(invitations):
        place = {"upload_id": upload_id, "number": number, "line": number, "invitation_id": invitation["id"]}
        yield {**place, "invitee": invitation["email"], "state": OutcomeState.SENT}


def rows_of_letters(uploads: list[dict[str, Any]], invitations: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, invitation in enumerate(invitations):
        told = {"once": str(number), "to_address": invitation["email"], "sent_at": when(number)}
        kind = LetterKind.FAILURE if number % 10 == 0 else LetterKind.INVITATION
        about = {"invitation_id": invitation["id"], "upload_id": uploads[number]["id"] if number % 10 == 0 else None}
        yield {**told, **about, "kind": kind, "state": LetterState.WAITING if number % 7 == 3 else LetterState.SENT}


def rows_of_the_log() -> Iterator[dict[str, Any]]:
    for number in range(MANY):
        told = {"action": AuditAction.MEMBER_JOINED, "through": Through.PAGE, "counts": {}, "people": {}}
        yield {"at": when(number), **told}


def plans_of(work: Callable[[], object]) -> list[str]:
    """How the database goes about each statement of the work."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    work()
    event.remove(db.engine, "before_cursor_execute", note)
    return [plan_of(*asked) for asked in seen if asked[0].startswith(("SELECT", "UPDATE", "DELETE"))]


def plan_of(statement: str, parameters: Any) -> str:
    """To read a table of thousands from end to end costs here what it would among many more."""
    explain = "EXPLAIN QUERY PLAN"
    if db.engine.dialect.name == "postgresql":
        explain = "EXPLAIN"
        db.session.execute(text("SET LOCAL seq_page_cost = 20"))
    steps = db.session.connection().exec_driver_sql(f"{explain} {statement}", parameters)
    return "\n".join([statement, *(str(step[-1]) for step in steps)])


def test_no_large_table_is_read_through() -> None:
    periods = Periods(files=100, mails=100, invitations=100, audit=100)
    steps = [*retention.steps(periods)]
    plans = [plan for step in steps for plan in plans_of(step)]
    assert len(plans) > len(steps)
    whole = re.compile(rf"(SCAN|Seq Scan on) ({'|'.join(TABLES)})\b(?! USING)")
    assert [plan for plan in plans if whole.search(plan)] == [], "\n\n".join(
        plan for plan in plans if whole.search(plan)
    )
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == MANY - DUE
