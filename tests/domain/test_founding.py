"""Making an organisation: its short name, and its first admin."""

import pytest
from sqlalchemy import select

from domain import founding
from domain.audit import By
from domain.errors import NotAllowedError
from domain.founding import Founded
from domain.people import rights_of
from domain.permissions import Rights
from models import AuditEntry, Organisation, db, new_id
from models.audit import Through
from tests.people import a_person, an_organisation

pytestmark = pytest.mark.usefixtures("app")

PLATFORM = Rights(new_id(), is_platform_admin=True)
PLAIN = {"short_name": "newland", "name": "Newland", "time_zone": "Asia/Kolkata", "admin_email": "first@new.test"}


def create(rights: Rights = PLATFORM, **said: str) -> Founded:
    return founding.create(rights, PLAIN | said, By(None, Through.PAGE))


def test_an_organisation_is_made_with_its_first_admin() -> None:
    first = a_person("first@new.test")
    made = create().organisation
    assert made is not None
    assert (made.short_name, made.name, made.time_zone) == ("newland", "Newland", "Asia/Kolkata")
    assert rights_of(first).admin_of == {made.id}
    [entry] = db.session.scalars(select(AuditEntry))
    assert (entry.action, entry.organisation_id, entry.counts) == ("role-given", made.id, {"admin": 1})


@pytest.mark.parametrize("short_name", ["a", "uni-harderwijk_2", "x" * 32])
def test_a_short_name_is_a_letter_and_more(short_name: str) -> None:
    a_person("first@new.test")
    assert create(short_name=short_name).problems == {}


@pytest.mark.parametrize("short_name", ["", "Newland", "2land", "new land", "néwland", "new+land", "x" * 33, "new\n"])
def test_another_short_name_is_told(short_name: str) -> None:
    a_person("first@new.test")
    assert list(create(short_name=short_name).problems) == ["short_name"]
    assert db.session.scalars(select(Organisation)).all() == []


def test_a_short_name_that_is_taken_is_told() -> None:
    a_person("first@new.test")
    an_organisation("newland")
    problem = ["There is an organisation with this short name already."]
    assert create().problems == {"short_name": problem}


def test_all_that_is_wrong_is_told_at_once() -> None:
    a_person("closed@new.test", is_active=False)
    problems = create(short_name="", name="", time_zone="", admin_email="closed@new.test").problems
    assert set(problems) == PLAIN.keys()
    assert problems["admin_email"] == ["The account of closed@new.test is closed."]


def test_only_platform_admins_make_organisations() -> None:
    here = an_organisation("here")
    with pytest.raises(NotAllowedError):
        create(Rights(new_id(), admin_of=frozenset([here.id])))
