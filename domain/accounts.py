"""What people do with their own account: its name, its password, and a new password by letter."""

from datetime import timedelta

from argon2 import PasswordHasher

from domain.errors import ConflictError
from domain.language import gettext as _
from domain.link_tokens import PasswordTokens, mark_of
from domain.people import find_by_email
from domain.post import password_letter, post
from models import User, db, now
from models.user import new_session_key

#: How long after it was asked for a link leads to a new password.
LINK_LASTS = timedelta(hours=1)


def rename(user: User, name: str) -> None:
    user.name = name


def choose_language(user: User, code: str | None) -> None:
    """Of pages and letters; none: as browser and organisation have it."""
    user.language = code


def set_password(hasher: PasswordHasher, user: User, password: str) -> None:
    """All sessions of the person end with it, and all links to a new password.

    Raises `ConflictError` where the password is being changed elsewhere at this very moment.
    """
    password_hash, known_key = hasher.hash(password), user.session_key
    db.session.refresh(user, with_for_update=True)
    if user.session_key != known_key:
        raise ConflictError(_("The password was changed at this very moment. Sign in with the new one."))
    user.password_hash, user.session_key = password_hash, new_session_key()
    db.session.flush()


def ask_for_new_password(email: str) -> None:
    """A letter with a link, for whoever has an account, with a password or without.

    One is posted whether there is an account or not, so that the time does not tell; the worker drops those to nobody.
    """
    post([password_letter(find_by_email(email))])


def by_link(tokens: PasswordTokens, token: str) -> User | None:
    """Who may choose a new password; nobody where the link has run out, was used, or is none of ours."""
    link = tokens.read(token)
    if link is None or link.until <= now():
        return None
    user = db.session.get(User, link.user_id)
    if user is None or not user.is_active or mark_of(user.session_key) != link.mark:
        return None
    return user
