"""What the audit log says of an entry, in words."""

from collections.abc import Callable, Mapping

from domain.language import gettext as _
from domain.language import listing, ngettext
from models.audit import AuditAction, Through

Words = Callable[[int], str]


def sentence(action: str, counts: Mapping[str, int]) -> str:
    """What was done, to how many: "3 participants added and 1 participant added again"."""
    known = _WORDS.get(AuditAction(action), {}) if action in [*AuditAction] else {}
    return listing(_outcome(known.get(outcome), outcome, count) for outcome, count in counts.items()) or action


def _outcome(words: Words | None, outcome: str, count: int) -> str:
    return words(count) if words else f"{count:,} {outcome}"


def name_of(action: AuditAction) -> str:
    """For choosing one."""
    return _NAMES[action]()


def name_of_door(through: Through) -> str:
    return _DOORS[through]()


def doer(name: str | None, through: Through) -> str:
    """Who did it: `name`, where it was somebody."""
    return name or (_("nobody: its time had come") if through is Through.CLOCK else _("the operator"))


_NAMES: dict[AuditAction, Callable[[], str]] = {
    AuditAction.PARTICIPANTS_ADDED: lambda: _("Participants added"),
    AuditAction.PARTICIPANTS_REMOVED: lambda: _("Participants removed"),
    AuditAction.ENROLMENTS_CHANGED: lambda: _("Enrolments changed"),
    AuditAction.MEMBER_JOINED: lambda: _("Members joined"),
    AuditAction.MEMBER_REMOVED: lambda: _("Members removed"),
    AuditAction.MEMBERSHIPS_EXPIRED: lambda: _("Memberships expired"),
    AuditAction.PLATFORM_ADMIN_MADE: lambda: _("Platform admins made"),
    AuditAction.ROLE_GIVEN: lambda: _("Roles given"),
    AuditAction.ROLE_CHANGED: lambda: _("Roles changed"),
    AuditAction.ROLE_TAKEN: lambda: _("Roles taken away"),
    AuditAction.API_KEY_MADE: lambda: _("API keys made"),
    AuditAction.API_KEY_REVOKED: lambda: _("API keys revoked"),
}

_DOORS: dict[Through, Callable[[], str]] = {
    Through.PAGE: lambda: _("on a page"),
    Through.UPLOAD: lambda: _("from a file"),
    Through.API: lambda: _("through the API"),
    Through.COMMAND: lambda: _("by a command"),
    Through.CLOCK: lambda: _("by the clock"),
}

#: Of enrolments in Open edX's words, as `domain.bulk_enrolment` counts them.
_WORDS: dict[AuditAction, dict[str, Words]] = {
    AuditAction.PARTICIPANTS_ADDED: {
        "added": lambda n: ngettext("%(number)s participant added", "%(number)s participants added", n),
        "revived": lambda n: ngettext("%(number)s participant added again", "%(number)s participants added again", n),
    },
    AuditAction.PARTICIPANTS_REMOVED: {
        "removed": lambda n: ngettext("%(number)s participant removed", "%(number)s participants removed", n),
    },
    AuditAction.ENROLMENTS_CHANGED: {
        "from unenrolled to enrolled": lambda n: ngettext(
            "%(number)s person enrolled", "%(number)s people enrolled", n
        ),
        "from enrolled to enrolled": lambda n: ngettext(
            "%(number)s person enrolled, who was before", "%(number)s people enrolled, who were before", n
        ),
        "from allowed to enroll to enrolled": lambda n: ngettext(
            "%(number)s person enrolled, for whom that had waited",
            "%(number)s people enrolled, for whom that had waited",
            n,
        ),
        "from unenrolled to allowed to enroll": lambda n: ngettext(
            "%(number)s person allowed in, once they have an account",
            "%(number)s people allowed in, once they have an account",
            n,
        ),
        "from enrolled to unenrolled": lambda n: ngettext(
            "%(number)s person unenrolled", "%(number)s people unenrolled", n
        ),
        "from allowed to enroll to unenrolled": lambda n: ngettext(
            "%(number)s person no longer allowed in", "%(number)s people no longer allowed in", n
        ),
        "from unenrolled to unenrolled": lambda n: ngettext(
            "%(number)s person unenrolled, who was not enrolled",
            "%(number)s people unenrolled, who were not enrolled",
            n,
        ),
        "N/A": lambda n: ngettext("%(number)s person not enrolled", "%(number)s people not enrolled", n),
    },
    AuditAction.MEMBER_JOINED: {
        "joined": lambda n: ngettext("%(number)s member joined", "%(number)s members joined", n),
    },
    AuditAction.MEMBER_REMOVED: {
        "removed": lambda n: ngettext("%(number)s member removed", "%(number)s members removed", n),
    },
    AuditAction.MEMBERSHIPS_EXPIRED: {
        "expired": lambda n: ngettext("%(number)s membership expired", "%(number)s memberships expired", n),
    },
    AuditAction.PLATFORM_ADMIN_MADE: {
        "made": lambda n: ngettext("%(number)s platform admin made", "%(number)s platform admins made", n),
    },
    AuditAction.ROLE_GIVEN: {
        "admin": lambda n: ngettext("%(number)s person made an admin", "%(number)s people made admins", n),
        "manager": lambda n: ngettext("%(number)s person made a manager", "%(number)s people made managers", n),
        "unit-manager": lambda n: ngettext(
            "%(number)s person made a manager of units", "%(number)s people made managers of units", n
        ),
        "mentor": lambda n: ngettext("%(number)s person made a mentor", "%(number)s people made mentors", n),
    },
    AuditAction.ROLE_CHANGED: {
        "manager": lambda n: ngettext(
            "%(number)s manager of units made a manager of everything",
            "%(number)s managers of units made managers of everything",
            n,
        ),
        "unit-manager": lambda n: ngettext(
            "%(number)s manager given other units", "%(number)s managers given other units", n
        ),
    },
    AuditAction.ROLE_TAKEN: {
        "admin": lambda n: ngettext("%(number)s person no longer an admin", "%(number)s people no longer admins", n),
        "manager": lambda n: ngettext(
            "%(number)s person no longer a manager", "%(number)s people no longer managers", n
        ),
        "unit-manager": lambda n: ngettext(
            "%(number)s person no longer a manager of units", "%(number)s people no longer managers of units", n
        ),
        "mentor": lambda n: ngettext("%(number)s person no longer a mentor", "%(number)s people no longer mentors", n),
    },
    AuditAction.API_KEY_MADE: {
        "for": lambda n: ngettext("API key made for %(number)s person", "API key made for %(number)s people", n),
    },
    AuditAction.API_KEY_REVOKED: {
        "of": lambda n: ngettext("API key of %(number)s person revoked", "API key of %(number)s people revoked", n),
    },
}
