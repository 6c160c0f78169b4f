"""Checking a file of invitations: its values, what they stand for, and what each invitation would become."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import islice

from domain.addresses import is_international
from domain.findings import Finding, Notice
from domain.invitation_plan import Plan, Step, names_in, with_standing
from domain.invitation_sheet import COLUMNS, REQUIRED, Line, Sheet
from domain.language import gettext as _
from domain.language import ngettext
from domain.permissions import Rights
from domain.purview import purview_of
from domain.table import Record
from domain.upload_check import Check, Purpose
from models.upload import Level

#: A file of some kilobytes can make millions of invitations, and of errors: what is beyond these is not looked at.
MOST_INVITATIONS = 200_000
MOST_ERRORS = 100_000


def purpose(rights: Rights) -> Purpose:
    return Purpose(COLUMNS, REQUIRED, _the_one_organisation(rights), partial(check_lines, rights))


def _the_one_organisation(rights: Rights) -> uuid.UUID | None:
    """The organisation whose admins see the upload too; none where it might tell of several."""
    one = len(rights.manages_in) == 1 and not rights.is_platform_admin
    return next(iter(rights.manages_in)) if one else None


def read_lines(
    columns: Sequence[str | None], records: Iterable[Record], at: datetime
) -> tuple[list[Line], list[Finding]]:
    """The well-formed lines, and the errors of the others."""
    sheet = Sheet(columns, at)
    lines, errors, people = [], [], 0
    for record in records:
        line, problems = sheet.read(record)
        if problems:
            errors += problems
        else:
            lines.append(line)
            people += len(line.invitees)
        if people > MOST_INVITATIONS or len(errors) > MOST_ERRORS:
            return lines, [*errors, _too_much(line)]
    return lines, errors


def check_lines(
    rights: Rights,
    columns: Sequence[str | None],
    records: Iterable[Record],
    at: datetime,
    known: Collection[uuid.UUID] = (),
) -> Check:
    """Check a whole sheet: its values, what they stand for, and what each invitation would become.

    `known`: as for `domain.purview.purview_of`.
    """
    lines, errors = read_lines(columns, records, at)
    purview = purview_of(rights, names_in(lines), known)
    plan = Plan()
    planned = list(islice((step for line in lines for step in plan.steps(line, purview)), MOST_INVITATIONS + 1))
    errors += plan.conflicts
    if len(planned) > MOST_INVITATIONS:
        errors.append(_too_much(planned[-1].line))
        planned = []
    steps = with_standing(planned)
    to_send = [step for step in steps if step.level is None]
    return Check(
        errors=sorted(errors, key=lambda error: error.line or 0),
        failures=_findings(steps, Level.FAILURE),
        skips=_findings(steps, Level.SKIP),
        notices=_notices(lines),
        to_do=len(to_send),
        people=len({step.invitee.key for step in to_send}),
        collaborations=len({step.pair[1] for step in to_send}),
    )


def _too_much(line: Line) -> Finding:
    message = _(
        "From line %(line)s on, the file was not looked at: it makes too many invitations, or has too many errors, to "
        "be checked at once. Split it into smaller files.",
        line=line.number,
    )
    return Finding(Level.ERROR, "too_much", message, line.number)


def _findings(steps: Iterable[Step], level: Level) -> list[Finding]:
    return [step.as_finding() for step in steps if step.level is level]


def _notices(lines: Iterable[Line]) -> list[Notice]:
    international = [
        (line.number, invitee.email) for line in lines for invitee in line.invitees if is_international(invitee.key)
    ]
    if not international:
        return []
    line, address = international[0]
    message = ngettext(
        "“%(address)s” on line %(line)s has letters before the @ that not every mail server can deliver to.",
        "%(number)s addresses, the first on line %(line)s, have letters before the @ that not every mail server can "
        "deliver to.",
        len(international),
        address=address,
        line=line,
    )
    return [Notice("international_address", message)]
