"""`Idempotency-Key`: a call that was sent again, because its answer did not arrive, is done once.

The answer is kept in the transaction of what the call did. Two at once: the second waits for the first.
"""

import hashlib

from flask import Response, g, request
from sqlalchemy import select, update

from domain.errors import ConflictError
from domain.language import gettext as _
from models import GivenAnswer, db, now
from models.base import insert_new

HEADER = "Idempotency-Key"
LONGEST = 255


class OtherRequestError(ConflictError):
    """The key was used for another request."""


def given_before() -> Response | None:
    """The first answer to this very request; nothing where this is the first time, or no key was sent.

    Raises `OtherRequestError`.
    """
    key = request.headers.get(HEADER, "").strip()
    if not key:
        return None
    if len(key) > LONGEST or not key.isprintable():
        raise OtherRequestError(_("An Idempotency-Key has at most %(most)s printable characters.", most=LONGEST))
    mine = {"api_key_id": g.caller.key.id, "idempotency_key": key}
    row = {**mine, "request_hash": _hash_here(), "status": 0, "body": b"", "created_at": now()}
    if db.session.scalar(insert_new(GivenAnswer).values(row).returning(GivenAnswer.status)) is not None:
        g.idempotency_key = key
        return None
    return _again(db.session.scalars(select(GivenAnswer).filter_by(**mine)).one())


def _again(given: GivenAnswer) -> Response:
    if given.request_hash != _hash_here():
        raise OtherRequestError(_("This Idempotency-Key was used for another request."))
    response = Response(given.body, given.status, mimetype="application/json")
    response.headers["Idempotent-Replayed"] = "true"
    if given.location:
        response.headers["Location"] = given.location
    return response


def keep(response: Response) -> None:
    if key := g.pop("idempotency_key", None):
        db.session.execute(
            update(GivenAnswer)
            .where(GivenAnswer.api_key_id == g.caller.key.id, GivenAnswer.idempotency_key == key)
            .values(status=response.status_code, location=response.headers.get("Location"), body=response.get_data())
        )


def _hash_here() -> str:
    """Of what was asked. A form says the same with other boundaries between its parts."""
    told = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    told.update(request.get_data())
    for name, value in sorted(request.form.items(multi=True)):
        told.update(f"\n{name}={value}".encode())
    for name, file in request.files.items(multi=True):
        told.update(f"\n{name}={file.filename}\n".encode())
        told.update(file.read())
        file.seek(0)
    return told.hexdigest()
