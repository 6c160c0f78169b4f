"""Sixteen people who open a page at the same moment, on two web workers.

Floor: the median that one of them alone waits for it. Ours: what the slowest twentieth waits. It is done with all pages
that the links of a home page lead to; the one that suffers most is told.

Two cores take eight times as long for sixteen requests as for one at the least, and longer where one slows the
other. How much longer is told beside: the same with computations that share nothing but the machine.
"""

import re
import selectors
import socket
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import NamedTuple

from tests.benchmarks.results import Result
from tests.benchmarks.service import Browser, Service, peak_memory, running

BAR = 10.0
CLIENTS = 16
ROUNDS = 15
ACCOUNTS = ("admin@harderwijk.test", "state@pradesh.test")
#: No pages: what a page is dressed in.
DRESS = ("/static/", "/bootstrap/")


class Waited(NamedTuple):
    """For one page."""

    together: float
    alone: float

    @property
    def ratio(self) -> float:
        return self.together / self.alone


def measure(database: str, _size: int) -> Iterator[Result]:
    """Any answer but a page ends the measurement."""
    with running(database, web_workers=2) as service:
        waits = [wait for account in ACCOUNTS for wait in _waits(service, account)]
        worst = max(waits, key=lambda wait: wait.ratio)
        memory = peak_memory(service.processes[0])
        yield Result("16 clients at once", database, CLIENTS, *worst, BAR, memory, bar_at=CLIENTS)
    yield Result("… 16 computations instead", database, CLIENTS, *_computations(), BAR, 0, bar_at=0)


def _waits(service: Service, account: str) -> list[Waited]:
    browsers = [Browser(service) for _client in range(CLIENTS)]
    for browser in browsers:
        browser.sign_in(account)
    linked = re.findall(r'href="(/[^"#]*)"', browsers[0].get("/"))
    pages = {browsers[0].page_at(path) for path in {"/", *linked} if not path.startswith(DRESS)}
    return [_wait_again(service.port, browsers, page) for page in sorted(pages)]


def _wait_again(port: int, browsers: Sequence[Browser], page: str) -> Waited:
    """Of thirty pages some meet a moment at which the machine does something else: they are asked for twice more."""
    waits = [_wait(port, browsers, page)]
    if waits[0].ratio > BAR:
        waits += [_wait(port, browsers, page), _wait(port, browsers, page)]
    return sorted(waits, key=lambda wait: wait.ratio)[len(waits) // 2]


def _wait(port: int, browsers: Sequence[Browser], page: str) -> Waited:
    requests = [
        f"GET {page} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {browser.cookie}\r\nConnection: close\r\n\r\n"
        for browser in browsers
    ]
    _waited(port, requests)  # warms up both workers
    alone, together = [], []
    for _round in range(ROUNDS):  # in turn: a machine is another from second to second
        alone += _waited(port, requests[:1]) + _waited(port, requests[:1])
        together += _waited(port, requests)
    return Waited(statistics.quantiles(together, n=20)[-1], statistics.median(alone))


def _waited(port: int, requests: Sequence[str]) -> list[float]:
    """For how many seconds each of these waits, sent at once; by one thread, so that the cores are the service's."""
    begun, waited = time.perf_counter(), []
    with selectors.DefaultSelector() as answering:
        for request in requests:
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(request.encode())
            answering.register(connection, selectors.EVENT_READ, bytearray())
        while answering.get_map():
            for key, _event in answering.select():
                connection, answer = key.fileobj, key.data
                assert isinstance(connection, socket.socket)
                if more := connection.recv(1 << 16):
                    answer += more
                else:
                    waited.append(time.perf_counter() - begun)
                    assert answer.startswith(b"HTTP/1.1 200"), bytes(answer[:200])
                    answering.unregister(connection)
                    connection.close()
    return waited


#: Some ten milliseconds, as a page.
MUCH = 120_000


def _compute() -> int:
    return sum(number * number % 7 for number in range(MUCH))


def _computations() -> Waited:
    """As `_wait`: the slowest twentieth of sixteen at once, and one alone."""
    alone, together = [], []
    with ProcessPoolExecutor(2) as processes:
        for _round in range(3 * ROUNDS):
            alone += _computed(processes, 1) + _computed(processes, 1)
            together += _computed(processes, CLIENTS)
    return Waited(statistics.quantiles(together, n=20)[-1], statistics.median(alone))


def _computed(processes: ProcessPoolExecutor, count: int) -> list[float]:
    begun = time.perf_counter()
    return [
        time.perf_counter() - begun for _done in as_completed([processes.submit(_compute) for _one in range(count)])
    ]
