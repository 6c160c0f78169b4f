"""What the worker does: load by id, look again, call the domain, commit. All of it may be run twice."""

import logging
import threading
import uuid
from datetime import timedelta

from flask import current_app

from domain.collaborations import end_expired_memberships
from domain.processing import Run, Settings, claim
from models import begin_writing, db
from worker import delivery
from worker.claims import ME, free_claims_of_the_dead

log = logging.getLogger(__name__)


def take_up_what_was_left() -> None:
    """Go on, at once, with what a worker of this machine left behind when it died."""
    begin_writing()
    free_claims_of_the_dead()
    db.session.commit()
    delivery.settle_what_was_left()
    do_what_waits()


def do_what_waits() -> None:
    process_uploads()
    deliver_mail()


def end_memberships() -> None:
    begin_writing()
    end_expired_memberships()
    db.session.commit()


EVERY_MINUTE = (do_what_waits, delivery.settle_what_was_left, end_memberships)


def process_uploads() -> None:
    config = current_app.config
    settings = Settings(config["INVITATION_DAYS"], config["FAILURE_MAIL_LIMIT"])
    lease = timedelta(seconds=config["LEASE_SECONDS"])
    while not delivery.is_stopping() and (upload_id := _claim(lease)) is not None:
        try:
            _process(Run(upload_id, ME, lease, settings))
        except Exception:  # a fault of ours in one upload must hold up neither the others nor the mail
            db.session.rollback()
            log.exception("Upload %s cannot be processed; it is tried again when its claim has run out.", upload_id)


def _process(run: Run) -> None:
    begin_writing()
    goes_on = run.start()
    db.session.commit()
    for lines in run.chunks() if goes_on else ():
        begin_writing()
        goes_on = run.process(lines)
        db.session.commit()
        if not goes_on or delivery.is_stopping():
            break


def _claim(lease: timedelta) -> uuid.UUID | None:
    begin_writing()
    upload_id = claim(ME, lease)
    db.session.commit()
    return upload_id


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
