from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.link_tokens import AddressLink, AddressTokens, InvitationTokens, PasswordLink, PasswordTokens, mark_of
from models import new_id

TOKENS = InvitationTokens("one secret", "join")


def test_a_token_tells_the_invitation_and_the_number_of_its_link() -> None:
    invitation_id = new_id()
    assert TOKENS.read(TOKENS.make(invitation_id, 3)) == (invitation_id, 3)


def test_each_link_of_an_invitation_has_its_own_token() -> None:
    invitation_id = new_id()
    assert TOKENS.make(invitation_id, 1) != TOKENS.make(invitation_id, 2)


def test_without_the_secret_nobody_makes_a_token() -> None:
    assert TOKENS.read(InvitationTokens("another secret", "join").make(new_id(), 1)) is None


@given(st.integers(min_value=0, max_value=60), st.characters())
def test_a_token_with_a_changed_character_is_none_of_ours(place: int, character: str) -> None:
    token = TOKENS.make(new_id(), 1)
    changed = token[:place] + character + token[place + 1 :]
    assert changed == token or TOKENS.read(changed) is None


@pytest.mark.parametrize("token", ["", ".", "x", "x.y", "é.ü", "\0", "a" * 100_000])
def test_nonsense_is_no_token(token: str) -> None:
    assert TOKENS.read(token) is None


def test_a_token_fits_into_a_link_as_it_is() -> None:
    assert TOKENS.make(new_id(), 1).replace("-", "").replace("_", "").replace(".", "").isalnum()


# To a new password.

PASSWORD_TOKENS = PasswordTokens("one secret")
NOON = datetime(2999, 6, 30, 12, tzinfo=UTC)


def test_a_token_tells_whose_password_until_when_and_of_which_session_key() -> None:
    user_id = new_id()
    token = PASSWORD_TOKENS.make(user_id, "a key", NOON)
    assert PASSWORD_TOKENS.read(token) == PasswordLink(user_id, NOON, mark_of("a key"))
    assert mark_of("a key") != mark_of("another key")


def test_no_other_token_of_ours_leads_to_a_new_password() -> None:
    assert PASSWORD_TOKENS.read(TOKENS.make(new_id(), 1)) is None
    assert PASSWORD_TOKENS.read(PasswordTokens("another secret").make(new_id(), "a key", NOON)) is None


@pytest.mark.parametrize("token", ["", ".", "x", "x.y", "é.ü", "\0", "a" * 100_000])
def test_nonsense_leads_to_no_new_password(token: str) -> None:
    assert PASSWORD_TOKENS.read(token) is None


# To a new address.

ADDRESS_TOKENS = AddressTokens("one secret")


def test_a_token_tells_whose_address_which_and_until_when() -> None:
    user_id = new_id()
    token = ADDRESS_TOKENS.make(user_id, mark_of("a key"), "zoë@example.org", NOON)
    assert ADDRESS_TOKENS.read(token) == AddressLink(user_id, NOON, mark_of("a key"), "zoë@example.org")


def test_no_other_token_of_ours_leads_to_a_new_address() -> None:
    assert ADDRESS_TOKENS.read(PASSWORD_TOKENS.make(new_id(), "a key", NOON)) is None


@pytest.mark.parametrize("token", ["", ".", "x", "x.y", "é.ü", "\0", "a" * 100_000])
def test_nonsense_leads_to_no_new_address(token: str) -> None:
    assert ADDRESS_TOKENS.read(token) is None
