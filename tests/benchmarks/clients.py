"""Sixteen people who open a page at the same moment, on two web workers.

Floor: the median that one of them alone waits for it. Ours: what the slowest twentieth waits. It is done with all pages
that a home page links to; the one that suffers most is told.
"""

import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tests.benchmarks.results import Result
from tests.benchmarks.service import Browser, Service, peak_memory, running

BAR = 10.0
CLIENTS = 16
ROUNDS = 5
ACCOUNTS = ("admin@harderwijk.test", "state@pradesh.test")
#: No pages: what a page is dressed in.
DRESS = ("/static/", "/bootstrap/")


class Waited(NamedTuple):
    """For one page."""

    together: float
    alone: float


def measure(database: str, _size: int) -> Result:
    """Any answer but a page ends the measurement."""
    with running(database, web_workers=2) as service, ThreadPoolExecutor(CLIENTS) as crowd:
        waits = [wait for account in ACCOUNTS for wait in _waits(service, account, crowd)]
        worst = max(waits, key=lambda wait: wait.together / wait.alone)
        memory = peak_memory(service.processes[0])
        return Result("16 clients at once", database, CLIENTS, *worst, BAR, memory, bar_at=CLIENTS)


def _waits(service: Service, account: str, crowd: ThreadPoolExecutor) -> list[Waited]:
    browsers = [Browser(service) for _client in range(CLIENTS)]
    for browser in browsers:
        browser.sign_in(account)
    linked = re.findall(r'href="(/[^"#]*)"', browsers[0].get("/"))
    pages = sorted({"/", *linked})
    return [_wait(browsers, page, crowd) for page in pages if not page.startswith(DRESS)]


def _wait(browsers: list[Browser], page: str, crowd: ThreadPoolExecutor) -> Waited:
    def waited(browser: Browser) -> float:
        begun = time.perf_counter()
        browser.get(page)
        return time.perf_counter() - begun

    [*crowd.map(waited, browsers)]  # warms up both workers
    alone = statistics.median(waited(browsers[0]) for _round in range(ROUNDS))
    together = [taken for _round in range(ROUNDS) for taken in crowd.map(waited, browsers)]
    return Waited(statistics.quantiles(together, n=20)[-1], alone)
