"""What became of letters, as the mail server said, each in a transaction of its own."""

import time
import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from flask import current_app
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.exc import OperationalError

from domain.language import gettext as _
from domain.outcomes import letter_dropped, letter_refused, settle_all_sent, settle_sent
from models import Letter, begin_writing, db, now
from models.outbox import LetterState
from worker.carriers import RefusedError
from worker.due_letters import WAITS, still_mine, take_due

GIVE_UP_AFTER = timedelta(days=1)
#: So much later than the others is the turn of a letter that was broken off: it must not stop them every time.
BEHIND_THE_OTHERS = timedelta(seconds=1)
#: Seconds between attempts to record what was sent.
PATIENCE = (0.1, 0.4, 1.5, 3.0)


class Records:
    """Takes what was sent, each in a transaction of its own, on a connection that is kept."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    def sent(self, letter_id: uuid.UUID) -> None:
        """This and no more; what follows from it is settled for many at once.

        A database that is away, locked or full for a moment is asked again: what is not recorded will be sent twice.
        """
        row = {"letter": letter_id, "at": now()}
        for seconds in (*PATIENCE, None):
            try:
                return self._record(row)
            except OperationalError:
                self.close()
                if seconds is None:
                    raise
                time.sleep(seconds)

    def _record(self, row: dict[str, Any]) -> None:
        if self._connection is None:
            self._connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection.execute(SENT, row)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


SENT = text(
    "UPDATE outbox SET state = 'sent', sent_at = :at, last_answer = NULL, claimed_by = NULL, claimed_until = NULL "
    "WHERE id = :letter AND sent_at IS NULL"
).bindparams(bindparam("letter", type_=Letter.id.type), bindparam("at", type_=Letter.sent_at.type))


def settle(sent: Collection[uuid.UUID]) -> None:
    """What follows from these being recorded as sent; there may be others among them."""
    begin_writing()
    settle_sent(sent, current_app.config["FAILURE_MAIL_LIMIT"])
    db.session.commit()


def settle_what_was_left() -> None:
    """Settle what a worker recorded as sent, and died before it could settle it."""
    begin_writing()
    settle_all_sent(current_app.config["FAILURE_MAIL_LIMIT"])
    db.session.commit()


def record_answer(letter_id: uuid.UUID, refused: RefusedError) -> None:
    said = str(refused)
    if refused.for_good:
        record_refusal(letter_id, said, lambda: _("Address refused by its mail server: %(answer)s", answer=said))
    else:
        record_delay(letter_id, said)


def record_refusal(letter_id: uuid.UUID, said: str, say: Callable[[], str]) -> None:
    """`said`: by the mail server; `say`: to people, in whichever language is being spoken."""
    begin_writing()
    if (letter := still_mine(letter_id)) is not None:
        _refuse(letter, said, "address_refused", say)
    db.session.commit()


def record_delay(letter_id: uuid.UUID, said: str, longer: timedelta = timedelta()) -> None:
    begin_writing()
    if (letter := still_mine(letter_id)) is not None:
        _delay(letter, said, longer)
    db.session.commit()


def record_dropped(letter_id: uuid.UUID) -> None:
    """It was not wanted any more."""
    begin_writing()
    if (letter := still_mine(letter_id)) is not None:
        _close(letter, LetterState.DROPPED)
        letter_dropped(letter, current_app.config["FAILURE_MAIL_LIMIT"])
    db.session.commit()


def put_off_all_that_are_due(said: str) -> None:
    """A server that is away for one letter is so for all: each counts as tried, and waits its own time."""
    letters: Sequence[Letter] | None = None
    while letters is None or letters:
        begin_writing()
        letters = take_due()
        for letter in letters:
            _delay(letter, said)
        db.session.commit()


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


def _refuse(letter: Letter, said: str, reason: str, say: Callable[[], str]) -> None:
    _close(letter, LetterState.REFUSED, said)
    letter_refused(letter, reason, say, current_app.config["FAILURE_MAIL_LIMIT"])


def _close(letter: Letter, state: LetterState, said: str | None = None) -> None:
    letter.state, letter.last_answer, letter.sent_at = state, said, now()
    letter.claimed_by = letter.claimed_until = None
    db.session.flush()
