"""Who calls while things fail. They ask until they are answered, as patient people and well-made programs do."""

import re
import time
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.chaos.told import Told

#: Seconds after which even they lose patience.
PATIENCE = 150
PAUSE = 0.3
#: What a fault's page or answer says, in the application's own words.
CLEAR = re.compile(
    r"<h1[^>]*>\s*(Something went wrong on our side|Muster cannot work just now)|\"(title|detail|params)\""
)


class UnansweredError(Exception):
    """Asked for too long."""


class Client:
    """A program, or somebody's browser. Where one machine does not answer, the next is asked."""

    def __init__(self, ports: list[int], told: Told, key: str | None = None) -> None:
        self.told = told
        self._places = cycle([f"http://127.0.0.1:{port}" for port in ports])
        self._http = requests.Session()
        if key:
            self._http.headers["Authorization"] = f"Bearer {key}"

    def ask(self, method: str, path: str, **how: Any) -> requests.Response:
        """The answer: no fault of the server's, nor that somebody else was in the way or calls come too often."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = self._answer(method, next(self._places) + path, how)
            if answer is not None and answer.status_code < 500 and answer.status_code not in {409, 429}:
                return answer
            self.told.asked_again += 1
            if answer is not None and answer.status_code >= 500 and not CLEAR.search(answer.text):
                self.told.wrong.append(f"no clear page: {method} {path}: {answer.status_code} {answer.text[:200]}")
            time.sleep(PAUSE)
        raise UnansweredError(f"{method} {path}, last {answer.status_code if answer is not None else 'nothing'}")

    def _answer(self, method: str, url: str, how: dict[str, Any]) -> requests.Response | None:
        try:
            return self._http.request(method, url, allow_redirects=False, timeout=60, **how)
        except requests.RequestException:
            return None


class Visitor(Client):
    """Somebody with a browser, who signs in (again) whenever they are asked to."""

    def __init__(self, ports: list[int], told: Told, email: str, password: str = "muster-demo") -> None:
        super().__init__(ports, told)
        self._account = {"email": email, "password": password}

    def page(self, path: str) -> str:
        answer = self.ask("GET", path)
        while "Location" in answer.headers:
            where = urlsplit(answer.headers["Location"])
            if where.path == "/login":
                self._sign_in()
                where = urlsplit(path)
            answer = self.ask("GET", where.path)
        return answer.text

    def send(self, path: str, files: Any = None, **form: Any) -> requests.Response:
        """The answer to a form that was neither too old nor sent by nobody."""
        while True:
            form["csrf_token"] = self._token(self.page("/"))
            answer = self.ask("POST", path, data=form, files=files)
            if answer.status_code != 400 and not answer.headers.get("Location", "").startswith("/login"):
                return answer

    def _sign_in(self) -> None:
        page = self.ask("GET", "/login")
        if page.status_code == 200:  # and not in already
            self.ask("POST", "/login", data={**self._account, "csrf_token": self._token(page.text)})

    def _token(self, page: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found is not None, "a page without a form"
        return found[1]
