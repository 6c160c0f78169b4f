"""`python -m tests.benchmarks.visits SMALL_URL LARGE_URL [--deeds]`: every page and every call, over HTTP.

In two worlds that `million` has filled, in turn, five times each. `--deeds`: instead, what can be sent; it is done in
both worlds, for good.
"""

import argparse
import http.client
import itertools
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from werkzeug.test import EnvironBuilder

from app import create_app
from tests.benchmarks.results import ROUNDS, table
from tests.benchmarks.service import Browser, Service
from tests.walking import CAST, MOST_TURNS, PROGRAMS, Visit, credential_of, deeds, looks, places_in, turns
from views.extensions import limiter

HEAD = ("page or call", "as", "answer", "kB", "small", "large", "ratio", "")
#: A page may take so many times what it takes in the small world, or what nobody notices.
MOST, UNNOTICED = 1.5, 0.1
#: Of the service, which the application shares.
_SETTINGS = ("INSTANCE_PATH", "SECRET_KEY", "DATABASE_URL", "RATELIMIT_STORAGE_URI")
#: What a search or a turn of a list keeps of its address, without the place in the list.
_PLACES = {"after", "before"}


class Answer(NamedTuple):
    status_code: int
    mimetype: str
    text: str
    seconds: float


class World:
    """A service with everybody signed in, and an application on the same database, in this process."""

    def __init__(self, service: Service) -> None:
        self.port = service.port
        self.app = create_app({name: service.environment[name] for name in _SETTINGS})
        with self.app.app_context():
            self._headers = {f"program of {who}": credential_of(CAST[who]) for who in PROGRAMS}
        self._tokens: dict[str, str] = {}
        for who, email in CAST.items():
            browser = Browser(service)
            browser.sign_in(email)
            self._tokens[who] = _token_in(browser.get("/"))
            self._headers[who] = {"Cookie": browser.cookie}

    def looks(self) -> list[Visit]:
        with self.app.app_context():
            return [*looks(self.app, places_in(self.app))]

    def deed(self, number: int) -> Visit | None:
        """Of all that can be done the one, with what is there by now: what was undone before is another one then."""
        with self.app.app_context():
            return next(itertools.islice(deeds(self.app, places_in(self.app)), number, None), None)

    def visit(self, visit: Visit) -> Answer:
        sent = dict(visit.sent)
        if visit.method != "GET" and visit.who in self._tokens:
            sent["data"] = {**sent["data"], "csrf_token": self._tokens[visit.who]}
        asked = EnvironBuilder("/", method=visit.method, **sent).get_environ()
        headers = {**self._headers[visit.who], "Content-Type": asked.get("CONTENT_TYPE", "")}
        body = asked["wsgi.input"].read()
        limiter.reset()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        begun = time.perf_counter()
        connection.request(visit.method, quote(visit.path, safe="/?&=%+:@"), body, headers)
        told = connection.getresponse()
        text = told.read()
        taken = time.perf_counter() - begun
        return Answer(told.status, told.headers.get_content_type(), text.decode(errors="replace"), taken)


def _token_in(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


@contextmanager
def world(database_url: str, counts: str) -> Iterator[World]:
    """`counts`: where it is counted who has asked how often; one place for all worlds, since they share a limiter."""
    folder = Path(tempfile.mkdtemp(prefix="muster-visits-"))
    service = Service(folder, database_url, RATELIMIT_STORAGE_URI=counts)
    try:
        service.start_web(1)
        yield World(service)
    finally:
        service.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Timed:
    """What the same visit took in both worlds, each time."""

    what: str
    who: str
    small: list[Answer] = field(default_factory=list)
    large: list[Answer] = field(default_factory=list)

    @property
    def seconds(self) -> tuple[float, float]:
        return _median(self.small), _median(self.large)

    @property
    def is_held(self) -> bool:
        small, large = self.seconds
        return large <= max(MOST * small, UNNOTICED)

    @property
    def cells(self) -> tuple[str, ...]:
        small, large = self.seconds
        told = "/".join(str(max(one.status_code for one in answers)) for answers in (self.small, self.large))
        size = "/".join(f"{max(len(one.text) for one in answers) / 1000:.0f}" for answers in (self.small, self.large))
        return self.what, self.who, told, size, f"{small:.3f} s", f"{large:.3f} s", f"{large / small:.2f}"


def _median(answers: Sequence[Answer]) -> float:
    """Of those that were not refused, where there are any."""
    done = [answer for answer in answers if answer.status_code < 400] or answers
    return statistics.median(answer.seconds for answer in done)


def look_around(small: World, large: World) -> Iterator[Timed]:
    for here, there in zip(small.looks(), large.looks(), strict=True):
        timed, answer, answer_there = _timed(small, large, here, there)
        yield timed
        smaller = {_kind(turn): turn for turn in turns(here, answer)}
        for turn in itertools.islice(turns(there, answer_there), MOST_TURNS):
            yield _timed(small, large, smaller.get(_kind(turn), here), turn)[0]


def _timed(small: World, large: World, here: Visit, there: Visit) -> tuple[Timed, Answer, Answer]:
    answers = small.visit(here), large.visit(there)
    timed = Timed(f"{there.method} {there.endpoint}{_kind(there)}", there.who)
    for _round in range(ROUNDS):
        timed.small.append(small.visit(here))
        timed.large.append(large.visit(there))
    return timed, *answers


def _kind(visit: Visit) -> str:
    """What of a list is asked for, whatever is in it."""
    asked = parse_qsl(urlsplit(visit.path).query, keep_blank_values=True)
    told = "&".join(f"{name}={'…' if name in _PLACES else value}" for name, value in asked)
    return f"?{told}" if told else ""


def do_everything(small: World, large: World) -> Iterator[Timed]:
    for number in itertools.count():
        timed = None
        for _round in range(ROUNDS):
            here, there = small.deed(number), large.deed(number)
            if here is None or there is None:
                return
            timed = timed or Timed(f"{there.method} {there.endpoint}", there.who)
            timed.small.append(small.visit(here))
            timed.large.append(large.visit(there))
        assert timed is not None
        yield timed


def main() -> int:
    parser = argparse.ArgumentParser(prog="visits")
    parser.add_argument("small_url")
    parser.add_argument("large_url")
    parser.add_argument("--deeds", action="store_true")
    arguments = parser.parse_args()
    rows = []
    with (
        tempfile.NamedTemporaryFile(suffix=".sqlite") as file,
        world(arguments.small_url, f"sqlite:///{file.name}") as small,
        world(arguments.large_url, f"sqlite:///{file.name}") as large,
    ):
        for timed in (do_everything if arguments.deeds else look_around)(small, large):
            rows.append(timed)
            print(*timed.cells, "" if timed.is_held else "SLOWER", sep="\t", file=sys.stderr, flush=True)
    print(table(HEAD, sorted(rows, key=lambda timed: -timed.seconds[1])))
    return 0 if all(timed.is_held for timed in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
