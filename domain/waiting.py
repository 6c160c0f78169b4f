"""What waits for a person: shown first, after signing in."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, true
from sqlalchemy.orm import contains_eager, joinedload

from domain import batch_lists, role_invitations, suspending
from domain.batch_lists import Whose
from domain.batches import BatchState
from domain.collaborations import visible_to
from domain.permissions import Rights
from models import (
    Batch,
    Collaboration,
    Invitation,
    Membership,
    Organisation,
    Participant,
    RoleInvitation,
    Upload,
    User,
    db,
    now,
)
from models.invitation import InvitationStatus
from models.upload import UploadState

#: Of each kind, at most so many are shown; the lists have the rest.
SHOWN = 5
#: There is no other list of one's own courses.
COURSES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    #: Organisations in which one can do nothing for now.
    suspended: Sequence[Organisation]
    #: Uploads of one's own that are not finished: with errors, ready, or being processed.
    uploads: Sequence[Upload]
    #: Open invitations to one's own address.
    invitations: Sequence[Invitation]
    #: Likewise, to a role in an organisation.
    role_invitations: Sequence[RoleInvitation]
    #: Collaborations that one is a member of.
    memberships: Sequence[Membership]
    #: Collaborations that one looks after.
    collaborations: Sequence[Collaboration]
    #: Batches that one takes part in.
    courses: Sequence[Participant]
    #: Ongoing ones that one may edit.
    batches: Sequence[Batch]


def for_person(user: User, rights: Rights) -> Waiting:
    unfinished = (UploadState.ERRORS, UploadState.READY, UploadState.PROCESSING)
    uploads = (
        select(Upload)
        .where(
            Upload.user_id == user.id,
            Upload.state.in_(unfinished),
            func.coalesce(Upload.organisation_id.not_in(rights.suspended_in), true()),
        )
        .options(joinedload(Upload.batch), joinedload(Upload.organisation))
        .order_by(Upload.id.desc())
    )
    invitations = (
        select(Invitation)
        .join(Invitation.collaboration)
        .join(Collaboration.organisation)
        .where(
            Organisation.suspended_at.is_(None),
            Invitation.email_key == user.email_key,
            Invitation.status == InvitationStatus.OPEN,
            Invitation.expires_at > now(),
            Collaboration.archived_at.is_(None),
        )
        .options(contains_eager(Invitation.collaboration))
        .order_by(Invitation.id.desc())
    )
    memberships = (
        select(Membership)
        .where(
            Membership.user_id == user.id,
            Membership.is_current(),
            Membership.collaboration_id.in_(rights.member_of_collaborations),
        )
        .options(joinedload(Membership.collaboration))
        .order_by(Membership.id.desc())
    )
    looked_after = (
        select(Collaboration)
        .where(
            visible_to(rights),
            Collaboration.id.not_in(rights.member_of_collaborations),
            Collaboration.archived_at.is_(None),
        )
        .order_by(Collaboration.short_name)
    )
    return Waiting(
        suspended=suspending.suspended_ones_of(rights),
        uploads=db.session.scalars(uploads.limit(SHOWN)).all(),
        role_invitations=db.session.scalars(role_invitations.waiting_for(user).limit(SHOWN)).all(),
        invitations=db.session.scalars(invitations.limit(SHOWN)).all(),
        memberships=db.session.scalars(memberships.limit(SHOWN)).all(),
        collaborations=db.session.scalars(looked_after.limit(SHOWN)).all(),
        courses=batch_lists.taken_part_in(rights, COURSES_SHOWN),
        batches=db.session.scalars(batch_lists.run_by(rights, Whose.ALL, BatchState.ONGOING).limit(SHOWN)).all(),
    )
