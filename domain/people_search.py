"""Finding people to pick: by name, e-mail address or state ID, a few at a time."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, or_, select

from domain.masking import masked_email
from models import OrganisationRole, Participant, User, db, key_of
from models.base import among
from models.searching import rows_with

#: Hits of one search.
MOST_HITS = 20


class Candidate(NamedTuple):
    """Somebody to pick, as they are told from others of the same name."""

    id: uuid.UUID
    name: str
    email: str
    state_id: str | None

    @property
    def masked_email(self) -> str:
        return masked_email(self.email)


class Found(NamedTuple):
    """`and_more`: others fit as well."""

    people: Sequence[Candidate]
    and_more: bool


@dataclass(frozen=True, slots=True)
class Circle:
    """Whom to search among, for an organisation."""

    organisation_id: uuid.UUID
    #: Which of its people, whom an index has by name.
    its: ColumnElement[bool]
    #: Those besides, whosever they are: few each time, and found without a search.
    others: Sequence[ColumnElement[bool]] = ()

    @property
    def people(self) -> ColumnElement[bool]:
        return or_(self.its, *self.others)


def who_may_take_part(organisation_id: uuid.UUID, batch_id: uuid.UUID | None = None) -> Circle:
    """Active people of the organisation who do not take part in the batch already."""
    people = and_(User.organisation_id == organisation_id, User.is_active)
    if batch_id is None:
        return Circle(organisation_id, people)
    takes_part = exists().where(Participant.batch_id == batch_id, Participant.user_id == User.id, Participant.is_active)
    return Circle(organisation_id, and_(people, ~takes_part))


def who_may_mentor(organisation_id: uuid.UUID, mentors: Collection[uuid.UUID] = ()) -> Circle:
    """Active people of the organisation, or with a role in it; and those who are mentors already."""
    people = and_(User.organisation_id == organisation_id, User.is_active)
    has_a_role = User.id.in_(
        select(OrganisationRole.user_id).where(OrganisationRole.organisation_id == organisation_id)
    )
    others = [and_(User.is_active, has_a_role), *([among(User.id, mentors)] if mentors else [])]
    return Circle(organisation_id, people, others)


def search(circle: Circle, words: str, leaving_out: Collection[uuid.UUID] = ()) -> Found:
    """Those whose name, e-mail address or state ID contains the words, by name; the first ones of them."""
    query = _candidates(circle)
    if leaving_out:
        query = query.where(~among(User.id, leaving_out))
    people = _first(circle, query, " ".join(key_of(words).split()), MOST_HITS + 1)
    return Found(people[:MOST_HITS], len(people) > MOST_HITS)


def _first(circle: Circle, query: Select[Any], key: str, most: int) -> list[Candidate]:
    """The first ones of its people; and where there are others, the first ones among those and the first of them."""
    its = query.where(circle.its)
    if key:
        found = [*map(Candidate._make, rows_with(key, User.search_text, its, most, User.id))]
    else:
        found = _read(its.limit(most))
    if not circle.others:
        return found
    ids = [one.id for one in found]
    for other in circle.others:
        besides = query.where(other, User.search_text.contains(key, autoescape=True)).with_only_columns(User.id)
        ids += db.session.scalars(besides.limit(most))
    return _read(query.where(among(User.id, ids)).limit(most))


def by_ids(circle: Circle, user_ids: Collection[uuid.UUID]) -> Sequence[Candidate]:
    """Those of them who are in the circle, by name."""
    return _read(_candidates(circle).where(circle.people, among(User.id, user_ids))) if user_ids else []


def _candidates(circle: Circle) -> Select[Any]:
    """By name. State IDs are the organisation's own: those that another one gives are not told."""
    state_id = case((User.organisation_id == circle.organisation_id, User.state_id))
    columns: list[Any] = [User.id, User.name, User.email, state_id]
    return select(*columns).order_by(User.name, User.id)


def _read(query: Select[Any]) -> list[Candidate]:
    return [Candidate._make(row) for row in db.session.execute(query)]


@dataclass(frozen=True, slots=True)
class Picker:
    """What a picker shows: those who are picked, and what a search among the others has found."""

    chosen: Sequence[Candidate]
    #: Empty: nothing is searched for.
    found: Found | None
    words: str


def picker(circle: Circle, chosen: Collection[uuid.UUID], words: str | None) -> Picker:
    """`words`: what is searched for, where something is; no words at all find everybody."""
    found = None if words is None else search(circle, words, leaving_out=chosen)
    return Picker(by_ids(circle, chosen), found, words or "")
