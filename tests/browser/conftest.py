"""Chromium, and the application as `make run` starts it."""

import fcntl
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
#: What the worker has to do, and has not yet done to the end.
WORK = (
    "SELECT 1 FROM outbox WHERE state = 'waiting'",
    "SELECT 1 FROM uploads WHERE state = 'processing'",
)
#: The first has no windows, which are half of the work of the others.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert program, "these tests need Chromium: apt-get install chromium-headless-shell"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo_world(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Path:
    """The files of a demo world, which `make run` fills once for all test processes."""
    folder = tmp_path_factory.getbasetemp().parent / f"demo-world-{testrun_uid}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "is-filled").exists():
            with running("serve", folder):
                (folder / "is-filled").touch()
    return folder


@pytest.fixture(scope="session")
def served(demo_world: Path, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Served]":
    """The application, web and worker, as `make run` starts it: one for all tests of a process."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(demo_world, folder, ignore=shutil.ignore_patterns("gunicorn"), dirs_exist_ok=True)
    with running("start", folder) as address:
        yield Served(folder, address)


@pytest.fixture
def address(served: "Served") -> Iterator[str]:
    """Where the application answers, with the demo world as it was made."""
    yield served.address
    served.begin_anew()


class Served:
    """The demo world under a running application, which is put back after each test."""

    def __init__(self, folder: Path, address: str) -> None:
        self.address = address
        self._database, self._mailbox, self._mails = folder / "muster.sqlite", folder / "mailbox", folder / "mails"
        self._kept = sqlite3.connect(":memory:")
        with closing(self._when_all_is_done()) as database:
            database.backup(self._kept)
        if self._mailbox.exists():
            shutil.copytree(self._mailbox, self._mails)

    def begin_anew(self) -> None:
        with closing(self._when_all_is_done()) as database:
            self._kept.backup(database)
        shutil.rmtree(self._mailbox, ignore_errors=True)
        if self._mails.exists():
            shutil.copytree(self._mails, self._mailbox)

    def _when_all_is_done(self) -> sqlite3.Connection:
        """The database, once the worker has done what there was: it would do it to the next test's world."""
        database = sqlite3.connect(self._database, timeout=20)
        deadline = time.monotonic() + 60
        while any(database.execute(waiting).fetchone() for waiting in WORK):
            assert time.monotonic() < deadline, "the worker does not come to an end"
            time.sleep(0.05)
        return database


@contextmanager
def running(script: str, folder: Path, **settings: str) -> Iterator[str]:
    """The application, started by the script of `.ci` on the files in the folder, until it is left."""
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "INSTANCE_PATH": str(folder)}
    for name in ("DATABASE_URL", "SECRET_KEY", "BASE_URL", "MAIL_SERVER"):
        environment.pop(name, None)
    environment |= settings
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [ROOT / ".ci" / script], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/login", process, folder / "log")
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        assert process.wait(20) == 0, (folder / "log").read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the application does not answer:\n{log.read_text()}")


#: By address and account: the cookies of whoever has signed in.
_signed_in: dict[tuple[str, str], list[Any]] = {}


class Person:
    """Somebody at a browser of their own. Anything that the browser complains of is a failure."""

    def __init__(
        self,
        browser: Browser,
        address: str,
        *,
        scripts: bool = True,
        width: int = 1280,
        dark: bool = False,
        locale: str = "en-GB",
    ):
        self._address = address
        self.context = browser.new_context(
            base_url=address,
            locale=locale,
            java_script_enabled=scripts,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",  # what moves slowly is waited for
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self._note("error", str(error)))

    def _note(self, kind: str, text: str) -> None:
        """A search that a newer one has ended is no complaint."""
        was_ended = text.startswith(("htmx:afterRequest,", "htmx:sendAbort,"))
        if kind in {"error", "warning"} and "status of" not in text and not was_ended:
            self.complaints.append(text)

    def sign_in(self, email: str, password: str = "muster-demo") -> "Person":
        """By the form; whoever has done so in a test before still is."""
        self.context.add_cookies(_signed_in.get((self._address, email), []))
        self.page.goto("/login")
        if self.page.url.endswith("/login"):
            self.page.get_by_label("E-mail address").fill(email)
            self.page.get_by_label("Password").fill(password)
            self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        self.page.get_by_role("heading", level=1, name="Start").wait_for()
        _signed_in[self._address, email] = self.context.cookies()
        return self

    def heading(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    def leave(self) -> None:
        assert self.complaints == []
        self.context.close()


@pytest.fixture
def people(browser: Browser, address: str) -> Iterator[Callable[..., Person]]:
    """`people(scripts=…, width=…, dark=…, locale=…)` seats somebody at a browser."""
    seated: list[Person] = []

    def seat(**how: Any) -> Person:
        seated.append(Person(browser, address, **how))
        return seated[-1]

    yield seat
    for person in seated:
        person.leave()
