"""Keys exchanged for access tokens: OAuth 2 client credentials (RFC 6749, 4.4), where clients of Open edX ask for them.

The `client_id` is a key's ID, the `client_secret` the key itself.
"""

import uuid
from urllib.parse import unquote_plus

from flask import Response, request
from pydantic import BaseModel, Field
from werkzeug.wrappers import Response as AnyResponse

from domain import api_keys
from domain.access_tokens import LIFETIME, SCOPE
from models import ApiKey, db, now
from views import access, callers
from views.api.blueprint import ApiBlueprint, Refusal
from views.api.calls import Call, MalformedError, described
from views.callers import UnauthenticatedError
from views.extensions import limiter


class TokenRequest(BaseModel):
    grant_type: str = Field(examples=["client_credentials"], description="Always `client_credentials`.")
    client_id: str = Field("", description="The key's ID. With HTTP Basic it and the secret stand in the header.")
    client_secret: str = Field("", description="The key.")
    token_type: str = Field("bearer", description="`bearer` or `jwt`: which word the answer calls it by.")
    scope: str = Field("", description="Not looked at: a token may do what its key may.")


class Token(BaseModel):
    access_token: str
    token_type: str = Field(description="`Bearer` or `JWT`: either goes into the header `Authorization`, before it.")
    expires_in: int = Field(description="Seconds.", examples=[3600])
    scope: str = Field(examples=[SCOPE])


class Failure(BaseModel):
    """RFC 6749, 5.2."""

    error: str = Field(examples=["invalid_client"])
    error_description: str = Field(description="A sentence for people.")


#: Refused for what they are, where nothing says it more closely.
CODES = {401: "invalid_client", 429: "temporarily_unavailable", 500: "server_error"}


def tell(refusal: Refusal) -> Response:
    code = refusal.code or CODES.get(refusal.status, "invalid_request")
    failure = Failure(error=code, error_description=refusal.sentence)
    answer = Response(failure.model_dump_json(), refusal.status, refusal.headers, mimetype="application/json")
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="Muster", charset="UTF-8"'
    return answer


bp = ApiBlueprint("api_oauth", tell, Failure, url_prefix="/oauth2")

#: Failed attempts, for one network address.
PER_ADDRESS = "50 per 15 minutes"
CALL = Call(
    "Exchange a key for an access token",
    "OAuth 2 client credentials (RFC 6749, 4.4). The token works for an hour, as long as its key does.",
    body=TokenRequest,
    media_type="application/x-www-form-urlencoded",
    answer=Token,
    refusals=(400, 401, 429),
)

TOKEN_TYPES = {"bearer": "Bearer", "jwt": "JWT"}


@bp.after_request
def _keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _failed(response: AnyResponse) -> bool:
    return response.status_code == 401


@bp.post("/access_token", strict_slashes=False)
@access.public
@limiter.limit(PER_ADDRESS, deduct_when=_failed)
@described(CALL)
def access_token() -> Response:
    if any(len(values) > 1 for values in request.form.listvalues()):
        raise _malformed("A parameter was sent more than once.")
    token_type = _token_type()
    key = _authenticated(*_client())
    at = now()
    api_keys.note_use(key.id, at)
    token = Token(
        access_token=callers.access_tokens().make(key.id, at),
        token_type=token_type,
        expires_in=int(LIFETIME.total_seconds()),
        scope=SCOPE,
    )
    db.session.commit()
    return Response(token.model_dump_json(), mimetype="application/json")


def _token_type() -> str:
    grant_type = request.form.get("grant_type", "")
    if not grant_type:
        raise _malformed("grant_type is missing: client_credentials.")
    if grant_type != "client_credentials":
        raise _malformed("grant_type is always client_credentials.", "unsupported_grant_type")
    wanted = request.form.get("token_type") or "bearer"
    if wanted.casefold() not in TOKEN_TYPES:
        raise _malformed("token_type is bearer or jwt.")
    return TOKEN_TYPES[wanted.casefold()]


def _client() -> tuple[str, str]:
    """ID and secret, from the form or by HTTP Basic (RFC 6749, 2.3.1), which a client uses one of."""
    by_form = request.form.get("client_id", ""), request.form.get("client_secret", "")
    scheme = request.headers.get("Authorization", "").partition(" ")[0]
    if scheme.casefold() != "basic":
        return by_form
    if by_form[1]:
        raise _malformed("Send the secret in the header or in the form, not in both.")
    sent = request.authorization
    if sent is None:
        return "", ""
    return unquote_plus(sent.username or ""), unquote_plus(sent.password or "")


def _authenticated(client_id: str, client_secret: str) -> ApiKey:
    key = api_keys.find(client_secret)
    if key is None or key.id != _as_id(client_id):
        raise UnauthenticatedError(
            "invalid_client", "This ID and key do not belong together, or the key has expired or been revoked."
        )
    return key


def _malformed(sentence: str, code: str = "invalid_request") -> MalformedError:
    return MalformedError(400, sentence, code=code)


def _as_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
