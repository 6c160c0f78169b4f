"""Access tokens: what a key is exchanged for, for an hour (RFC 6749, 4.4; RFC 7519).

A token names its key, and nothing else that counts: whether that key may still be used, and what for, is looked up
on every call, so that revoking it ends its tokens too.

What makes and reads tokens is imported when the first one comes: it takes a tenth of a second, at every start
otherwise.
"""

import hashlib
import hmac
import uuid
from datetime import datetime, timedelta

LIFETIME = timedelta(hours=1)
SCOPE = "read write"


class AccessTokens:
    """Makes and reads tokens under one secret key."""

    def __init__(self, secret_key: str, issuer: str) -> None:
        """`issuer`: where the application answers."""
        from joserfc import jwt
        from joserfc.jwk import OctKey

        self._key = OctKey.import_key(hmac.digest(secret_key.encode(), b"access tokens", hashlib.sha256))
        self._issuer = issuer
        self._claims = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": issuer}, sub={"essential": True}, exp={"essential": True}
        )

    def make(self, key_id: uuid.UUID, at: datetime) -> str:
        claims = {
            "iss": self._issuer,
            "sub": str(key_id),
            "iat": int(at.timestamp()),
            "exp": int((at + LIFETIME).timestamp()),
            "scope": SCOPE,
        }
        from joserfc import jwt

        return jwt.encode({"alg": "HS256"}, claims, self._key)

    def read(self, token: str) -> uuid.UUID | None:
        """The key's ID; nothing where the token is none of ours, or has run out."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
            self._claims.validate(claims)
            return uuid.UUID(str(claims["sub"]))
        except (JoseError, ValueError, TypeError):  # the last for headers that are no token's at all
            return None
