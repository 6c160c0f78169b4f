"""Making an organisation, with its first admin: from then on it runs itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from domain import roles
from domain.audit import By
from domain.errors import NotAllowedError
from domain.language import gettext as _
from domain.organisation_settings import Problems, read
from domain.people import find_by_email
from domain.permissions import Rights, may_create_organisations
from models import Organisation, db

#: What is said of a new one, beside the address of its first admin (`admin_email`).
SAID = ("short_name", "name", "time_zone")


@dataclass(frozen=True, slots=True)
class Founded:
    #: By field; with any, nothing is made.
    problems: Problems = field(default_factory=dict)
    organisation: Organisation | None = None


def create(rights: Rights, said: Mapping[str, str], by: By) -> Founded:
    """A new organisation, or what is wrong with what is said of it. Raises `NotAllowedError`."""
    if not may_create_organisations(rights):
        raise NotAllowedError(_("Only platform admins make organisations."))
    values, problems = read(said, SAID)
    email = said.get("admin_email", "")
    admin = find_by_email(email)
    if problem := roles.problem_of_account(email, admin):
        problems["admin_email"] = [problem]
    if problems or admin is None:
        return Founded(problems)
    organisation = Organisation(**values)
    try:
        with db.session.begin_nested():
            db.session.add(organisation)
    except IntegrityError:
        return Founded({"short_name": [_("There is an organisation with this short name already.")]})
    roles.make(organisation, admin, roles.Kind.ADMIN, (), by)
    return Founded(organisation=organisation)
