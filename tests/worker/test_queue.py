"""The queue wakes workers, and a queue that is away holds nobody up."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import new_database
from tests.processes import free_port
from worker import queue
from worker.queue import REST, Waker, connect


class Door:
    """Counts who knocks; closed for the first so many."""

    def __init__(self, closed_for: int = 0) -> None:
        self.knocks = 0
        self.closed_for = closed_for

    def __call__(self) -> None:
        self.knocks += 1
        if self.knocks <= self.closed_for:
            raise ConnectionError


def test_a_queue_that_was_started_anew_is_told_again() -> None:
    door = Door(closed_for=1)
    Waker(door).wake()
    assert door.knocks == 2


def test_a_queue_that_does_not_answer_is_left_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    door = Door(closed_for=2)
    waker, clock = Waker(door), time.monotonic()
    for later, knocks in (0, 2), (REST - 1, 2), (REST + 1, 3):
        monkeypatch.setattr(queue.time, "monotonic", lambda later=later: clock + later)
        waker.wake()
        assert door.knocks == knocks
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "The queue cannot be reached; the next sweep takes up the work."
    ]


@pytest.mark.parametrize("scheme", ["redis", "postgresql"])
def test_a_queue_that_is_away_keeps_no_process_from_starting_and_no_page_waiting(scheme: str) -> None:
    began = time.monotonic()
    away = connect(f"{scheme}://127.0.0.1:{free_port()}/0")
    Waker(away.task(name="wake")(lambda: None)).wake()
    assert time.monotonic() - began < queue.PATIENCE


def test_processes_that_start_at_once_all_have_the_queue_on_postgresql(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = new_database("postgresql", f"queue_{free_port()}", tmp_path, request)
    with ThreadPoolExecutor(8) as threads:
        queues = [*threads.map(connect, [url] * 8)]
    wake = queues[0].task(name="wake")(lambda: None)
    wake()
    assert [one.pending_count() for one in queues] == [1] * 8
    for one in queues:
        one.storage.close()
