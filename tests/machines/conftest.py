"""Two web processes and three workers, each as on a machine of its own: they share the database and the queue alone."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask_migrate import upgrade
from sqlalchemy import Engine, create_engine

from app import with_driver
from domain import demo
from models import db, now
from tests.chaos.redis import Redis
from tests.conftest import CHEAP, make_app, new_database
from tests.people import a_membership, a_person, an_invitation
from tests.processes import Machine
from tests.programs import a_key
from tests.teaching import STATE_ADMIN
from tests.worker.sending import organisation, person, place
from tests.worker.smtp import MailServer

#: How many of each kind a sweep finds to be done: people to remind, members to tell of their end, memberships to end.
DUE = 60


@dataclass
class Site:
    engine: Engine
    mail_server: MailServer
    webs: list[Machine]
    workers: list[Machine]
    #: A key of the state admin's, for programs.
    key: str
    redis: Redis | None

    @property
    def log(self) -> str:
        return "".join(machine.log for machine in (*self.webs, *self.workers))


@pytest.fixture(scope="module")
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A database with the demo world in which much is due, to be copied; and a key to it."""
    name = f"filled_{secrets.token_hex(4)}"
    url = new_database("postgresql", name, Path(), request)
    app = make_app(tmp_path_factory.mktemp("filled"), DATABASE_URL=url)
    with app.app_context():
        upgrade()
        demo.fill(CHEAP, teachers=False)
        let_much_be_due()
        key = a_key(STATE_ADMIN).secret
        db.session.remove()
        db.engine.dispose()
    return name, key


def let_much_be_due() -> None:
    organisation().reminder_days = 7
    for number in range(DUE):
        an_invitation(
            f"reminded{number}@example.org",
            place(),
            person(),
            created_at=now() - timedelta(days=20),
            expires_at=now() + timedelta(days=2),
        )
        for name, days in ("told", 5), ("ended", -1):
            joined = {"joined_at": now() - timedelta(days=400), "expires_at": now() + timedelta(days=days)}
            a_membership(a_person(f"{name}{number}@example.org"), place(), **joined)


@pytest.fixture(scope="module", params=["redis", "postgresql"])
def site(
    request: pytest.FixtureRequest, filled: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    template, key = filled
    server = request.getfixturevalue("postgresql")
    name = f"{template}_{request.param}"
    server.psql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    url = str(server.get_uri(database=name))
    with ExitStack() as ends:
        redis = running_redis(folder, ends) if request.param == "redis" else None
        mail_server = ends.enter_context(MailServer())
        settings = {
            "SECRET_KEY": "for the tests only",
            "DATABASE_URL": url,
            "QUEUE_URL": f"redis://127.0.0.1:{redis.port}/0" if redis else url,
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(mail_server.port),
        }
        machines = [ends.enter_context(Machine(folder / f"machine{number}", **settings)) for number in range(5)]
        engine = create_engine(with_driver(url))
        ends.callback(engine.dispose)
        site = Site(engine, mail_server, machines[:2], machines[2:], key, redis)
        for web in site.webs:
            web.start("web")
        yield site
        print(site.log)  # shown where a test fails  # noqa: T201


def running_redis(folder: Path, ends: ExitStack) -> Redis:
    if not shutil.which("redis-server"):
        pytest.skip("Redis is not installed: apt-get install redis-server")
    redis = Redis(folder)
    ends.callback(redis.kill)
    return redis
