"""The queue: it only wakes the worker.

A queue may lose what it holds (Huey takes a task off before running it), so nothing is entrusted to it.
What is to be done stands in the tables: uploads in processing, letters waiting. A commit that leaves such
work (`models.base.leave_work`) wakes the worker; where the waking is lost, the sweep that runs every
minute finds the work.
"""

import logging
from collections.abc import Callable

from flask import Flask, current_app
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from sqlalchemy.orm import Session

from models.base import take_left_work
from worker import tasks

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    queue = connect(app.config["QUEUE_URL"])

    def in_context(work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            with app.app_context():
                work()

        return run

    for task in tasks.EVERY_MINUTE:
        queue.periodic_task(crontab(minute="*"), name=f"sweep_{task.__name__}")(in_context(task))
    queue.on_startup("take_up_what_was_left")(in_context(tasks.take_up_what_was_left))
    app.extensions["queue"] = queue
    app.extensions["wake"] = queue.task(name="wake")(in_context(tasks.do_what_waits))


def connect(url: str) -> Huey:
    scheme, _separator, rest = url.partition("://")
    if scheme == "sqlite":
        return SqliteHuey("muster", filename=rest.removeprefix("/"), results=False)
    if scheme in {"postgres", "postgresql"}:
        return PostgresHuey("muster", dsn=url, results=False)
    if scheme in {"redis", "rediss"}:
        return RedisHuey("muster", url=url, results=False)
    raise SystemExit(f"QUEUE_URL begins with {scheme!r}: use sqlite:///…, postgresql://… or redis://…")


def wake_after_commit(session: Session) -> None:
    """Wake the worker if the transaction left work. A queue that is away delays the work; it does not lose it."""
    if take_left_work(session):
        try:
            current_app.extensions["wake"]()
        except Exception:  # whatever the queue's driver raises: the commit has happened and stands
            log.warning("The queue cannot be reached; the next sweep takes up the work.", exc_info=True)


def run_worker(app: Flask) -> None:
    """Work until told to stop. One thread may process an upload while the other delivers its mail.

    At SIGTERM what is at hand, a letter or some lines, is brought to its end, and the rest left to the next worker.
    """
    queue = app.extensions["queue"]
    consumer = queue.create_consumer(workers=2, max_delay=0.2, check_worker_health=True, graceful_signal="TERM")
    app.extensions["stopping"] = consumer.stop_flag
    consumer.run()
