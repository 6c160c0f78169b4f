"""People as providers of sign-in know them: recognised by issuer and subject, and by their address the first time."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from domain import audit
from domain.addresses import AddressError, key_of_address
from domain.audit import About, By
from domain.errors import ConflictError
from domain.language import gettext as _
from domain.people import create_account, find_by_email
from models import Identity, User, db
from models.audit import AuditAction, Through

#: What the tables keep of a subject, and of a name.
_LONGEST = 255
#: Control and formatting characters, which no name has.
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Ending(StrEnum):
    """Why signing in with a provider led no further, as its visitor is told."""

    #: It was begun too long ago, in another browser, or not at all.
    EXPIRED = "expired"
    #: By the person, there.
    CANCELLED = "cancelled"
    #: The provider does not answer.
    AWAY = "away"
    #: It does not answer as it should.
    MISTAKEN = "mistaken"
    #: Of somebody whom we do not know yet, it tells no address.
    NO_ADDRESS = "no_address"
    #: It tells one, and does not say that it is theirs.
    UNVERIFIED = "unverified"
    #: The account has been deactivated.
    CLOSED = "closed"
    #: The account of their address belongs to another person of the same provider.
    OTHER_PERSON = "other_person"
    #: What was to be linked is linked to another account.
    TAKEN = "taken"


class SignInEnded(Exception):  # noqa: N818  # an ending, which may be nobody's error
    def __init__(self, ending: Ending) -> None:
        super().__init__(ending)
        self.ending = ending


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider tells of whoever has signed in there."""

    issuer: str
    subject: str
    #: Empty where it tells none.
    email: str
    #: The provider says that the address is theirs.
    is_verified: bool
    #: On one line; empty where it tells none.
    name: str

    @classmethod
    def of(cls, issuer: str, claims: Mapping[str, Any]) -> "Told":
        """`claims`: of OpenID Connect Core 1.0, 5.1. Raises `ValueError` where they are about nobody."""
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject.isprintable() or not 0 < len(subject) <= _LONGEST:
            raise ValueError("it tells of nobody")
        names = _line(claims.get("name")), _line(claims.get("given_name")), _line(claims.get("family_name"))
        return cls(
            issuer=issuer,
            subject=subject,
            email=_line(claims.get("email")),
            is_verified=claims.get("email_verified") is True,
            name=(names[0] or " ".join(filter(None, names[1:])))[:_LONGEST].strip(),
        )

    @property
    def label(self) -> str:
        """By which the person recognises it."""
        return self.email or self.name or self.subject


def _line(said: object) -> str:
    return " ".join(_NOT_IN_A_NAME.sub(" ", said).split()) if isinstance(said, str) else ""


def recognise(hasher: PasswordHasher, told: Told, address: str | None = None) -> User:
    """Whose account it is, found or made; from then on it is known by issuer and subject. `address`: of their network.

    Raises `SignInEnded`, and `ConflictError` where others keep changing the same account at this very moment.
    """
    try:
        return _recognise(hasher, told, address)
    except ConflictError:  # two first sign-ins at once: what the other one has made is found now
        return _recognise(hasher, told, address)


def _recognise(hasher: PasswordHasher, told: Told, address: str | None) -> User:
    known = owner_of(told.issuer, told.subject)
    if known is not None:
        return _open(known)
    user = find_by_email(_proven_address(told))
    if user is None:
        user = create_account(hasher, email=told.email, name=_name_of(told), password=None)
    else:
        _assert_may_be(user, told)
    link(user, told.issuer, told.subject, By(user.id, Through.PAGE, address=address))
    return user


def owner_of(issuer: str, subject: str) -> User | None:
    query = select(User).join(Identity, Identity.user_id == User.id)
    return db.session.scalar(query.where(Identity.issuer == issuer, Identity.subject == subject))


def _open(user: User) -> User:
    if not user.is_active:
        raise SignInEnded(Ending.CLOSED)
    return user


def _held(user: User) -> User:
    """Nobody links or unlinks what they sign in with, or closes the account, before this transaction ends."""
    db.session.refresh(user, with_for_update=True)
    return user


def _proven_address(told: Told) -> str:
    try:
        key_of_address(told.email)
    except AddressError:
        raise SignInEnded(Ending.NO_ADDRESS) from None
    if not told.is_verified:
        raise SignInEnded(Ending.UNVERIFIED)
    return told.email


def _assert_may_be(user: User, told: Told) -> None:
    """An address that was given to somebody else meanwhile does not bring them into the account of the first."""
    _open(_held(user))
    others = exists().where(
        Identity.user_id == user.id, Identity.issuer == told.issuer, Identity.subject != told.subject
    )
    if db.session.scalar(select(others)):
        raise SignInEnded(Ending.OTHER_PERSON)


def _name_of(told: Told) -> str:
    """As they are called until they say otherwise."""
    return told.name if any(map(str.isalnum, told.name)) else told.email.partition("@")[0]


def link(user: User, issuer: str, subject: str, by: By) -> None:
    """From now on the person signs in with it too. Raises `ConflictError` where it is linked to an account already."""
    if not _held(user).is_active:
        raise ConflictError(_("The account has just been closed."))
    try:
        with db.session.begin_nested():
            db.session.add(Identity(user_id=user.id, issuer=issuer, subject=subject))
    except IntegrityError:
        raise ConflictError(_("This sign-in has just been linked to an account. Sign in with it.")) from None
    audit.record(AuditAction.IDENTITY_LINKED, About(None), by, {"linked": [user.id]}, note=issuer)


@dataclass(frozen=True, slots=True)
class Ways:
    """In which people may sign in, as the operator has configured it."""

    by_password: bool
    issuers: Collection[str]


@dataclass(frozen=True, slots=True)
class Linked:
    identity: Identity
    #: Without it, the person could no longer sign in.
    is_last_way: bool


def linked(user: User, ways: Ways) -> list[Linked]:
    """All of a person's, the first one first."""
    theirs = db.session.scalars(select(Identity).where(Identity.user_id == user.id).order_by(Identity.id)).all()
    has_password = ways.by_password and user.password_hash is not None
    usable = [identity for identity in theirs if identity.issuer in ways.issuers]
    return [Linked(identity, not has_password and usable == [identity]) for identity in theirs]


def unlink(identity: Identity, user: User, ways: Ways, by: By) -> None:
    """Raises `ConflictError` where the person could no longer sign in."""
    found = next((one for one in linked(_held(user), ways) if one.identity is identity), None)
    if found is None:  # just unlinked elsewhere
        return
    if found.is_last_way:
        raise ConflictError(_("It is your only way to sign in. Add another one first."))
    db.session.delete(identity)
    audit.record(AuditAction.IDENTITY_UNLINKED, About(None), by, {"unlinked": [user.id]}, note=identity.issuer)
