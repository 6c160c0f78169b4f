"""Processing a file of invitations, the mails handed to a local mail server.

Floor: the same messages handed over by a bare `smtplib` loop on one kept connection.
"""

import shutil
import smtplib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.check import invitations_file
from tests.benchmarks.results import Result, in_turn, seconds
from tests.benchmarks.service import ROOT, Browser, free_port, peak_memory, running

BAR = 1.5
SENDER = "muster@localhost"


def measure(database: str, size: int) -> Result:
    port = free_port()
    kept = Path(tempfile.mkdtemp(prefix="muster-bench-")) / "message"
    server = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.smtp", str(port), kept], cwd=ROOT)
    mail = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_DEFAULT_SENDER": SENDER}
    try:
        with running(database, worker=True, **mail) as service:
            browser = Browser(service)
            browser.sign_in("yoda@harderwijk.test")
            token = browser.token_for_forms()

            def ours(number: int) -> float:
                path = browser.upload(invitations_file(size, of=f"round{number}"), token)
                return seconds(lambda: _process(browser, path, token))

            def floor(number: int) -> float:
                return seconds(lambda: _hand_over(port, size, kept.read_bytes()))

            mine, bare = in_turn(ours, floor)
            return Result("process a file", database, size, mine, bare, BAR, peak_memory(service.processes[1]))
    finally:
        server.kill()
        shutil.rmtree(kept.parent)


def _process(browser: Browser, path: str, token: str) -> None:
    browser.post(f"{path}/process", {"csrf_token": token})
    deadline = time.monotonic() + 1800
    while "Done:" not in browser.get(path):
        assert time.monotonic() < deadline, "processing does not end"
        time.sleep(0.5)  # four times as often as its page asks


def _hand_over(port: int, size: int, message: bytes) -> None:
    """`message`: one that the application has sent, of the same length as all of them."""
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for person in range(size):
            connection.sendmail(SENDER, [f"person{person:06}@example.org"], message)
