"""The outbox to the mail server.

A letter is claimed, written, handed over on one kept connection, and what the server said is recorded in
a transaction of its own before the next one goes out: a worker killed at any point repeats one letter at
most, the one whose "250 OK" had not been recorded. Without a mail server the letters go to the
development mailbox.
"""

import logging
import smtplib
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Any, Protocol

from flask import Flask, current_app
from flask_mail import Connection as MailConnection
from flask_mail import Mail as MailExtension
from flask_mail import Message
from sqlalchemy import or_, select, update

from domain.join_tokens import JoinTokens
from domain.outcomes import letter_dropped, letter_refused, letter_sent
from models import Letter, begin_writing, db, now
from models.outbox import LetterState
from worker.claims import ME
from worker.letter_facts import load_facts
from worker.letters import Mail, Writer, mail_environment
from worker.mailbox import Mailbox

log = logging.getLogger(__name__)
mail = MailExtension()

#: Letters claimed at once.
BATCH = 50
#: How long to wait after the first, second, … attempt; then as after the last.
WAITS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
GIVE_UP_AFTER = timedelta(days=1)
#: Connections that break in the middle of a letter, one after the other, before the server counts as away.
MOST_LOST_IN_A_ROW = 3
#: The server closes the connection (RFC 5321, 3.8).
CLOSING = 421
#: Seconds the mail server has for each of its answers.
PATIENCE = 15


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


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed letter, written."""

    id: uuid.UUID
    mail: Mail


class Carrier(Protocol):
    """Takes mails to where they go."""

    def hand_over(self, ready: Ready) -> None: ...
    def close(self) -> None: ...


class ServerAwayError(Exception):
    """The mail server cannot be reached, or turns everything away: nothing is wrong with the letter."""


class ConnectionLostError(Exception):
    """The connection broke while the letter was under way: nobody knows whether it was taken."""


def deliver_all() -> None:
    """Deliver letters until none is due, or the mail server is away."""
    carrier = _carrier()
    try:
        while batch := _claim():
            _deliver(batch, carrier)
    except ServerAwayError:
        log.warning("The mail server is away; the letters are tried again later.")
    finally:
        carrier.close()


def _carrier() -> Carrier:
    mailbox = current_app.extensions["mailbox"]
    return ToMailbox(mailbox) if mailbox else ToServer()


# Claiming.


def _claim() -> list[Ready]:
    """The next letters that are due, claimed and written; those not wanted any more are dropped."""
    begin_writing()
    lease = timedelta(seconds=current_app.config["LEASE_SECONDS"])
    letters = _take_due(lease)
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
    db.session.commit()
    return ready or (_claim() if letters else [])


def _take_due(lease: timedelta) -> Sequence[Letter]:
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
    """Hand over one after the other, for a part of the lease: what is left then is given back."""
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
    except smtplib.SMTPRecipientsRefused as refused:
        code, answer = next(iter(refused.recipients.values()))
        _record_answer(ready, code, answer)
    except smtplib.SMTPDataError as refused:
        _record_answer(ready, refused.smtp_code, refused.smtp_error)
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
    letter_sent(letter, current_app.config["FAILURE_MAIL_LIMIT"])
    db.session.commit()


def _record_answer(ready: Ready, code: int, answer: bytes | str) -> None:
    """What the mail server said of this letter: with 5xx it never will, with 4xx it may later (RFC 5321, 4.2.1)."""
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    said = f"{code} {' '.join(words.split())}"[:500]
    if code < 500:
        return _record_delay(ready, said)
    begin_writing()
    _refuse(db.session.get_one(Letter, ready.id), said)
    db.session.commit()


def _record_delay(ready: Ready, said: str) -> None:
    begin_writing()
    _delay(db.session.get_one(Letter, ready.id), said)
    db.session.commit()


def _delay(letter: Letter, said: str) -> None:
    """Try again later; after a day of trying, give up."""
    letter.attempts += 1
    letter.last_answer = said
    letter.claimed_by = letter.claimed_until = None
    letter.due_at = now() + WAITS[min(letter.attempts, len(WAITS)) - 1]
    if letter.attempts > len(WAITS) and letter.created_at < now() - GIVE_UP_AFTER:
        _refuse(letter, said)


def _refuse(letter: Letter, said: str) -> None:
    _close(letter.id, LetterState.REFUSED, said)
    letter_refused(letter, said, current_app.config["FAILURE_MAIL_LIMIT"])


def _close(letter_id: uuid.UUID, state: LetterState, said: str | None = None) -> Letter:
    closed = (
        update(Letter)
        .where(Letter.id == letter_id)
        .values(state=state, last_answer=said, sent_at=now(), claimed_by=None, claimed_until=None)
        .returning(Letter)
    )
    return db.session.scalars(closed).one()


def _give_back(batch: Sequence[Ready]) -> None:
    begin_writing()
    db.session.execute(
        update(Letter)
        .where(Letter.id.in_([ready.id for ready in batch]), Letter.claimed_by == ME)
        .values(claimed_by=None, claimed_until=None)
    )
    db.session.commit()


# Carriers.


class ToMailbox:
    """The development mailbox: a folder."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def hand_over(self, ready: Ready) -> None:
        self._mailbox.put(str(ready.id), message_of(ready).as_bytes())

    def close(self) -> None:
        pass


