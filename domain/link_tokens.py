"""Tokens of the links in our letters: nobody else can make one.

Those of links to an invitation, to join or to a role, name it and the number of its link; those of register links a
pending enrolment; those of links to a new password an account; those of links that confirm a new address an account
and the address.
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


class _Seal:
    """Makes a token of some bytes, under one secret key, for one purpose; and reads it."""

    def __init__(self, secret_key: str, purpose: str) -> None:
        self._signer = Signer(secret_key, salt=purpose, key_derivation="hmac", digest_method=hashlib.sha256)

    def put_on(self, payload: bytes) -> str:
        return self._signer.sign(base64_encode(payload)).decode()

    def take_off(self, token: str) -> bytes | None:
        """Nothing where the token is not one of ours."""
        if not token.isascii():  # which no token is, and not all of which can be encoded
            return None
        try:
            return base64_decode(self._signer.unsign(token))
        except BadData:
            return None


class InvitationTokens:
    """Makes and reads tokens under one secret key, of invitations for one purpose: to join, or to a role.

    A token carries no time: the invitation's own row says until when it is open, and a link number other
    than the row's is an old link.
    """

    def __init__(self, secret_key: str, purpose: str) -> None:
        self._seal = _Seal(secret_key, purpose)

    def make(self, invitation_id: UUID, link_number: int) -> str:
        return self._seal.put_on(invitation_id.bytes + link_number.to_bytes(_NUMBER_BYTES))

    def read(self, token: str) -> tuple[UUID, int] | None:
        """The invitation's id and the link's number; nothing where the token is not one of ours."""
        payload = self._seal.take_off(token)
        return (UUID(bytes=payload[:_ID_BYTES]), int.from_bytes(payload[_ID_BYTES:])) if payload else None


class RegisterTokens:
    """Makes and reads tokens under one secret key. A link is good for as long as the pending enrolment is there."""

    def __init__(self, secret_key: str) -> None:
        self._seal = _Seal(secret_key, "register")

    def make(self, pending_id: UUID) -> str:
        return self._seal.put_on(pending_id.bytes)

    def read(self, token: str) -> UUID | None:
        """The pending enrolment's id; nothing where the token is not one of ours."""
        payload = self._seal.take_off(token)
        return UUID(bytes=payload) if payload else None


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
        self._seal = _Seal(secret_key, "password")

    def make(self, user_id: UUID, session_key: str, until: datetime) -> str:
        """To the second: what is left of `until` is cut off."""
        return self._seal.put_on(user_id.bytes + int(until.timestamp()).to_bytes(_TIME_BYTES) + mark_of(session_key))

    def read(self, token: str) -> PasswordLink | None:
        """Nothing where the token is not one of ours."""
        payload = self._seal.take_off(token)
        if payload is None:
            return None
        user_id, rest = payload[:_ID_BYTES], payload[_ID_BYTES:]
        until = datetime.fromtimestamp(int.from_bytes(rest[:_TIME_BYTES]), UTC)
        return PasswordLink(UUID(bytes=user_id), until, rest[_TIME_BYTES:])


@dataclass(frozen=True, slots=True)
class AddressLink:
    """What a link that confirms a new address says."""

    user_id: UUID
    until: datetime
    #: Of the session key and the address that the account had (`mark_of`).
    mark: bytes
    #: The new one.
    address: str


class AddressTokens:
    """Makes and reads tokens under one secret key. As with passwords, a link is good for one change."""

    def __init__(self, secret_key: str) -> None:
        self._seal = _Seal(secret_key, "address")

    def make(self, user_id: UUID, mark: bytes, address: str, until: datetime) -> str:
        """To the second: what is left of `until` is cut off."""
        time = int(until.timestamp()).to_bytes(_TIME_BYTES)
        return self._seal.put_on(user_id.bytes + time + mark + address.encode())

    def read(self, token: str) -> AddressLink | None:
        """Nothing where the token is not one of ours."""
        payload = self._seal.take_off(token)
        if payload is None:
            return None
        user_id, rest = payload[:_ID_BYTES], payload[_ID_BYTES:]
        until = datetime.fromtimestamp(int.from_bytes(rest[:_TIME_BYTES]), UTC)
        mark, address = rest[_TIME_BYTES:][:_ID_BYTES], rest[_TIME_BYTES:][_ID_BYTES:]
        return AddressLink(UUID(bytes=user_id), until, mark, address.decode())


def mark_of(session_key: str) -> bytes:
    """By which the key is recognised, and cannot be told."""
    return hashlib.sha256(session_key.encode()).digest()[:_ID_BYTES]


class LinkTokens:
    """Those of all kinds of links, under one secret key."""

    def __init__(self, secret_key: str) -> None:
        self.join = InvitationTokens(secret_key, "join")
        self.role = InvitationTokens(secret_key, "role")
        self.register = RegisterTokens(secret_key)
        self.password = PasswordTokens(secret_key)
        self.address = AddressTokens(secret_key)
