"""Providers of sign-in (OpenID Connect), as the operator configures them."""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

#: What a provider cannot be asked without: its settings' names, after `OIDC_` or `OIDC_SURF_`.
REQUIRED = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "NAME")
#: For a name and an address.
DEFAULT_SCOPES = "openid profile email"
#: Of the provider whose settings are `OIDC_ISSUER` and so on.
UNNAMED = "oidc"

_KEY = re.compile("[a-z][a-z0-9]{0,31}")
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
_LONGEST_ISSUER = 255


class SettingsError(ValueError):
    """`str(error)` is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One provider's."""

    #: In the addresses of our pages, and in the names of its settings.
    key: str
    #: On buttons.
    name: str
    #: As its tokens say it, letter by letter.
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: str = DEFAULT_SCOPES


class Secrets(NamedTuple):
    """By which one sign-in is recognised when it comes back."""

    state: str
    nonce: str
    verifier: str


def new_secrets() -> Secrets:
    return Secrets(secrets.token_urlsafe(16), secrets.token_urlsafe(16), secrets.token_urlsafe(32))


def read(given: Mapping[str, Any]) -> list[Settings]:
    """In the order of the buttons. Raises `SettingsError` where one cannot be asked."""
    settings = [_settings(given, key) for key in dict.fromkeys(_keys(given))]
    if len({one.issuer for one in settings}) < len(settings):
        raise SettingsError("Two providers of sign-in have the same issuer. Configure it once.")
    return settings


def is_safe(url: object) -> bool:
    """Whether what is sent there is read by nobody on the way."""
    if not isinstance(url, str):
        return False
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)
    )


def _keys(given: Mapping[str, Any]) -> Iterator[str]:
    if any(f"OIDC_{name}" in given for name in REQUIRED):
        yield UNNAMED
    for key in str(given.get("OIDC_PROVIDERS", "")).lower().replace(",", " ").split():
        if not _KEY.fullmatch(key):
            raise SettingsError(f"OIDC_PROVIDERS names “{key}”. Use letters and digits, such as: surf,google")
        yield key


def _settings(given: Mapping[str, Any], key: str) -> Settings:
    prefix = "OIDC_" if key == UNNAMED else f"OIDC_{key.upper()}_"
    told = {name: str(given.get(prefix + name, "")).strip() for name in (*REQUIRED, "SCOPES")}
    if missing := [prefix + name for name in REQUIRED if not told[name]]:
        raise SettingsError(f"A provider of sign-in is configured by half. Set also: {', '.join(missing)}")
    _check_issuer(f"{prefix}ISSUER", told["ISSUER"])
    scopes = told["SCOPES"] or DEFAULT_SCOPES
    if "openid" not in scopes.split():
        raise SettingsError(f"{prefix}SCOPES must have “openid” among them, as in: {DEFAULT_SCOPES}")
    return Settings(key, told["NAME"], told["ISSUER"], told["CLIENT_ID"], told["CLIENT_SECRET"], scopes)


def _check_issuer(setting: str, issuer: str) -> None:
    if not is_safe(issuer):
        raise SettingsError(f"{setting} must begin with https:// (on this machine, http://localhost will do).")
    if "?" in issuer or "#" in issuer or len(issuer) > _LONGEST_ISSUER:
        raise SettingsError(f"{setting} is not the address of an issuer, which has no “?” or “#” in it.")
