"""Tokens of the links in our letters: nobody else can make one.

Those of join links name an invitation and the number of its link; those of register links a pending enrolment;
those of links to a new password an account.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

_ID_BYTES = 16
_NUMBER_BYTES = 4
_TIME_BYTES = 8


class JoinTokens:
    """Makes and reads tokens under one secret key.

    A token carries no time: the invitation's own row says until when it is open, and a link number other
    than the row's is an old link.
    """

    def __init__(self, secret_key: str) -> None:
        self._signer = Signer(secret_key, salt="join", key_derivation="hmac", digest_method=hashlib.sha256)

    def make(self, invitation_id: UUID, link_number: int) -> str:
        payload = invitation_id.bytes + link_number.to_bytes(_NUMBER_BYTES)
        return self._signer.sign(base64_encode(payload)).decode()

    def read(self, token: str) -> tuple[UUID, int] | None:
        """The invitation's id and the link's number; nothing where the token is not one of ours."""
        if not token.isascii():  # which no token is, and not all of which can be encoded
            return None
        try:
            payload = base64_decode(self._signer.unsign(token))
        except BadData:
            return None
        return UUID(bytes=payload[:_ID_BYTES]), int.from_bytes(payload[_ID_BYTES:])


class RegisterTokens:
    """Makes and reads tokens under one secret key. A link is good for as long as the pending enrolment is there."""

    def __init__(self, secret_key: str) -> None:
        self._signer = Signer(secret_key, salt="register", key_derivation="hmac", digest_method=hashlib.sha256)

    def make(self, pending_id: UUID) -> str:
        return self._signer.sign(base64_encode(pending_id.bytes)).decode()

    def read(self, token: str) -> UUID | None:
        """The pending enrolment's id; nothing where the token is not one of ours."""
        if not token.isascii():
            return None
        try:
            return UUID(bytes=base64_decode(self._signer.unsign(token)))
        except BadData:
            return None


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """What a link to a new password says."""

    user_id: UUID
    until: datetime
    #: Of the session key that the account had (`mark_of`).
    mark: bytes


class PasswordTokens:
    """Makes and reads tokens under one secret key.

    A new password comes with a new session key. A link, which carries a mark of the one before, is then an old link.
    """

    def __init__(self, secret_key: str) -> None:
        self._signer = Signer(secret_key, salt="password", key_derivation="hmac", digest_method=hashlib.sha256)

    def make(self, user_id: UUID, session_key: str, until: datetime) -> str:
        """To the second: what is left of `until` is cut off."""
        payload = user_id.bytes + int(until.timestamp()).to_bytes(_TIME_BYTES) + mark_of(session_key)
        return self._signer.sign(base64_encode(payload)).decode()

    def read(self, token: str) -> PasswordLink | None:
        """Nothing where the token is not one of ours."""
        if not token.isascii():
            return None
        try:
            payload = base64_decode(self._signer.unsign(token))
        except BadData:
            return None
        user_id, rest = payload[:_ID_BYTES], payload[_ID_BYTES:]
        until = datetime.fromtimestamp(int.from_bytes(rest[:_TIME_BYTES]), UTC)
        return PasswordLink(UUID(bytes=user_id), until, rest[_TIME_BYTES:])


def mark_of(session_key: str) -> bytes:
    """By which the key is recognised, and cannot be told."""
    return hashlib.sha256(session_key.encode()).digest()[:_ID_BYTES]
