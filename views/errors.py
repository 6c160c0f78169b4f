"""Every refusal and fault to its status and its page, in one place."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from flask_babel.speaklater import LazyString
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response

from domain import errors
from models import roll_back
from views.api import problems
from views.api.blueprint import Refusal, blueprint_here, blueprint_of_path
from views.api.calls import MalformedError
from views.api.idempotency import IdempotencyKeyError
from views.callers import UnauthenticatedError
from views.logs import request_id

Answer = Response | tuple[str, int, dict[str, str]]


@dataclass(frozen=True)
class Page:
    title: LazyString
    sentence: LazyString


PAGES = {
    400: Page(
        later("This request could not be understood"),
        later("Go back, reload the page, and try once more. Nothing has been changed."),
    ),
    401: Page(
        later("Nobody is signed in"),
        later("Send an API key or a token in the header: Authorization: Bearer …"),
    ),
    403: Page(
        later("You may not do this"),
        later("Your role does not include this. Ask an admin of your organisation if you think that it should."),
    ),
    404: Page(
        later("There is no such page"),
        later("The address may be mistyped, or what stood here is not for your account."),
    ),
    405: Page(
        later("This page does not work that way"),
        later("Go back and use the buttons on the page. Nothing has been changed."),
    ),
    409: Page(
        later("This cannot be done any more"),
        later("Somebody else may have been quicker. Go back, reload the page and look again."),
    ),
    410: Page(
        later("This is no longer here"),
        later("It has been deleted, as was said before it was."),
    ),
    413: Page(
        later("This file is too large"),
        later("Nothing of it has been stored. Split the file into smaller ones and upload them one after the other."),
    ),
    429: Page(
        later("Too many attempts"),
        later("Wait some minutes, then try again."),
    ),
    500: Page(
        later("Something went wrong on our side"),
        later("Nothing has been half-done. Try again in a minute; if it happens again, tell your administrator."),
    ),
    503: Page(
        later("Muster cannot work just now"),
        later(
            "Its database does not answer, is busy, or has no room left. Nothing has been half-done. Try again in "
            "a minute."
        ),
    ),
}

#: What a program is told instead: it sees no page, presses no button and chooses no file.
CALLS = {
    404: Page(
        later("There is nothing here"),
        later("The address may be mistyped, or what stood here is not for this key."),
    ),
    405: Page(
        later("This call takes another method"),
        later("Use one of those that the header Allow names. Nothing has been changed."),
    ),
    413: Page(
        later("This is too large"),
        later("Nothing of it has been stored. Send it in several parts, one after the other."),
    ),
}

STATUS: dict[type[errors.RefusalError], int] = {
    errors.ConflictError: 409,
    errors.GoneError: 410,
    errors.NotAllowedError: 403,
    errors.SuspendedError: 403,
    UnauthenticatedError: 401,
    IdempotencyKeyError: 422,
}


#: What PostgreSQL has ended one of two transactions for: each waited for the other, or would have to know of it.
_COLLISIONS = {"40P01", "40001"}
_COLLIDED = Page(later("Somebody else was changing the same"), later("Nothing has been changed. Try again."))

#: The database is away, locked, or has no room. Which, is for the log.
OUT_OF_REACH = (OperationalError, InterfaceError)
#: SQLite raises the same for a statement that is wrong.
_OUT_OF_REACH_ON_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
}

#: Of refusals that are told under a heading of their own.
TITLES: dict[type[errors.RefusalError], LazyString] = {
    errors.SuspendedError: later("This organisation is suspended"),
}


def register(app: Flask) -> None:
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(errors.RefusalError, _refusal)
    app.register_error_handler(MalformedError, _malformed)
    app.register_error_handler(OperationalError, _collision)


def _http(error: HTTPException) -> Answer | HTTPException:
    if error.code is None or error.code < 400:
        return error
    roll_back()
    if _is_out_of_reach(getattr(error, "original_exception", None)):
        return _answer(503, headers={"Retry-After": "60"})
    return _answer(error.code, headers=_headers_of(error))


def _is_out_of_reach(fault: BaseException | None) -> bool:
    if not isinstance(fault, OUT_OF_REACH):
        return False
    code = getattr(fault.orig, "sqlite_errorcode", None)
    return code is None or code & 0xFF in _OUT_OF_REACH_ON_SQLITE  # the rest says more of what is the matter


def _headers_of(error: HTTPException) -> dict[str, str]:
    """RFC 9110, 15.5.6: whoever is told that the method is wrong is told the right ones."""
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        return {"Allow": ", ".join(sorted(error.valid_methods))}
    return {}


def _refusal(refusal: errors.RefusalError) -> Answer:
    roll_back()
    title = TITLES.get(type(refusal))
    return _answer(STATUS[type(refusal)], str(refusal), title, code=getattr(refusal, "code", ""))


def _malformed(error: MalformedError) -> Answer:
    roll_back()
    return _answer(error.status, str(error), errors=error.errors, code=error.code)


def _collision(error: OperationalError) -> Answer:
    """Rare: locks are taken in one order. Whatever else the database could not do is a fault."""
    if getattr(error.orig, "sqlstate", None) not in _COLLISIONS:
        raise error
    roll_back()
    current_app.logger.warning("Two were in each other's way in %s.", request.endpoint, exc_info=error)
    return _answer(409, str(_COLLIDED.sentence), _COLLIDED.title)


def _stale_form(error: CSRFError) -> Answer:
    return _answer(
        400, _("The form was open for too long, or came from elsewhere. Go back, reload it and send it again.")
    )


def _answer(status: int, sentence: str | None = None, title: LazyString | None = None, **more: Any) -> Answer:
    """A page, or to a call of the API what its family answers."""
    known = PAGES.get(status, PAGES[500 if status >= 500 else 400])
    family = blueprint_here() or (blueprint_of_path() if status == 405 else None)
    if family or request.path.startswith("/api/"):
        known = CALLS.get(status, known)
        tell = family.tell if family else problems.tell
        return tell(Refusal(status, str(title or known.title), sentence or str(known.sentence), **more))
    told = {"title": title or known.title, "sentence": sentence or known.sentence, "request_id": request_id.get()}
    page = render_template("errors/error.html", status=status, **told)
    return page, status, more.get("headers", {})
