"""Platform admins: named by address, taken away; there is always one."""

import pytest
from flask import Flask
from sqlalchemy import select

from domain import platform_admins
from domain.errors import ConflictError, NotAllowedError
from domain.people import rights_of
from domain.permissions import Rights
from models import AuditEntry, User, begin_writing, db, new_id
from tests.people import BY_NOBODY, a_person, an_organisation
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("app")

PLATFORM = Rights(new_id(), is_platform_admin=True)


def name(email: str) -> str | None:
    return platform_admins.name(PLATFORM, email, BY_NOBODY)


def test_somebody_with_an_account_is_named() -> None:
    person = a_person("person@here.test")
    assert name("Person@here.test") is None
    assert rights_of(person).is_platform_admin
    [entry] = db.session.scalars(select(AuditEntry))
    assert (entry.action, entry.organisation_id, entry.counts) == ("platform-admin-made", None, {"made": 1})


@pytest.mark.parametrize(
    ("email", "problem"),
    [
        ("", "Enter an e-mail address."),
        ("nobody@here.test", "There is no account for nobody@here.test: only who has one can be a platform admin."),
        ("closed@here.test", "The account of closed@here.test is closed."),
        ("paula@here.test", "Paula is a platform admin already."),
    ],
)
def test_who_cannot_be_named_is_told(email: str, problem: str) -> None:
    a_person("closed@here.test", is_active=False)
    a_person("paula@here.test", is_platform_admin=True)
    assert name(email) == problem


def test_it_is_taken_away_where_another_one_is_left() -> None:
    paula, piet = (a_person(f"{who}@here.test", is_platform_admin=True) for who in ("paula", "piet"))
    platform_admins.take(PLATFORM, piet, BY_NOBODY)
    assert not rights_of(piet).is_platform_admin
    with pytest.raises(ConflictError, match="no platform admin any more"):
        platform_admins.take(PLATFORM, piet, BY_NOBODY)
    with pytest.raises(ConflictError, match="The platform needs an admin"):
        platform_admins.take(PLATFORM, paula, BY_NOBODY)
    assert [entry.counts for entry in db.session.scalars(select(AuditEntry))] == [{"taken": 1}]


def test_from_a_closed_account_it_is_taken_whoever_else_there_is() -> None:
    a_person("paula@here.test", is_platform_admin=True)
    closed = a_person("closed@here.test", is_platform_admin=True, is_active=False)
    platform_admins.take(PLATFORM, closed, BY_NOBODY)
    assert not closed.is_platform_admin


def test_only_platform_admins_name_and_take() -> None:
    person = a_person("admin@here.test", admin_of=an_organisation())
    for do in (
        lambda: platform_admins.name(rights_of(person), person.email, BY_NOBODY),
        lambda: platform_admins.take(rights_of(person), person, BY_NOBODY),
    ):
        with pytest.raises(NotAllowedError):
            do()


def test_two_who_take_it_from_each_other_at_once_leave_one(app: Flask) -> None:
    pair = [a_person(f"{who}@here.test", is_platform_admin=True).id for who in ("paula", "piet")]
    refused = []

    def take(user_id: object) -> None:
        begin_writing()
        try:
            platform_admins.take(PLATFORM, db.session.get_one(User, user_id), BY_NOBODY)
            db.session.commit()
        except ConflictError as refusal:
            refused.append(str(refusal))

    at_once(app, *(lambda user_id=user_id: take(user_id) for user_id in pair))
    assert len(refused) == 1
    assert len(db.session.scalars(platform_admins.all_of_them()).all()) == 1
