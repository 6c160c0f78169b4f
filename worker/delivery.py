"""The outbox to the mail server.

A letter is claimed, written, handed over on one kept connection, and what the server said is recorded in
a transaction of its own before the next one goes out: a worker killed at any point repeats one letter at
most, the one whose "250 OK" had not been recorded. Without a mail server the letters go to the
development mailbox.
"""

import logging
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from flask import Flask, current_app
from flask_mail import Mail as MailExtension
from sqlalchemy import or_, select, update

from domain.join_tokens import JoinTokens
from domain.language import gettext as _
from domain.outcomes import letter_dropped, letter_refused, letter_sent
from models import Letter, begin_writing, db, now
from models.outbox import LetterState
from worker.carriers import (
    CannotBeMailedError,
    Carrier,
    ConnectionLostError,
    Ready,
    RefusedError,
    ServerAwayError,
    ToMailbox,
    ToServer,
    message_of,
)
from worker.claims import ME
from worker.letter_facts import load_facts
from worker.letters import Writer, mail_environment
from worker.mailbox import Mailbox

__all__ = ["Ready", "deliver_all", "init_app", "message_of"]

log = logging.getLogger(__name__)
mail = MailExtension()

#: Letters claimed at once.
BATCH = 50
#: How long to wait after the first, second, … attempt; then as after the last.
WAITS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
GIVE_UP_AFTER = timedelta(days=1)
#: Connections that break in the middle of a letter, one after the other, before the server counts as away.
MOST_LOST_IN_A_ROW = 3


def init_app(app: Flask) -> None:
    mail.init_app(app)
    tokens = JoinTokens(app.config["SECRET_KEY"])
    app.extensions["join_tokens"] = tokens
    app.extensions["letter_writer"] = Writer(
        mail_environment(),
        app.config["BASE_URL"],
        lambda invitation: tokens.make(invitation.id, invitation.link_number),
    )
    app.extensions["mailbox"] = None if app.config["MAIL_SERVER"] else Mailbox(Path(app.instance_path) / "mailbox")


def deliver_all() -> None:
    """Deliver letters until none is due, or the mail server is away."""
    carrier = _carrier()
    try:
        while batch := _claim():
            _deliver(batch, carrier)
    except ServerAwayError as away:
        log.warning("The mail server is away (%s); the letters are tried again later.", away)
        _put_off_all_that_are_due(str(away))
    finally:
        carrier.close()


def _carrier() -> Carrier:
    mailbox = current_app.extensions["mailbox"]
    return ToMailbox(mailbox) if mailbox else ToServer(seconds=current_app.config["LEASE_SECONDS"] / 2)


# Claiming.


def _claim() -> list[Ready]:
    """The next letters that are due, claimed and written; those not wanted any more are dropped."""
    while True:
        begin_writing()
        letters = _take_due()
        ready = _written(letters)
        db.session.commit()
        if ready or not letters:
            return ready


def _written(letters: Sequence[Letter]) -> list[Ready]:
    facts = load_facts(letters)
    writer: Writer = current_app.extensions["letter_writer"]
    ready = []
    for letter in letters:
        try:
            written = writer.write(letter, facts)
        except Exception:  # a fault of ours in one letter must not hold up the others
            log.exception("Letter %s cannot be written.", letter.id)
            _delay(letter, "it could not be written")
            continue
        if written is None:
            _drop(letter)
        else:
            ready.append(Ready(letter.id, written))
    return ready


