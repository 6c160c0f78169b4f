"""Any number of texts as one parameter: what comes out is what went in."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import select

from models import User, db
from models.base import among, texts
from tests.people import a_person

AWKWARD = [
    "",
    " ",
    '"',
    "\\",
    '\\"',
    "\\\\",
    "{",
    "}",
    "{}",
    ",",
    "a,b",
    "NULL",
    "null",
    "'",
    "é",
    "👩🏽‍🏫",
    "\n",
    "\t",
    "a\x01b",
    "%s",
]


@pytest.mark.parametrize(
    "values", [[], ["one"], AWKWARD, [*map(str, range(40_000))]], ids=["none", "one", "awkward", "many"]
)
def test_texts_come_out_as_they_went_in(app: Flask, values: list[str]) -> None:
    assert [*db.session.scalars(texts(values))] == values


def test_whoever_is_among_them_is_found(app: Flask) -> None:
    one, other = a_person("one@example.org", name='O"Neil, \\'), a_person("other@example.org", name="Other")
    names = [*AWKWARD, one.name]
    assert [*db.session.scalars(select(User).where(among(User.name, names)))] == [one]
    assert [*db.session.scalars(select(User).where(among(User.id, [uuid.uuid4(), other.id])))] == [other]
    assert [*db.session.scalars(select(User).where(among(User.id, [])))] == []


def test_a_text_that_no_database_takes_is_not_taken_for_two(app: Flask) -> None:
    one = a_person("one@example.org", name="One")
    if db.engine.dialect.name == "postgresql":
        with pytest.raises(ValueError, match="NUL"):
            among(User.name, ["Two\0One"])
    else:
        assert one not in db.session.scalars(select(User).where(among(User.name, ["Two\0One"])))
