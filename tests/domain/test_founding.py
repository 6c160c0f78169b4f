"""Making an organisation: its short name, and its first admin."""

import pytest
from sqlalchemy import select

from domain import founding
from domain.audit import By
from domain.errors import NotAllowedError
from domain.founding import Founded
from domain.people import find_by_email
from domain.permissions import Rights
from models import AuditEntry, Organisation, RoleInvitation, db, new_id
from models.audit import Through
from tests.people import a_person, an_organisation

pytestmark = pytest.mark.usefixtures("app")

PLATFORM = Rights(new_id(), is_platform_admin=True)
PLAIN = {"short_name": "newland", "name": "Newland", "time_zone": "Asia/Kolkata", "admin_email": "first@new.test"}


def create(rights: Rights = PLATFORM, **said: str) -> Founded:
    founder = find_by_email("founder@muster.test") or a_person("founder@muster.test")
    return founding.create(rights, founder, PLAIN | said, 30, By(founder.id, Through.PAGE))


def test_an_organisation_is_made_and_its_first_admin_invited() -> None:
    made = create().organisation
    assert made is not None
    assert (made.short_name, made.name, made.time_zone) == ("newland", "Newland", "Asia/Kolkata")
    [invitation] = db.session.scalars(select(RoleInvitation))
    assert (invitation.email, invitation.role, invitation.organisation_id) == ("first@new.test", "admin", made.id)
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    assert [(entry.action, entry.organisation_id) for entry in entries] == [
        ("organisation-made", made.id),
        ("role-invited", made.id),
    ]


@pytest.mark.parametrize("short_name", ["a", "uni-harderwijk_2", "x" * 32])
def test_a_short_name_is_a_letter_and_more(short_name: str) -> None:
    assert create(short_name=short_name).problems == {}


@pytest.mark.parametrize("short_name", ["", "Newland", "2land", "new land", "néwland", "new+land", "x" * 33, "new\n"])
def test_another_short_name_is_told(short_name: str) -> None:
    assert list(create(short_name=short_name).problems) == ["short_name"]
    assert db.session.scalars(select(Organisation)).all() == []


def test_a_short_name_that_is_taken_is_told() -> None:
    an_organisation("newland")
    problem = ["There is an organisation with this short name already."]
    assert create().problems == {"short_name": problem}


def test_all_that_is_wrong_is_told_at_once() -> None:
    problems = create(short_name="", name="", time_zone="", admin_email="first").problems
    assert set(problems) == PLAIN.keys()
    assert problems["admin_email"][0].startswith("This is no e-mail address")
    assert create(admin_email="").problems == {"admin_email": ["Enter an e-mail address."]}


def test_only_platform_admins_make_organisations() -> None:
    here = an_organisation("here")
    with pytest.raises(NotAllowedError):
        create(Rights(new_id(), admin_of=frozenset([here.id])))
