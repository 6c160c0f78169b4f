"""What waits for a person: shown first, after signing in."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from domain.collaborations import visible_to
from domain.permissions import Rights
from models import Collaboration, Invitation, Membership, Upload, User, db, now
from models.invitation import InvitationStatus
from models.upload import UploadState

#: Of each kind, at most so many are shown; the lists have the rest.
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    #: Uploads of one's own that are not finished: with errors, ready, or being processed.
    uploads: Sequence[Upload]
    #: Open invitations to one's own address.
    invitations: Sequence[Invitation]
    #: Collaborations that one is a member of.
    memberships: Sequence[Membership]
    #: Collaborations that one looks after.
    collaborations: Sequence[Collaboration]


def for_person(user: User, rights: Rights) -> Waiting:
    unfinished = (UploadState.ERRORS, UploadState.READY, UploadState.PROCESSING)
    uploads = select(Upload).where(Upload.user_id == user.id, Upload.state.in_(unfinished)).order_by(Upload.id.desc())
    invitations = (
        select(Invitation)
        .where(
            Invitation.email_key == user.email_key,
            Invitation.status == InvitationStatus.OPEN,
            Invitation.expires_at > now(),
        )
        .options(joinedload(Invitation.collaboration))
        .order_by(Invitation.id.desc())
    )
    memberships = (
        select(Membership)
        .where(Membership.user_id == user.id, Membership.is_current())
        .options(joinedload(Membership.collaboration))
        .order_by(Membership.id.desc())
    )
    looked_after = (
        select(Collaboration)
        .where(visible_to(rights), Collaboration.id.not_in(rights.member_of_collaborations))
        .order_by(Collaboration.short_name)
    )
    return Waiting(
        uploads=db.session.scalars(uploads.limit(SHOWN)).all(),
        invitations=db.session.scalars(invitations.limit(SHOWN)).all(),
        memberships=db.session.scalars(memberships.limit(SHOWN)).all(),
        collaborations=db.session.scalars(looked_after.limit(SHOWN)).all(),
    )
