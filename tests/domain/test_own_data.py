"""All that is known of a person: everything, nothing of others, and as many queries however much there is."""

from typing import Any

import pytest
from sqlalchemy import insert

from domain import audit, own_data
from domain.audit import About, By
from domain.people import find_by_email
from models import AuditEntry, Identity, Letter, Organisation, Upload, User, db, new_id, now
from models.audit import AuditAction, Through
from models.batch import batch_mentors
from models.collaboration import MembershipEnd, Role
from models.outbox import LetterKind
from models.upload import UploadState
from tests.people import (
    a_batch,
    a_collaboration,
    a_course,
    a_membership,
    a_person,
    a_role_invitation,
    a_unit,
    add,
    an_invitation,
    an_organisation,
    enrolled,
    pending_for,
)
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("app")

JANE = "Jane@example.org"


@pytest.fixture
def jane() -> User:
    """Somebody of whom everything is known."""
    organisation = an_organisation(contact_email="help@harderwijk.test")
    inviter = a_person("inviter@example.org", organisation=organisation)
    given = {"organisation": organisation, "state_id": "HW-1", "district": "North", "mobile": "+31 6 1234"}
    jane = a_person(JANE, manages=[a_unit(organisation)], **given)
    work_in(organisation, jane, inviter)
    a_membership(jane, a_collaboration(organisation), Role.ADMIN)
    past = a_collaboration(organisation, "cirrusgrp")
    a_membership(jane, past, ended_at=now(), ended_because=MembershipEnd.REMOVED)
    an_invitation("jane@example.org", past, inviter)
    a_role_invitation("jane@example.org", organisation, inviter)
    add(Identity(user_id=jane.id, issuer="https://sram.test", subject="jane"))
    add(Letter(kind=LetterKind.PASSWORD_RESET, once="one", to_address=JANE, user_id=jane.id))
    return jane


def work_in(organisation: Organisation, jane: User, inviter: User) -> None:
    batch = a_batch(a_course(organisation), name="Pilot")
    enrolled(batch, [jane.id, inviter.id])
    mentored = {"batch_id": a_batch(batch.course, name="Another").id, "user_id": jane.id}
    db.session.execute(insert(batch_mentors), mentored)
    pending_for("jane@example.org", batch.course)
    add(Upload(user_id=jane.id, file_name="people.csv", content=b"secret of others", state=UploadState.READY))
    by_jane = By(jane.id, Through.PAGE, address="192.0.2.7")
    audit.record(AuditAction.PARTICIPANTS_REMOVED, About.batch(batch), by_jane, {"removed": [inviter.id]})
    db.session.flush()


def names(rows: list[dict[str, Any]], key: str) -> list[str]:
    return sorted(row[key] for row in rows)


def test_the_account_stands_first(jane: User) -> None:
    account = own_data.of(jane)["account"]
    assert (account["email"], account["organisation"]) == (JANE, "Uniharderwijk")
    assert (account["state_id"], account["district"], account["mobile"]) == ("HW-1", "North", "+31 6 1234")
    assert account["has_password"] is False


def test_all_kinds_of_things_are_told(jane: User) -> None:
    told = own_data.of(jane)
    assert [(role["role"], role["unit"]) for role in told["roles"]] == [("manager", "Yoda")]
    assert names(told["memberships"], "collaboration") == ["Cirrusgrp", "Cumulusgrp"]
    assert names(told["invitations"], "collaboration") == ["Cirrusgrp"]
    assert names(told["role_invitations"], "role") == ["manager"]
    assert names(told["batches"], "batch") == ["Pilot"]
    assert names(told["batches_run"], "batch") == ["Another"]
    assert len(told["pending_enrolments"]) == 1
    assert names(told["uploads"], "file_name") == ["people.csv"]
    assert names(told["sign_ins"], "subject") == ["jane"]
    assert names(told["letters"], "kind") == ["password_reset"]
    assert told["only_the_newest_of"] == []


def test_the_audit_log_is_told_of_what_they_did_and_what_was_done_to_them(jane: User) -> None:
    told = own_data.of(jane)["audit_log"]
    assert {(entry["action"], entry["by_you"]) for entry in told} == {
        ("participants-added", False),
        ("participants-removed", True),
    }


def test_nothing_is_told_of_anybody_else(jane: User) -> None:
    inviter = find_by_email("inviter@example.org")
    assert inviter is not None
    told = own_data.of(inviter)
    assert [name for name, rows in told.items() if rows and isinstance(rows, list)] == ["batches", "audit_log"]
    assert [entry["by_you"] for entry in told["audit_log"]] == [False, False]


def test_secrets_and_what_stands_in_files_are_left_out(jane: User) -> None:
    jane.password_hash = "a hash"
    told = repr(own_data.of(jane))
    assert "secret of others" not in told
    assert "a hash" not in told
    assert jane.session_key not in told


def test_a_long_audit_log_costs_as_many_queries_and_is_cut(jane: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with counted() as before:
        own_data.of(jane)
    rows = [
        {"id": new_id(), "user_id": jane.id, "action": "x", "through": Through.API, "counts": {}, "people": {}}
        for _number in range(300)
    ]
    db.session.execute(insert(AuditEntry), rows)
    monkeypatch.setattr(own_data, "MOST", 200)
    with counted() as after:
        told = own_data.of(jane)
    assert len(after) == len(before) <= 16
    assert len(told["audit_log"]) == 200
    assert told["only_the_newest_of"] == ["audit_log"]
