"""What letters tell of is loaded for all of them at once."""

import uuid
from typing import Any, TypeVar

import pytest
from sqlalchemy import insert, update

from models import Group, Invitation, Letter, Membership, Upload, User, db, new_id
from models.invitation import InvitationStatus, invitation_groups
from models.outbox import LetterKind, LetterState
from models.upload import UploadState
from tests.letters.makers import (
    FAR_AWAY,
    WRITER,
    a_collaboration,
    a_failure,
    a_group,
    an_account,
    an_invitation,
    an_upload,
)
from tests.people import a_role_invitation, an_organisation
from tests.queries import counted
from worker.letter_facts import load_facts

pytestmark = pytest.mark.usefixtures("app")

Thing = TypeVar("Thing")


def stored(thing: Thing) -> Thing:
    db.session.add(thing)
    db.session.flush()
    return thing


@pytest.fixture
def inviter() -> User:
    return stored(an_account(email="yoda@harderwijk.test", user_name="yoda"))


@pytest.fixture
def group() -> Group:
    group = a_group("Researchers")
    group.collaboration = a_collaboration()
    return stored(group)


@pytest.fixture
def upload(inviter: User) -> Upload:
    return stored(an_upload(user_id=inviter.id, content=b"", state=UploadState.DONE))


def a_stored_invitation(inviter: User, group: Group, **given: Any) -> Invitation:
    key = f"{uuid.uuid4()}@example.org"
    plain = {"id": new_id(), "collaboration": group.collaboration, "email": key, "email_key": key}
    invitation = stored(an_invitation(**plain, invited_by_id=inviter.id, **given))
    link = {"invitation_id": invitation.id, "group_id": group.id, "collaboration_id": group.collaboration_id}
    db.session.execute(insert(invitation_groups), [link])
    return invitation


def a_letter(kind: LetterKind, **given: Any) -> Letter:
    plain = {"once": f"{kind}:{uuid.uuid4()}", "to_address": "somebody@example.org"}
    return stored(Letter(kind=kind, **plain | given))


def a_letter_of_invitation(invitation: Invitation) -> Letter:
    once = f"invitation:{invitation.id}:{invitation.link_number}"
    return a_letter(LetterKind.INVITATION, once=once, invitation_id=invitation.id)


def queries_to_write(letters: list[Letter]) -> int:
    """Counted with nothing remembered from before but the letters themselves."""
    for thing in list(db.session):
        if thing not in letters:
            db.session.expunge(thing)
    with counted() as queries:
        facts = load_facts(letters)
        mails = [WRITER.write(letter, facts) for letter in letters]
    assert all(mails)
    return len(queries)


def test_fifty_invitations_cost_as_many_queries_as_one(inviter: User, group: Group) -> None:
    letters = [a_letter_of_invitation(a_stored_invitation(inviter, group)) for _ in range(51)]
    assert queries_to_write(letters[1:]) == queries_to_write(letters[:1]) == 4


def test_fifty_failures_cost_as_many_queries_as_one(upload: Upload) -> None:
    failures = [stored(a_failure(number, upload_id=upload.id)) for number in range(1, 52)]
    letters = [a_letter(LetterKind.FAILURE, upload_id=upload.id, outcome_number=failure.number) for failure in failures]
    assert queries_to_write(letters[1:]) == queries_to_write(letters[:1]) == 3


@pytest.mark.parametrize("kind", [LetterKind.ACCEPTED, LetterKind.DECLINED, LetterKind.UNDELIVERED])
def test_fifty_answers_cost_as_many_queries_as_one(kind: LetterKind, inviter: User, group: Group) -> None:
    letters = [a_letter(kind, invitation_id=a_stored_invitation(inviter, group).id) for _ in range(51)]
    assert queries_to_write(letters[1:]) == queries_to_write(letters[:1]) <= 5


ROLE_LETTERS = (
    LetterKind.ROLE_INVITATION,
    LetterKind.ROLE_ACCEPTED,
    LetterKind.ROLE_DECLINED,
    LetterKind.ROLE_UNDELIVERED,
)


@pytest.mark.parametrize("kind", ROLE_LETTERS)
def test_fifty_letters_about_roles_cost_as_many_queries_as_one(kind: LetterKind, inviter: User) -> None:
    here = an_organisation("here")
    offers = [a_role_invitation(f"{number}@example.org", here, inviter) for number in range(51)]
    letters = [a_letter(kind, once=f"{kind}:{offer.id}:1", role_invitation_id=offer.id) for offer in offers]
    assert queries_to_write(letters[1:]) == queries_to_write(letters[:1]) <= 4


