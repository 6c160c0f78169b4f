"""What has been kept for long enough, deleted: see `domain.retention` for what that is."""

import logging
from collections.abc import Callable
from datetime import timedelta

from flask import current_app

from domain import retention
from domain.retention import Periods
from models import begin_writing, db, now

log = logging.getLogger(__name__)

#: Seconds between two portions, in which others get to write: SQLite knows no queue.
PAUSE = 0.1


def prune() -> None:
    """By several workers at once, too: each takes what the others do not hold."""
    periods = Periods.of(current_app.config)
    steps = [*retention.steps(periods)]
    db.session.commit()
    for step in steps:
        try:
            _take(step)
        except Exception:  # a fault of ours in one kind must not keep the others for ever
            db.session.rollback()
            log.exception("What has been kept for long enough cannot be deleted; it is tried again in a minute.")
    empty_mailbox(periods)


def _take(step: Callable[[], bool]) -> None:
    """All that is due, a portion after the other."""
    stopping = current_app.extensions["stopping"]
    goes_on = not stopping.is_set()
    while goes_on:
        begin_writing()
        goes_on = step()
        db.session.commit()
        goes_on = goes_on and not stopping.wait(PAUSE)


def empty_mailbox(periods: Periods) -> None:
    """The development mailbox, of mails as old as letters become."""
    mailbox = current_app.extensions["mailbox"]
    if mailbox and periods.mails:
        mailbox.forget(now() - timedelta(days=periods.mails))
