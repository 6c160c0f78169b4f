"""Things of the application, for those who may have them: there is no other way to come by one.

What does not exist for this person is 404, what is their organisation's but not theirs is 403; where that is
suspended, they are told so.
"""

import uuid
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from domain import organisations, permissions, suspending
from domain.permissions import Rights
from models import (
    ApiKey,
    Batch,
    Collaboration,
    Course,
    Group,
    Identity,
    Invitation,
    Membership,
    Organisation,
    OrganisationRole,
    RoleInvitation,
    Unit,
    Upload,
    User,
    db,
)

Rule = Callable[[Rights, Any], bool]
Role = TypeVar("Role", OrganisationRole, RoleInvitation)


def upload(upload_id: uuid.UUID, rights: Rights, rule: Rule) -> Upload:
    found = db.session.get(Upload, upload_id) or abort(404)
    if not permissions.may_see_upload(rights, found) or found.organisation_id in rights.suspended_in:
        _turn_away(rights, found.organisation_id)
    _hold(rights, rule, found)
    return found


def collaboration(collaboration_id: uuid.UUID, rights: Rights, rule: Rule) -> Collaboration:
    query = select(Collaboration).where(Collaboration.id == collaboration_id)
    found = db.session.scalar(query.options(selectinload(Collaboration.units))) or abort(404)
    if not permissions.knows_organisation(rights, found.organisation_id):
        _turn_away(rights, found.organisation_id)
    _hold(rights, rule, found)
    return found


def invitation(invitation_id: uuid.UUID, rights: Rights, rule: Rule) -> Invitation:
    found = db.session.get(Invitation, invitation_id) or abort(404)
    collaboration(found.collaboration_id, rights, rule)
    return found


def membership(membership_id: uuid.UUID, rights: Rights, rule: Rule) -> Membership:
    query = select(Membership).where(Membership.id == membership_id, Membership.is_current())
    found = db.session.scalar(query) or abort(404)
    collaboration(found.collaboration_id, rights, rule)
    return found


def group(group_id: uuid.UUID, rights: Rights, rule: Rule) -> Group:
    found = db.session.get(Group, group_id) or abort(404)
    collaboration(found.collaboration_id, rights, rule)
    return found


def course(key: str, rights: Rights, rule: Rule) -> Course:
    query = select(Course).where(Course.key == key).options(joinedload(Course.organisation))
    found = None if "\0" in key else db.session.scalar(query)  # no database takes one
    if found is None:
        abort(404)
    _hold_or_hide(rights, rule, found)
    return found


def batch(batch_id: uuid.UUID, rights: Rights, rule: Rule) -> Batch:
    together = joinedload(Batch.course), joinedload(Batch.organisation)
    found = db.session.scalar(select(Batch).where(Batch.id == batch_id).options(*together)) or abort(404)
    _hold_or_hide(rights, rule, found)
    return found


def organisation(organisation_id: uuid.UUID, rights: Rights, rule: Rule) -> Organisation:
    found = db.session.get(Organisation, organisation_id) or abort(404)
    if not permissions.knows_organisation(rights, found.id):
        _turn_away(rights, found.id)
    _hold(rights, rule, found)
    return found


def unit(unit_id: uuid.UUID, rights: Rights, rule: Rule) -> Unit:
    found = db.session.get(Unit, unit_id) or abort(404)
    organisation(found.organisation_id, rights, rule)
    return found


def organisation_called(short_name: str, rights: Rights, rule: Rule) -> Organisation:
    found = None if "\0" in short_name else organisations.find(short_name)  # no database takes one
    if found is None:
        abort(404)
    return organisation(found.id, rights, rule)


def person(organisation_id: uuid.UUID, user_id: uuid.UUID, rights: Rights, rule: Rule) -> User:
    """One of the organisation's people, by the rule of that."""
    organisation(organisation_id, rights, rule)
    found = db.session.get(User, user_id)
    if found is None or found.organisation_id != organisation_id:
        abort(404)
    return found


def role(role_id: uuid.UUID, rights: Rights, rule: Rule) -> OrganisationRole:
    found = db.session.get(OrganisationRole, role_id) or abort(404)
    return _ours(rights, rule, found)


def role_invitation(invitation_id: uuid.UUID, rights: Rights, rule: Rule) -> RoleInvitation:
    found = db.session.get(RoleInvitation, invitation_id) or abort(404)
    return _ours(rights, rule, found)


def _ours(rights: Rights, rule: Rule, thing: Role) -> Role:
    """By a rule of its own; it exists for those for whom its organisation does."""
    if not permissions.knows_organisation(rights, thing.organisation_id):
        _turn_away(rights, thing.organisation_id)
    _hold(rights, rule, thing)
    return thing


def identity(identity_id: uuid.UUID, rights: Rights, rule: Rule) -> Identity:
    """It exists for its person alone."""
    found = db.session.get(Identity, identity_id)
    if found is None or not rule(rights, found):
        abort(404)
    return found


def api_key(api_key_id: uuid.UUID, rights: Rights, rule: Rule) -> ApiKey:
    """Those of the platform exist for its admins alone."""
    together = joinedload(ApiKey.organisation), joinedload(ApiKey.user)
    found = db.session.scalar(select(ApiKey).where(ApiKey.id == api_key_id).options(*together)) or abort(404)
    if not rule(rights, found):
        _turn_away(rights, found.organisation_id)
    return found


def _turn_away(rights: Rights, organisation_id: uuid.UUID | None) -> NoReturn:
    if organisation_id in rights.suspended_in:
        suspending.assert_in_use(db.session.get_one(Organisation, organisation_id))
    is_ours = organisation_id is not None and permissions.knows_organisation(rights, organisation_id)
    abort(403 if is_ours else 404)


def _hold_or_hide(rights: Rights, rule: Rule, thing: Course | Batch) -> None:
    """An open batch may be seen by strangers, who learn nothing else of its organisation."""
    if not rule(rights, thing):
        _turn_away(rights, thing.organisation_id)
    if not permissions.knows_organisation(rights, thing.organisation_id):
        suspending.assert_in_use(thing.organisation)


def _hold(rights: Rights, rule: Rule, thing: Any) -> None:
    if not rule(rights, thing):
        abort(403)
