"""Suspending an organisation: until it is resumed, nobody but platform admins does anything in it. Nothing is lost."""

from collections.abc import Sequence

from sqlalchemy import select

from domain import audit
from domain.audit import About, By
from domain.errors import ConflictError, NotAllowedError, SuspendedError
from domain.language import gettext as _
from domain.organisations import hold
from domain.permissions import Rights, may_suspend_organisation
from models import Organisation, db, now
from models.audit import AuditAction


def suspend(rights: Rights, organisation: Organisation, by: By) -> None:
    """Raises `NotAllowedError`, and `ConflictError` where it is suspended already."""
    organisation = _held(rights, organisation)
    if organisation.suspended_at:
        raise ConflictError(_("This organisation has been suspended already."))
    organisation.suspended_at = now()
    audit.record(AuditAction.ORGANISATION_SUSPENDED, About(organisation.id), by, {}, organisation.name)


def resume(rights: Rights, organisation: Organisation, by: By) -> None:
    """Raises `NotAllowedError`, and `ConflictError` where it is not suspended."""
    organisation = _held(rights, organisation)
    if organisation.suspended_at is None:
        raise ConflictError(_("This organisation is not suspended."))
    organisation.suspended_at = None
    audit.record(AuditAction.ORGANISATION_RESUMED, About(organisation.id), by, {}, organisation.name)


def _held(rights: Rights, organisation: Organisation) -> Organisation:
    if not may_suspend_organisation(rights, organisation):
        raise NotAllowedError(_("Only platform admins suspend organisations, and resume them."))
    return hold(organisation.id)


def assert_in_use(organisation: Organisation) -> None:
    """Raises `SuspendedError`."""
    if organisation.suspended_at:
        raise SuspendedError(words_of(organisation))


def words_of(organisation: Organisation) -> str:
    """To somebody who cannot go on for it."""
    if organisation.contact_email:
        return _(
            "Until %(organisation)s is resumed, nobody can use what is in it. Nothing is lost. Ask %(contact)s.",
            organisation=organisation.name,
            contact=organisation.contact_email,
        )
    return _(
        "Until %(organisation)s is resumed, nobody can use what is in it. Nothing is lost. Ask its admins, or those of "
        "the platform.",
        organisation=organisation.name,
    )


def suspended_ones_of(rights: Rights) -> Sequence[Organisation]:
    """In which the person would be something."""
    query = select(Organisation).where(Organisation.id.in_(rights.suspended_in)).order_by(Organisation.name)
    return db.session.scalars(query).all() if rights.suspended_in else []
