"""What becomes of an upload's invitations once their letters are on the way."""

import uuid
from collections import Counter
from collections.abc import Callable, Collection
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, select, update

from domain import role_invitations
from domain.language import gettext as _
from domain.language import speaking
from domain.post import answer_letter, failure_letter, failures_together_letter, post, upload_done_letter
from models import Invitation, Letter, Upload, UploadOutcome, User, db, now
from models.base import among
from models.invitation import InvitationStatus
from models.outbox import LetterKind, LetterState
from models.upload import OutcomeState, UploadKind, UploadState


def settle_sent(letters: Collection[uuid.UUID], failure_mail_limit: int) -> None:
    """Of these letters, the mail servers took those recorded as sent: the invitations that uploads made count so."""
    sent = select(Letter.invitation_id).where(among(Letter.id, letters), _is_sent_invitation())
    _settle_sent(UploadOutcome.invitation_id.in_(sent), failure_mail_limit)


def settle_all_sent(failure_mail_limit: int) -> None:
    """The same for all uploads being processed: what a worker that died has left."""
    being_processed = select(Upload.id).where(Upload.state == UploadState.PROCESSING)
    sent = exists().where(Letter.invitation_id == UploadOutcome.invitation_id, _is_sent_invitation())
    _settle_sent(and_(UploadOutcome.upload_id.in_(being_processed), sent), failure_mail_limit)


def _is_sent_invitation() -> ColumnElement[bool]:
    return and_(Letter.kind == LetterKind.INVITATION, Letter.state == LetterState.SENT)


def _settle_sent(which: ColumnElement[bool], failure_mail_limit: int) -> None:
    settled = db.session.scalars(
        update(UploadOutcome)
        .where(UploadOutcome.state == OutcomeState.WAITING, which)
        .values(state=OutcomeState.SENT)
        .returning(UploadOutcome.upload_id)
        .execution_options(synchronize_session=False)
    )
    for upload_id, count in sorted(Counter(settled).items()):  # in one order in all workers
        db.session.execute(update(Upload).where(Upload.id == upload_id).values(done=Upload.done + count))
        finish_if_done(upload_id, failure_mail_limit)


def letter_dropped(letter: Letter, failure_mail_limit: int) -> None:
    """It was no longer wanted when its turn came. A newer one may be on its way; if not, its invitation is closed.

    One that has been answered has reached its invitee: by this very letter, if the worker died before it could
    record that it was sent, or by the page that shows people what they are invited to.
    """
    if letter.kind is not LetterKind.INVITATION:
        return
    invitation = db.session.get_one(Invitation, letter.invitation_id)
    if invitation.status in {InvitationStatus.ACCEPTED, InvitationStatus.DECLINED}:
        _settle(invitation.id, failure_mail_limit, OutcomeState.SENT)
    elif not invitation.is_open:
        with speaking(_language_of_inviter(invitation)):
            message = _("The invitation was closed, or had expired, before its mail went out.")
        _settle(invitation.id, failure_mail_limit, OutcomeState.SKIPPED, reason="closed", message=message)


def letter_refused(letter: Letter, reason: str, say: Callable[[], str], failure_mail_limit: int) -> None:
    """It will never be delivered: the invitation has failed, and whoever made it is told why.

    `reason` is a word for programs; `say` says it in the language being spoken.
    """
    if letter.kind is LetterKind.ROLE_INVITATION:
        return role_invitations.letter_refused(letter)
    if letter.kind is not LetterKind.INVITATION:
        return
    closed = db.session.execute(
        update(Invitation)
        .where(Invitation.id == letter.invitation_id, Invitation.status == InvitationStatus.OPEN)
        .values(status=InvitationStatus.UNDELIVERED, answered_at=now())
        .returning(Invitation.id, Invitation.invited_by_id)
    ).first()
    if closed is None:
        return letter_dropped(letter, failure_mail_limit)
    inviter = db.session.get_one(User, closed.invited_by_id)
    with speaking(_language_of_inviter(db.session.get_one(Invitation, closed.id))):
        message = say()
    outcome = _fail(letter.invitation_id, failure_mail_limit, reason, message)
    if outcome is None:
        post([answer_letter(LetterKind.UNDELIVERED, closed.id, inviter.email)])
    elif outcome.failure_number is not None and outcome.failure_number <= failure_mail_limit:
        post([failure_letter(outcome.upload_id, outcome.number, inviter.email)])


def _language_of_inviter(invitation: Invitation) -> str | None:
    return invitation.invited_by.language or invitation.collaboration.organisation.language


def _settle(
    invitation_id: uuid.UUID | None,
    failure_mail_limit: int,
    state: OutcomeState,
    reason: str | None = None,
    message: str | None = None,
) -> None:
    upload_id = db.session.scalar(
        update(UploadOutcome)
        .where(UploadOutcome.invitation_id == invitation_id, UploadOutcome.state == OutcomeState.WAITING)
        .values(state=state, reason=reason, message=message)
        .returning(UploadOutcome.upload_id)
    )
    if upload_id is not None:
        counter = Upload.done if state is OutcomeState.SENT else Upload.skipped
        db.session.execute(update(Upload).where(Upload.id == upload_id).values({counter: counter + 1}))
        finish_if_done(upload_id, failure_mail_limit)


def _fail(invitation_id: uuid.UUID | None, failure_mail_limit: int, reason: str, message: str) -> UploadOutcome | None:
    """Number the failure among those of its upload. Answers nothing where no upload waits for it."""
    query = select(UploadOutcome).where(
        UploadOutcome.invitation_id == invitation_id, UploadOutcome.state == OutcomeState.WAITING
    )
    outcome = db.session.scalar(query.with_for_update())
    if outcome is None:
        return None
    outcome.failure_number = db.session.scalar(
        update(Upload).where(Upload.id == outcome.upload_id).values(failed=Upload.failed + 1).returning(Upload.failed)
    )
    outcome.state, outcome.reason, outcome.message = OutcomeState.FAILED, reason, message
    db.session.flush()
    finish_if_done(outcome.upload_id, failure_mail_limit)
    return outcome


#: Whoever waits for longer than this, from *Process* on, has left the page that would tell: a letter does.
LONG = timedelta(minutes=2)


def finish_if_done(upload_id: uuid.UUID, failure_mail_limit: int) -> None:
    """Close the upload when nothing of it waits any more. Its uploader is told then, of one that took `LONG`, and of
    invitations that failed beyond the limit, together. Of others, the upload's page and its result tell.
    """
    finished = db.session.execute(
        update(Upload)
        .where(
            Upload.id == upload_id,
            Upload.state == UploadState.PROCESSING,
            Upload.all_lines_processed.is_(True),
            Upload.done + Upload.failed + Upload.skipped == Upload.planned,
        )
        .values(state=UploadState.DONE, finished_at=now())
        .returning(Upload.kind, Upload.failed, Upload.user_id, Upload.process_pressed_at, Upload.finished_at)
    ).first()
    if finished is None:
        return
    told = []
    if finished.kind is UploadKind.INVITATIONS and finished.failed > failure_mail_limit:
        told.append(failures_together_letter)
    if finished.process_pressed_at and finished.finished_at - finished.process_pressed_at > LONG:
        told.append(upload_done_letter)
    if told:
        uploader = db.session.get_one(User, finished.user_id)
        post([letter(upload_id, uploader.email) for letter in told])
