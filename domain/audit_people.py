"""Whom a search of the audit log is about: found first, by whatever they are called, and then looked up."""

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, and_, case, exists, func, or_, select, true

from domain.addresses import AddressError, key_of_address
from domain.masking import masked_email
from models import (
    AuditEntry,
    Batch,
    Collaboration,
    Membership,
    Organisation,
    OrganisationRole,
    Participant,
    User,
    db,
    key_of,
)
from models.searching import contains, rows_with

#: Of one name.
MOST_PEOPLE = 20


class Person(NamedTuple):
    #: Empty: there is no account with this address.
    id: uuid.UUID | None
    name: str
    email: str
    #: Empty too where it is another organisation's.
    state_id: str | None = None

    @property
    def masked_email(self) -> str:
        return masked_email(self.email)


class Found(NamedTuple):
    """`and_more`: others fit as well."""

    people: Sequence[Person]
    and_more: bool = False


def find(organisation: Organisation | None, words: str) -> Found:
    """Whom the organisation knows, or without one anybody, by user ID, address, user name or state ID; else all whose
    name, address or state ID contains the words; else the address itself, to which something may have been done.

    Where more people of its own fit than are told, nobody is looked for among others.
    """
    key = " ".join(key_of(words).split())
    known = _known_to(organisation)
    people = _read(organisation, known, _is_exactly(organisation, key))
    people = people or _if_more_than_told(organisation, key)
    people = people or _read(organisation, known, _contains(organisation, key))
    if people:
        return Found(people[:MOST_PEOPLE], len(people) > MOST_PEOPLE)
    return Found([Person(None, words, words)] if _is_address(words) else [])


def _read(organisation: Organisation | None, *conditions: ColumnElement[bool]) -> list[Person]:
    query = _people(organisation).where(*conditions).order_by(User.name, User.id).limit(MOST_PEOPLE + 1)
    return [Person._make(row) for row in db.session.execute(query)]


def _if_more_than_told(organisation: Organisation | None, key: str) -> list[Person]:
    """The first people of its own, or of all in the order of organisations, in which an index has them; nobody where
    all of them can be told.
    """
    query = _people(organisation).where(_may_be_told_of(organisation))
    query = query.order_by(User.organisation_id, User.name, User.id)
    people = [*map(Person._make, rows_with(key, User.search_text, query, MOST_PEOPLE + 1, User.id))]
    return people if len(people) > MOST_PEOPLE else []


def _people(organisation: Organisation | None) -> Select[Any]:
    columns: list[Any] = [User.id, User.name, User.email, case((_may_be_told_of(organisation), User.state_id))]
    return select(*columns)


def _is_exactly(organisation: Organisation | None, key: str) -> ColumnElement[bool]:
    if user_id := _user_id(key):
        return User.id == user_id
    by_state_id = and_(User.state_id_key == key, _may_be_told_of(organisation))
    return or_(User.email_key == key, User.user_name_key == key, by_state_id)


def _contains(organisation: Organisation | None, key: str) -> ColumnElement[bool]:
    """People of another organisation are not found by their state ID: finding them would tell it."""
    without_state_id = func.replace(User.search_text, "\n" + func.coalesce(User.state_id_key, "\n"), "", type_=String)
    return and_(
        contains(User.search_text, key),
        or_(_may_be_told_of(organisation), without_state_id.contains(key, autoescape=True)),
    )


def _may_be_told_of(organisation: Organisation | None) -> ColumnElement[bool]:
    return User.organisation_id == organisation.id if organisation else true()


def _known_to(organisation: Organisation | None) -> ColumnElement[bool]:
    """Its people, those with a role or a place in it, and whoever did something there."""
    if organisation is None:
        return true()
    its = organisation.id
    return or_(
        User.organisation_id == its,
        exists().where(OrganisationRole.user_id == User.id, OrganisationRole.organisation_id == its),
        exists().where(Participant.user_id == User.id, Participant.batch_id == Batch.id, Batch.organisation_id == its),
        exists().where(
            Membership.user_id == User.id,
            Membership.collaboration_id == Collaboration.id,
            Collaboration.organisation_id == its,
        ),
        exists().where(AuditEntry.user_id == User.id, AuditEntry.organisation_id == its),
    )


def _user_id(key: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(key)
    except ValueError:
        return None


def _is_address(words: str) -> bool:
    try:
        return bool(key_of_address(words))
    except AddressError:
        return False
