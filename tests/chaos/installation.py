"""An installation of Muster as it is operated: database, queue, mail server, and machines with a web and a worker.

All that can fail stands between them: wires that can be cut, a disk that can be full, a clock that can jump.
"""

import secrets
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, Self

from flask_migrate import upgrade
from sqlalchemy import Engine, create_engine

from app import with_driver
from domain import demo
from models import db
from tests.chaos.postgresql import PostgreSQL
from tests.chaos.redis import Redis
from tests.chaos.system import Clock, Disk
from tests.chaos.wire import Wire
from tests.conftest import CHEAP, make_app
from tests.processes import Machine
from tests.programs import a_key
from tests.worker.smtp import MailServer

Database = Literal["sqlite", "postgresql"]
Queue = Literal["sqlite", "postgresql", "redis"]
#: What is advised for a database, and can be had here. Two machines share no file but the one of SQLite.
QUEUES: dict[Database, tuple[Queue, ...]] = {
    "sqlite": ("sqlite",),
    "postgresql": ("postgresql", "redis") if shutil.which("redis-server") else ("postgresql",),
}
#: On SQLite they share its file, as two processes of each kind on one machine would.
MACHINES = 2
STATE_ADMIN = "state@pradesh.test"
PLATFORM_ADMIN = "platform@muster.test"
WITH_A_KEY = (STATE_ADMIN, PLATFORM_ADMIN)
#: Short, so that what a dead machine has left is soon taken up.
LEASE_SECONDS = 20
DISK_MEGABYTES = {"sqlite": 120, "postgresql": 300}


class Installation:
    """Entered, it has the demo world and runs; left, all of it has ended."""

    def __init__(self, folder: Path, database: Database, queue: Queue) -> None:
        self.database = database
        self.queue = queue
        self.folder = folder
        self.clock = Clock(folder)
        self.disk = Disk(folder / "disk", DISK_MEGABYTES[database])
        self.mail_server = MailServer()
        self.postgresql: PostgreSQL | None = None
        self.redis: Redis | None = None
        self.wires: dict[str, Wire] = {}
        self.machines: list[Machine] = []
        #: For programs: of somebody of the demo world, by their address.
        self.keys: dict[str, str] = {}

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            ends.enter_context(self.disk)
            ends.enter_context(self.mail_server)
            self._start_servers(ends)
            self._fill_the_database()
            self._start_machines(ends)
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._ends.close()

    @property
    def ports(self) -> list[int]:
        return [machine.port for machine in self.machines]

    @property
    def log(self) -> str:
        return "".join(machine.log for machine in self.machines)

    def engine(self) -> Engine:
        """The database, by no wire."""
        return create_engine(with_driver(self._database()))

    def _start_servers(self, ends: ExitStack) -> None:
        self.wires["mail"] = ends.enter_context(Wire(self.mail_server.port))
        if self.database == "postgresql":
            self.postgresql = PostgreSQL(self.disk.folder)
            ends.callback(self.postgresql.kill)
            self.wires["database"] = ends.enter_context(Wire(self.postgresql.port))
        if self.queue == "redis":
            self.redis = Redis(self.folder)
            ends.callback(self.redis.kill)
            self.wires["redis"] = ends.enter_context(Wire(self.redis.port))

    def _fill_the_database(self) -> None:
        app = make_app(self.folder, DATABASE_URL=self._database())
        with app.app_context():
            upgrade()
            demo.fill(CHEAP)
            db.session.commit()
            self.keys = {email: a_key(email).secret for email in WITH_A_KEY}
            db.session.remove()
            db.engine.dispose()

    def _start_machines(self, ends: ExitStack) -> None:
        settings = self._settings()
        self.machines = [Machine(self.folder / f"machine{number}", **settings) for number in range(MACHINES)]
        for machine in self.machines:
            ends.enter_context(machine)
            machine.start("web", "worker")

    def _settings(self) -> dict[str, str]:
        return {
            "SECRET_KEY": secrets.token_urlsafe(),
            "DATABASE_URL": self._database(by_wire=True),
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(self.wires["mail"].port),
            "LEASE_SECONDS": str(LEASE_SECONDS),
            **self._queue(),
            **self.clock.settings,
        }

    def _database(self, *, by_wire: bool = False) -> str:
        if self.postgresql is None:
            return self._sqlite("muster")
        return self.postgresql.url(self.wires["database"].port if by_wire else None)

    def _queue(self) -> dict[str, str]:
        if self.redis is None:
            return {"QUEUE_URL": self._sqlite("queue") if self.queue == "sqlite" else self._database(by_wire=True)}
        url = f"redis://127.0.0.1:{self.wires['redis'].port}/0"
        return {"QUEUE_URL": url, "RATELIMIT_STORAGE_URI": url}

    def _sqlite(self, name: str) -> str:
        return f"sqlite:///{self.disk.folder}/{name}.sqlite"
