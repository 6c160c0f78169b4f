"""Tokens of the links in our letters: nobody else can make one.

Those of join links name an invitation and the number of its link; those of register links a pending enrolment.
"""

import hashlib
from uuid import UUID

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

_ID_BYTES = 16
_NUMBER_BYTES = 4


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
