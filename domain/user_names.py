"""User names for people who did not choose one."""

import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator

from sqlalchemy import select

from models import User, db, key_of
from models.base import among

_NUMBERS = range(2, 20)


class UserNames:
    """User names for new people, any number at once: each address's local part, with a number behind it where that
    is taken, and something random where very many are.

    `asked`: those that some of them ask for themselves. `addresses`: of the others.
    """

    def __init__(self, asked: Iterable[str], addresses: Iterable[str]) -> None:
        asked_keys, bases = {*map(key_of, asked)}, Counter(map(_base, addresses))
        #: As they are compared; taken before.
        self._others = _taken(asked_keys | bases.keys())
        self._taken = self._others | asked_keys
        #: With a number behind it, nobody is called as others may be without.
        self._bases = bases.keys()
        contested = [base for base, times in bases.items() if times > 1 or base in self._taken]
        self._taken |= _taken(f"{base}{number}" for base in contested for number in _NUMBERS)

    def is_free(self, asked: str) -> bool:
        """Whether nobody had it before."""
        return key_of(asked) not in self._others

    def made_from(self, address: str) -> str:
        """Another one each time."""
        base = _base(address)
        name = next(name for name in _candidates(base) if self._is_left(name, base))
        self._taken.add(name)
        return name

    def _is_left(self, name: str, base: str) -> bool:
        return name not in self._taken and (name == base or name not in self._bases)


def _base(address: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "", key_of(address.partition("@")[0])) or "user"


def _candidates(base: str) -> Iterator[str]:
    yield base
    for number in _NUMBERS:
        yield f"{base}{number}"
    while True:
        yield f"{base}-{secrets.token_hex(8)}"


def _taken(keys: Iterable[str]) -> set[str]:
    return {*db.session.scalars(select(User.user_name_key).where(among(User.user_name_key, keys)))}
