"""A browser without a screen: signs in, follows forms, and looks at every page that it is given."""

import io
from contextvars import Context
from typing import Any

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import db
from tests.pages import Page, check_page


class Client(FlaskClient):
    """Every HTML answer is checked (`tests.pages.check_page`), unless told otherwise: on SQLite, since what a page is
    made of is the same on both databases.
    """

    checks_pages = True

    def __init__(self, app: Flask) -> None:
        super().__init__(app, app.response_class, use_cookies=True)
        self._on_sqlite = app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if not has_app_context():  # following a redirect
            return super().open(*args, **kwargs)
        # The request sees what the test has committed, in a context of its own; the test then sees what it did.
        db.session.commit()
        answer = Context().run(super().open, *args, **{"buffered": True, **kwargs})
        db.session.rollback()
        is_checked = self.checks_pages and self._on_sqlite
        if is_checked and answer.mimetype == "text/html" and answer.data and not answer.headers.get("Location"):
            is_mail = "sandbox" in answer.headers["Content-Security-Policy"]
            if not is_mail:  # mails have their style inline, and are shown in a frame of their own
                check_page(answer.text)
        return answer

    def sign_in(self, email: str, password: str = "muster-demo") -> "Client":
        answer = self.post("/login", data={"email": email, "password": password})
        assert answer.status_code == 303, f"{email} could not sign in"
        return self

    def page(self, path: str, status: int = 200) -> Page:
        """The page as its reader sees it, after redirects."""
        answer = self.get(path, follow_redirects=True)
        assert answer.status_code == status, f"{path} answered {answer.status_code}"
        return Page(answer.text)

    def send(self, path: str, status: int = 200, **form: Any) -> Page:
        """Send a form, follow to the next page."""
        answer = self.post(path, data=form, follow_redirects=True)
        assert answer.status_code == status, f"{path} answered {answer.status_code}"
        return Page(answer.text)

    def upload(self, content: bytes | str, name: str = "invitations.csv", status: int = 200) -> Page:
        """Upload a file of invitations; the page of its check."""
        data = content.encode() if isinstance(content, str) else content
        answer = self.post(
            "/invitations/upload",
            data={"file": (io.BytesIO(data), name)},
            content_type="multipart/form-data",
            follow_redirects=True,
        )
        assert answer.status_code == status, f"uploading {name} answered {answer.status_code}"
        page = Page(answer.text)
        page.path = answer.request.path
        return page
