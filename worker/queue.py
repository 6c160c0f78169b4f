"""The queue: it only wakes the worker.

A queue may lose what it holds (Huey takes a task off before running it), so nothing is entrusted to it.
What is to be done stands in the tables: uploads in processing, letters waiting. A commit that leaves such
work (`models.base.leave_work`) wakes a worker; where the waking is lost, the sweeps that every worker makes
each minute, without asking the queue, find the work.
"""

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable

from flask import Flask, current_app
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from redis import ConnectionPool
from sqlalchemy.orm import Session

from models.base import take_left_work
from worker import tasks

log = logging.getLogger(__name__)

#: Seconds in which a queue on another machine has to answer: a page waits for it. Workers wait a second for a word.
PATIENCE = 2
#: Seconds for which a queue that did not answer is asked nothing.
REST = 30
A_MINUTE = 60


def init_app(app: Flask) -> None:
    queue = connect(app.config["QUEUE_URL"])
    app.extensions["queue"] = queue
    app.extensions["waker"] = Waker(queue.task(name="wake")(_in_context(app, tasks.do_what_waits)))


def _in_context(app: Flask, work: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        with app.app_context():
            work()

    return run


def connect(url: str) -> Huey:
    scheme, _separator, rest = url.partition("://")
    if scheme == "sqlite":
        return SqliteHuey("muster", filename=rest.removeprefix("/"), results=False)
    if scheme in {"postgres", "postgresql"}:
        return _on_postgresql(url)
    if scheme in {"redis", "rediss"}:
        pool = ConnectionPool.from_url(url, socket_connect_timeout=PATIENCE / 2, socket_timeout=PATIENCE)
        return RedisHuey("muster", connection_pool=pool, results=False)
    raise SystemExit(f"QUEUE_URL begins with {scheme!r}: use sqlite:///…, postgresql://… or redis://…")


def _on_postgresql(url: str) -> Huey:
    """Processes that start at once make its tables one after the other: PostgreSQL would refuse all but one."""
    limits = {"connect_timeout": PATIENCE, "tcp_user_timeout": PATIENCE * 1000}
    queue = PostgresHuey("muster", dsn=url, results=False, create_tables=False, **limits)
    queue.storage.ddl = ("SELECT pg_advisory_xact_lock(hashtext('huey'))", *queue.storage.ddl)
    try:
        queue.storage.initialize_schema()
    except Exception:  # whatever its driver raises
        log.warning("The queue cannot be reached.", exc_info=True)
    return queue


class Waker:
    """Puts the word into the queue that wakes a worker. Where it fails it is told once more: a queue that was started
    anew has closed the connection. One that does not answer then is left alone for a while: no page waits for it.
    """

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake
        self._one_at_a_time = threading.Lock()
        self._rests_until = 0.0

    def wake(self) -> None:
        """Raises nothing: a queue that is away delays the work, and does not lose it."""
        with self._one_at_a_time:
            if time.monotonic() >= self._rests_until:
                try:
                    self._try_twice()
                except Exception:  # whatever the queue's driver raises: the commit has happened and stands
                    self._rests_until = time.monotonic() + REST
                    log.warning("The queue cannot be reached; the next sweep takes up the work.", exc_info=True)

    def _try_twice(self) -> None:
        try:
            self._wake()
        except Exception:
            self._wake()


def wake_after_commit(session: Session) -> None:
    """Wake a worker if the transaction left work."""
    if take_left_work(session):
        current_app.extensions["waker"].wake()


#: Seconds that a thread computes while others wait: mails are answered faster than by Python's five milliseconds, and
#: a connection to the mail server that waits for its turn is one less.
SHORT_TURN = 0.0005


def run_worker(app: Flask) -> None:
    """Work until told to stop. One thread may process an upload while the other delivers its mail.

    At SIGTERM or Ctrl-C, or when its terminal is closed, what is at hand, a letter or some lines, is brought to its
    end. The rest is left to the others, who are told.
    """
    sys.setswitchinterval(SHORT_TURN)
    queue = app.extensions["queue"]
    wait = 5 if queue.storage.blocking else 0.2  # until a queue that is away, or one in a file, is looked at again
    consumer = queue.create_consumer(
        workers=2, max_delay=wait, periodic=False, scheduler_interval=A_MINUTE, graceful_signal="TERM"
    )
    # At the others Huey would drop what is at hand, or begin anew while sweeps go on; it has no option for that.
    for other in (signal.SIGINT, signal.SIGHUP):
        consumer._signal_actions[other] = consumer._signal_actions[signal.SIGTERM]
    app.extensions["stopping"] = consumer.stop_flag
    sweeps = [threading.Thread(target=_sweep, args=(app, task), daemon=True) for task in tasks.EVERY_MINUTE]
    for sweep in sweeps:
        sweep.start()
    consumer.run()
    for sweep in sweeps:
        sweep.join()
    app.extensions["waker"].wake()


def _sweep(app: Flask, task: Callable[[], None]) -> None:
    """Every minute from now on. Each task has a thread of its own: a long upload holds up no reminder."""
    stopping = app.extensions["stopping"]
    while not stopping.is_set():
        try:
            _in_context(app, task)()
        except Exception:  # the database may be away
            log.exception("%s has failed, and is tried again in a minute.", task.__name__)
        stopping.wait(A_MINUTE)