class ToServer:
    """The mail server, on one connection that is kept while there is mail."""

    def __init__(self) -> None:
        self._connection: PatientConnection | None = None

    def hand_over(self, ready: Ready) -> None:
        """Raises what `smtplib` raises where the server answers about this letter."""
        message = message_of(ready)
        if self._connection is not None and self._try(self._connection, message):
            return
        # New, or closed by the server after some letters, as many do: on a fresh connection it counts.
        if not self._try(self._connect(), message):
            raise ServerAwayError("the mail server closed the connection")

    def _try(self, connection: "PatientConnection", message: Message) -> bool:
        """Answers whether it was handed over; if not, the connection has gone before the message was begun."""
        connection.host.message_begun = False
        try:
            connection.send(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError):
            raise
        except smtplib.SMTPSenderRefused as refused:
            if refused.smtp_code != CLOSING:
                raise ServerAwayError(str(refused)) from refused
        except OSError as trouble:  # which smtplib's own derive from
            if connection.host.message_begun:
                self._connection = None
                raise ConnectionLostError(str(trouble)) from trouble
        else:
            return True
        self._connection = None
        return False

    def _connect(self) -> "PatientConnection":
        try:
            self._connection = PatientConnection(current_app.extensions["mail"]).__enter__()
        except OSError as trouble:
            raise ServerAwayError(str(trouble)) from trouble
        return self._connection

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.host.quit()
            except OSError:
                connection.host.close()


class PatientConnection(MailConnection):
    """Flask-Mail's connection, which would wait for ever for a server that says nothing."""

    host: "Host"

    def configure_host(self) -> "Host":
        host = Host(self.mail.server, self.mail.port, timeout=PATIENCE)
        if self.mail.use_tls:
            host.starttls()
        if self.mail.username and self.mail.password:
            host.login(self.mail.username, self.mail.password)
        return host


class Host(smtplib.SMTP):
    """Knows whether the text of a message has begun: from then on, a broken connection leaves its fate open."""

    message_begun = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.message_begun = True
        return super().data(msg)


def message_of(ready: Ready) -> Message:
    """The mail as Flask-Mail sends it. Its identifier is the letter's, so that a repeated one can be told."""
    written = ready.mail
    name, address = parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])
    message = Message(
        subject=written.subject,
        recipients=[written.to],
        body=written.text,
        html=written.html,
        sender=formataddr((written.from_name or name, address)),
        reply_to=written.reply_to,
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    message.msgId = f"<{ready.id}@{address.rpartition('@')[2]}>"
    for attachment in written.attachments:
        message.attach(attachment.file_name, attachment.content_type, attachment.content)
    return message
