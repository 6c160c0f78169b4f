"""The outbox to the mail server.

A letter is claimed, written, handed over on a kept connection, and what the server said is recorded in a
transaction of its own before the next one goes out: a worker killed at any point repeats one letter a connection
at most, the one whose "250 OK" had not been recorded. Without a mail server the letters go to the development
mailbox.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import cached_property, partial
from itertools import zip_longest
from pathlib import Path

from flask import Flask, current_app
from flask_mail import Mail as MailExtension

from domain.link_tokens import LinkTokens
from models import Letter, begin_writing, db, now
from worker.carriers import (
    BrokenOffError,
    CannotBeMailedError,
    Carrier,
    Meanwhile,
    RefusedError,
    ServerAwayError,
    ToMailbox,
    ToServer,
)
from worker.due_letters import PORTION, give_back, take_due
from worker.letter_facts import load_facts
from worker.letter_parts import Content, Links
from worker.letters import Writer, mail_environment
from worker.mailbox import Mailbox
from worker.mime import Message, compose
from worker.recording import (
    BEHIND_THE_OTHERS,
    Records,
    put_off_all_that_are_due,
    record_answer,
    record_delay,
    record_dropped,
    record_refusal,
    settle,
)

log = logging.getLogger(__name__)
mail = MailExtension()

#: Letters that are broken off, one after the other, before the server counts as away.
MOST_BROKEN_IN_A_ROW = 3
#: To the mail server at once, of one worker, where hundreds of letters are due.
CONNECTIONS = 4


def init_app(app: Flask) -> None:
    mail.init_app(app)
    tokens = LinkTokens(app.config["SECRET_KEY"])
    app.extensions["link_tokens"] = tokens
    app.extensions["stopping"] = threading.Event()
    app.extensions["letter_writer"] = Writer(mail_environment(), Links(app.config["BASE_URL"], tokens))
    app.extensions["mailbox"] = None if app.config["MAIL_SERVER"] else Mailbox(Path(app.instance_path) / "mailbox")


def deliver_all() -> None:
    """Deliver letters until none is due, the mail server is away, or the worker is to stop.

    While the server takes in a mail on one connection, what it said on the other is recorded, or letters are claimed.
    """
    first = _claim()
    one_is_enough = len(first.letters) < PORTION or current_app.extensions["mailbox"]
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # Werkzeug's
    with ThreadPoolExecutor(CONNECTIONS, "mail") as beside:
        others = [] if one_is_enough else [beside.submit(_deliver_in_context, app) for _other in range(1, CONNECTIONS)]
        ends = [_deliver_over_one_connection(first), *(other.result() for other in others)]
    # That one connection does not come about, or breaks, says nothing: the server may take no more than another.
    if End.WELL not in ends and (troubles := [end for end in ends if isinstance(end, ServerAwayError)]):
        log.warning("The mail server is away (%s); the letters are tried again later.", troubles[0])
        put_off_all_that_are_due(str(troubles[0]))


class End(Enum):
    """How the work of a connection has come to an end, unless the server was away."""

    WELL = auto()
    NOTHING_TO_DO = auto()


def is_stopping() -> bool:
    """Whether the worker has been told to stop, and should begin nothing more."""
    return bool(current_app.extensions["stopping"].is_set())


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


class Ready:
    """A claimed letter, ready to be written: its message is made when it is first asked for."""

    def __init__(self, letter_id: uuid.UUID, write: Callable[[], Message]) -> None:
        self.id = letter_id
        self._write = write

    @cached_property
    def message(self) -> Message:
        return self._write()

    def write_ahead(self) -> None:
        """A fault in it comes again, and is dealt with, when its turn has come."""
        with suppress(Exception):
            self.message  # noqa: B018 - asked for the first time, it is made


@dataclass(frozen=True, slots=True)
class Batch:
    """Letters claimed together; empty where nothing is due."""

    letters: Sequence[Ready]
    turn: Turn
    claimed_until: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.letters)


def _claim() -> Batch:
    """The next letters that are due; those not wanted any more are dropped."""
    while not is_stopping():
        turn = Turn(timedelta(seconds=current_app.config["LEASE_SECONDS"] * 3 / 8))
        begin_writing()
        letters = take_due()
        for letter in letters:
            db.session.expunge(letter)  # it is only read, and outlives the transaction
        db.session.commit()
        ready = _write(letters)
        if ready or not letters:
            return Batch(ready, turn, letters[0].claimed_until if letters else None)
    return Batch((), Turn(timedelta()))


def _write(letters: Sequence[Letter]) -> list[Ready]:
    """What each of them says."""
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
        record_dropped(letter_id)
    for letter_id in faulty:
        record_delay(letter_id, "it could not be written")
    return ready


def _compose(letter: Letter, content: Content) -> Message:
    writer: Writer = current_app.extensions["letter_writer"]
    return compose(letter.id, writer.put_into_words(letter, content), current_app.config["MAIL_DEFAULT_SENDER"])


# Delivering.


def _deliver_in_context(app: Flask) -> End | ServerAwayError:
    """For a thread of its own."""
    with app.app_context():
        return _deliver_over_one_connection(_claim())


def _deliver_over_one_connection(batch: Batch) -> End | ServerAwayError:
    """These letters, and all that are due then."""
    if not batch:
        return End.NOTHING_TO_DO
    mailbox = current_app.extensions["mailbox"]
    carrier = ToMailbox(mailbox) if mailbox else ToServer(seconds=current_app.config["LEASE_SECONDS"] / 2)
    records = Records()
    try:
        while batch:
            _deliver(batch, carrier, records)
            batch = _claim()
    except ServerAwayError as away:
        return away
    finally:
        records.close()
        carrier.close()
    return End.WELL


def _deliver(batch: Batch, carrier: Carrier, records: Records) -> None:
    """Hand over one after the other, while the claim lasts: what is left then is given back.

    `records` takes each one that is sent, in a transaction of its own, before the next one goes out.
    """
    broken_in_a_row = 0
    done: list[uuid.UUID] = []
    try:
        for ready, following in zip_longest(batch.letters, batch.letters[1:]):
            if batch.turn.is_over or is_stopping():
                break
            try:
                if _is_handed_over(ready, carrier, following.write_ahead if following else None):
                    records.sent(ready.id)
                broken_in_a_row = 0
            except BrokenOffError as trouble:
                broken_in_a_row += 1
                if broken_in_a_row == MOST_BROKEN_IN_A_ROW:
                    raise ServerAwayError(str(trouble)) from trouble
            done.append(ready.id)
    finally:
        give_back([ready.id for ready in batch.letters[len(done) :]], batch.claimed_until)
        settle(done)


def _is_handed_over(ready: Ready, carrier: Carrier, meanwhile: Meanwhile | None) -> bool:
    """Hand over one letter; where it does not go, record why, unless the server is away: that is none of its doing.

    `meanwhile`: what is done while the server takes in the text.
    """
    try:
        carrier.hand_over(ready.message, meanwhile)
        return True
    except RefusedError as refused:
        record_answer(ready.id, refused)
    except CannotBeMailedError as never:
        record_refusal(ready.id, str(never), partial(str, never))
    except ServerAwayError:
        raise
    except BrokenOffError as trouble:
        record_delay(ready.id, str(trouble), BEHIND_THE_OTHERS)
        raise
    except Exception as fault:  # a fault of ours in one letter must not hold up the others
        log.exception("Letter %s cannot be sent.", ready.id)
        record_delay(ready.id, str(fault))
    return False
