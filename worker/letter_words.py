"""The words that letters share: typed text made safe for one line, days, roles, reasons of failure."""

import re
from datetime import datetime

from domain.dates import through
from domain.language import day, listing, minute
from domain.language import gettext as _
from models import Invitation
from models.collaboration import Role

Details = list[tuple[str, str]]

#: Characters of a name that a subject has room for, and of a value that a detail has.
IN_A_SUBJECT = 60
IN_A_DETAIL = 300

#: Whatever ends a line, commands a terminal, or turns the direction of the text around it.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_LINE_END = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")


def one_line(text: str) -> str:
    """Typed text as a single line: control characters and line ends become spaces."""
    return _UNPRINTABLE.sub(" ", text).strip()


def shortened(text: str, length: int = IN_A_SUBJECT) -> str:
    line = one_line(text)
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def lines(text: str) -> list[str]:
    """Typed text line by line, without control characters; nothing where it is blank."""
    return [_UNPRINTABLE.sub(" ", line).rstrip() for line in _LINE_END.split(text.strip())] if text.strip() else []


def until(moment: datetime) -> str:
    """Up to when, as people say it of a whole day and of a moment within it."""
    if moment == through(moment):
        return _("through %(day)s (23:59 UTC)", day=day(moment))
    return _("until %(minute)s", minute=minute(moment))


def unless_empty(term: str, value: str) -> Details:
    return [(term, value)] if value else []


def groups_and_end(invitation: Invitation) -> Details:
    groups = listing(one_line(group.name) for group in invitation.groups)
    end = invitation.membership_expires_at
    return [
        *unless_empty(_("Groups"), groups),
        (_("Membership"), until(end) if end else _("without an end date")),
    ]


def role_explained(role: Role) -> str:
    if role is Role.ADMIN:
        return _("Admin (you also invite people, remove members and create groups)")
    return _("Member (you take part, and see who the other members are)")


def role_in_words(role: str) -> str:
    """A role, or what a file wrote in its place."""
    return {"admin": _("admin"), "member": _("member")}.get(role, shortened(role, IN_A_DETAIL))


def reason_in_words(reason: str | None) -> str:
    words = {
        "collaboration_not_found": _("CO not found"),
        "label_not_found": _("Label not found"),
        "ambiguous_collaboration": _("Ambiguous CO"),
        "group_not_found": _("Group not found"),
        "not_allowed": _("You may not invite to this CO"),
        "address_refused": _("Address refused by its mail server"),
        "not_delivered": _("The mail could not be delivered"),
        "conflict": _("Two lines contradict each other"),
    }
    return words.get(reason or "", _("The invitation could not be made"))


def reason_with_message(reason: str | None, message: str | None) -> str:
    """The reason and the sentence that explains it, once where the sentence begins with the reason."""
    words, sentence = reason_in_words(reason), one_line(message or "")
    return sentence if sentence.startswith(words) else f"{words}. {sentence}".strip()


def remedy_for(reason: str | None) -> str:
    """What the uploader can do about a failure."""
    upload_again = _("Then upload the file again: who has been invited already is skipped.")
    remedies = {
        "collaboration_not_found": _("Write the short name as the collaboration's own page shows it."),
        "label_not_found": _("Correct the label, or write the collaborations' short names instead."),
        "ambiguous_collaboration": _("Open the collaboration that you mean, and invite from its Members tab."),
        "group_not_found": _("Correct the group, or add the collaboration that it belongs to."),
        "not_allowed": _(
            "Ask an admin of your organisation: they can invite, restore the collaboration, or add it to your unit."
        ),
        "address_refused": _("Ask the person for the right address, and correct it in the file."),
        "not_delivered": _("Check the address, and upload the line again."),
        "conflict": _("Keep one of the lines, and upload it again."),
    }
    remedy = remedies.get(reason or "", _("Look at the upload, and correct the line."))
    return remedy if reason in {"ambiguous_collaboration", "not_allowed"} else f"{remedy} {upload_again}"
