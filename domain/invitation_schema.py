"""The invitations sheet for people: what each column means and takes, and an example that is right."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from domain.invitation_sheet import COLUMNS, LONGEST_MESSAGE, LONGEST_SENDER_NAME
from domain.language import gettext as _
from domain.language import ngettext, number


@dataclass(frozen=True, slots=True)
class ColumnDescription:
    name: str
    #: Other names that are taken for it.
    also: tuple[str, ...]
    meaning: str
    #: Empty: not required, and `if_empty` says what is taken instead.
    required: str
    if_empty: str
    accepts: str
    examples: tuple[str, ...]


def columns(invitation_days: int) -> list[ColumnDescription]:
    """In the documented order. `invitation_days`: how long an invitation stays open by default."""
    also = {column.name: column.also for column in COLUMNS}
    return [ColumnDescription(name, also[name], *about) for name, about in _descriptions(invitation_days).items()]


def _descriptions(invitation_days: int) -> dict[str, tuple[str, str, str, str, tuple[str, ...]]]:
    this_or_labels = _("Required, unless the line has labels")
    this_or_short_names = _("Required, unless the line has short_names")
    date = _("A date as 2026-12-31 (through that day, in UTC), or seconds since 1970 (13 digits: milliseconds)")
    dates = ("2038-06-30", "2161468799")
    return {
        "short_names": (
            _("The collaborations to invite to, by their short names"),
            this_or_labels,
            "",
            _("One or more, separated by commas inside double quotes"),
            ("cumulusgrp", "cumulusgrp, cirrusgrp"),
        ),
        "intended_role": (
            _("What the invitees become"),
            "",
            "member",
            _("admin or member, in capitals or not"),
            ("member", "Admin"),
        ),
        "invitees": (
            _("Whom to invite, by e-mail address"),
            _("Required"),
            "",
            _("One or more, separated by commas inside double quotes"),
            ("r.doe@example.org", "j.doe@example.org, joost@example.org"),
        ),
        "groups": (
            _("The groups that the invitees join, each in the collaboration that it belongs to"),
            "",
            _("no group"),
            _("One or more short names or identifiers (UUID), separated by commas inside double quotes"),
            ("researchers", "301ee8e6-b5d1-40b5-a27e-47611f803371"),
        ),
        "invitation_expiry_date": (
            _("Until when the invitation can be accepted"),
            "",
            ngettext(
                "in %(number)s day, or as your organisation has it",
                "in %(number)s days, or as your organisation has it",
                invitation_days,
            ),
            date,
            dates,
        ),
        "membership_expiry_date": (_("When the membership ends"), "", _("never"), date, dates),
        "message": (
            _("A personal word in the invitation"),
            "",
            _("your organisation's own, or none"),
            _(
                "Plain text of at most %(most)s characters; inside double quotes it may have line breaks",
                most=number(LONGEST_MESSAGE),
            ),
            ("Please join our collaboration.",),
        ),
        "sender_name": (
            _("Who invites, as the invitee reads it"),
            "",
            _("your organisation's own, or your name"),
            _("One line of at most %(most)s characters", most=LONGEST_SENDER_NAME),
            ("Yoda team",),
        ),
        "labels": (
            _("Labels: every collaboration within your purview that bears one of them is invited to"),
            this_or_short_names,
            "",
            _("One or more, separated by commas inside double quotes"),
            ("climate", "yoda, climate"),
        ),
    }


#: Dummy values that the demo world accepts as they are. Its columns are all but `labels`, which are for lines
#: without short names.
EXAMPLE: Sequence[Sequence[str]] = (
    tuple(column.name for column in COLUMNS if column.name != "labels"),
    (
        "cumulusgrp",
        "admin",
        "r.doe@example.org",
        "301ee8e6-b5d1-40b5-a27e-47611f803371",
        "2038-06-30",
        "2039-06-30",
        "Please join the Cumulus research group.",
        "Yoda team",
    ),
    (
        "cumulusgrp, cirrusgrp",
        "member",
        "j.doe@example.org, joost@example.org",
        "researchers, 412ee9e8-b6d2-51b6-a38e-58722f914482",
        "",
        "",
        "Please join our collaborations, and bring your data.",
        "",
    ),
    ("cirrusgrp", "", "new.colleague@example.org", "", "", "", "", ""),
)


def example_csv() -> bytes:
    """The example as a file: UTF-8 with a byte order mark, which spreadsheets want."""
    text = io.StringIO()
    csv.writer(text).writerows(EXAMPLE)
    return text.getvalue().encode("utf-8-sig")
