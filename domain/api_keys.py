"""API keys: made, recognised, revoked. The key itself is told once, when it is made, and kept as a hash."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Literal

from sqlalchemy import Select, and_, bindparam, insert, select, update
from sqlalchemy.orm import joinedload, selectinload

from domain import audit
from domain.audit import About, By
from domain.errors import ConflictError, NotAllowedError
from domain.language import gettext as _
from domain.people import Scope, rights_of
from domain.permissions import Rights, may_have_keys_of, may_have_platform_keys, may_revoke_key, may_see_all_keys_of
from models import ApiKey, Organisation, Unit, User, db, key_of, new_id, now
from models.api_key import api_key_units
from models.audit import AuditAction

#: By which scanners, and people, know one where it should not be.
PREFIX = "muster_"
LONGEST_NAME = 100
DAYS = 365
MOST_DAYS = 3 * 365
#: `last_used_at` is kept to the minute, so that not every call writes.
_KEPT_TO = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewKey:
    key: ApiKey
    #: Told to its owner now, and never again.
    secret: str


def make(rights: Rights, owner: User, organisation: Organisation | None, name: str, until: date, by: By) -> NewKey:
    """A key of the owner's, for all of the organisation, or for their units where they manage only these; without
    an organisation for the whole platform. It works through the day `until` (UTC).

    Raises `NotAllowedError`.
    """
    allowed = may_have_platform_keys(rights) if organisation is None else may_have_keys_of(rights, organisation)
    if not allowed:
        raise NotAllowedError(_("Your roles include no API keys for this."))
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        id=new_id(),
        user_id=owner.id,
        organisation_id=organisation.id if organisation else None,
        name=name,
        secret_hash=hash_of(secret),
        created_at=now(),
        expires_at=datetime.combine(until, time(23, 59, 59), UTC),
    )
    db.session.add(key)
    db.session.flush()
    _narrow(key, units_for(rights, organisation))
    audit.record(AuditAction.API_KEY_MADE, About(key.organisation_id, api_key_id=key.id), by, {"for": [owner.id]}, name)
    return NewKey(key, secret)


def units_for(rights: Rights, organisation: Organisation | None) -> Sequence[Unit]:
    """What a new key would be narrowed to; none: it would be for all of the organisation, or of the platform."""
    if organisation is None or may_see_all_keys_of(rights, organisation):
        return ()
    ours = select(Unit).where(Unit.organisation_id == organisation.id, Unit.id.in_(rights.manages_units))
    return db.session.scalars(ours.order_by(Unit.name)).all()


def _narrow(key: ApiKey, units: Iterable[Unit]) -> None:
    rows = [{"api_key_id": key.id, "unit_id": unit.id, "organisation_id": unit.organisation_id} for unit in units]
    if rows:
        db.session.execute(insert(api_key_units), rows)


def organisations_for(rights: Rights, short_name: str | None = None) -> Sequence[Organisation]:
    """Those that the person may have keys for; of them the one that is named."""
    query = select(Organisation).order_by(Organisation.short_name)
    if short_name is not None:
        query = query.where(Organisation.short_name == key_of(short_name))
    if not rights.is_platform_admin:
        query = query.where(Organisation.id.in_(rights.admin_of | rights.unit_manager_in))
    return db.session.scalars(query).all()


def organisation_for(rights: Rights, short_name: str | None = None) -> Organisation | None:
    """Which organisation a key would be for: the one that is named, else the only one there is to choose; none for
    a platform admin who names none.

    Raises `NotAllowedError` where there is none, and `ConflictError` where there are several.
    """
    if short_name is None and rights.is_platform_admin:
        return None
    found = organisations_for(rights, short_name)
    if not found:
        raise NotAllowedError(_("Your roles include no API keys for this."))
    if len(found) > 1:
        names = ", ".join(organisation.short_name for organisation in found)
        raise ConflictError(_("Say for which organisation: %(names)s.", names=names))
    return found[0]


def problems_of(name: str, until: date | None, today: date) -> dict[str, list[str]]:
    """What speaks against a new key, by field. `today`: in UTC."""
    problems: dict[str, list[str]] = {}
    if not name or len(name) > LONGEST_NAME:
        problems["name"] = [_("Give the key a name of at most %(most)s characters.", most=LONGEST_NAME)]
    if until is None or not today <= until <= today + timedelta(days=MOST_DAYS):
        problems["until"] = [_("Choose a day from today on, within three years.")]
    return problems


def revoke(rights: Rights, key: ApiKey, by: By) -> None:
    """It works no more, from this moment on. Raises `NotAllowedError`, and `ConflictError` where it was revoked."""
    if not may_revoke_key(rights, key):
        raise NotAllowedError(_("This key is somebody else's."))
    revoked = db.session.scalars(
        update(ApiKey)
        .where(ApiKey.id == key.id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=now())
        .returning(ApiKey.id)
    ).all()
    if not revoked:
        raise ConflictError(_("This key has been revoked already."))
    audit.record(
        AuditAction.API_KEY_REVOKED, About(key.organisation_id, api_key_id=key.id), by, {"of": [key.user_id]}, key.name
    )


# Recognised.


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def find(secret: str) -> ApiKey | None:
    """The key, if it can be used now."""
    return db.session.scalar(_usable("secret_hash"), {"wanted": hash_of(secret), "at": now()})


def find_by_id(key_id: uuid.UUID) -> ApiKey | None:
    """Likewise."""
    return db.session.scalar(_usable("id"), {"wanted": key_id, "at": now()})


@cache
def _usable(by: Literal["id", "secret_hash"]) -> Select[ApiKey]:
    """Each call asks for one: the question is made once. `wanted`: what `by` is to be; `at`: now."""
    column = getattr(ApiKey, by)
    return (
        select(ApiKey)
        .join(ApiKey.user)
        .where(
            column == bindparam("wanted", type_=column.type),
            ApiKey.revoked_at.is_(None),
            ApiKey.expires_at > bindparam("at", type_=ApiKey.expires_at.type),
            User.is_active,
        )
        .options(joinedload(ApiKey.user), selectinload(ApiKey.units))
    )


def rights_of_key(key: ApiKey) -> Rights:
    """Its owner's, as they are now, narrowed."""
    within = None
    if key.organisation_id:
        within = Scope(key.organisation_id, frozenset(unit.id for unit in key.units))
    return replace(rights_of(key.user, within), api_key_id=key.id)


