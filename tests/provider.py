"""A provider of sign-in that really answers: OpenID Connect over HTTP, on this machine."""

import base64
import hashlib
import json
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import requests
from authlib.deprecate import AuthlibDeprecationWarning
from joserfc import jws, jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from domain.openid import Provider
from domain.providers import Settings
from models import Identity, User, db
from tests.clients import Client

with warnings.catch_warnings():  # it is made of what Authlib and httpx will do without
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    import oidc_provider_mock

JANE: dict[str, Any] = {"email": "jane@example.org", "email_verified": True, "name": "Jane Doe"}

#: Answers in place of the provider.
Fault = Callable[[], Any]


class LocalProvider:
    """`issuer`; `asked`, what it was asked, by path; and how it is to answer otherwise than it should."""

    def __init__(self) -> None:
        self.app = oidc_provider_mock.app(require_nonce=True)
        self.app.before_request(self._listen)
        self.app.after_request(self._alter)
        self.server = make_server("localhost", 0, self.app, threaded=True)
        self.issuer = f"http://localhost:{self.server.server_port}"
        self.begin_anew()

    def begin_anew(self) -> None:
        self.asked: dict[str, dict[str, str]] = {}
        self.faults: dict[str, Fault] = {}
        #: What its ID tokens say instead; without a value, they do not say it.
        self.claims: dict[str, Any] = {}
        #: By which they are signed instead.
        self.key: RSAKey | None = None

    def settings(self, key: str = "surf", name: str = "SURFconext", **other: str) -> Settings:
        plain = {"key": key, "name": name, "issuer": self.issuer, "client_id": "muster", "client_secret": "not told"}
        return Settings(**plain | other)

    def knows(self, subject: str, **claims: Any) -> None:
        requests.put(f"{self.issuer}/users/{subject}", json=claims, timeout=5).raise_for_status()

    def way_back(self, address: str, subject: str = "jane", **other: str) -> str:
        """Of somebody who signs in there, at the address that they were sent to. `other`: form fields."""
        answer = requests.post(address, data={"sub": subject, **other}, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["Location"])
        assert parts.netloc == "muster.test"
        return f"{parts.path}?{parts.query}"

    def _listen(self) -> Any:
        self.asked[flask.request.path] = flask.request.values.to_dict()
        fault = self.faults.get(flask.request.path)
        return fault() if fault else None

    def _alter(self, response: flask.Response) -> flask.Response:
        if flask.request.path == "/oauth2/token" and response.status_code == 200 and (self.claims or self.key):
            answer = response.get_json()
            answer["id_token"] = self._signed_anew(answer["id_token"])
            response.set_data(json.dumps(answer))
        return response

    def _signed_anew(self, token: str) -> str:
        said = jws.extract_compact(token.encode())
        claims = {**json.loads(said.payload), **self.claims}
        own = RSAKey.import_key(flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True))
        told = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(said.headers(), told, self.key or own, algorithms=["RS256"])


@contextmanager
def serving() -> Iterator[LocalProvider]:
    provider = LocalProvider()
    thread = threading.Thread(target=provider.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        provider.server.shutdown()
        thread.join(10)
        provider.server.server_close()


def connected(*settings: Settings) -> dict[str, Provider]:
    return {one.key: Provider(one) for one in settings}


def known_as(subject: str, user: User, provider: LocalProvider) -> Identity:
    identity = Identity(user_id=user.id, issuer=provider.issuer, subject=subject)
    db.session.add(identity)
    db.session.flush()
    return identity


def sent_away(client: Client, path: str = "/login/surf") -> str:
    """Where the person is to sign in."""
    answer = client.get(path)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def signed_in(
    client: Client, provider: LocalProvider, subject: str = "jane", path: str = "/login/surf"
) -> TestResponse:
    """What Muster answers when the person comes back."""
    return client.get(provider.way_back(sent_away(client, path), subject))


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def challenge_of(verifier: str) -> str:
    """RFC 7636, 4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
