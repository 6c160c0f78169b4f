"""Who somebody is: rights, accounts, sign-in."""

import re
import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, Executable, bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from domain import pending_enrolments
from domain.addresses import AddressError, key_of_address
from domain.errors import ConflictError
from domain.language import gettext as _
from domain.language import spoken
from domain.permissions import NOBODY, Rights
from models import Batch, Collaboration, Membership, Organisation, OrganisationRole, Participant, User, db, key_of, now
from models.base import among
from models.batch import batch_mentors
from models.collaboration import Role
from models.organisation import OrganisationRoleName, manager_units

SHORTEST_PASSWORD = 10


@dataclass(frozen=True, slots=True)
class Scope:
    """What rights are narrowed to: an organisation, or some of its units."""

    organisation_id: uuid.UUID
    #: Empty: all of the organisation.
    unit_ids: frozenset[uuid.UUID] = frozenset()


class _Questions(NamedTuple):
    """The questions that `rights_of` asks. They are made once: of a page that asks for little, making them anew for
    each reader was a seventh of the time.
    """

    roles: Executable
    suspended: Executable
    memberships: Executable
    mentored: Executable
    joined: Executable


@cache
def _questions(*, is_narrowed: bool) -> _Questions:
    """`is_narrowed`: to an organisation."""
    user_id = bindparam("user_id", type_=User.id.type)

    def within(organisation_id: InstrumentedAttribute[uuid.UUID]) -> list[ColumnElement[bool]]:
        return [organisation_id == bindparam("organisation_id", type_=User.id.type)] if is_narrowed else []

    return _Questions(
        roles=select(OrganisationRole.role, OrganisationRole.organisation_id, manager_units.c.unit_id)
        .outerjoin(manager_units, manager_units.c.role_id == OrganisationRole.id)
        .where(OrganisationRole.user_id == user_id, *within(OrganisationRole.organisation_id)),
        suspended=select(Organisation.id).where(Organisation.suspended_at.is_not(None)),
        memberships=select(Membership.role, Membership.collaboration_id, Collaboration.organisation_id)
        .join(Collaboration)
        .where(
            Membership.user_id == user_id,
            Membership.is_current(bindparam("at", type_=Membership.expires_at.type)),
            *within(Collaboration.organisation_id),
        ),
        mentored=select(Batch.id, Batch.organisation_id)
        .join(batch_mentors, batch_mentors.c.batch_id == Batch.id)
        .where(batch_mentors.c.user_id == user_id, *within(Batch.organisation_id)),
        joined=select(Batch.id, Batch.organisation_id)
        .join(Participant, Participant.batch_id == Batch.id)
        .where(Participant.user_id == user_id, Participant.is_active, *within(Batch.organisation_id)),
    )


def rights_of(user: User, within: Scope | None = None) -> Rights:
    """Everything that permissions ask of a person, in five queries however much they manage.

    Whoever is something in an organisation that is suspended has no rights by that. `within`: as of an API key. A
    platform admin is then as good as an admin of that organisation; in units nobody is more than their manager.
    """
    asked = _questions(is_narrowed=within is not None)
    whose = {"user_id": user.id, "organisation_id": within and within.organisation_id}
    roles = db.session.execute(asked.roles, whose).all()
    suspended = {*db.session.scalars(asked.suspended)}
    if within and within.unit_ids:
        return _unit_rights(user, roles, within, suspended)
    memberships = db.session.execute(asked.memberships, {**whose, "at": now()}).all()
    mentored = db.session.execute(asked.mentored, whose).all()
    joined = db.session.execute(asked.joined, whose).all()
    own = [user.organisation_id] if user.organisation_id and (not within or _is_in(within, user)) else []
    as_admin = [within.organisation_id] if within and user.is_platform_admin else []
    theirs = {row.organisation_id for row in (*roles, *memberships, *mentored, *joined)} | {*own}
    roles, memberships = _outside(suspended, roles), _outside(suspended, memberships)
    mentored, joined = _outside(suspended, mentored), _outside(suspended, joined)

    def organisations(name: OrganisationRoleName) -> frozenset[uuid.UUID]:
        return frozenset(organisation for role, organisation, unit in roles if role is name and unit is None)

    return Rights(
        user_id=user.id,
        is_platform_admin=user.is_platform_admin and within is None,
        admin_of=organisations(OrganisationRoleName.ADMIN) | {*as_admin},
        manager_of=organisations(OrganisationRoleName.MANAGER),
        mentor_in=organisations(OrganisationRoleName.MENTOR),
        unit_manager_in=frozenset(organisation for _role, organisation, unit in roles if unit is not None),
        manages_units=frozenset(unit for _role, _organisation, unit in roles if unit is not None),
        admin_of_collaborations=frozenset(co for role, co, _org in memberships if role is Role.ADMIN),
        member_of_collaborations=frozenset(co for _role, co, _org in memberships),
        mentors_batches=frozenset(batch for batch, _organisation in mentored),
        takes_part_in=frozenset(batch for batch, _organisation in joined),
        guest_in=frozenset(row.organisation_id for row in (*memberships, *mentored, *joined)) | ({*own} - suspended),
        suspended_in=NOBODY if user.is_platform_admin else frozenset(theirs & suspended),
    )