def is_use_to_be_noted(key: ApiKey, at: datetime) -> bool:
    return key.last_used_at is None or key.last_used_at < at - _KEPT_TO


def note_use(key_id: uuid.UUID, at: datetime) -> None:
    db.session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=at))


# Lists.


class KeyState(StrEnum):
    WORKS = "works"
    EXPIRED = "expired"
    REVOKED = "revoked"
    OWNER_CLOSED = "owner-closed"


def state_of(key: ApiKey) -> KeyState:
    """Why it can be used, or cannot."""
    if key.revoked_at:
        return KeyState.REVOKED
    if key.expires_at <= now():
        return KeyState.EXPIRED
    return KeyState.WORKS if key.user.is_active else KeyState.OWNER_CLOSED


def keys_of(rights: Rights, organisation: Organisation | None, *, all_of_them: bool) -> Select[Any]:
    """Of an organisation, or of the platform; one's own, or `all_of_them`; those that work first, the newest first."""
    works = and_(ApiKey.revoked_at.is_(None), ApiKey.expires_at > now())
    query = select(ApiKey).options(joinedload(ApiKey.user), selectinload(ApiKey.units))
    query = query.where(ApiKey.organisation_id == (organisation.id if organisation else None))
    if not all_of_them:
        query = query.where(ApiKey.user_id == rights.user_id)
    return query.order_by(works.desc(), ApiKey.id.desc())
