"""Processing a file of invitations, the mails handed to a local mail server.

Floor: the same messages handed over by a bare `smtplib` loop on one kept connection.
"""

import secrets
import smtplib
import time

from tests.benchmarks.check import invitations_file
from tests.benchmarks.files import SENDER, Files
from tests.benchmarks.results import MANY, Result, alone, in_turn, seconds
from tests.benchmarks.service import Browser, peak_memory

BAR = 1.5


def measure_by_one(world: Files, size: int) -> Result:
    return _measure("process a file", world, size)


def measure_by_two(world: Files, size: int) -> Result:
    """By as many workers as are advised for one machine (`.deploy`)."""
    second = world.service.start_worker()
    try:
        return _measure("process a file, two workers", world, size)
    finally:
        world.service.end(second)


def _measure(work: str, world: Files, size: int) -> Result:
    """A hundred thousand once, which take minutes. Nothing warms up: the smallest number has come before."""
    browser = Browser(world.service)
    browser.sign_in("yoda@harderwijk.test")
    token = browser.token_for_forms()

    def ours(number: int) -> float:
        path = browser.upload(invitations_file(size, of=f"round{secrets.token_hex(4)}-{number}-"), token)
        return seconds(lambda: _process(browser, path, token))

    def floor(_number: int) -> float:
        return seconds(lambda: _hand_over(world.mail.port, size, world.mail.kept.read_bytes()))

    mine, bare = alone(ours, 1) if size == MANY else in_turn(ours, floor, warm_up=size < MANY // 10)
    return Result(work, world.database, size, mine, bare, BAR, peak_memory(world.worker))


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
