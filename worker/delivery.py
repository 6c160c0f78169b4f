"""The outbox to the mail server.

A letter is claimed, written, handed over on one kept connection, and what the server said is recorded in
a transaction of its own before the next one goes out: a worker killed at any point repeats one letter at
most, the one whose "250 OK" had not been recorded. Without a mail server the letters go to the
development mailbox.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import zip_longest
from pathlib import Path

from flask import Flask, current_app
from flask_mail import Mail as MailExtension
from sqlalchemy import Connection, bindparam, or_, select, update

from domain.language import gettext as _
from domain.link_tokens import LinkTokens
from domain.outcomes import letter_dropped, letter_refused, settle_all_sent, settle_sent
from domain.processing import is_free
from models import Letter, begin_writing, db, now
from models.outbox import LetterState
from models.searching import one_of_few
from worker.carriers import (
    BrokenOffError,
    CannotBeMailedError,
    Carrier,
    Meanwhile,
    Ready,
    RefusedError,
    ServerAwayError,
    ToMailbox,
    ToServer,
)
from worker.claims import ME
from worker.letter_facts import load_facts
from worker.letter_parts import Content, Links
from worker.letters import Writer, mail_environment
from worker.mailbox import Mailbox
from worker.mime import Message, compose

log = logging.getLogger(__name__)
mail = MailExtension()

#: Letters claimed at once.
BATCH = 100
#: How long to wait after the first, second, … attempt; then as after the last.
WAITS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
GIVE_UP_AFTER = timedelta(days=1)
#: Letters that are broken off, one after the other, before the server counts as away.
MOST_BROKEN_IN_A_ROW = 3
#: So much later than the others is the turn of a letter that was broken off: it must not stop them every time.
BEHIND_THE_OTHERS = timedelta(seconds=1)
#: No letter waits for longer than this, unless it was put off while a clock went ahead.
LONGER_THAN_ANY = 2 * WAITS[-1]


def init_app(app: Flask) -> None:
    mail.init_app(app)
    tokens = LinkTokens(app.config["SECRET_KEY"])
    app.extensions["link_tokens"] = tokens
    app.extensions["stopping"] = threading.Event()
    app.extensions["letter_writer"] = Writer(mail_environment(), Links(app.config["BASE_URL"], tokens))
    app.extensions["mailbox"] = None if app.config["MAIL_SERVER"] else Mailbox(Path(app.instance_path) / "mailbox")


def deliver_all() -> None:
    """Deliver letters until none is due, the mail server is away, or the worker is to stop.

    Handing over is mostly waiting for the mail server. Meanwhile, beside it, the one before is recorded, and the
    next letters are claimed.
    """
    carrier = _carrier()
    with db.engine.connect() as connection, ThreadPoolExecutor(2, "beside_the_mail") as beside:
        records = connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            _deliver_batches(carrier, records, beside)
        except ServerAwayError as away:
            log.warning("The mail server is away (%s); the letters are tried again later.", away)
            _put_off_all_that_are_due(str(away))
        finally:
            carrier.close()


def is_stopping() -> bool:
    """Whether the worker has been told to stop, and should begin nothing more."""
    return bool(current_app.extensions["stopping"].is_set())


def _carrier() -> Carrier:
    mailbox = current_app.extensions["mailbox"]
    return ToMailbox(mailbox) if mailbox else ToServer(seconds=current_app.config["LEASE_SECONDS"] / 2)


# Claiming.


@dataclass(frozen=True, slots=True)
class Turn:
    """The time in which letters may be begun that were claimed at its beginning.

    What is left of the lease then is enough for one, which a slow mail server may take half of it to accept: cut off
    sooner, it would be sent again and be doubled.
    """

    lasts: timedelta
    began: float = field(default_factory=time.monotonic)
    began_at: datetime = field(default_factory=now)

    @property
    def is_over(self) -> bool:
        """Also where the clock has jumped: by the clock, others see whether the claim holds."""
        passed, passed_by_the_clock = timedelta(seconds=time.monotonic() - self.began), now() - self.began_at
        return passed > self.lasts or not timedelta() <= passed_by_the_clock <= self.lasts


@dataclass(frozen=True, slots=True)
class Batch:
    """Letters claimed together; empty where nothing is due."""

    letters: Sequence[Ready]
    turn: Turn

    def __bool__(self) -> bool:
        return bool(self.letters)


def _claim() -> Batch:
    """The next letters that are due; those not wanted any more are dropped."""
    while not is_stopping():
        turn = Turn(timedelta(seconds=current_app.config["LEASE_SECONDS"] * 3 / 8))
        begin_writing()
        letters = _take_due()
        for letter in letters:
            db.session.expunge(letter)  # it is only read, and outlives the transaction
        db.session.commit()
        ready = _write(letters)
        if ready or not letters:
            return Batch(ready, turn)
    return Batch((), Turn(timedelta()))


def _claim_in_context(app: Flask) -> Batch:
    """For a thread of its own."""
    with app.app_context():
        return _claim()


def _write(letters: Sequence[Letter]) -> list[Ready]:
    """What each of them says; the words are found when its turn comes."""
    writer: Writer = current_app.extensions["letter_writer"]
    facts = load_facts(letters)
    ready, unwanted, faulty = [], [], []
    for letter in letters:
        try:
            content = writer.content(letter, facts)
        except Exception:  # a fault of ours in one letter must not hold up the others
            log.exception("Letter %s cannot be written.", letter.id)
            faulty.append(letter.id)
            continue
        if content is None:
            unwanted.append(letter.id)
        else:
            ready.append(Ready(letter.id, partial(_compose, letter, content)))
    db.session.commit()
    for letter_id in unwanted:
        _record_dropped(letter_id)
    for letter_id in faulty:
        _record_delay(letter_id, "it could not be written")
    return ready


def _compose(letter: Letter, content: Content) -> Message:
    writer: Writer = current_app.extensions["letter_writer"]
    return compose(letter.id, writer.put_into_words(letter, content), current_app.config["MAIL_DEFAULT_SENDER"])


def _take_due() -> Sequence[Letter]:
    lease = timedelta(seconds=current_app.config["LEASE_SECONDS"])
    at = now()
    is_due = or_(Letter.due_at <= at, Letter.due_at > at + LONGER_THAN_ANY)
    due = (
        select(Letter.id)
        .where(Letter.is_waiting, is_due, is_free(Letter, lease))
        .order_by(Letter.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    taken = db.session.scalars(
        update(Letter)
        .where(one_of_few(Letter.id, due))
        .values(claimed_by=ME, claimed_until=at + lease)
        .returning(Letter)
        .execution_options(synchronize_session=False)
    )
    return sorted(taken, key=lambda letter: letter.due_at)


# Delivering.


def _deliver_batches(carrier: Carrier, records: Connection, beside: Executor) -> None:
    batch = Batch((), Turn(timedelta()))
    try:
        while batch := batch or _claim():
            ahead = beside.submit(_claim_in_context, current_app._get_current_object())  # type: ignore[attr-defined]  # Werkzeug's
            try:
                _deliver(batch, carrier, records, Meanwhile(beside))
            finally:
                batch = ahead.result()
    finally:
        _give_back(batch.letters)


def _deliver(batch: Batch, carrier: Carrier, records: Connection, meanwhile: Meanwhile) -> None:
    """Hand over one after the other, while the claim lasts: what is left then is given back.

    `records` takes each one that is sent, in a transaction of its own, before the text of the next one goes out.
    """
    broken_in_a_row = 0
    begun = 0
    try:
        for ready, following in zip_longest(batch.letters, batch.letters[1:]):
            if batch.turn.is_over or is_stopping():
                break
            begun += 1
            if following is not None:
                meanwhile.after_the_text(following.write_ahead)
            try:
                if _is_handed_over(ready, carrier, meanwhile):
                    # This and no more; what follows from it is settled for many at once.
                    meanwhile.before_the_text(partial(records.execute, _SENT, {"letter": ready.id, "at": now()}))
                broken_in_a_row = 0
            except BrokenOffError as trouble:
                broken_in_a_row += 1
                if broken_in_a_row == MOST_BROKEN_IN_A_ROW:
                    raise ServerAwayError(str(trouble)) from trouble
    finally:
        meanwhile.wait_for_what_comes_before()
        _give_back(batch.letters[begun:])
        _settle(batch.letters[:begun])


def _is_handed_over(ready: Ready, carrier: Carrier, meanwhile: Meanwhile) -> bool:
    """Hand over one letter; where it does not go, record why."""
    try:
        carrier.hand_over(ready, meanwhile)
        return True
    except RefusedError as refused:
        _record_answer(ready.id, refused)
    except CannotBeMailedError as never:
        _record_refusal(ready.id, str(never), partial(str, never))
    except ServerAwayError as away:
        _record_delay(ready.id, str(away))
        raise
    except BrokenOffError as trouble:
        _record_delay(ready.id, str(trouble), BEHIND_THE_OTHERS)
        raise
    except Exception as fault:  # a fault of ours in one letter must not hold up the others
        log.exception("Letter %s cannot be sent.", ready.id)
        _record_delay(ready.id, str(fault))
    return False


_SENT = (
    update(Letter)
    .where(Letter.id == bindparam("letter"), Letter.is_waiting)
    .values(state=LetterState.SENT, sent_at=bindparam("at"), last_answer=None, claimed_by=None, claimed_until=None)
    .execution_options(synchronize_session=False)
)


def _settle(letters: Sequence[Ready]) -> None:
    begin_writing()
    settle_sent([ready.id for ready in letters], current_app.config["FAILURE_MAIL_LIMIT"])
    db.session.commit()


def settle_what_was_left() -> None:
    """Settle what a worker recorded as sent, and died before it could settle it."""
    begin_writing()
    settle_all_sent(current_app.config["FAILURE_MAIL_LIMIT"])
    db.session.commit()


def _record_answer(letter_id: uuid.UUID, refused: RefusedError) -> None:
    said = str(refused)
    if refused.for_good:
        _record_refusal(letter_id, said, lambda: _("Address refused by its mail server: %(answer)s", answer=said))
    else:
        _record_delay(letter_id, said)


def _record_refusal(letter_id: uuid.UUID, said: str, say: Callable[[], str]) -> None:
    begin_writing()
    if (letter := _still_mine(letter_id)) is not None:
        _refuse(letter, said, "address_refused", say)
    db.session.commit()


def _record_delay(letter_id: uuid.UUID, said: str, longer: timedelta = timedelta()) -> None:
    begin_writing()
    if (letter := _still_mine(letter_id)) is not None:
        _delay(letter, said, longer)
    db.session.commit()


def _record_dropped(letter_id: uuid.UUID) -> None:
    begin_writing()
    if (letter := _still_mine(letter_id)) is not None:
        _close(letter, LetterState.DROPPED)
        letter_dropped(letter, current_app.config["FAILURE_MAIL_LIMIT"])
    db.session.commit()


def _still_mine(letter_id: uuid.UUID) -> Letter | None:
    """The letter, held; nothing where the claim has run out and another worker is at it."""
    query = select(Letter).where(Letter.id == letter_id, Letter.is_waiting, Letter.claimed_by == ME)
    return db.session.scalar(query.with_for_update())


def _delay(letter: Letter, said: str, longer: timedelta = timedelta()) -> None:
    """Try again later; after a day of trying, give up."""
    letter.attempts += 1
    letter.last_answer = said
    letter.claimed_by = letter.claimed_until = None
    letter.due_at = now() + WAITS[min(letter.attempts, len(WAITS)) - 1] + longer
    if letter.attempts > len(WAITS) and letter.created_at < now() - GIVE_UP_AFTER:
        _refuse(letter, said, "not_delivered", partial(_never_delivered, said))


def _never_delivered(said: str) -> str:
    return _("For a day the mail could not be delivered; at the last attempt: %(answer)s", answer=said)


def _put_off_all_that_are_due(said: str) -> None:
    """A server that is away for one letter is so for all: each counts as tried, and waits its own time."""
    letters: Sequence[Letter] | None = None
    while letters is None or letters:
        begin_writing()
        letters = _take_due()
        for letter in letters:
            _delay(letter, said)
        db.session.commit()


def _refuse(letter: Letter, said: str, reason: str, say: Callable[[], str]) -> None:
    """`said`: by the mail server; `say`: to people, in whichever language is being spoken."""
    _close(letter, LetterState.REFUSED, said)
    letter_refused(letter, reason, say, current_app.config["FAILURE_MAIL_LIMIT"])


def _close(letter: Letter, state: LetterState, said: str | None = None) -> None:
    letter.state, letter.last_answer, letter.sent_at = state, said, now()
    letter.claimed_by = letter.claimed_until = None
    db.session.flush()


def _give_back(letters: Sequence[Ready]) -> None:
    if not letters:
        return
    begin_writing()
    db.session.execute(
        update(Letter)
        .where(Letter.id.in_([ready.id for ready in letters]), Letter.claimed_by == ME)
        .values(claimed_by=None, claimed_until=None)
    )
    db.session.commit()
