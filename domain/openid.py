"""What we ask of a provider of sign-in, and which of its answers we believe.

OpenID Connect Core 1.0, section 3.1, the authorization code flow, with PKCE (RFC 7636). To import this takes a while,
which only those pay for who have a provider: see `views.providers`.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import requests
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from domain.identities import Ending, SignInEnded, Told
from domain.providers import Secrets, Settings, is_safe

log = logging.getLogger(__name__)

#: Until it answers, and between two parts of an answer, in seconds. A sign-in asks up to four times.
_PATIENCE = (3, 4)
#: How long what a provider says of itself, and its keys, are believed, in seconds.
_KEPT = 3600
#: By how much its clock may differ from ours, in seconds.
_CLOCKS_DIFFER = 60
#: Signatures by a key that only the provider has.
_SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
#: What it answers where the person said no, or may not say yes.
_NOT_WANTED = {"access_denied", "consent_required", "interaction_required", "login_required"}
#: What it answers where it is in trouble.
_IN_TROUBLE = {"server_error", "temporarily_unavailable"}
#: What an ID token often leaves to the endpoint for it.
_OF_THE_PERSON = {"email", "email_verified", "name"}

Kept = TypeVar("Kept")


class DoubtError(ValueError):
    """`str(error)` says to the operator why the provider is not believed."""


class Provider:
    """Its methods raise `SignInEnded` where it does not answer (AWAY), or not as it should (MISTAKEN), or the person
    said no (CANCELLED).
    """

    def __init__(self, settings: Settings) -> None:
        self.key, self.name, self.issuer = settings.key, settings.name, settings.issuer
        self._settings = settings
        self._metadata = _Renewed(self._ask_for_metadata)
        self._keys = _Renewed(self._ask_for_keys)

    def address(self, redirect_uri: str, chosen: Secrets) -> str:
        """Where a person signs in, to come back to `redirect_uri`."""
        with self._answering(), self._session(redirect_uri) as session:
            url, _state = session.create_authorization_url(
                self._metadata.get()["authorization_endpoint"],
                state=chosen.state,
                nonce=chosen.nonce,
                code_verifier=chosen.verifier,
            )
            return str(url)

    def told(self, answer: Mapping[str, str], redirect_uri: str, chosen: Secrets) -> Told:
        """Who has signed in there. `answer`: what they came back to `redirect_uri` with."""
        with self._answering(), self._session(redirect_uri) as session:
            code = self._code_of(answer)
            token = session.fetch_token(
                self._metadata.get()["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=chosen.verifier,
            )
            claims = self._believed(token, chosen.nonce)
            return Told.of(self.issuer, {**self._said_elsewhere(session, claims), **claims})

    def _session(self, redirect_uri: str) -> OAuth2Session:
        return OAuth2Session(
            self._settings.client_id,
            self._settings.client_secret,
            token_endpoint_auth_method=self._proof_of_ourselves(),
            scope=self._settings.scopes,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            default_timeout=_PATIENCE,
        )

    def _proof_of_ourselves(self) -> str:
        """As a header, unless the provider takes our secret only in the form."""
        taken = self._metadata.get().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in taken else "client_secret_post"

    def _code_of(self, answer: Mapping[str, str]) -> str:
        """RFC 6749, 4.1.2, and RFC 9207, 2.4."""
        if answer.get("error") in _NOT_WANTED:
            raise SignInEnded(Ending.CANCELLED)
        if "error" in answer:
            raise OAuthError(answer["error"])
        if answer.get("iss", self.issuer) != self.issuer:
            raise DoubtError("another provider answers")
        return answer["code"]

    def _believed(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """What the ID token says. OpenID Connect Core 1.0, 3.1.3.7."""
        signed = self._verified(token["id_token"])
        expected = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self._settings.client_id},
        }
        known = {
            "nonce": nonce,
            "client_id": self._settings.client_id,
            "access_token": token.get("access_token"),
        }
        claims = CodeIDToken(signed.claims, signed.header, expected, known)
        claims.validate(leeway=_CLOCKS_DIFFER)
        return dict(claims)

    def _verified(self, id_token: str) -> jwt.Token:
        """By another key than we know, the keys are asked for anew: providers change them."""
        registry = JWSRegistry(algorithms=_SIGNATURES, strict_check_header=False)
        try:
            return jwt.decode(id_token, self._keys.get(), registry=registry)
        except (InvalidKeyIdError, BadSignatureError):
            return jwt.decode(id_token, self._keys.renewed(), registry=registry)

    def _said_elsewhere(self, session: OAuth2Session, claims: Mapping[str, Any]) -> dict[str, Any]:
        """What the ID token does not say of the person; of another person, nothing is believed (5.3.2)."""
        endpoint = self._metadata.get().get("userinfo_endpoint")
        if claims.keys() >= _OF_THE_PERSON or not is_safe(endpoint):
            return {}
        said = _object(session.get(endpoint))
        if said.get("sub") != claims["sub"]:
            raise DoubtError("it tells of another person")
        return said

    def _ask_for_metadata(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0, section 4."""
        url = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
        metadata = _object(requests.get(url, timeout=_PATIENCE))
        if metadata.get("issuer") != self.issuer:
            raise DoubtError(f"it calls itself {metadata.get('issuer')!r}, which the setting of its issuer must be")
        if unsafe := [name for name in _ENDPOINTS if not is_safe(metadata.get(name))]:
            raise DoubtError(f"it has no safe {', '.join(unsafe)}")
        return metadata

    def _ask_for_keys(self) -> KeySet:
        keys = _object(requests.get(self._metadata.get()["jwks_uri"], timeout=_PATIENCE))
        return KeySet.import_key_set(keys)  # type: ignore[arg-type]  # checked by it

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """For the operator, what is wrong is logged, without anything that was sent."""
        try:
            yield
        except requests.RequestException as error:
            log.warning("The provider of sign-in %s is away: %s", self.issuer, type(error).__name__)
            raise SignInEnded(Ending.AWAY) from None
        except OAuthError as error:
            word = _code_word(error.error)
            log.warning("The provider of sign-in %s refuses: %s", self.issuer, word)
            raise SignInEnded(Ending.AWAY if word in _IN_TROUBLE else Ending.MISTAKEN) from None
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("The provider of sign-in %s is not believed: %s", self.issuer, _why(error))
            raise SignInEnded(Ending.MISTAKEN) from None


def _code_word(error: object) -> str:
    """Such as `invalid_client`; it may come from the address that somebody asked for."""
    return error if isinstance(error, str) and re.fullmatch("[a-z_]{1,40}", error) else "in other words"


def _why(error: Exception) -> str:
    """Other errors may quote what was sent."""
    return str(error) if isinstance(error, JoseError | DoubtError) else type(error).__name__


class _Renewed(Generic[Kept]):
    """What is asked for once, and again after a while."""

    def __init__(self, ask: Callable[[], Kept]) -> None:
        self._ask = ask
        self._kept: tuple[Kept, float] | None = None

    def get(self) -> Kept:
        kept = self._kept
        return kept[0] if kept and time.monotonic() < kept[1] else self.renewed()

    def renewed(self) -> Kept:
        value = self._ask()
        self._kept = value, time.monotonic() + _KEPT
        return value


def _object(response: requests.Response) -> dict[str, Any]:
    response.raise_for_status()
    said = response.json()
    if not isinstance(said, dict):
        raise requests.exceptions.InvalidJSONError("no object")
    return said
