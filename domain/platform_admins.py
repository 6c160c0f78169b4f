"""Platform admins: who they are, naming another one, taking it away; there is always one."""

import uuid
from typing import Any

from sqlalchemy import Select, select

from domain import audit
from domain.audit import About, By
from domain.errors import ConflictError, NotAllowedError
from domain.language import gettext as _
from domain.people import find_by_email
from domain.permissions import Rights, may_name_platform_admins
from domain.roles import is_last_platform_admin
from models import User, db
from models.audit import AuditAction


def all_of_them() -> Select[Any]:
    return select(User).where(User.is_platform_admin).order_by(User.name, User.id)


def one(user_id: uuid.UUID) -> User | None:
    """Nobody where that is no platform admin (any more)."""
    return db.session.scalar(select(User).where(User.id == user_id, User.is_platform_admin))


def name(rights: Rights, email: str, by: By) -> str | None:
    """Make whoever has this address one; or what is wrong with that. Raises `NotAllowedError`."""
    _assert_may(rights)
    user = find_by_email(email)
    if problem := _problem_of(email, user):
        return problem
    if user:
        make(user, by)
    return None


def _problem_of(email: str, user: User | None) -> str | None:
    if not email:
        return _("Enter an e-mail address.")
    if user is None:
        return _("There is no account for %(email)s: only who has one can be a platform admin.", email=email)
    if not user.is_active:
        return _("The account of %(email)s is closed.", email=email)
    return _("%(name)s is a platform admin already.", name=user.name) if user.is_platform_admin else None


def make(user: User, by: By) -> None:
    user.is_platform_admin = True
    audit.record(AuditAction.PLATFORM_ADMIN_MADE, About(None), by, {"made": [user.id]})


def take(rights: Rights, user: User, by: By) -> None:
    """Raises `NotAllowedError`, and `ConflictError` where it is the last one, or is none any more."""
    _assert_may(rights)
    if is_last_platform_admin(user):
        raise ConflictError(_("The platform needs an admin whose account is open: name another one first."))
    db.session.refresh(user, with_for_update={"key_share": True})
    if not user.is_platform_admin:
        raise ConflictError(_("%(name)s is no platform admin any more.", name=user.name))
    user.is_platform_admin = False
    audit.record(AuditAction.PLATFORM_ADMIN_TAKEN, About(None), by, {"taken": [user.id]})


def _assert_may(rights: Rights) -> None:
    if not may_name_platform_admins(rights):
        raise NotAllowedError(_("Only platform admins do this."))
