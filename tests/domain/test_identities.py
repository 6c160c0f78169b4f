"""Who is recognised as whom, by what a provider tells; what is linked to an account, and unlinked."""

from typing import Any

import pytest
from sqlalchemy import select

from domain import identities
from domain.audit import By
from domain.errors import ConflictError
from domain.identities import Ending, SignInEnded, Told, Ways
from models import AuditEntry, Identity, User, db, now
from models.audit import AuditAction, Through
from tests.conftest import CHEAP
from tests.people import a_person, add
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("app")

SURF, GOOGLE = "https://connect.surfconext.test", "https://accounts.google.test"
BOTH = Ways(by_password=True, issuers={SURF, GOOGLE})
NO_PASSWORDS = Ways(by_password=False, issuers={SURF, GOOGLE})


def told(subject: str = "jane", issuer: str = SURF, **claims: Any) -> Told:
    plain = {"sub": subject, "email": "jane@example.org", "email_verified": True, "name": "Jane Doe"}
    return Told.of(issuer, plain | claims)


def recognised(said: Told) -> User:
    return identities.recognise(CHEAP, said, "203.0.113.9")


def an_identity(user: User, issuer: str = SURF, subject: str = "jane") -> Identity:
    made: Identity = add(Identity(user_id=user.id, issuer=issuer, subject=subject))
    return made


def of_one(user: User) -> By:
    return By(user.id, Through.PAGE)


# What is told.


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "  Jane \t Doe\n"}, "Jane Doe"),
        ({"name": "Jane\u202e\0Doe\x1b[31m"}, "Jane Doe [31m"),
        ({"name": None, "given_name": "Jane", "family_name": "Doe"}, "Jane Doe"),
        ({"name": "", "family_name": "Doe"}, "Doe"),
        ({"name": ["Jane"]}, ""),
        ({"name": "x" * 300}, "x" * 255),
    ],
)
def test_a_name_is_one_line(claims: dict[str, Any], name: str) -> None:
    assert told(**claims).name == name


@pytest.mark.parametrize("verified", [False, None, "true", 1, "false"])
def test_an_address_is_theirs_only_where_the_provider_says_so(verified: object) -> None:
    assert not told(email_verified=verified).is_verified


# Who it is.


def test_whoever_tells_no_name_is_called_by_their_address() -> None:
    assert recognised(told(name="–")).name == "jane"


def test_the_same_subject_of_another_provider_is_another_person() -> None:
    first = recognised(told())
    other = recognised(told(issuer=GOOGLE, email="jane@example.com"))
    assert first.id != other.id


def test_one_account_may_be_known_by_several_providers() -> None:
    assert recognised(told()).id == recognised(told(issuer=GOOGLE)).id
    assert len(db.session.scalars(select(Identity)).all()) == 2


def test_subjects_are_compared_letter_by_letter() -> None:
    recognised(told("jane"))
    with pytest.raises(SignInEnded) as ended:
        recognised(told("Jane"))
    assert ended.value.ending is Ending.OTHER_PERSON


def test_whoever_is_known_needs_no_address() -> None:
    first = recognised(told())
    assert recognised(told(email=None, email_verified=None)).id == first.id


def test_a_deleted_account_is_never_recognised() -> None:
    user = a_person("gone@example.org", is_active=False, deleted_at=now())
    an_identity(user)
    with pytest.raises(SignInEnded) as ended:
        recognised(told())
    assert ended.value.ending is Ending.CLOSED


def test_what_links_an_account_is_told_in_the_audit_log() -> None:
    user = recognised(told())
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.IDENTITY_LINKED)).one()
    assert (entry.user_id, entry.address, entry.note) == (user.id, "203.0.113.9", SURF)
    assert entry.people == {"linked": [user.id.hex]}


def test_recognising_takes_one_query() -> None:
    recognised(told())
    db.session.commit()
    with counted() as queries:
        recognised(told())
    assert [query.split()[0] for query in queries if not query.startswith("BEGIN")] == ["SELECT"]


# Linking and unlinking.


def test_what_is_linked_to_somebody_cannot_be_linked_to_another() -> None:
    recognised(told())
    other = a_person("other@example.org")
    with pytest.raises(ConflictError, match="linked to an account"):
        identities.link(other, SURF, "jane", of_one(other))


def test_what_is_unlinked_is_no_longer_recognised() -> None:
    user = a_person("somebody@example.org", password_hash="x")
    identities.unlink(an_identity(user), user, BOTH, of_one(user))
    assert identities.owner_of(SURF, "jane") is None
    assert db.session.scalars(select(AuditEntry.action)).one() == AuditAction.IDENTITY_UNLINKED


@pytest.mark.parametrize(
    ("password_hash", "others", "ways"),
    [(None, [], BOTH), ("x", [], NO_PASSWORDS), (None, ["https://no-longer.test"], BOTH)],
)
def test_the_last_way_to_sign_in_cannot_be_unlinked(password_hash: str | None, others: list[str], ways: Ways) -> None:
    user = a_person("somebody@example.org", password_hash=password_hash)
    identity = an_identity(user)
    for issuer in others:
        an_identity(user, issuer)
    assert [one.is_last_way for one in identities.linked(user, ways)] == [True, *(False for _one in others)]
    with pytest.raises(ConflictError, match="only way to sign in"):
        identities.unlink(identity, user, ways, of_one(user))


@pytest.mark.parametrize(
    ("password_hash", "others", "ways"), [("x", [], BOTH), (None, [GOOGLE], BOTH), (None, [GOOGLE], NO_PASSWORDS)]
)
def test_another_way_to_sign_in_makes_it_dispensable(password_hash: str | None, others: list[str], ways: Ways) -> None:
    user = a_person("somebody@example.org", password_hash=password_hash)
    identity = an_identity(user)
    for issuer in others:
        an_identity(user, issuer)
    identities.unlink(identity, user, ways, of_one(user))
    assert [one.identity.issuer for one in identities.linked(user, ways)] == others


def test_what_has_been_unlinked_elsewhere_is_unlinked() -> None:
    user = a_person("somebody@example.org")
    identity = an_identity(user)
    db.session.execute(Identity.__table__.delete())
    identities.unlink(identity, user, BOTH, of_one(user))
