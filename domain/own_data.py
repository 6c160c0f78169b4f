"""All that is known of a person, for themself: as one document for programs and people.

A query for each kind of thing, however much there is of it.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, or_, select

from domain import audit_log
from domain.audit_people import Person
from models import (
    ApiKey,
    AuditEntry,
    Batch,
    Collaboration,
    Course,
    Group,
    Identity,
    Invitation,
    Letter,
    Membership,
    Organisation,
    OrganisationRole,
    Participant,
    PendingEnrolment,
    RoleInvitation,
    Unit,
    Upload,
    User,
    db,
    now,
)
from models.batch import batch_mentors
from models.collaboration import group_memberships
from models.organisation import manager_units
from models.searching import one_of_few

#: The newest of each kind. Few people come by more, but for what programs do in their name.
MOST = 10_000


def of(user: User) -> dict[str, Any]:
    """Of each kind the newest, `MOST` at most; the names are those of the tables."""
    lists = {name: _rows(query(user)) for name, query in _LISTS.items()}
    left_out = [name for name, rows in lists.items() if len(rows) > MOST]
    told = {name: rows[:MOST] for name, rows in lists.items()}
    return {"told_at": now(), "only_the_newest_of": left_out, "account": _account(user), **told}


_OF_THE_ACCOUNT = (
    "id",
    "name",
    "email",
    "user_name",
    "language",
    "created_at",
    "is_platform_admin",
    "state_id",
    "district",
    "block",
    "school",
    "mobile",
)


def _account(user: User) -> dict[str, Any]:
    told = {name: getattr(user, name) for name in _OF_THE_ACCOUNT}
    organisation = user.organisation.name if user.organisation else None
    return {**told, "organisation": organisation, "has_password": user.password_hash is not None}


def _rows(query: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in db.session.execute(query.limit(MOST + 1))]


def _told(*columns: Any) -> Select[Any]:
    """Whatever the columns are: the lists are all of one type."""
    return select(*columns)


_ORGANISATION = Organisation.name.label("organisation")
_COLLABORATION = Collaboration.name.label("collaboration")
_BATCH = Batch.name.label("batch")


def _roles(user: User) -> Select[Any]:
    query = _told(_ORGANISATION, OrganisationRole.role, Unit.name.label("unit"), OrganisationRole.created_at)
    return (
        query.join(OrganisationRole.organisation)
        .outerjoin(manager_units, manager_units.c.role_id == OrganisationRole.id)
        .outerjoin(Unit, Unit.id == manager_units.c.unit_id)
        .where(OrganisationRole.user_id == user.id)
        .order_by(OrganisationRole.id.desc(), Unit.name)
    )


def _memberships(user: User) -> Select[Any]:
    columns = (
        Membership.role,
        Membership.joined_at,
        Membership.expires_at,
        Membership.ended_at,
        Membership.ended_because,
    )
    query = _told(_COLLABORATION, _ORGANISATION, *columns)
    return (
        query.join(Membership.collaboration)
        .join(Collaboration.organisation)
        .where(Membership.user_id == user.id)
        .order_by(Membership.id.desc())
    )


def _groups(user: User) -> Select[Any]:
    return (
        _told(Group.name.label("group"), _COLLABORATION)
        .join(group_memberships, group_memberships.c.group_id == Group.id)
        .join(Membership, Membership.id == group_memberships.c.membership_id)
        .join(Collaboration, Collaboration.id == Group.collaboration_id)
        .where(Membership.user_id == user.id)
        .order_by(Membership.id.desc(), Group.short_name)
    )


def _invitations(user: User) -> Select[Any]:
    columns = (
        Invitation.email,
        Invitation.role,
        Invitation.status,
        Invitation.sender_name,
        Invitation.message,
        Invitation.created_at,
        Invitation.expires_at,
        Invitation.answered_at,
        Invitation.reminded_at,
        Invitation.membership_expires_at,
    )
    query = _told(_COLLABORATION, _ORGANISATION, *columns)
    return (
        query.join(Invitation.collaboration)
        .join(Collaboration.organisation)
        .where(Invitation.email_key == user.email_key)
        .order_by(Invitation.id.desc())
    )


def _role_invitations(user: User) -> Select[Any]:
    columns = (
        RoleInvitation.email,
        RoleInvitation.role,
        RoleInvitation.status,
        RoleInvitation.message,
        RoleInvitation.created_at,
        RoleInvitation.expires_at,
        RoleInvitation.answered_at,
    )
    query = _told(_ORGANISATION, *columns).join(RoleInvitation.organisation)
    return query.where(RoleInvitation.email_key == user.email_key).order_by(RoleInvitation.id.desc())


def _participations(user: User) -> Select[Any]:
    columns = (
        Participant.enrolled_at,
        Participant.percent,
        Participant.completed_units,
        Participant.total_units,
        Participant.last_activity_at,
        Participant.completed_at,
        Participant.removed_at,
    )
    query = _told(Course.key.label("course"), _BATCH, *columns)
    return (
        query.join(Participant.batch)
        .join(Batch.course)
        .where(Participant.user_id == user.id)
        .order_by(Participant.enrolled_at.desc(), Participant.batch_id)
    )


def _mentored(user: User) -> Select[Any]:
    query = _told(Course.key.label("course"), _BATCH, Batch.start_date, Batch.end_date).join(Batch.course)
    theirs = select(batch_mentors.c.batch_id).where(batch_mentors.c.user_id == user.id)
    return query.where(or_(Batch.created_by_id == user.id, Batch.id.in_(theirs))).order_by(Batch.id.desc())


def _pending_enrolments(user: User) -> Select[Any]:
    columns = (PendingEnrolment.email, PendingEnrolment.auto_enrol, PendingEnrolment.created_at)
    query = _told(Course.key.label("course"), *columns, PendingEnrolment.fulfilled_at).join(PendingEnrolment.course)
    return query.where(PendingEnrolment.email_key == user.email_key).order_by(PendingEnrolment.id.desc())


def _uploads(user: User) -> Select[Any]:
    """Not what stands in the files: that is of others."""
    columns = (
        Upload.id,
        Upload.file_name,
        Upload.kind,
        Upload.state,
        Upload.created_at,
        Upload.process_pressed_at,
        Upload.finished_at,
        Upload.lines,
        Upload.done,
        Upload.failed,
        Upload.skipped,
    )
    return _told(*columns).where(Upload.user_id == user.id).order_by(Upload.id.desc())


def _api_keys(user: User) -> Select[Any]:
    columns = (ApiKey.created_at, ApiKey.expires_at, ApiKey.last_used_at, ApiKey.revoked_at)
    query = _told(ApiKey.id, ApiKey.name, _ORGANISATION, *columns).outerjoin(ApiKey.organisation)
    return query.where(ApiKey.user_id == user.id).order_by(ApiKey.id.desc())


def _sign_ins(user: User) -> Select[Any]:
    columns = (Identity.issuer, Identity.subject, Identity.linked_at)
    return _told(*columns).where(Identity.user_id == user.id).order_by(Identity.id.desc())


def _letters(user: User) -> Select[Any]:
    """To their address, as they write it and as it is compared."""
    columns = (Letter.kind, Letter.to_address, Letter.created_at, Letter.state, Letter.sent_at)
    theirs = Letter.to_address.in_({user.email, user.email_key})
    return _told(*columns).where(theirs).order_by(Letter.created_at.desc(), Letter.id)


def _audit_log(user: User) -> Select[Any]:
    """What they did, and what was done to them."""
    columns = (
        AuditEntry.at,
        AuditEntry.action,
        AuditEntry.counts,
        AuditEntry.user_id.is_not_distinct_from(user.id).label("by_you"),
        AuditEntry.through,
        AuditEntry.note,
    )
    places = (_ORGANISATION, _COLLABORATION, Course.key.label("course"), _BATCH)
    about = audit_log.ids_about(Person(user.id, user.name, user.email))
    return (
        _told(*columns, *places)
        .outerjoin(AuditEntry.organisation)
        .outerjoin(AuditEntry.collaboration)
        .outerjoin(AuditEntry.course)
        .outerjoin(AuditEntry.batch)
        .where(one_of_few(AuditEntry.id, about))
        .order_by(AuditEntry.at.desc(), AuditEntry.id)
    )


_LISTS: dict[str, Callable[[User], Select[Any]]] = {
    "roles": _roles,
    "memberships": _memberships,
    "groups": _groups,
    "invitations": _invitations,
    "role_invitations": _role_invitations,
    "batches": _participations,
    "batches_run": _mentored,
    "pending_enrolments": _pending_enrolments,
    "uploads": _uploads,
    "api_keys": _api_keys,
    "sign_ins": _sign_ins,
    "letters": _letters,
    "audit_log": _audit_log,
}