def test_an_accepted_role_comes_with_the_account_and_an_undelivered_one_with_the_last_answer(inviter: User) -> None:
    offer = a_role_invitation("jane@home.test", an_organisation("here"), inviter)
    jane = stored(an_account(id=new_id(), name="Jane at home", email="jane@home.test"))
    refused = {"state": LetterState.REFUSED, "role_invitation_id": offer.id}
    for answer in ("451 later", "550 no such user"):
        a_letter(LetterKind.ROLE_INVITATION, last_answer=answer, **refused)
    letters = [a_letter(kind, role_invitation_id=offer.id) for kind in ROLE_LETTERS]
    facts = load_facts(letters)
    assert facts.role_acceptors == {offer.id: jane}
    assert facts.role_answers == {offer.id: "550 no such user"}


def test_fifty_links_to_new_passwords_cost_as_many_queries_as_one() -> None:
    people = [stored(an_account(id=new_id(), email=f"{number}@a.test", user_name=f"{number}")) for number in range(51)]
    letters = [a_letter(LetterKind.PASSWORD_RESET, user_id=user.id) for user in people]
    assert queries_to_write(letters[1:]) == queries_to_write(letters[:1]) == 2


def test_fifty_links_to_new_addresses_cost_as_many_queries_as_one() -> None:
    user = stored(an_account(id=new_id()))
    letters = [a_letter(LetterKind.CONFIRM_ADDRESS, user_id=user.id, to_address=f"{n}@b.test") for n in range(51)]
    assert queries_to_write(letters[1:]) == queries_to_write(letters[:1]) == 3


def test_fifty_ends_of_memberships_cost_as_many_queries_as_one(group: Group) -> None:
    people = [stored(an_account(id=new_id(), email=f"{number}@a.test", user_name=f"{number}")) for number in range(51)]
    given = {"collaboration": group.collaboration, "expires_at": FAR_AWAY, "end_announced_at": FAR_AWAY}
    ending = [stored(Membership(user=user, **given)) for user in people]
    letters = [a_letter(LetterKind.MEMBERSHIP_ENDING, membership_id=one.id) for one in ending]
    assert queries_to_write(letters[1:]) == queries_to_write(letters[:1]) == 2


def test_a_link_to_a_new_password_is_for_the_session_key_as_it_is_now() -> None:
    user = stored(an_account(session_key="one"))
    letter = a_letter(LetterKind.PASSWORD_RESET, user_id=user.id)
    db.session.execute(update(User).values(session_key="two"), execution_options={"synchronize_session": False})
    assert load_facts([letter]).accounts[user.id].session_key == "two"


def test_an_invitation_comes_with_its_groups(inviter: User, group: Group) -> None:
    letter = a_letter_of_invitation(a_stored_invitation(inviter, group))
    mail = WRITER.write(letter, load_facts([letter]))
    assert mail is not None
    assert "Groups: Researchers" in mail.text


def test_whether_an_invitation_is_open_is_asked_of_the_database_now(inviter: User, group: Group) -> None:
    invitation = a_stored_invitation(inviter, group)
    letter = a_letter_of_invitation(invitation)
    revoked = update(Invitation).values(status=InvitationStatus.REVOKED)
    db.session.execute(revoked, execution_options={"synchronize_session": False})
    assert WRITER.write(letter, load_facts([letter])) is None


def test_an_acceptance_comes_with_the_account(inviter: User, group: Group) -> None:
    jane = stored(an_account(id=new_id(), name="Jane at home", email="jane@home.test"))
    membership = stored(Membership(collaboration=group.collaboration, user=jane))
    status = InvitationStatus.ACCEPTED
    invitation = a_stored_invitation(inviter, group, status=status, membership_id=membership.id)
    letter = a_letter(LetterKind.ACCEPTED, invitation_id=invitation.id)
    assert load_facts([letter]).acceptors[invitation.id].name == "Jane at home"


def test_an_undelivered_invitation_comes_with_the_last_answer_of_the_mail_server(inviter: User, group: Group) -> None:
    invitation = a_stored_invitation(inviter, group)
    refused = {"state": LetterState.REFUSED, "invitation_id": invitation.id}
    for answer in ("451 later", "550 no such user"):
        a_letter(LetterKind.INVITATION, last_answer=answer, **refused)
    letter = a_letter(LetterKind.UNDELIVERED, invitation_id=invitation.id)
    assert load_facts([letter]).answers == {invitation.id: "550 no such user"}


def test_failures_told_together_are_those_without_a_letter_of_their_own(upload: Upload) -> None:
    for number in (1, 2, 3):
        stored(a_failure(number, upload_id=upload.id))
    a_letter(LetterKind.FAILURE, upload_id=upload.id, outcome_number=1)
    letter = a_letter(LetterKind.FAILURES_TOGETHER, upload_id=upload.id)
    untold = load_facts([letter]).untold_failures[upload.id]
    assert [failure.number for failure in untold] == [2, 3]
