"""Every refusal and fault to its status and its page, in one place."""

from dataclasses import dataclass

from flask import Flask, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from flask_babel.speaklater import LazyString
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from domain import errors
from models import db


@dataclass(frozen=True)
class Page:
    title: LazyString
    sentence: LazyString


PAGES = {
    400: Page(
        later("This request could not be understood"),
        later("Go back, reload the page, and try once more. Nothing has been changed."),
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
}

STATUS: dict[type[errors.RefusalError], int] = {errors.ConflictError: 409, errors.NotAllowedError: 403}


def register(app: Flask) -> None:
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(errors.RefusalError, _refusal)


def _http(error: HTTPException) -> tuple[str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    db.session.rollback()
    return _page(error.code)


def _refusal(refusal: errors.RefusalError) -> tuple[str, int]:
    db.session.rollback()
    return _page(STATUS[type(refusal)], str(refusal))


def _stale_form(error: CSRFError) -> tuple[str, int]:
    return _page(
        400, _("The form was open for too long, or came from elsewhere. Go back, reload it and send it again.")
    )


def _page(status: int, sentence: str | None = None) -> tuple[str, int]:
    known = PAGES.get(status, PAGES[500 if status >= 500 else 400])
    page = render_template("errors/error.html", status=status, title=known.title, sentence=sentence or known.sentence)
    return page, status
