"""What the worker does: load by id, look again, call the domain, commit. All of it may be run twice."""

import logging
import threading
from datetime import timedelta
from typing import Any

from flask import current_app

from domain import given_answers, pending_enrolments, reminders
from domain.collaborations import end_expired_memberships
from domain.invitation_run import InvitationRun
from domain.language import speaking
from domain.participant_run import ParticipantRun
from domain.people_run import PeopleRun
from domain.processing import Run, Settings, claim, language_of_uploader
from models import Upload, begin_writing, db
from models.upload import UploadKind
from worker import delivery
from worker.claims import ME, free_claims_of_the_dead
from worker.pruning import prune
from worker.recording import settle_what_was_left

log = logging.getLogger(__name__)


def take_up_what_was_left() -> None:
    """Go on with what a worker of this machine left behind when it died, and with what nobody was woken for."""
    begin_writing()
    free_claims_of_the_dead()
    db.session.commit()
    settle_what_was_left()
    do_what_waits()


def do_what_waits() -> None:
    process_uploads()
    deliver_mail()


def end_memberships() -> None:
    begin_writing()
    end_expired_memberships()
    db.session.commit()


def forget_answers() -> None:
    begin_writing()
    given_answers.forget_old()
    db.session.commit()


def enrol_who_was_left() -> None:
    begin_writing()
    pending_enrolments.fulfil_what_was_left()
    db.session.commit()


def remind() -> None:
    for write_some in (reminders.remind_of_invitations, reminders.announce_ends_of_memberships):
        goes_on = True
        while goes_on and not delivery.is_stopping():
            begin_writing()
            goes_on = write_some() == reminders.PORTION
            db.session.commit()


RUNS: dict[UploadKind, type[Run[Any]]] = {
    UploadKind.INVITATIONS: InvitationRun,
    UploadKind.PARTICIPANTS_ADD: ParticipantRun,
    UploadKind.PARTICIPANTS_REMOVE: ParticipantRun,
    UploadKind.PEOPLE: PeopleRun,
}


def process_uploads() -> None:
    config = current_app.config
    settings = Settings(config["INVITATION_DAYS"], config["FAILURE_MAIL_LIMIT"])
    lease = timedelta(seconds=config["LEASE_SECONDS"])
    while not delivery.is_stopping() and (run := next_run(ME, lease, settings)) is not None:
        try:
            _process(run)
        except Exception:  # a fault of ours in one upload must hold up neither the others nor the mail
            db.session.rollback()
            log.exception("Upload %s cannot be processed; it is tried again when its claim has run out.", run.upload_id)


def next_run(worker: str, lease: timedelta, settings: Settings) -> Run[Any] | None:
    """A run through an upload that this worker has claimed now; nothing where none waits."""
    begin_writing()
    run = None
    if upload_id := claim(worker, lease):
        kind = db.session.get_one(Upload, upload_id).kind
        run = RUNS[kind](upload_id, worker, lease, settings)
    db.session.commit()
    return run


def _process(run: Run[Any]) -> None:
    """What becomes of the lines is told in the language of who has brought them."""
    begin_writing()
    with speaking(language_of_uploader(run.upload_id)):
        goes_on = run.start()
        db.session.commit()
        for lines in run.chunks() if goes_on else ():
            begin_writing()
            goes_on = run.process(lines) and not _leaves_the_rest(run)
            db.session.commit()
            if not goes_on:
                break


def _leaves_the_rest(run: Run[Any]) -> bool:
    is_stopping = delivery.is_stopping()
    if is_stopping:
        run.give_back()
    return is_stopping


_delivering = threading.Lock()
_more = threading.Event()


def deliver_mail() -> None:
    """Deliver all that is due. One thread of the process at a time; one that comes meanwhile leaves word."""
    _more.set()
    while _more.is_set() and _delivering.acquire(blocking=False):
        try:
            _more.clear()
            delivery.deliver_all()
        finally:
            _delivering.release()


#: By every worker, however many there are: each row is held by one of them, and marked as done with what was done.
EVERY_MINUTE = (
    take_up_what_was_left,
    deliver_mail,  # meanwhile: an upload may take long
    end_memberships,
    forget_answers,
    enrol_who_was_left,
    remind,
    prune,
)
