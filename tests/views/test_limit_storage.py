"""Where attempts are counted: beside the queue, by all processes together, on either database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from limits.errors import StorageError
from limits.storage import storage_from_string
from sqlalchemy import func, select

from app import configure, with_driver
from models import now
from tests.conftest import ON_BOTH, new_database
from tests.processes import free_port
from views.limit_storage import COUNTS, OPTIONS, SqlStorage

A_MINUTE = 60


@pytest.fixture(params=ON_BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return with_driver(new_database(request.param, f"attempts_{free_port()}", tmp_path, request))


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    storage = storage_at(url)
    yield storage
    storage.engine.dispose()


def storage_at(url: str) -> SqlStorage:
    """As a web process has it."""
    made = storage_from_string(url, **OPTIONS)
    assert isinstance(made, SqlStorage)
    return made


def test_what_is_counted_by_several_processes_at_once_is_counted_together(url: str) -> None:
    storages = [storage_at(url) for _process in range(4)]
    with ThreadPoolExecutor() as threads:
        counts = [*threads.map(lambda turn: storages[turn % 4].incr("ann", A_MINUTE), range(20))]
    assert sorted(counts) == [*range(1, 21)]
    for storage in storages:
        storage.engine.dispose()


def test_a_count_begins_anew_when_its_time_is_over(storage: SqlStorage) -> None:
    storage.incr("ann", A_MINUTE)
    ends_at = storage.get_expiry("ann")
    with time_machine.travel(now() + timedelta(seconds=A_MINUTE - 1), tick=False):
        assert (storage.get("ann"), storage.incr("ann", A_MINUTE), storage.get_expiry("ann")) == (1, 2, ends_at)
    with time_machine.travel(now() + timedelta(seconds=A_MINUTE + 1), tick=False):
        assert (storage.get("ann"), storage.incr("ann", A_MINUTE)) == (0, 1)


def test_what_is_over_is_forgotten(storage: SqlStorage) -> None:
    storage.incr("ann", A_MINUTE)
    with time_machine.travel(now() + timedelta(seconds=A_MINUTE + 1), tick=False):
        storage.incr("bea", A_MINUTE)
    with storage.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(COUNTS)) == 1


def test_one_count_is_taken_back_or_all_of_them(storage: SqlStorage) -> None:
    for name in ("ann", "bea", "cem"):
        storage.incr(name, A_MINUTE)
    storage.clear("ann")
    assert [storage.get(name) for name in ("ann", "bea")] == [0, 1]
    assert storage.reset() == 2


def test_nothing_is_counted_where_the_database_is_away(storage: SqlStorage) -> None:
    away = storage_at(f"postgresql+psycopg://127.0.0.1:{free_port()}/none")
    assert (storage.check(), away.check()) == (True, False)
    with pytest.raises(StorageError):
        away.incr("ann", A_MINUTE)


@pytest.mark.parametrize("given", ["sqlite:////tmp/queue.sqlite", "redis://queue.test/0"])
def test_attempts_are_counted_where_the_queue_is_unless_it_is_said_otherwise(tmp_path: Path, given: str) -> None:
    app = Flask("counting", instance_path=str(tmp_path))
    configure(app, {"SECRET_KEY": "for the tests only", "QUEUE_URL": given})
    assert app.config["RATELIMIT_STORAGE_URI"] == given
    configure(app, {"RATELIMIT_STORAGE_URI": "memory://"})
    assert app.config["RATELIMIT_STORAGE_URI"] == "memory://"
