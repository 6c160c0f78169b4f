"""Who somebody is: rights by role, accounts, passwords."""

from datetime import timedelta
from threading import Thread
from time import sleep

import pytest
from flask import Flask
from sqlalchemy import insert, select

from domain.errors import ConflictError
from domain.people import check_password, create_account, find_by_email, rights_of
from domain.permissions import Rights
from models import User, db, new_id, now
from models.collaboration import Role
from models.user import new_session_key
from tests.conftest import CHEAP
from tests.people import a_collaboration, a_membership, a_person, a_unit, an_organisation
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("app")


def test_who_has_no_role_has_no_rights() -> None:
    user = a_person("a@example.org")
    assert rights_of(user) == Rights(user.id)
    assert not rights_of(user).manages_in


def test_a_manager_without_units_manages_the_organisation() -> None:
    organisation = an_organisation()
    user = a_person("a@example.org", manager_of=organisation)
    assert rights_of(user) == Rights(user.id, manager_of=frozenset([organisation.id]))


def test_a_manager_with_units_manages_those_alone() -> None:
    organisation = an_organisation()
    units = [a_unit(organisation, name) for name in ("North", "South", "West")]
    user = a_person("a@example.org", manages=units[:2])
    assert rights_of(user) == Rights(
        user.id,
        unit_manager_in=frozenset([organisation.id]),
        manages_units=frozenset(unit.id for unit in units[:2]),
    )


def test_admins_and_mentors_are_so_in_their_organisation() -> None:
    one, other = an_organisation("one"), an_organisation("other")
    user = a_person("a@example.org", admin_of=one, mentor_in=other, is_platform_admin=True)
    assert rights_of(user) == Rights(
        user.id, is_platform_admin=True, admin_of=frozenset([one.id]), mentor_in=frozenset([other.id])
    )
    assert rights_of(user).manages_in == {one.id}


def test_members_and_admins_of_a_collaboration_are_guests_of_its_organisation() -> None:
    organisation = an_organisation()
    led, joined = a_collaboration(organisation, "led"), a_collaboration(organisation, "joined")
    user = a_person("a@example.org")
    a_membership(user, led, Role.ADMIN)
    a_membership(user, joined)
    assert rights_of(user) == Rights(
        user.id,
        admin_of_collaborations=frozenset([led.id]),
        member_of_collaborations=frozenset([led.id, joined.id]),
        guest_in=frozenset([organisation.id]),
    )


def test_a_membership_that_is_over_gives_nothing() -> None:
    organisation, user = an_organisation(), a_person("a@example.org")
    before = now() - timedelta(seconds=1)
    a_membership(user, a_collaboration(organisation, "expired"), Role.ADMIN, expires_at=before)
    a_membership(user, a_collaboration(organisation, "left"), ended_at=before, ended_because="removed")
    assert rights_of(user) == Rights(user.id)


def test_rights_take_as_many_queries_however_much_one_manages() -> None:
    organisation = an_organisation()
    few = a_person("few@example.org", manages=[a_unit(organisation, "0")])
    many = a_person("many@example.org", manages=[a_unit(organisation, f"{number + 1}") for number in range(20)])
    assert queries(few) == queries(many) == 5


def queries(user: User) -> int:
    db.session.refresh(user)
    with counted() as seen:
        rights_of(user)
    return len(seen)


# Accounts.


def account(email: str, password: str | None = "muster-demo") -> User:
    return create_account(CHEAP, email=email, name="Jane Doe", password=password)


def test_an_account_is_made_with_a_user_name_from_the_address() -> None:
    user = account("Jane.Doe+muster@Example.org")
    assert (user.email, user.name, user.user_name) == ("Jane.Doe+muster@Example.org", "Jane Doe", "jane.doemuster")
    assert find_by_email("jane.doe+MUSTER@example.ORG") is user
    assert check_password(CHEAP, user, "muster-demo")


def test_a_user_name_that_is_taken_is_numbered() -> None:
    people = [account(f"{name}@{number}.example") for number, name in enumerate(("jane", "JANE", "j+ane"))]
    assert [user.user_name for user in people] == ["jane", "jane2", "jane3"]


def test_a_user_name_is_found_whatever_the_address_is_made_of() -> None:
    assert [account(f"{name}@example.org").user_name for name in ("ñ", "é")] == ["user", "user2"]


def test_a_user_name_is_found_when_very_many_are_taken() -> None:
    people = [account(f"jane@{number}.example", password=None) for number in range(21)]
    assert people[18].user_name == "jane19"
    assert people[20].user_name.startswith("jane-")


@pytest.mark.parametrize("again", ["jane@example.org", "JANE@EXAMPLE.ORG", " Jane@example.org "])
def test_an_address_has_one_account_in_whatever_case(again: str) -> None:
    account("Jane@example.org")
    with pytest.raises(ConflictError, match="There is an account for"):
        account(again)


def test_an_address_has_one_account_in_whatever_spelling() -> None:
    user = account("x@bücher.de")
    assert find_by_email("x@xn--bcher-kva.de") is user
    with pytest.raises(ConflictError, match="sign in with it"):
        account("X@xn--bcher-kva.de")


def test_nobody_is_found_by_what_is_no_address() -> None:
    account("jane@example.org")
    assert [find_by_email(text) for text in ("", "jane", "@", "x" * 1_000)] == [None] * 4


def test_of_two_accounts_made_at_once_one_is_refused(app: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one write at a time")
    refusals: list[str] = []
    with db.engine.connect() as other, other.begin():
        other.execute(insert(User), a_row("jane@example.org"))
        waiting = Thread(target=try_to_make, args=(app, "jane@example.org", refusals))
        waiting.start()
        wait_until_it_is_held_up(waiting)
    waiting.join()
    assert refusals == ["Another account was being made at this very moment. Try again."]


def a_row(email: str) -> dict[str, object]:
    return {
        "id": new_id(),
        "email": email,
        "email_key": email,
        "user_name": "jane",
        "user_name_key": "jane",
        "name": "Jane",
        "session_key": new_session_key(),
    }


def try_to_make(app: Flask, email: str, refusals: list[str]) -> None:
    with app.app_context():
        try:
            account(email)
        except ConflictError as refusal:
            refusals.append(str(refusal))


def wait_until_it_is_held_up(thread: Thread) -> None:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while thread.is_alive() and not connection.exec_driver_sql(query).scalar():
            sleep(0.01)


# Passwords.


def test_a_password_is_checked() -> None:
    user = account("jane@example.org")
    assert check_password(CHEAP, user, "muster-demo")
    assert not check_password(CHEAP, user, "Muster-demo")


def test_without_account_or_password_and_when_closed_nothing_is_told() -> None:
    without, closed = account("without@example.org", password=None), account("closed@example.org")
    closed.is_active = False
    broken = a_person("broken@example.org", password_hash="not a hash")
    for user in (None, without, closed, broken):
        assert check_password(CHEAP, user, "muster-demo") is False
        assert check_password(CHEAP, user, "") is False


def test_the_password_itself_is_stored_nowhere() -> None:
    account("jane@example.org")
    db.session.flush()
    assert "muster-demo" not in str(db.session.execute(select(User.__table__)).all())
