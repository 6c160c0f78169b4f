"""Deleting one's own account: what others did together with the person stays, and nobody can tell any more who it was.

What must stay is named by the row, which is emptied: audit entries, uploads (what stands in those is of others, and the
organisation's), and courses completed, which reports go on counting.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import selectinload

from domain import audit, participants
from domain.audit import About, By
from domain.collaborations import end_memberships_of
from domain.errors import ConflictError
from domain.language import gettext as _
from domain.language import listing
from domain.person_names import DELETED
from domain.post import NOWHERE, answer_letter, post, role_answer_letter
from domain.roles import (
    is_last_platform_admin,
    kind_of,
    names_of,
    organisations_left_without_admin,
    why_an_admin_stays,
)
from domain.tallies import hold_batches, move_districts
from models import (
    ApiKey,
    Batch,
    Identity,
    Invitation,
    Letter,
    Organisation,
    OrganisationRole,
    Participant,
    PendingEnrolment,
    RoleInvitation,
    User,
    db,
    now,
)
from models.audit import AuditAction
from models.batch import batch_mentors
from models.invitation import InvitationStatus
from models.outbox import LetterKind, LetterState
from models.user import new_session_key


def problem_of(user: User) -> str | None:
    """Why the person cannot go yet. Nobody else changes the roles in their organisations until this transaction ends:
    of two who leave at once, one stays.
    """
    theirs = select(OrganisationRole.organisation_id).where(OrganisationRole.user_id == user.id)
    held = select(Organisation.id).where(Organisation.id.in_(theirs)).order_by(Organisation.id)
    db.session.execute(held.with_for_update(key_share=True)).all()
    if left := organisations_left_without_admin([user.id]):
        names = listing(organisation.name for organisation in left)
        return " ".join([_("You are the last admin of %(organisations)s.", organisations=names), why_an_admin_stays()])
    if is_last_platform_admin(user):
        return _("The platform would have no admin any more: have somebody else made one first.")
    return None


def delete_account(user: User, by: By) -> None:
    """Raises `ConflictError` where the person cannot go yet, or is just going.

    The batches are held before anything is written: whoever brings people into one meanwhile waits, and then finds
    nobody.
    """
    if problem := problem_of(user):
        raise ConflictError(problem)
    organisation_id, known_key = user.organisation_id, user.session_key
    hold_batches(organisation_id, [user.id])
    db.session.refresh(user, with_for_update={"key_share": True})
    if user.deleted_at or user.session_key != known_key:
        raise ConflictError(_("Your account was changed at this very moment. Sign in again, and look at it."))
    for leave in _LEAVING:
        leave(user, by)
    with move_districts(organisation_id, [user.id]):
        _empty(user)
    audit.record(AuditAction.ACCOUNT_DELETED, About(organisation_id), by, {"of": [user.id]})


def _leave_batches(user: User, by: By) -> None:
    """Whoever has completed a course stays in it, as ever."""
    taken_part_in = select(Batch).join(Participant, Participant.batch_id == Batch.id)
    uncompleted = (Participant.user_id == user.id, Participant.is_active, Participant.completed_at.is_(None))
    for batch in db.session.scalars(taken_part_in.where(*uncompleted).order_by(Batch.id)).all():
        if person := participants.find_anybody(batch, user.id):
            participants.withdraw(batch, [person], by)
    db.session.execute(delete(batch_mentors).where(batch_mentors.c.user_id == user.id))


def _leave_collaborations(user: User, by: By) -> None:
    end_memberships_of(user, by)


def _give_up_roles(user: User, by: By) -> None:
    theirs = select(OrganisationRole).where(OrganisationRole.user_id == user.id).order_by(OrganisationRole.id)
    for role in db.session.scalars(theirs.options(selectinload(OrganisationRole.units))):
        about, people = About(role.organisation_id), {kind_of(role).value: [user.id]}
        audit.record(AuditAction.ROLE_TAKEN, about, by, people, names_of(role.units))
    _execute(delete(OrganisationRole).where(OrganisationRole.user_id == user.id))


def _give_up_keys(user: User, by: By) -> None:
    theirs = (ApiKey.user_id == user.id, ApiKey.revoked_at.is_(None))
    for key in db.session.scalars(select(ApiKey).where(*theirs).order_by(ApiKey.id)):
        about = About(key.organisation_id, api_key_id=key.id)
        audit.record(AuditAction.API_KEY_REVOKED, about, by, {"of": [user.id]}, key.name)
    _execute(update(ApiKey).where(*theirs).values(revoked_at=now()))


def _give_up_sign_ins(user: User, _by: By) -> None:
    _execute(delete(Identity).where(Identity.user_id == user.id))


def _decline_invitations(user: User, _by: By) -> None:
    """The open ones: their inviters are told. The address is forgotten of all."""
    for invitations, letter, kind in (
        (Invitation, answer_letter, LetterKind.DECLINED),
        (RoleInvitation, role_answer_letter, LetterKind.ROLE_DECLINED),
    ):
        theirs: Any = invitations.email_key == user.email_key
        is_open: Any = (theirs, invitations.status == InvitationStatus.OPEN)
        waiting = select(invitations.id, User.email).join(invitations.invited_by)
        waiting = waiting.where(*is_open, invitations.expires_at > now())
        post([letter(kind, invitation_id, to) for invitation_id, to in db.session.execute(waiting)])
        _execute(update(invitations).where(*is_open).values(status=InvitationStatus.DECLINED, answered_at=now()))
        _execute(update(invitations).where(theirs).values(email=_address_of(user), email_key=_address_of(user)))
    _execute(delete(PendingEnrolment).where(PendingEnrolment.email_key == user.email_key))


def _forget_name(user: User, _by: By) -> None:
    """Of invitations that they have sent in their own name."""
    theirs = (Invitation.invited_by_id == user.id, Invitation.sender_name == user.name)
    _execute(update(Invitation).where(*theirs).values(sender_name=DELETED))


def _forget_letters(user: User, _by: By) -> None:
    """What waits to be sent to them is dropped; invitations, which uploads wait for, when their turn comes."""
    theirs = Letter.to_address.in_({user.email, user.email_key})
    waits = (theirs, Letter.is_waiting, Letter.kind != LetterKind.INVITATION)
    _execute(update(Letter).where(*waits).values(state=LetterState.DROPPED, sent_at=now()))
    _execute(update(Letter).where(theirs).values(to_address=_address_of(user)))


#: What is found by the person's name and address comes before those go.
_LEAVING: tuple[Callable[[User, By], None], ...] = (
    _leave_batches,
    _leave_collaborations,
    _give_up_roles,
    _give_up_keys,
    _give_up_sign_ins,
    _decline_invitations,
    _forget_name,
    _forget_letters,
)


def _empty(user: User) -> None:
    """The organisation too: it lists its people, and this is nobody any more."""
    user.email, user.user_name, user.name = _address_of(user), f"deleted-{user.id}", DELETED
    user.state_id = user.district = user.school = user.block = user.mobile = user.language = None
    user.organisation_id = user.password_hash = None
    user.session_key = new_session_key()
    user.is_active = user.is_platform_admin = False
    user.deleted_at = now()
    db.session.flush()


def _address_of(user: User) -> str:
    """One that nobody else has, and no mail goes to."""
    return f"deleted-{user.id}{NOWHERE}"


def _execute(statement: Any) -> None:
    """Without looking for what the session remembers of it: this is the last that happens to it."""
    db.session.execute(statement, execution_options={"synchronize_session": False})
