"""Deleting an account: what goes, what stays without a name, and who cannot go."""

import uuid
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, insert, select

from domain import account_deletion, api_keys, participants, people, people_search, tallies
from domain.audit import By
from domain.errors import ConflictError
from domain.person_names import DELETED
from domain.post import NOWHERE, failure_letter, post
from models import (
    AuditEntry,
    Identity,
    Letter,
    Organisation,
    Participant,
    PendingEnrolment,
    User,
    begin_writing,
    db,
    now,
)
from models.audit import AuditAction, Through
from models.batch import TallyKind, batch_mentors
from models.collaboration import MembershipEnd
from models.invitation import InvitationStatus
from models.outbox import LetterKind, LetterState
from tests.people import (
    a_batch,
    a_collaboration,
    a_course,
    a_membership,
    a_person,
    a_role_invitation,
    add,
    an_invitation,
    an_organisation,
    enrolled,
    pending_for,
)
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("app")

JANE = "jane@example.org"


@pytest.fixture
def organisation() -> Organisation:
    return an_organisation("pradesh")


@pytest.fixture
def jane(organisation: Organisation) -> User:
    given = {"state_id": "PR-1", "district": "North", "school": "A school", "block": "A block", "mobile": "+91 1"}
    return a_person(JANE, organisation=organisation, password_hash="a hash", **given)


def delete(user: User) -> None:
    account_deletion.delete_account(user, By(user.id, Through.PAGE))
    db.session.flush()
    db.session.expire_all()


def test_nothing_tells_any_more_who_it_was(jane: User) -> None:
    before = jane.session_key
    delete(jane)
    told = (jane.name, jane.email, jane.user_name)
    assert told == (DELETED, f"deleted-{jane.id}{NOWHERE}", f"deleted-{jane.id}")
    emptied = ("state_id", "state_id_key", "district", "school", "block", "mobile", "password_hash", "organisation_id")
    assert {getattr(jane, name) for name in emptied} == {None}
    assert "jane" not in jane.search_text
    assert (jane.is_active, jane.deleted_at is None, jane.session_key == before) == (False, False, False)


def test_a_new_account_may_be_made_with_the_same_address(jane: User) -> None:
    delete(jane)
    again = people.create_account(PasswordHasher(), email=JANE, name="Jane", password=None)
    assert again.id != jane.id


def test_memberships_end_and_stay_as_history(organisation: Organisation, jane: User) -> None:
    membership = a_membership(jane, a_collaboration(organisation))
    delete(jane)
    assert (membership.ended_because, membership.ended_at is None) == (MembershipEnd.REMOVED, False)


def test_batches_are_left_but_for_those_completed_and_their_figures_hold(
    organisation: Organisation, jane: User
) -> None:
    course = a_course(organisation)
    under_way, completed = a_batch(course), a_batch(course, "Completed")
    for batch in (under_way, completed):
        enrolled(batch, [jane.id])
    progress_to_the_end(completed.id, jane)
    delete(jane)
    assert (under_way.participant_count, completed.participant_count) == (0, 1)
    assert counts(under_way.id, TallyKind.DISTRICT) == {}
    assert counts(completed.id, TallyKind.DISTRICT) == {"": 1}
    assert counts(completed.id, TallyKind.COMPLETED_IN_DISTRICT) == {"": 1}
    assert counts(completed.id, TallyKind.PERCENT) == {"100": 1}


def progress_to_the_end(batch_id: uuid.UUID, user: User) -> None:
    """As if it were reported, in tables and tallies."""
    batch = participants.hold(batch_id)
    [person] = participants.find_by_id(batch, [user.id])
    tallies.count_out(batch_id, [person])
    participant = db.session.get_one(Participant, (batch_id, user.id))
    participant.percent, participant.completed_at, participant.completed_on = 100, now(), now().date()
    db.session.flush()
    tallies.count_in(batch_id, participants.find_by_id(batch, [user.id]))


def counts(batch_id: uuid.UUID, kind: TallyKind) -> dict[str, int]:
    return tallies.tallies_of(batch_id)[kind]


def test_roles_keys_sign_ins_and_mentorships_are_given_up(organisation: Organisation) -> None:
    a_person("other@example.org", admin_of=organisation)
    jane = a_person(JANE, admin_of=organisation, mentor_in=organisation)
    batch = a_batch(a_course(organisation))
    db.session.execute(insert(batch_mentors), {"batch_id": batch.id, "user_id": jane.id})
    add(Identity(user_id=jane.id, issuer="https://sram.test", subject="jane"))
    rights, by = people.rights_of(jane), By(jane.id, Through.PAGE)
    key = api_keys.make(rights, jane, organisation, "A key", now().date() + timedelta(days=9), by)
    delete(jane)
    assert api_keys.find(key.secret) is None
    assert people.rights_of(jane).admin_of == people.rights_of(jane).mentor_in == frozenset()
    assert db.session.scalar(select(func.count()).select_from(batch_mentors)) == 0
    assert db.session.scalar(select(Identity.id)) is None


