"""Who calls the API: what a request's `Authorization` header says (RFC 6750). A session is no credential for it."""

from dataclasses import dataclass

from flask import current_app, request
from sqlalchemy.exc import OperationalError

from domain import api_keys
from domain.access_tokens import AccessTokens
from domain.errors import RefusalError
from domain.language import gettext as _
from domain.permissions import Rights
from models import ApiKey, User, begin_writing, db, now


class UnauthenticatedError(RefusalError):
    """Nobody, or nobody who is known. `code`: a word for programs."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


#: Nothing was sent at all.
MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Caller:
    user: User
    key: ApiKey
    rights: Rights


def access_tokens() -> AccessTokens:
    return AccessTokens(current_app.config["SECRET_KEY"], current_app.config["BASE_URL"])


def identify() -> Caller:
    """By a key, or by a token that it was exchanged for. Raises `UnauthenticatedError`."""
    key = _key_of(request.headers.get("Authorization", ""))
    caller = Caller(key.user, key, api_keys.rights_of_key(key))
    _note_use(key)
    return caller


def _key_of(header: str) -> ApiKey:
    scheme, _space, credential = header.partition(" ")
    credential = credential.strip()
    if scheme.casefold() not in {"bearer", "jwt"} or not credential:
        raise UnauthenticatedError(MISSING, _("Authentication credentials were not provided."))
    if credential.startswith(api_keys.PREFIX):
        found = api_keys.find(credential)
    else:
        key_id = access_tokens().read(credential)
        found = api_keys.find_by_id(key_id) if key_id else None
    if found is None:
        raise UnauthenticatedError(
            "token_nonexistent", _("The key or token is unknown, has expired or has been revoked.")
        )
    return found


def _note_use(key: ApiKey) -> None:
    """In a transaction of its own: a call that only reads has none to write in, and one that is refused takes back
    what it wrote. Whoever only reads waits for no writer: that use is left to the next call to note.
    """
    at, key_id, only_reads = now(), key.id, request.method in {"GET", "HEAD"}
    if not api_keys.is_use_to_be_noted(key, at):
        return
    db.session.rollback()
    try:
        begin_writing(waits=not only_reads)
    except OperationalError:
        if not only_reads:
            raise
        db.session.rollback()
        return
    api_keys.note_use(key_id, at)
    db.session.commit()
    if not only_reads:
        begin_writing()
