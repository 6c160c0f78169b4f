"""Carriers take letters to where they go: to the mail server, or into the development mailbox."""

import math
import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from flask import current_app
from flask_mail import Connection as MailConnection

from domain.language import gettext as _
from worker.mailbox import Mailbox
from worker.mime import Message

#: The server closes the connection (RFC 5321, 3.8).
CLOSING = 421
#: The message is larger than the server takes (RFC 1870, 6.1).
TOO_LARGE = 552
#: Seconds the mail server has for each of its answers before the text of a message.
PATIENCE = 15

Meanwhile = Callable[[], object]


class Carrier(Protocol):
    """Takes mails to where they go, and raises one of the errors below where it cannot.

    While it waits for a mail server it may do something `meanwhile`.
    """

    def hand_over(self, message: Message, meanwhile: Meanwhile | None) -> None: ...
    def close(self) -> None: ...


class RefusedError(Exception):
    """The mail server will not take this letter: for now, or (`for_good`) ever (RFC 5321, 4.2.1)."""

    def __init__(self, code: int, answer: bytes | str) -> None:
        super().__init__(_in_words(code, answer))
        self.for_good = code >= 500


class CannotBeMailedError(Exception):
    """No letter can go to this address by this mail server. `str(error)` says so in the language being spoken."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._letter = next(letter for letter in address if not letter.isascii())

    def __str__(self) -> str:
        return _(
            "The mail server cannot deliver to addresses with letters such as “%(letter)s” before the @.",
            letter=self._letter,
        )


class BrokenOffError(Exception):
    """The connection broke or was closed at this letter, or the server would not hear of it.

    Whether that is the letter's fault or the server's is unknown; once the text had begun, so is whether the
    letter was taken.
    """


class ServerAwayError(Exception):
    """The mail server cannot be reached: nothing is wrong with the letter."""


class ToMailbox:
    """The development mailbox: a folder."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def hand_over(self, message: Message, meanwhile: Meanwhile | None) -> None:
        self._mailbox.put(str(message.letter_id), message.content)

    def close(self) -> None:
        pass


class ToServer:
    """The mail server, on one connection that is kept while there is mail."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long handing over one letter may take."""
        self._seconds = seconds
        self._connection: PatientConnection | None = None

    def hand_over(self, message: Message, meanwhile: Meanwhile | None) -> None:
        stop_at = time.monotonic() + self._seconds
        if self._connection is not None and self._try(self._connection, message, stop_at, meanwhile):
            return
        # New, or closed by the server after some letters, as many do: on a fresh connection it counts.
        if not self._try(self._connect(), message, stop_at, meanwhile):
            raise BrokenOffError("the mail server closed the connection")

    def _try(
        self, connection: "PatientConnection", message: Message, stop_at: float, meanwhile: Meanwhile | None
    ) -> bool:
        """Answers whether it was handed over; if not, the connection has gone before the message was begun."""
        host = connection.host
        host.message_begun, host.stop_at, host.meanwhile = False, stop_at, meanwhile
        if message.is_international and not host.has_extn("smtputf8"):
            raise CannotBeMailedError(message.recipient)
        try:
            connection.send(message)
        except smtplib.SMTPRecipientsRefused as refused:
            self._note(*next(iter(refused.recipients.values())))
        except smtplib.SMTPDataError as refused:
            self._note(refused.smtp_code, refused.smtp_error)
        except smtplib.SMTPSenderRefused as refused:
            if refused.smtp_code not in {CLOSING, TOO_LARGE}:
                raise BrokenOffError(_in_words(refused.smtp_code, refused.smtp_error)) from refused
            self._note(refused.smtp_code, refused.smtp_error)
        except OSError as trouble:  # which smtplib's own derive from
            if host.message_begun:
                self._let_go()
                raise BrokenOffError(_what_happened(trouble)) from trouble
        except Exception:  # a fault of ours, in the middle of a conversation
            self._let_go()
            raise
        else:
            return True
        self._let_go()
        return False

    def _note(self, code: int, answer: bytes | str) -> None:
        """What the server says of a letter stands; that it closes the connection says nothing of the letter."""
        if code != CLOSING:
            raise RefusedError(code, answer)

    def _connect(self) -> "PatientConnection":
        connection = PatientConnection(current_app.extensions["mail"])
        try:
            connection.host = connection.configure_host()
        except OSError as trouble:
            raise ServerAwayError(_what_happened(trouble)) from trouble
        self._connection = connection
        return connection

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.host.close()

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.host.stop_at = time.monotonic() + PATIENCE
                self._connection.host.quit()
            except OSError:
                self._let_go()


class PatientConnection(MailConnection):
    """Flask-Mail's connection, which would wait for ever for a server that says nothing."""

    host: "Host"

    def configure_host(self) -> "Host":
        host = Host(self.mail.server, self.mail.port, timeout=PATIENCE)
        try:
            if self.mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
            host.ehlo_or_helo_if_needed()
        except BaseException:
            host.close()
            raise
        return host

    def send(self, message: Message) -> None:  # type: ignore[override]  # ours, with its envelope
        """Raises what `smtplib` raises."""
        options = ["SMTPUTF8", "BODY=8BITMIME"] if message.is_international else []
        self.host.sendmail(message.sender, [message.recipient], message.content, options)


class Host(smtplib.SMTP):
    """Answers in time, or is given up.

    Knows whether the text of a message has begun: from then on a broken connection leaves its fate open, and
    sending it again might double it, so it has all the time there is.
    """

    message_begun = False
    #: By `time.monotonic`.
    stop_at = math.inf
    #: Once the text is out, and before the server has answered.
    meanwhile: Meanwhile | None = None
    text_is_out = False

    def send(self, s: Any) -> None:
        super().send(s)
        self.text_is_out = self.message_begun and isinstance(s, bytes)  # commands are no bytes

    def mail(self, sender: str, options: Sequence[str] = ()) -> tuple[int, bytes]:
        if options:
            return super().mail(sender, options)
        return self.docmd("MAIL", f"FROM:<{sender}>")  # smtplib would first parse what it is told, name and all

    def rcpt(self, recip: str, options: Sequence[str] = ()) -> tuple[int, bytes]:
        return self.docmd("RCPT", f"TO:<{recip}>")

    def getreply(self) -> tuple[int, bytes]:
        if self.text_is_out and self.meanwhile:
            self.meanwhile()
        left = self.stop_at - time.monotonic()
        if self.sock is not None:
            self.sock.settimeout(max(left if self.message_begun else min(left, PATIENCE), 0.01))
        return super().getreply()

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.message_begun = True
        try:
            return super().data(msg)
        except smtplib.SMTPDataError as refused:
            # Refused before its text. Answered as if after it, so that `sendmail` resets the conversation and
            # raises it again; as it is, smtplib forgets to, and the next MAIL would be out of order.
            return refused.smtp_code, refused.smtp_error  # type: ignore[return-value]  # always bytes here


def _in_words(code: int, answer: bytes | str) -> str:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(words.split())}"[:500]


def _what_happened(trouble: OSError) -> str:
    if isinstance(trouble, smtplib.SMTPResponseException):
        return _in_words(trouble.smtp_code, trouble.smtp_error)
    return trouble.strerror or str(trouble) or type(trouble).__name__
