"""Pending enrolments become enrolments with their accounts: once, where they are wanted, in sets."""

import pytest

from domain import pending_enrolments
from domain.people import create_account
from domain.people_import import import_people
from domain.people_sheet import Address, Line
from models import AuditEntry, Batch, Participant, PendingEnrolment, db, now
from models.audit import AuditAction, Through
from tests.conftest import CHEAP
from tests.people import BY_NOBODY, a_batch, a_person, enrolled, pending_for
from tests.queries import counted
from tests.teaching import batch, course, pradesh
from worker import tasks

pytestmark = pytest.mark.usefixtures("world")

ANN = "ann@example.org"


def register(email: str = ANN) -> None:
    create_account(CHEAP, email=email, name="Ann", password=None)
    db.session.flush()


def where_they_are() -> list[str]:
    """The batches of the course that somebody takes part in, a name for each participant."""
    query = db.select(Batch.name).join(Participant, Participant.batch_id == Batch.id).where(Participant.is_active)
    return [*db.session.scalars(query.where(Batch.course_id == course().id).order_by(Batch.name))]


def entries() -> list[AuditEntry]:
    query = db.select(AuditEntry).where(AuditEntry.action == AuditAction.ENROLMENTS_CHANGED)
    return [*db.session.scalars(query)]


def test_an_account_with_the_address_is_enrolled_in_the_open_batch() -> None:
    pending = pending_for(ANN, course())
    register("Ann@example.org")
    assert where_they_are() == ["Open batch"]
    assert db.session.get_one(PendingEnrolment, pending.id, populate_existing=True).fulfilled_at is not None


def test_it_is_told_in_the_audit_log_by_nobody() -> None:
    pending_for(ANN, course())
    register()
    (entry,) = entries()
    assert (entry.counts, entry.user_id, entry.through) == (
        {"from allowed to enroll to enrolled": 1},
        None,
        Through.CLOCK,
    )


def test_it_is_the_batch_that_was_named() -> None:
    pending_for(ANN, course(), batch())
    register()
    assert where_they_are() == ["Pilot"]


def test_whoever_may_only_enrol_by_themself_is_not_enrolled() -> None:
    pending_for(ANN, course(), auto_enrol=False)
    register()
    assert (where_they_are(), entries()) == ([], [])


def test_it_happens_once() -> None:
    pending_for(ANN, course(), fulfilled_at=course().created_at)
    register()
    assert where_they_are() == []


def test_whoever_is_in_the_course_already_stays_where_they_are() -> None:
    person = a_person(ANN, organisation=pradesh())
    pending_for(ANN, course())
    enrolled(a_batch(course(), "Autumn"), [person.id])
    pending_enrolments.fulfil([person.id])
    assert (where_they_are(), entries()) == (["Autumn"], [])


def test_an_account_that_is_not_activated_waits_until_it_is() -> None:
    person = a_person(ANN, is_active=False)
    pending_for(ANN, course())
    pending_enrolments.fulfil([person.id])
    assert where_they_are() == []
    person.is_active = True
    db.session.flush()
    pending_enrolments.fulfil([person.id])
    assert where_they_are() == ["Open batch"]


def test_in_a_suspended_organisation_it_waits_until_that_is_resumed() -> None:
    pending_for(ANN, course())
    pradesh().suspended_at = now()
    register()
    assert where_they_are() == []
    pradesh().suspended_at = None
    db.session.flush()
    pending_enrolments.fulfil_what_was_left()
    assert where_they_are() == ["Open batch"]


def test_an_account_that_was_made_at_the_same_moment_is_found_afterwards() -> None:
    pending_for(ANN, course())
    a_person(ANN)
    db.session.commit()
    tasks.enrol_who_was_left()
    tasks.enrol_who_was_left()
    assert (where_they_are(), len(entries())) == (["Open batch"], 1)


def lines(first: int, last: int) -> list[Line]:
    emails = {number: f"new{number}@example.org" for number in range(first, last)}
    return [Line(number, "New", Address(email, email)) for number, email in emails.items()]


def test_people_who_are_imported_are_enrolled_at_the_same_cost_however_many() -> None:
    for number in range(211):
        pending_for(f"new{number}@example.org", course(), batch() if number % 2 else None)
    numbers = []
    for some in (lines(0, 11), lines(11, 211)):
        with counted() as queries:
            import_people(pradesh(), some, BY_NOBODY)
        numbers.append(len(queries))
    assert where_they_are() == ["Open batch"] * 106 + ["Pilot"] * 105
    assert numbers[0] == numbers[1]
