"""Closing the accounts of an organisation's people, and opening them again: any number at once.

Whoever is closed is signed out everywhere, and so are their API keys and their links to a new password. They stay in
batches and collaborations.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select

from domain import audit, directory, pending_enrolments
from domain.audit import About, By
from domain.errors import ConflictError
from domain.language import gettext as _
from domain.organisations import assert_may_run, hold
from domain.permissions import Rights
from domain.roles import organisations_left_without_admin, why_an_admin_stays
from domain.rows import update_rows
from models import Organisation, OrganisationRole, User, db, key_of
from models.audit import AuditAction
from models.base import among
from models.organisation import OrganisationRoleName
from models.user import new_session_key


class Change(StrEnum):
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    SKIPPED = "skipped"
    FAILED = "failed"


class Outcome(NamedTuple):
    """What became of one identifier."""

    #: As it was given.
    identifier: str
    change: Change
    #: Of those failed: `not_found`, `oneself`, `platform_admin`, `last_admin`; of those skipped: `already_deactivated`,
    #: `already_open`, `repeated`.
    reason: str | None = None
    #: Empty where nobody was found.
    user_id: uuid.UUID | None = None


class _Person(NamedTuple):
    id: uuid.UUID
    is_active: bool
    is_platform_admin: bool


#: What becomes of somebody who was found, and a reason where it is not done.
_Decision = tuple[Change, str | None]


def deactivate(rights: Rights, organisation: Organisation, identifiers: Iterable[str], by: By) -> list[Outcome]:
    """Close the accounts of the people named by user IDs and state IDs; an outcome for each identifier, in their order.

    Raises `NotAllowedError`.
    """
    assert_may_run(rights, organisation)
    given = [*identifiers]
    found = directory.find(organisation, given)
    admins = _last_admins({*found.values()} - {rights.user_id})

    def decide(person: _Person) -> _Decision:
        if not person.is_active:
            return Change.SKIPPED, "already_deactivated"
        if person.id == rights.user_id:
            return Change.FAILED, "oneself"
        if person.is_platform_admin:
            return Change.FAILED, "platform_admin"
        return (Change.FAILED, "last_admin") if person.id in admins else (Change.DEACTIVATED, None)

    outcomes = _outcomes(given, found, decide)
    _set(outcomes, Change.DEACTIVATED, is_active=False)
    _record(AuditAction.PERSON_DEACTIVATED, organisation, by, outcomes, Change.DEACTIVATED)
    return outcomes


def reactivate(rights: Rights, organisation: Organisation, identifiers: Iterable[str], by: By) -> list[Outcome]:
    """Open the accounts likewise. They sign in as before, and are enrolled wherever that waits for them.

    Raises `NotAllowedError`.
    """
    assert_may_run(rights, organisation)
    hold(organisation.id)
    given = [*identifiers]
    found = directory.find(organisation, given)
    theirs = select(User.email_key).where(among(User.id, {*found.values()}))
    courses = pending_enrolments.hold(db.session.scalars(theirs).all())

    def decide(person: _Person) -> _Decision:
        return (Change.SKIPPED, "already_open") if person.is_active else (Change.REACTIVATED, None)

    outcomes = _outcomes(given, found, decide)
    _set(outcomes, Change.REACTIVATED, is_active=True)
    _record(AuditAction.PERSON_REACTIVATED, organisation, by, outcomes, Change.REACTIVATED)
    pending_enrolments.fulfil(_changed(outcomes, Change.REACTIVATED), courses)
    return outcomes


def deactivate_one(rights: Rights, user: User, by: By) -> None:
    """Raises `ConflictError` where it is not done."""
    _one(deactivate, rights, user, by)


def reactivate_one(rights: Rights, user: User, by: By) -> None:
    """Likewise."""
    _one(reactivate, rights, user, by)


def _one(do: Callable[..., list[Outcome]], rights: Rights, user: User, by: By) -> None:
    (outcome,) = do(rights, user.organisation, [str(user.id)], by)
    if outcome.reason:
        raise ConflictError(message_of(outcome.reason))


def message_of(reason: str) -> str:
    """The sentence for a reason of an outcome."""
    sentences: dict[str, Callable[[], str]] = {
        "not_found": lambda: _("Nobody of this organisation has this user ID or state ID."),
        "oneself": lambda: _("Nobody deactivates their own account: ask another admin."),
        "platform_admin": lambda: _("This is a platform admin, whom no organisation deactivates."),
        "last_admin": why_an_admin_stays,
        "already_deactivated": lambda: _("This account is deactivated already."),
        "already_open": lambda: _("This account is open already."),
        "repeated": lambda: _("This person was named before."),
    }
    return sentences[reason]()


def _last_admins(user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of them without whom an organisation would have no admin. Their organisations are held."""
    left = organisations_left_without_admin(user_ids)
    if not left:
        return set()
    query = select(OrganisationRole.user_id).where(
        OrganisationRole.role == OrganisationRoleName.ADMIN,
        among(OrganisationRole.organisation_id, [organisation.id for organisation in left]),
        among(OrganisationRole.user_id, user_ids),
    )
    return {*db.session.scalars(query)}


def _outcomes(
    given: Sequence[str], found: Mapping[str, uuid.UUID], decide: Callable[[_Person], _Decision]
) -> list[Outcome]:
    people = _held(found.values())
    seen: set[uuid.UUID] = set()
    outcomes = []
    for identifier in given:
        user_id = found.get(key_of(identifier))
        if user_id is None:
            outcome = Outcome(identifier, Change.FAILED, "not_found")
        elif user_id in seen:
            outcome = Outcome(identifier, Change.SKIPPED, "repeated", user_id)
        else:
            outcome = Outcome(identifier, *decide(people[user_id]), user_id)
            seen.add(user_id)
        outcomes.append(outcome)
    return outcomes


def _held(user_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, _Person]:
    """As they are now; nobody else changes them until this transaction ends."""
    query = select(User.id, User.is_active, User.is_platform_admin).where(among(User.id, {*user_ids}))
    return {row.id: _Person._make(row) for row in db.session.execute(query.order_by(User.id).with_for_update())}


def _changed(outcomes: Iterable[Outcome], change: Change) -> list[uuid.UUID]:
    return [outcome.user_id for outcome in outcomes if outcome.user_id and outcome.change is change]


def _set(outcomes: Iterable[Outcome], change: Change, *, is_active: bool) -> None:
    """With a new session key: old sessions, and links to a new password, have ended for good."""
    rows = [
        {"id": user_id, "is_active": is_active, "session_key": new_session_key()}
        for user_id in _changed(outcomes, change)
    ]
    update_rows(User, rows)


def _record(
    action: AuditAction, organisation: Organisation, by: By, outcomes: Iterable[Outcome], change: Change
) -> None:
    if changed := _changed(outcomes, change):
        audit.record(action, About(organisation.id), by, {change.value: changed})