def _take_due() -> Sequence[Letter]:
    lease = timedelta(seconds=current_app.config["LEASE_SECONDS"])
    free = or_(Letter.claimed_until.is_(None), Letter.claimed_until < now())
    due = (
        select(Letter.id)
        .where(Letter.is_waiting, Letter.due_at <= now(), free)
        .order_by(Letter.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return db.session.scalars(
        update(Letter)
        .where(Letter.id.in_(due))
        .values(claimed_by=ME, claimed_until=now() + lease)
        .returning(Letter)
        .execution_options(synchronize_session=False)
    ).all()


def _drop(letter: Letter) -> None:
    _close(letter.id, LetterState.DROPPED)
    letter_dropped(letter, current_app.config["FAILURE_MAIL_LIMIT"])


# Delivering.


def _deliver(batch: Sequence[Ready], carrier: Carrier) -> None:
    """Hand over one after the other, for a part of the lease: what is left then is given back.

    The last one begun has half of the lease (`_carrier`), so that it ends while nobody else can take it up.
    """
    stop_at = time.monotonic() + current_app.config["LEASE_SECONDS"] / 4
    lost_in_a_row = 0
    for place, ready in enumerate(batch):
        if time.monotonic() > stop_at:
            return _give_back(batch[place:])
        try:
            _deliver_one(ready, carrier)
            lost_in_a_row = 0
        except ConnectionLostError as lost:
            lost_in_a_row += 1
            if lost_in_a_row == MOST_LOST_IN_A_ROW:
                _give_back(batch[place + 1 :])
                raise ServerAwayError(str(lost)) from lost
        except ServerAwayError:
            _give_back(batch[place + 1 :])
            raise


def _deliver_one(ready: Ready, carrier: Carrier) -> None:
    try:
        carrier.hand_over(ready)
    except RefusedError as refused:
        _record_answer(ready, refused)
    except CannotBeMailedError as never:
        _record_refusal(ready, str(never), str(never))
    except (ServerAwayError, ConnectionLostError) as trouble:
        _record_delay(ready, str(trouble))
        raise
    except Exception as fault:  # a fault of ours in one letter must not hold up the others
        log.exception("Letter %s cannot be sent.", ready.id)
        _record_delay(ready, str(fault))
    else:
        _record_sent(ready)


def _record_sent(ready: Ready) -> None:
    begin_writing()
    letter = _close(ready.id, LetterState.SENT)
    if letter is not None:
        letter_sent(letter, current_app.config["FAILURE_MAIL_LIMIT"])
    db.session.commit()


def _record_answer(ready: Ready, refused: RefusedError) -> None:
    said = str(refused)
    if refused.for_good:
        _record_refusal(ready, said, _("Address refused by its mail server: %(answer)s", answer=said))
    else:
        _record_delay(ready, said)


def _record_refusal(ready: Ready, said: str, sentence: str) -> None:
    begin_writing()
    if (letter := _still_mine(ready)) is not None:
        _refuse(letter, said, "address_refused", sentence)
    db.session.commit()


def _record_delay(ready: Ready, said: str) -> None:
    begin_writing()
    if (letter := _still_mine(ready)) is not None:
        _delay(letter, said)
    db.session.commit()


def _still_mine(ready: Ready) -> Letter | None:
    """The letter, held; nothing where the claim has run out and another worker is at it."""
    query = select(Letter).where(Letter.id == ready.id, Letter.is_waiting, Letter.claimed_by == ME)
    return db.session.scalar(query.with_for_update())


def _delay(letter: Letter, said: str) -> None:
    """Try again later; after a day of trying, give up."""
    letter.attempts += 1
    letter.last_answer = said
    letter.claimed_by = letter.claimed_until = None
    letter.due_at = now() + WAITS[min(letter.attempts, len(WAITS)) - 1]
    if letter.attempts > len(WAITS) and letter.created_at < now() - GIVE_UP_AFTER:
        sentence = _("For a day the mail could not be delivered; at the last attempt: %(answer)s", answer=said)
        _refuse(letter, said, "not_delivered", sentence)


def _put_off_all_that_are_due(said: str) -> None:
    """A server that is away for one letter is so for all: each of them has been tried, and waits its own time."""
    letters: Sequence[Letter] | None = None
    while letters is None or letters:
        begin_writing()
        letters = _take_due()
        for letter in letters:
            _delay(letter, said)
        db.session.commit()


def _refuse(letter: Letter, said: str, reason: str, sentence: str) -> None:
    _close(letter.id, LetterState.REFUSED, said)
    letter_refused(letter, reason, sentence, current_app.config["FAILURE_MAIL_LIMIT"])


def _close(letter_id: uuid.UUID, state: LetterState, said: str | None = None) -> Letter | None:
    """The letter, closed; nothing where another worker has closed it meanwhile."""
    closed = (
        update(Letter)
        .where(Letter.id == letter_id, Letter.is_waiting)
        .values(state=state, last_answer=said, sent_at=now(), claimed_by=None, claimed_until=None)
        .returning(Letter)
    )
    return db.session.scalars(closed).one_or_none()


def _give_back(batch: Sequence[Ready]) -> None:
    begin_writing()
    db.session.execute(
        update(Letter)
        .where(Letter.id.in_([ready.id for ready in batch]), Letter.claimed_by == ME)
        .values(claimed_by=None, claimed_until=None)
    )
    db.session.commit()