def test_open_invitations_are_declined_and_their_address_is_forgotten(organisation: Organisation, jane: User) -> None:
    inviter = a_person("inviter@example.org")
    open_one = an_invitation(JANE, a_collaboration(organisation), inviter)
    revoked = an_invitation(JANE, a_collaboration(organisation, "b"), inviter, status=InvitationStatus.REVOKED)
    role = a_role_invitation(JANE, organisation, inviter)
    pending_for(JANE, a_course(organisation))
    delete(jane)
    assert [one.status for one in (open_one, revoked, role)] == ["declined", "revoked", "declined"]
    assert {one.email for one in (open_one, revoked, role)} == {jane.email}
    assert letters(inviter.email) == ["declined", "role_declined"]
    assert db.session.scalar(select(PendingEnrolment.id)) is None


def test_what_they_have_invited_others_to_stays_open_without_their_name(organisation: Organisation, jane: User) -> None:
    invitation = an_invitation("ann@example.org", a_collaboration(organisation), jane)
    delete(jane)
    assert (invitation.status, invitation.sender_name) == (InvitationStatus.OPEN, DELETED)


def letters(to: str) -> list[str]:
    return [*db.session.scalars(select(Letter.kind).where(Letter.to_address == to).order_by(Letter.kind))]


def test_what_waits_to_be_sent_is_dropped_but_for_invitations_which_uploads_wait_for(
    organisation: Organisation, jane: User
) -> None:
    invitation = an_invitation(JANE, a_collaboration(organisation), a_person("inviter@example.org"))
    kinds = {LetterKind.PASSWORD_RESET: {}, LetterKind.INVITATION: {"invitation_id": invitation.id}}
    made = [add(Letter(kind=kind, once=kind, to_address=JANE, **given)) for kind, given in kinds.items()]
    sent = add(Letter(kind=LetterKind.ENROLLED, once="sent", to_address=JANE, state=LetterState.SENT))
    delete(jane)
    assert [letter.state for letter in (*made, sent)] == ["dropped", "waiting", "sent"]
    assert {letter.to_address for letter in (*made, sent)} == {jane.email}


def test_no_letter_is_written_to_whoever_has_deleted_their_account(jane: User) -> None:
    delete(jane)
    post([failure_letter(uuid.uuid4(), 1, jane.email)])
    assert db.session.scalar(select(Letter.id)) is None


def test_the_audit_log_tells_of_it_by_user_id(organisation: Organisation, jane: User) -> None:
    delete(jane)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.ACCOUNT_DELETED)).one()
    assert (entry.organisation_id, entry.user_id, entry.people) == (organisation.id, jane.id, {"of": [jane.id.hex]})


def test_nobody_can_choose_them_any_more(organisation: Organisation, jane: User) -> None:
    batch = a_batch(a_course(organisation))
    delete(jane)
    circle = people_search.who_may_take_part(organisation.id)
    assert people_search.search(circle, "").people == []
    assert participants.find(batch, ["PR-1", str(jane.id)]) == {}
    assert people.find_by_email(JANE) is None


# Who cannot go.


def test_the_last_admin_of_an_organisation_cannot_go(organisation: Organisation) -> None:
    jane = a_person(JANE, admin_of=organisation)
    with pytest.raises(ConflictError, match="You are the last admin of Pradesh"):
        delete(jane)
    a_person("other@example.org", admin_of=organisation)
    delete(jane)
    assert jane.deleted_at


def test_the_last_platform_admin_cannot_go() -> None:
    jane = a_person(JANE, is_platform_admin=True)
    with pytest.raises(ConflictError, match="The platform would have no admin any more"):
        delete(jane)


def test_of_two_admins_who_go_at_once_one_stays(app: Flask, organisation: Organisation) -> None:
    going = [a_person(f"{name}@example.org", admin_of=organisation).id for name in ("jane", "joe")]
    outcomes: list[bool] = []
    at_once(app, *[lambda: outcomes.append(goes(going.pop()))] * 2)
    assert sorted(outcomes) == [False, True]


def test_an_account_deleted_twice_at_once_is_deleted_once(app: Flask, jane: User) -> None:
    user_id, outcomes = jane.id, []
    at_once(app, *[lambda: outcomes.append(goes(user_id))] * 2)
    deletions = select(func.count()).where(AuditEntry.action == AuditAction.ACCOUNT_DELETED)
    assert db.session.scalar(deletions) == 1


def goes(user_id: uuid.UUID) -> bool:
    """Whether they could."""
    user = db.session.get_one(User, user_id)  # as the session of a request knows them
    db.session.rollback()
    begin_writing()
    try:
        account_deletion.delete_account(user, By(user_id, Through.PAGE))
    except ConflictError:
        db.session.rollback()
        return False
    db.session.commit()
    return True
