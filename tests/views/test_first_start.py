"""An installation in which nobody has an account yet."""

import pytest
from flask import Flask

from tests.clients import Client
from tests.people import a_person
from tests.queries import counted


@pytest.fixture
def fresh(app: Flask) -> Client:
    """Of an empty database, which was never seen with anybody in it."""
    app.extensions["has_accounts"] = False
    app.config["DEMO"] = False
    return Client(app)


def test_where_nobody_has_an_account_the_first_page_says_how_to_make_one(fresh: Client) -> None:
    for path in ("/", "/login"):
        page = fresh.page(path)
        assert page.heading == "Make the first account"
        assert page.all("input", id="command", value="flask --app app users create --platform-admin")
        assert not page.all("input", type="password")


def test_as_soon_as_somebody_has_one_people_sign_in(fresh: Client) -> None:
    fresh.page("/login")
    a_person("first@muster.test")
    assert fresh.page("/login").heading == "Sign in"


def test_that_somebody_has_an_account_is_asked_of_the_database_no_more(fresh: Client) -> None:
    a_person("first@muster.test")
    fresh.page("/login")
    with counted() as queries:
        fresh.page("/login")
    assert not [query for query in queries if "users" in query]


def test_in_the_demo_people_sign_in_as_ever(app: Flask, fresh: Client) -> None:
    app.config["DEMO"] = True
    assert fresh.page("/login").heading == "Sign in"
