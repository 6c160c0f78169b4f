"""Organisations: who runs which, and what they consist of."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, distinct, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from domain.errors import NotAllowedError
from domain.language import gettext as _
from domain.permissions import Rights, may_run_organisation
from models import ApiKey, Collaboration, Course, Organisation, OrganisationRole, Unit, db, key_of, now


def search(rights: Rights, words: str = "") -> Select[Any]:
    """The organisations that the person runs or names the mentors of, whose name or short name contains the words."""
    theirs = true() if rights.is_platform_admin else Organisation.id.in_(rights.admin_of | rights.manager_of)
    query = select(Organisation).where(theirs).order_by(Organisation.name, Organisation.id)
    if words := key_of(words):
        columns = (Organisation.name, Organisation.short_name)
        query = query.where(or_(*(func.lower(column).contains(words, autoescape=True) for column in columns)))
    return query


def the_only_one_of(rights: Rights) -> Organisation | None:
    """Which `search` finds. Of a platform admin there is none: they run those to come, too."""
    theirs = rights.admin_of | rights.manager_of
    return db.session.get(Organisation, min(theirs)) if len(theirs) == 1 and not rights.is_platform_admin else None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is in an organisation."""

    #: Who hold a role in it.
    people: int
    units: int
    #: In use.
    collaborations: int
    courses: int
    #: That work.
    api_keys: int


def counts_of(organisation: Organisation) -> Counts:
    """In one query."""

    def number(column: InstrumentedAttribute[uuid.UUID], *which: ColumnElement[bool]) -> Any:
        within = column.class_.organisation_id == organisation.id
        return select(func.count(distinct(column))).where(within, *which).scalar_subquery()

    works = (ApiKey.revoked_at.is_(None), ApiKey.expires_at > now())
    counts = (
        number(OrganisationRole.user_id),
        number(Unit.id),
        number(Collaboration.id, Collaboration.archived_at.is_(None)),
        number(Course.id),
        number(ApiKey.id, *works),
    )
    return Counts(*db.session.execute(select(*counts)).one())


def find(short_name: str) -> Organisation | None:
    return db.session.scalar(select(Organisation).where(Organisation.short_name == key_of(short_name)))


def hold(organisation_id: uuid.UUID) -> Organisation:
    """The organisation, as it is now; nobody else changes its units and roles until this transaction ends."""
    query = select(Organisation).where(Organisation.id == organisation_id).with_for_update(key_share=True)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def assert_may_run(rights: Rights, organisation: Organisation) -> None:
    """Raises `NotAllowedError`."""
    if not may_run_organisation(rights, organisation):
        raise NotAllowedError(_("Only admins of the organisation may do this."))