def _outside(suspended: Collection[uuid.UUID], rows: Sequence[Any]) -> list[Any]:
    return [row for row in rows if row.organisation_id not in suspended]


def _is_in(within: Scope, user: User) -> bool:
    return user.organisation_id == within.organisation_id


def _unit_rights(user: User, roles: Sequence[Any], within: Scope, suspended: Collection[uuid.UUID]) -> Rights:
    """In those of the units that the person manages, or that their role in the organisation includes."""
    if within.organisation_id in suspended and not user.is_platform_admin:
        return Rights(user_id=user.id, suspended_in=frozenset([within.organisation_id]))
    manages_all = user.is_platform_admin or any(
        unit is None and role in {OrganisationRoleName.ADMIN, OrganisationRoleName.MANAGER}
        for role, _organisation, unit in roles
    )
    managed = {unit for _role, _organisation, unit in roles if unit is not None}
    units = within.unit_ids if manages_all else within.unit_ids & managed
    organisations = frozenset([within.organisation_id] if units else ())
    return Rights(user_id=user.id, unit_manager_in=organisations, manages_units=units)


def find_by_email(email: str) -> User | None:
    return db.session.scalar(select(User).where(User.email_key == key_of_email(email)))


def key_of_email(email: str) -> str:
    """As invitations compare addresses, so that one mailbox has one account; what is no address, as it is typed."""
    try:
        return key_of_address(email.strip())
    except AddressError:
        return key_of(email)


def check_password(hasher: PasswordHasher, user: User | None, password: str) -> bool:
    """Whether the password is this person's.

    Takes as long for an address without an account, so that the time does not tell whether there is one.
    """
    known = user.password_hash if user is not None and user.is_active else None
    try:
        hasher.verify(known or _a_hash_that_nothing_matches(hasher), password)
    except (VerificationError, InvalidHashError):
        return False
    return known is not None


@cache
def _a_hash_that_nothing_matches(hasher: PasswordHasher) -> str:
    return hasher.hash(secrets.token_urlsafe())


def create_account(hasher: PasswordHasher, *, email: str, name: str, password: str | None) -> User:
    """A new person, with a user name made from their address, and enrolled wherever that waits for it. Whoever makes
    their own account keeps the language in which they read that page.

    Raises `ConflictError` where the address has an account already, or somebody else is making one this very moment.
    """
    if find_by_email(email) is not None:
        raise ConflictError(_("There is an account for %(email)s already: sign in with it.", email=email))
    user = User(
        email=email,
        email_key=key_of_email(email),
        user_name=_free_user_name(email),
        name=name,
        password_hash=hasher.hash(password) if password else None,
        language=spoken(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(user)
    except IntegrityError:
        raise ConflictError(_("Another account was being made at this very moment. Try again.")) from None
    pending_enrolments.fulfil([user.id])
    return user


def _free_user_name(email: str) -> str:
    """The address's local part, with a number behind it where that is taken."""
    base = re.sub(r"[^a-z0-9._-]+", "", key_of(email.partition("@")[0])) or "user"
    candidates = [base, *(f"{base}{number}" for number in range(2, 20)), f"{base}-{secrets.token_hex(4)}"]
    taken = set(db.session.scalars(select(User.user_name_key).where(among(User.user_name_key, candidates))))
    return next(candidate for candidate in candidates if candidate not in taken)
