"""One service with a worker and a local mail server, for all that is measured of files."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.crowd import Crowd, a_crowd, context_of, gather_statistics
from tests.benchmarks.service import ROOT, Service, free_port, running

#: People that the organisation has before any are brought in.
BEFORE = 1_000
SENDER = "muster@localhost"


@dataclass(frozen=True)
class MailServer:
    """It takes everything, and keeps the first message."""

    port: int
    kept: Path


@dataclass(frozen=True)
class Files:
    service: Service
    database: str
    mail: MailServer
    #: Whose organisation people are brought into.
    crowd: Crowd

    @property
    def web(self) -> subprocess.Popen[bytes]:
        return self.service.processes[0]

    @property
    def worker(self) -> subprocess.Popen[bytes]:
        return self.service.processes[1]


@contextmanager
def files(database: str) -> Iterator[Files]:
    with mail_server() as mail:
        sending = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(mail.port), "MAIL_DEFAULT_SENDER": SENDER}
        with running(database, sending, worker=True) as service, context_of(service):
            crowd = a_crowd(BEFORE)
            gather_statistics()
            yield Files(service, database, mail, crowd)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    folder = Path(tempfile.mkdtemp(prefix="muster-bench-"))
    server = MailServer(free_port(), folder / "message")
    command = (sys.executable, "-m", "tests.benchmarks.smtp", str(server.port), server.kept)
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield server
    finally:
        process.kill()
        shutil.rmtree(folder)
