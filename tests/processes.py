"""Web and worker as real processes, to be asked and stopped and killed; and people who visit them."""

import http.client
import http.cookiejar
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent

Kind = Literal["web", "worker"]


def poll(what: Callable[[], bool], seconds: float) -> bool:
    """Wait until it is so. Answers whether it came to be in time."""
    deadline = time.monotonic() + seconds
    while not (so := what()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return so


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Machine:
    """A folder of its own, and a web and a worker that have nothing else but what the settings name."""

    def __init__(self, folder: Path, **settings: str) -> None:
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self._log = folder / "log"
        self._log.touch()
        self._environment = {
            **os.environ,
            "FLASK_APP": "app",
            "INSTANCE_PATH": str(folder),
            "PORT": str(self.port),
            **settings,
        }
        bind = f"127.0.0.1:{self.port}"
        self._commands: dict[Kind, list[str]] = {
            "web": [f"{BIN}/gunicorn", "--bind", bind, "--threads", "4", "--no-control-socket", "app:create_app()"],
            "worker": [f"{BIN}/flask", "worker"],
        }
        self._running: dict[Kind, subprocess.Popen[bytes]] = {}
        #: Of files that are open here, those that they get too.
        self._handed_over: tuple[int, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        """All of them are ended."""
        self.kill(*self._running)

    def start(self, *kinds: Kind) -> None:
        for kind in kinds:
            with self._log.open("ab") as log:
                self._running[kind] = subprocess.Popen(
                    self._commands[kind],
                    cwd=ROOT,
                    env=self._environment,
                    stdout=log,
                    stderr=log,
                    pass_fds=self._handed_over,
                    start_new_session=True,  # a group of its own, so that none of its children survives it
                )

    def kill(self, *kinds: Kind) -> None:
        """SIGKILL: they have no time for anything any more."""
        for kind in kinds:
            with suppress(ProcessLookupError):  # ended by itself
                os.killpg(self._running[kind].pid, signal.SIGKILL)
        for kind in kinds:
            self._running[kind].wait(10)

    def ask_to_stop(self, kind: Kind, by: signal.Signals) -> None:
        """Ask it politely, and wait until it has ended. Raises `subprocess.TimeoutExpired` where it goes on and on."""
        self._running[kind].send_signal(by)
        self._running[kind].wait(20)

    def pid(self, kind: Kind) -> int:
        return self._running[kind].pid

    @property
    def ended(self) -> list[Kind]:
        """Those that run no more, though nobody has killed them."""
        return [kind for kind, process in self._running.items() if process.poll() is not None]

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")


class Visitor:
    """Somebody who signs in, uploads, and sends forms over HTTP; tries again while nobody answers."""

    def __init__(self, port: int) -> None:
        self.go_to(port)
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))

    def go_to(self, port: int) -> None:
        """Visit another web process, with the cookies of the one before."""
        self._address = f"http://127.0.0.1:{port}"

    def sign_in(self, email: str, password: str = "muster-demo") -> None:
        self.send("/login", email=email, password=password)

    def send(self, path: str, **form: str) -> str:
        """Send a form. Answers the path of the page that follows."""
        form.setdefault("csrf_token", self.token())
        return self._open(urllib.request.Request(self._address + path, urllib.parse.urlencode(form).encode()))[0]

    def upload(self, content: str) -> str:
        """Answers the path of the upload."""
        frontier = secrets.token_hex()
        parts = (
            f'--{frontier}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{self.token()}\r\n'
            f'--{frontier}\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\n{content}\r\n'
            f"--{frontier}--\r\n"
        )
        request = urllib.request.Request(f"{self._address}/invitations/upload", parts.encode())
        request.add_header("Content-Type", f"multipart/form-data; boundary={frontier}")
        return self._open(request)[0]

    def page(self, path: str) -> str:
        return self._open(urllib.request.Request(self._address + path))[1]

    @property
    def headers(self) -> dict[str, str]:
        """By which another program is taken for this visitor's browser."""
        cookies = "; ".join(f"{one.name}={one.value}" for one in self._cookies)
        return {"Cookie": cookies, "User-Agent": dict(self._opener.addheaders)["User-agent"]}

    def token(self) -> str:
        """For a form."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.page("/login"))
        assert found is not None
        return found[1]

    def _open(self, request: urllib.request.Request) -> tuple[str, str]:
        deadline = time.monotonic() + 30
        while True:
            try:
                with self._opener.open(request, timeout=30) as answer:
                    return urllib.parse.urlsplit(answer.url).path, answer.read().decode()
            except urllib.error.HTTPError:
                raise  # an answer, though a bad one
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
