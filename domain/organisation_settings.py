"""What an organisation says of itself: read from what was typed, and held against what its columns take."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from domain import audit
from domain import said as readers
from domain.addresses import problem_of
from domain.audit import About, By
from domain.cells import CellError, one_line
from domain.days import time_zones
from domain.invitation_sheet import LONGEST_MESSAGE
from domain.language import gettext as _
from domain.language import languages, ngettext, number
from domain.organisations import assert_may_run
from domain.permissions import Rights
from domain.said import Problems
from models import Organisation
from models.audit import AuditAction

#: The names of the settings.
SAID = (
    "name",
    "contact_email",
    "time_zone",
    "language",
    "default_message",
    "default_sender_name",
    "invitation_days",
    "reminder_days",
)
#: Of an invitation.
MOST_DAYS = 3_650
#: Before an invitation expires; earlier, a reminder would only repeat it.
MOST_REMINDER_DAYS = 30
#: It stands in the keys of courses, and programs name the organisation by it.
_SHORT_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


def as_texts(organisation: Organisation) -> dict[str, str]:
    """What `read` would read the organisation's settings from, as they are."""
    return {name: str(getattr(organisation, name) or "") for name in SAID}


def change(rights: Rights, organisation: Organisation, said: Mapping[str, str], by: By) -> Problems:
    """Make the settings what is said, where nothing is wrong with any. Raises `NotAllowedError`."""
    assert_may_run(rights, organisation)
    values, problems = read(said, SAID)
    changed = [name for name, value in values.items() if value != getattr(organisation, name)]
    if changed and not problems:
        for name in changed:
            setattr(organisation, name, values[name])
        audit.record(AuditAction.ORGANISATION_CHANGED, About(organisation.id), by, {}, ", ".join(changed))
    return problems


def read(said: Mapping[str, str], names: Iterable[str]) -> tuple[dict[str, Any], Problems]:
    """What the columns of these names take; and what is wrong with the others."""
    return readers.read(said, {name: _READERS[name] for name in names})


def _short_name(text: str) -> str:
    if not _SHORT_NAME.fullmatch(text):
        sentence = _(
            "Write a short name of at most 32 small letters, digits, dashes and underscores, beginning with a letter."
        )
        raise CellError("short_name", sentence)
    return text


def _name(text: str) -> str:
    if not text:
        raise CellError("missing", _("Give the organisation a name."))
    return one_line(text)


def _contact(text: str) -> str | None:
    if text and (problem := problem_of(text)):
        raise CellError("address", problem)
    return one_line(text) if text else None


def _time_zone(text: str) -> str:
    if text not in time_zones():
        raise CellError("time_zone", _("Choose a time zone of the list, such as Europe/Amsterdam."))
    return text


def _language(text: str) -> str | None:
    if text and text not in languages():
        raise CellError("language", _("Choose a language of the list."))
    return text or None


def _message(text: str) -> str | None:
    if len(text) > LONGEST_MESSAGE:
        sentence = ngettext(
            "The message has %(number)s character; at most %(most)s fit.",
            "The message has %(number)s characters; at most %(most)s fit.",
            len(text),
            most=number(LONGEST_MESSAGE),
        )
        raise CellError("too_long", sentence)
    return text or None


def _sender_name(text: str) -> str | None:
    return one_line(text) or None


def _days(most: int, text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= most:
        raise CellError("days", _("Write a number of days from 1 to %(most)s.", most=number(most)))
    return int(text)


_READERS: dict[str, Callable[[str], Any]] = {
    "short_name": _short_name,
    "name": _name,
    "contact_email": _contact,
    "time_zone": _time_zone,
    "language": _language,
    "default_message": _message,
    "default_sender_name": _sender_name,
    "invitation_days": partial(_days, MOST_DAYS),
    "reminder_days": partial(_days, MOST_REMINDER_DAYS),
}
