"""Sign-ins with a provider that were begun in this browser, until they come back.

Its session keeps the last few of them, since they may be in several tabs.
"""

import time
from typing import NamedTuple

from flask import session

from domain.providers import Secrets, new_secrets

#: How long one may take, in seconds: on the way there may be a forgotten password.
_LASTS = 1800
#: So many fit into the cookie.
_MOST = 5


class SignIn(NamedTuple):
    secrets: Secrets
    #: The provider's key.
    provider: str
    #: The page to go to afterwards.
    target: str
    #: Whoever is signed in already wants to link what they sign in with.
    links: bool
    begun: int


def begin(provider: str, target: str, *, links: bool) -> SignIn:
    begun = SignIn(new_secrets(), provider, target, links, int(time.time()))
    session["under_way"] = [*_all(), begun][-_MOST:]
    return begun


def take(provider: str, state: str) -> SignIn | None:
    """The one that comes back with this state; nothing where it was not begun here, is too old, or has been back."""
    found = next((one for one in _all() if one.secrets.state == state), None)
    if found is None:
        return None
    session["under_way"] = [one for one in _all() if one is not found and one.secrets.state != state]
    is_old = time.time() > found.begun + _LASTS
    return None if is_old or found.provider != provider else found


def keep_others() -> None:
    """Empty the session but for those in other tabs."""
    others = _all()
    session.clear()
    session["under_way"] = others


def _all() -> list[SignIn]:
    return [SignIn(Secrets(*secrets), *rest) for secrets, *rest in session.get("under_way", [])]
