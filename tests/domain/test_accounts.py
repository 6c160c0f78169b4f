"""One's own account: name, password, and the way to a new password by letter."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from domain import accounts
from domain.errors import ConflictError
from domain.link_tokens import PasswordTokens
from domain.people import check_password
from models import Letter, User, begin_writing, db, new_id, now
from models.outbox import LetterKind
from tests.conftest import CHEAP
from tests.people import a_person
from tests.queries import counted
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("app")

TOKENS = PasswordTokens("one secret")


@pytest.fixture
def jane() -> User:
    return a_person("Jane@example.org", password_hash=CHEAP.hash("muster-demo"))


def test_a_person_is_found_by_their_new_name(jane: User) -> None:
    accounts.rename(jane, "Jane Öztürk")
    db.session.flush()
    assert "jane öztürk" in jane.search_text


# A password.


def test_a_new_password_takes_the_place_of_the_old_one(jane: User) -> None:
    accounts.set_password(CHEAP, jane, "long enough")
    assert check_password(CHEAP, jane, "long enough")
    assert not check_password(CHEAP, jane, "muster-demo")


def test_a_new_password_ends_all_sessions(jane: User) -> None:
    before = jane.session_key
    accounts.set_password(CHEAP, jane, "long enough")
    assert jane.session_key != before


def test_of_two_who_choose_a_password_at_once_the_second_is_refused(jane: User) -> None:
    by_the_first = update(User).values(session_key="another").execution_options(synchronize_session=False)
    db.session.execute(by_the_first)
    with pytest.raises(ConflictError, match="Sign in with the new one"):
        accounts.set_password(CHEAP, jane, "long enough")


# A letter that leads to one.


def letters() -> list[Letter]:
    return list(db.session.scalars(select(Letter).where(Letter.kind == LetterKind.PASSWORD_RESET)))


@pytest.mark.parametrize("password", [None, "muster-demo"], ids=["without a password", "with one"])
def test_an_account_gets_a_letter_to_its_own_address_each_time(jane: User, password: str | None) -> None:
    jane.password_hash = CHEAP.hash(password) if password else None
    for _time in range(2):
        accounts.ask_for_new_password(" JANE@EXAMPLE.ORG")
    assert [(letter.to_address, letter.user_id) for letter in letters()] == [("Jane@example.org", jane.id)] * 2


def test_what_is_done_does_not_tell_whether_there_is_an_account(jane: User) -> None:
    with counted() as known:
        accounts.ask_for_new_password("jane@example.org")
    with counted() as unknown:
        accounts.ask_for_new_password("nobody@example.org")
    assert [query.split()[0] for query in known] == [query.split()[0] for query in unknown] == ["SELECT", "INSERT"]
    assert {(letter.to_address, letter.user_id) for letter in letters()} == {(jane.email, jane.id), ("", None)}


# Its link.


def link_for(user: User, **more: int) -> str:
    return TOKENS.make(user.id, user.session_key, now() + timedelta(**more or {"hours": 1}))


def test_a_link_leads_to_its_account(jane: User) -> None:
    assert accounts.by_link(TOKENS, link_for(jane)) is jane


def test_a_link_leads_nowhere_once_its_time_is_over(jane: User) -> None:
    assert accounts.by_link(TOKENS, link_for(jane, seconds=-1)) is None


def test_a_link_is_good_for_one_change(jane: User) -> None:
    links = [link_for(jane), link_for(jane, minutes=5)]
    accounts.set_password(CHEAP, jane, "long enough")
    assert [accounts.by_link(TOKENS, link) for link in links] == [None, None]


def test_a_link_pressed_twice_at_once_is_good_for_one_change(app: Flask, jane: User) -> None:
    link = link_for(jane)
    outcomes: list[bool] = []
    at_once(app, *[lambda: outcomes.append(press(link))] * 2)
    assert sorted(outcomes) == [False, True]


def press(link: str) -> bool:
    """Whether it has set a password."""
    begin_writing()
    user = accounts.by_link(TOKENS, link)
    try:
        if user:
            accounts.set_password(CHEAP, user, "long enough")
    except ConflictError:
        return False
    db.session.commit()
    return user is not None


def test_a_link_does_not_open_a_closed_account(jane: User) -> None:
    link = link_for(jane)
    jane.is_active = False
    assert accounts.by_link(TOKENS, link) is None


def test_a_link_to_somebody_who_is_not_there_leads_nowhere() -> None:
    stranger = User(email="s@example.org", id=new_id(), session_key="a key")
    assert accounts.by_link(TOKENS, link_for(stranger)) is None
    assert accounts.by_link(TOKENS, "nonsense") is None
