"""A deploy loses no request and no job: web and worker are told to stop while much is under way, and others follow."""

import http.client
import secrets
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask_migrate import upgrade
from sqlalchemy import Engine, create_engine, text

from app import with_driver
from domain import demo
from models import db
from tests.conftest import CHEAP, make_app, new_database
from tests.processes import BIN, ROOT, Machine, Visitor, poll
from tests.programs import a_key
from tests.teaching import MENTOR, batch, fill
from tests.worker.sending import UPLOADER
from tests.worker.smtp import MailServer

pytestmark = pytest.mark.chaos

CONFIGURATION = ROOT / ".deploy" / "gunicorn.conf.py"
#: In the batch whose progress is downloaded.
TEACHERS = 1_500
#: How long slow clients take. A web that is told to stop finds some of theirs under way.
SLOW = 1.5
#: Long enough for a busy machine, and half of the time after which what is claimed is anybody's.
AT_ONCE = 60
FRONTIER = "between-the-parts"
FORM = {"Content-Type": f"multipart/form-data; boundary={FRONTIER}"}


class OnASocketThatStays(Machine):
    """Its web is handed a socket, as systemd hands over that of `muster-web.socket`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, **settings)
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # what clients do not read is not sent
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self.port))
        self._socket.listen(4096)
        self._handed_over = (self._socket.fileno(),)
        as_systemd_does = f'exec 3<&{self._socket.fileno()} && LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" --config "$1"'
        self._commands["web"] = ["bash", "-c", as_systemd_does, f"{BIN}/gunicorn", f"{CONFIGURATION}"]

    def __exit__(self, *fault: object) -> None:
        super().__exit__(*fault)
        self._socket.close()


@dataclass
class Site:
    machine: OnASocketThatStays
    mail_server: MailServer
    engine: Engine
    #: Of somebody who invites.
    key: str
    #: The address of a download.
    progress: str

    def told(self, query: str) -> Any:
        """The one value that the database answers."""
        with self.engine.connect() as connection:
            return connection.execute(text(query)).scalar()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_database(getattr(request, "param", "postgresql"), f"deploy_{secrets.token_hex(4)}", tmp_path, request)


@pytest.fixture
def site(database: str, tmp_path: Path) -> Iterator[Site]:
    app = make_app(tmp_path, DATABASE_URL=database)
    with app.app_context():
        upgrade()
        demo.fill(CHEAP, teachers=False)
        fill(TEACHERS)
        key, progress = a_key(UPLOADER).secret, f"/batches/{batch().id}/progress.csv"
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    engine = create_engine(with_driver(database))
    with MailServer() as server:
        settings = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(server.port), "SECRET_KEY": "for the tests only"}
        with OnASocketThatStays(tmp_path / "machine", DATABASE_URL=database, **settings) as machine:
            machine.start("web", "worker")
            yield Site(machine, server, engine, key, progress)
            print(machine.log)  # shown where the test fails  # noqa: T201
    engine.dispose()


# The web.


class Client:
    """Asks on a connection of its own for each request, as the reverse proxy does. Nothing is tried again."""

    def __init__(self, site: Site) -> None:
        visitor = Visitor(site.machine.port)
        visitor.sign_in(MENTOR)
        self._headers = {"Authorization": f"Bearer {site.key}", **visitor.headers}
        self._port = site.machine.port
        self._progress = site.progress
        self.answered: Counter[str] = Counter()

    def see_the_page(self) -> None:
        with self._answer("GET", "/") as answer:
            assert b"</html>" in answer.read()

    def upload(self) -> None:
        with self._answer("POST", "/api/v1/uploads", a_file(), FORM) as answer:
            assert answer.status == 201

    def upload_slowly(self) -> None:
        with self._answer("POST", "/api/v1/uploads", drop_by_drop(a_file()), FORM) as answer:
            assert answer.status == 201

    def download_slowly(self) -> None:
        with self._answer("GET", self._progress) as answer:
            parts = []
            while part := answer.read(16 * 1024):
                parts.append(part)
                time.sleep(SLOW / 16)
            assert b"".join(parts).count(b"\r\n") == TEACHERS + 1

    def _answer(
        self, method: str, path: str, body: Any = None, more: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        asking = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {**self._headers, **(more or {}), "Connection": "close"}
        length = {"Content-Length": str(len(a_file()))} if body else {}
        asking.request(method, path, body, headers | length)
        answer = asking.getresponse()
        assert answer.status in {200, 201}, answer.read()
        self.answered[f"{method} {path}"] += 1
        return answer


def a_file() -> bytes:
    return (
        f'--{FRONTIER}\r\nContent-Disposition: form-data; name="kind"\r\n\r\ninvitations\r\n'
        f'--{FRONTIER}\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\n'
        f"short_names,invitees\ncumulusgrp,somebody@example.org\r\n--{FRONTIER}--\r\n"
    ).encode()


def drop_by_drop(content: bytes) -> Iterator[bytes]:
    for position in range(0, len(content), 20):
        yield content[position : position + 20]
        time.sleep(SLOW * 20 / len(content))


def again_and_again(does: Callable[[], None], stop: threading.Event, lost: list[BaseException]) -> threading.Thread:
    def work() -> None:
        while not stop.is_set():
            try:
                does()
            except BaseException as fault:
                lost.append(fault)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def goes_on(client: Client) -> bool:
    """Whether all that it asks for is answered, and answered once more."""
    so_far = Counter(client.answered)
    return poll(
        lambda: len(client.answered) == 3 and all(client.answered[one] > so_far[one] + 1 for one in so_far), AT_ONCE
    )


def test_no_request_is_lost_while_one_web_follows_another(site: Site) -> None:
    client = Client(site)
    stop, lost = threading.Event(), list[BaseException]()
    asked = (client.see_the_page, client.upload, client.upload_slowly, client.download_slowly, client.download_slowly)
    busy = [again_and_again(ask, stop, lost) for ask in asked]
    for _deploy in range(2):
        assert goes_on(client), lost
        site.machine.ask_to_stop("web", signal.SIGTERM)
        site.machine.start("web")
    assert goes_on(client)
    stop.set()
    for thread in busy:
        thread.join(30)
    assert lost == []
    assert site.told("SELECT count(*) FROM uploads") == client.answered["POST /api/v1/uploads"]


# The worker.


CLAIMED = (
    "SELECT (SELECT count(*) FROM uploads WHERE claimed_by IS NOT NULL)"
    " + (SELECT count(*) FROM outbox WHERE claimed_by IS NOT NULL)"
)


def press(site: Site, count: int) -> None:
    visitor = Visitor(site.machine.port)
    visitor.sign_in(UPLOADER)
    lines = [f"cumulusgrp,person{number}@example.org" for number in range(count)]
    visitor.send(visitor.upload("\n".join(["short_names,invitees", *lines])) + "/process")


@pytest.mark.parametrize(
    ("database", "by"), [("postgresql", signal.SIGTERM), ("sqlite", signal.SIGINT)], indirect=["database"]
)
def test_a_worker_that_is_to_stop_leaves_nothing_claimed_and_the_next_one_goes_on_at_once(
    site: Site, by: signal.Signals
) -> None:
    site.mail_server.script.delay = 0.1
    press(site, 3_000)
    assert poll(lambda: site.told("SELECT count(*) FROM upload_outcomes") > 0, AT_ONCE)
    site.machine.ask_to_stop("worker", by)
    assert not site.told("SELECT all_lines_processed FROM uploads")
    assert site.told(CLAIMED) == 0
    sent = len(site.mail_server.accepted)
    site.machine.start("worker")
    assert poll(lambda: len(site.mail_server.accepted) > sent + 3, AT_ONCE)
    site.machine.ask_to_stop("worker", by)
    assert site.told(CLAIMED) == 0
    assert site.told("SELECT count(*) FROM outbox WHERE state = 'sent'") == len(site.mail_server.accepted)
