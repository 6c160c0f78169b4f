"""`Idempotency-Key`: a call that was sent again, because its answer did not arrive, is done once.

The answer is kept in the transaction of what the call did: a call that fails keeps nothing, and may be sent again.
"""

import hashlib
import json
from operator import itemgetter

from flask import Response, g, request

from domain import given_answers
from domain.errors import RefusalError
from domain.language import gettext as _
from models import GivenAnswer

HEADER = "Idempotency-Key"
LONGEST = 255


class IdempotencyKeyError(RefusalError):
    """The key is none, or was used for another request."""


def given_before() -> Response | None:
    """The first answer to this very request; nothing where this is the first time, or no key was sent.

    Raises `IdempotencyKeyError`.
    """
    if HEADER not in request.headers:
        return None
    key = request.headers[HEADER].strip()
    if not 1 <= len(key) <= LONGEST or not key.isprintable():
        raise IdempotencyKeyError(_("An Idempotency-Key has 1 to %(most)s printable characters.", most=LONGEST))
    asked = _hash_here()
    given = given_answers.claim(g.caller.key.id, key, asked)
    if given is None:
        g.idempotency_key = key
        return None
    if given.request_hash != asked:
        raise IdempotencyKeyError(_("This Idempotency-Key was used for another request."))
    return _again(given)


def _again(given: GivenAnswer) -> Response:
    response = Response(given.body, given.status, mimetype="application/json")
    response.headers["Idempotent-Replayed"] = "true"
    if given.location:
        response.headers["Location"] = given.location
    return response


def keep(response: Response) -> None:
    if key := g.pop("idempotency_key", None):
        body, location = response.get_data(), response.headers.get("Location")
        given_answers.keep(g.caller.key.id, key, response.status_code, location, body)


def _hash_here() -> str:
    """Of what was asked. A form says the same with other boundaries between its parts."""
    told = hashlib.sha256(request.get_data())
    by_name = itemgetter(0)
    fields = sorted(request.form.items(multi=True), key=by_name)
    files = sorted(request.files.items(multi=True), key=by_name)
    names = [(name, file.filename) for name, file in files]
    told.update(json.dumps([request.method, request.full_path, fields, names]).encode())
    for _name, file in files:
        told.update(hashlib.sha256(file.read()).digest())
        file.seek(0)
    return told.hexdigest()
