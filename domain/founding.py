"""Making an organisation, whose first admin is invited: once they have accepted, it runs itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from domain import addresses, audit, role_inviting
from domain.audit import About, By
from domain.errors import NotAllowedError
from domain.language import gettext as _
from domain.organisation_settings import read
from domain.permissions import Rights, may_create_organisations
from domain.role_inviting import Said
from domain.roles import Kind
from domain.said import Problems
from models import Organisation, User, db
from models.audit import AuditAction

#: What is said of a new one, beside the address of its first admin (`admin_email`).
SAID = ("short_name", "name", "time_zone")


@dataclass(frozen=True, slots=True)
class Founded:
    #: By field; with any, nothing is made.
    problems: Problems = field(default_factory=dict)
    organisation: Organisation | None = None


def create(rights: Rights, founder: User, said: Mapping[str, str], invitation_days: int, by: By) -> Founded:
    """A new organisation, or what is wrong with what is said of it. Raises `NotAllowedError`."""
    if not may_create_organisations(rights):
        raise NotAllowedError(_("Only platform admins make organisations."))
    values, problems = read(said, SAID)
    email = said.get("admin_email", "")
    if problem := _problem_of_address(email):
        problems["admin_email"] = [problem]
    if problems:
        return Founded(problems)
    organisation = Organisation(**values)
    try:
        with db.session.begin_nested():
            db.session.add(organisation)
    except IntegrityError:
        return Founded({"short_name": [_("There is an organisation with this short name already.")]})
    audit.record(AuditAction.ORGANISATION_MADE, About(organisation.id), by, {}, organisation.name)
    role_inviting.invite(rights, organisation, founder, Said(email, Kind.ADMIN), invitation_days, by)
    return Founded(organisation=organisation)


def _problem_of_address(email: str) -> str | None:
    return addresses.problem_of(email) if email else _("Enter an e-mail address.")
