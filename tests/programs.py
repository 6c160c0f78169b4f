"""A program that calls the API with a key, as `tests.clients` are people who visit pages."""

from contextvars import Context
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from domain import api_keys
from domain.api_keys import NewKey
from domain.people import rights_of
from models import ApiKey, db, now
from tests.people import BY_NOBODY, the_person


def a_key(email: str, organisation: str | None = None, **given: Any) -> NewKey:
    """A key of somebody's of the demo world. `given`: columns that it has in the end."""
    owner = the_person(email)
    rights = rights_of(owner)
    place = api_keys.organisation_for(rights, organisation)
    made = api_keys.make(rights, owner, place, "For the tests", now().date() + timedelta(days=30), BY_NOBODY)
    for name, value in given.items():
        setattr(made.key, name, value)
    db.session.commit()
    return made


class Program(FlaskClient):
    """`credential`: a key or a token; none at all for who sends none."""

    def __init__(self, app: Flask, credential: str | None, scheme: str = "Bearer") -> None:
        super().__init__(app, app.response_class, use_cookies=False)
        self.headers = {"Authorization": f"{scheme} {credential}"} if credential else {}

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """The request sees what the test has committed, in a context of its own; the test then sees what it did."""
        db.session.commit()
        kwargs["headers"] = {**self.headers, **(kwargs.get("headers") or {})}
        answer = Context().run(super().open, *args, **{"buffered": True, **kwargs})
        db.session.rollback()
        return answer


def program(app: Flask, email: str, organisation: str | None = None) -> Program:
    """With a new key of somebody's of the demo world."""
    return Program(app, a_key(email, organisation).secret)


def key_called(secret: str) -> ApiKey:
    return db.session.scalars(db.select(ApiKey).where(ApiKey.secret_hash == api_keys.hash_of(secret))).one()
