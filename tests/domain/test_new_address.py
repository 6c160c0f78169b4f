"""Another address for an account: what it changes, and what its link is good for."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from domain import new_address
from domain.audit import By
from domain.errors import ConflictError
from domain.link_tokens import AddressLink
from domain.new_address import Ending, mark_of_account
from domain.people import find_by_email
from models import AuditEntry, Batch, Letter, Participant, User, begin_writing, db, now
from models.audit import AuditAction, Through
from models.outbox import LetterKind
from tests.people import a_batch, a_course, a_person, an_organisation, pending_for
from tests.queries import counted
from tests.teaching import an_open_batch_waits_for, enrol_slowly
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("app")

NEW = "Jane@new.example.org"


@pytest.fixture
def jane() -> User:
    return a_person("jane@example.org")


def a_link(user: User, address: str = NEW, **lasts: int) -> AddressLink:
    until = now() + timedelta(**lasts or {"hours": 1})
    return AddressLink(user.id, until, mark_of_account(user), address)


def change(user: User, address: str = NEW) -> None:
    new_address.change(user, a_link(user, address), By(user.id, Through.PAGE))
    db.session.flush()


def letters(kind: LetterKind) -> list[str]:
    return [*db.session.scalars(select(Letter.to_address).where(Letter.kind == kind))]


def test_asking_writes_a_letter_to_the_new_address_and_nothing_else(jane: User) -> None:
    new_address.ask(jane, NEW)
    assert letters(LetterKind.CONFIRM_ADDRESS) == [NEW]
    assert jane.email == "jane@example.org"


def test_what_is_done_does_not_tell_whether_the_address_has_an_account(jane: User) -> None:
    a_person("taken@example.org")
    with counted() as known:
        new_address.ask(jane, "taken@example.org")
    with counted() as unknown:
        new_address.ask(jane, "free@example.org")
    assert len(known) == len(unknown) == 1


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("jane@example.org", "This is your address already."),
        ("jane", "This is no e-mail address: it has no @."),
        ("jane@new.invalid", "no mail can be sent to addresses that end in .invalid"),
    ],
)
def test_what_cannot_be_a_new_address_is_told_why(jane: User, address: str, said: str) -> None:
    assert said in str(new_address.problem_of(jane, address))


def test_one_s_own_address_may_be_written_otherwise(jane: User) -> None:
    assert new_address.problem_of(jane, "Jane@Example.org") is None
    change(jane, "Jane@Example.org")
    assert (jane.email, jane.email_key) == ("Jane@Example.org", "jane@example.org")


def test_a_person_is_found_by_the_new_address_only(jane: User) -> None:
    change(jane)
    assert find_by_email("JANE@new.example.org") is jane
    assert find_by_email("jane@example.org") is None
    assert "jane@new.example.org" in jane.search_text


def test_the_address_before_is_told_and_the_audit_log_names_no_address(jane: User) -> None:
    change(jane)
    assert letters(LetterKind.ADDRESS_CHANGED) == ["jane@example.org"]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.ADDRESS_CHANGED)).one()
    assert (entry.user_id, entry.people) == (jane.id, {"of": [jane.id.hex]})


def test_what_waits_for_the_new_address_becomes_the_person_s(jane: User) -> None:
    course = a_course(an_organisation())
    open_batch = a_batch(course, is_default=True, enrolment_type="open")
    pending_for("jane@new.example.org", course)
    change(jane)
    assert db.session.get(Participant, (open_batch.id, jane.id)) is not None


# The link.


def test_a_link_is_good_for_one_change(jane: User) -> None:
    link = a_link(jane)
    assert new_address.ending_of(link, jane) is None
    change(jane)
    assert new_address.ending_of(link, jane) is Ending.USED


def test_a_new_password_ends_it(jane: User) -> None:
    link = a_link(jane)
    jane.session_key = "another"
    assert new_address.ending_of(link, jane) is Ending.USED


def test_a_link_runs_out_is_for_one_account_and_ours(jane: User) -> None:
    assert new_address.ending_of(a_link(jane, seconds=-1), jane) is Ending.EXPIRED
    assert new_address.ending_of(a_link(a_person("joe@example.org")), jane) is Ending.OTHERS
    assert new_address.ending_of(None, jane) is Ending.UNKNOWN


def test_an_address_that_has_an_account_by_now_is_refused(jane: User) -> None:
    a_person("jane@new.example.org")
    with pytest.raises(ConflictError, match="has another account by now"):
        change(jane)
    db.session.rollback()
    assert letters(LetterKind.ADDRESS_CHANGED) == []


def test_of_two_who_confirm_the_same_address_at_once_one_has_it(app: Flask, jane: User) -> None:
    links = [a_link(jane), a_link(a_person("joe@example.org"))]
    outcomes: list[bool] = []
    at_once(app, *[lambda: outcomes.append(press(links.pop()))] * 2)
    assert sorted(outcomes) == [False, True]


def test_a_link_pressed_twice_at_once_is_good_for_one_change(app: Flask, jane: User) -> None:
    link = a_link(jane)
    outcomes: list[bool] = []
    at_once(app, *[lambda: outcomes.append(press(link))] * 2)
    assert sorted(outcomes) == [False, True]
    assert len(letters(LetterKind.ADDRESS_CHANGED)) == 1


def test_whoever_is_enrolled_at_this_very_moment_has_the_new_address_too(app: Flask, jane: User) -> None:
    link, batch_id = a_link(jane), an_open_batch_waits_for("jane@new.example.org")
    is_held = threading.Event()
    at_once(app, lambda: enrol_slowly(batch_id, link.user_id, is_held), lambda: is_held.wait(10) and press(link))
    assert db.session.get_one(User, link.user_id).email == NEW
    assert db.session.get_one(Batch, batch_id).participant_count == 1


def press(link: AddressLink) -> bool:
    """Whether it has changed the address."""
    begin_writing()
    user = db.session.get_one(User, link.user_id)
    try:
        new_address.change(user, link, By(user.id, Through.PAGE))
    except ConflictError:
        return False
    db.session.commit()
    return True
