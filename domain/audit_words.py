"""What the audit log says of an entry, in words."""

from collections.abc import Callable, Mapping

from domain.language import gettext as _
from domain.language import listing, ngettext, number
from models.audit import AuditAction, Through

Words = Callable[[int], str]


def sentence(action: str, counts: Mapping[str, int]) -> str:
    """What was done, to how many: "3 participants added and 1 participant added again"; to nobody: "Course made"."""
    known = _WORDS.get(AuditAction(action), {}) if action in [*AuditAction] else {}
    to_people = listing(_outcome(known.get(outcome), outcome, count) for outcome, count in counts.items())
    return to_people or _DONE.get(action, lambda: action)()


def _outcome(words: Words | None, outcome: str, count: int) -> str:
    return words(count) if words else f"{number(count)} {outcome}"


def note(action: str, text: str) -> str:
    """What else is told of it: the columns that were changed, by what pages call them; the batches that a mentor has
    lost; or as it was written.
    """
    if action in _OF_COLUMNS:
        return listing(_COLUMNS[name]() if name in _COLUMNS else name for name in text.split(", ")) if text else ""
    if action == AuditAction.ROLE_TAKEN and text.isdecimal():
        return ngettext("Taken off %(number)s batch", "Taken off %(number)s batches", int(text))
    return text


_OF_COLUMNS = (AuditAction.ORGANISATION_CHANGED, AuditAction.PERSON_CHANGED)
_COLUMNS: dict[str, Callable[[], str]] = {
    "name": lambda: _("name"),
    "contact_email": lambda: _("contact address"),
    "time_zone": lambda: _("time zone"),
    "language": lambda: _("language of letters"),
    "default_message": lambda: _("message"),
    "default_sender_name": lambda: _("sender's name"),
    "invitation_days": lambda: _("days to accept"),
    "reminder_days": lambda: _("days of the reminder"),
    "state_id": lambda: _("state ID"),
    "district": lambda: _("district"),
    "school": lambda: _("school"),
    "block": lambda: _("block"),
    "mobile": lambda: _("mobile number"),
}


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
    AuditAction.MEMBER_CHANGED: lambda: _("Members changed"),
    AuditAction.MEMBER_REMOVED: lambda: _("Members removed"),
    AuditAction.MEMBERSHIPS_EXPIRED: lambda: _("Memberships expired"),
    AuditAction.COLLABORATION_MADE: lambda: _("Collaborations made"),
    AuditAction.COLLABORATION_CHANGED: lambda: _("Collaborations changed"),
    AuditAction.COLLABORATION_ARCHIVED: lambda: _("Collaborations archived"),
    AuditAction.COLLABORATION_RESTORED: lambda: _("Collaborations restored"),
    AuditAction.GROUP_MADE: lambda: _("Groups made"),
    AuditAction.GROUP_CHANGED: lambda: _("Groups changed"),
    AuditAction.GROUP_DELETED: lambda: _("Groups deleted"),
    AuditAction.COURSE_MADE: lambda: _("Courses made"),
    AuditAction.COURSE_CHANGED: lambda: _("Courses changed"),
    AuditAction.PLATFORM_ADMIN_MADE: lambda: _("Platform admins made"),
    AuditAction.PLATFORM_ADMIN_TAKEN: lambda: _("Platform admins taken away"),
    AuditAction.ORGANISATION_MADE: lambda: _("Organisations made"),
    AuditAction.ORGANISATION_CHANGED: lambda: _("Settings changed"),
    AuditAction.ORGANISATION_SUSPENDED: lambda: _("Organisations suspended"),
    AuditAction.ORGANISATION_RESUMED: lambda: _("Organisations resumed"),
    AuditAction.UNIT_MADE: lambda: _("Units made"),
    AuditAction.UNIT_RENAMED: lambda: _("Units renamed"),
    AuditAction.UNIT_DELETED: lambda: _("Units deleted"),
    AuditAction.ROLE_INVITED: lambda: _("Role invitations made"),
    AuditAction.ROLE_INVITATION_REVOKED: lambda: _("Role invitations revoked"),
    AuditAction.ROLE_GIVEN: lambda: _("Roles given"),
    AuditAction.ROLE_CHANGED: lambda: _("Roles changed"),
    AuditAction.ROLE_TAKEN: lambda: _("Roles taken away"),
    AuditAction.PEOPLE_IMPORTED: lambda: _("People imported"),
    AuditAction.PERSON_CHANGED: lambda: _("People changed"),
    AuditAction.PERSON_DEACTIVATED: lambda: _("Accounts deactivated"),
    AuditAction.PERSON_REACTIVATED: lambda: _("Accounts reactivated"),
    AuditAction.IDENTITY_LINKED: lambda: _("Sign-ins linked"),
    AuditAction.IDENTITY_UNLINKED: lambda: _("Sign-ins unlinked"),
    AuditAction.API_KEY_MADE: lambda: _("API keys made"),
    AuditAction.API_KEY_REVOKED: lambda: _("API keys revoked"),
    AuditAction.ADDRESS_CHANGED: lambda: _("Addresses changed"),
    AuditAction.ACCOUNT_DELETED: lambda: _("Accounts deleted"),
}


def _inviter(n: int) -> str:
    return ngettext("invited by %(number)s person", "invited by %(number)s people", n)


#: To nobody in particular.
_DONE: dict[str, Callable[[], str]] = {
    AuditAction.COLLABORATION_MADE: lambda: _("Collaboration made"),
    AuditAction.COLLABORATION_CHANGED: lambda: _("Collaboration changed"),
    AuditAction.COLLABORATION_ARCHIVED: lambda: _("Collaboration archived"),
    AuditAction.COLLABORATION_RESTORED: lambda: _("Collaboration restored"),
    AuditAction.GROUP_MADE: lambda: _("Group made"),
    AuditAction.GROUP_CHANGED: lambda: _("Group changed"),
    AuditAction.GROUP_DELETED: lambda: _("Group deleted"),
    AuditAction.COURSE_MADE: lambda: _("Course made"),
    AuditAction.ORGANISATION_MADE: lambda: _("Organisation made"),
    AuditAction.ORGANISATION_CHANGED: lambda: _("Settings changed"),
    AuditAction.ORGANISATION_SUSPENDED: lambda: _("Organisation suspended"),
    AuditAction.ORGANISATION_RESUMED: lambda: _("Organisation resumed"),
    AuditAction.UNIT_MADE: lambda: _("Unit made"),
    AuditAction.UNIT_RENAMED: lambda: _("Unit renamed"),
    AuditAction.UNIT_DELETED: lambda: _("Unit deleted"),
    AuditAction.COURSE_CHANGED: lambda: _("Course changed"),
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
    AuditAction.MEMBER_CHANGED: {
        "admin": lambda n: ngettext("%(number)s member made an admin", "%(number)s members made admins", n),
        "member": lambda n: ngettext("%(number)s member no longer an admin", "%(number)s members no longer admins", n),
        "changed": lambda n: ngettext("%(number)s membership changed", "%(number)s memberships changed", n),
    },
    AuditAction.MEMBER_REMOVED: {
        "removed": lambda n: ngettext("%(number)s member removed", "%(number)s members removed", n),
    },
    AuditAction.MEMBERSHIPS_EXPIRED: {
        "expired": lambda n: ngettext("%(number)s membership expired", "%(number)s memberships expired", n),
    },
    AuditAction.GROUP_MADE: {
        "joined": lambda n: ngettext(
            "Group made with %(number)s member in it", "Group made with %(number)s members in it", n
        ),
    },
    AuditAction.GROUP_CHANGED: {
        "joined": lambda n: ngettext(
            "Group changed, and %(number)s member added to it", "Group changed, and %(number)s members added to it", n
        ),
    },
    AuditAction.GROUP_DELETED: {
        "left": lambda n: ngettext(
            "Group deleted with %(number)s member in it", "Group deleted with %(number)s members in it", n
        ),
    },
    AuditAction.PLATFORM_ADMIN_MADE: {
        "made": lambda n: ngettext("%(number)s platform admin made", "%(number)s platform admins made", n),
    },
    AuditAction.PLATFORM_ADMIN_TAKEN: {
        "taken": lambda n: ngettext(
            "%(number)s person no longer a platform admin", "%(number)s people no longer platform admins", n
        ),
    },
    AuditAction.ROLE_INVITED: {
        "admin": lambda n: ngettext(
            "%(number)s person invited to be an admin", "%(number)s people invited to be admins", n
        ),
        "manager": lambda n: ngettext(
            "%(number)s person invited to be a manager", "%(number)s people invited to be managers", n
        ),
        "unit-manager": lambda n: ngettext(
            "%(number)s person invited to be a manager of units", "%(number)s people invited to be managers of units", n
        ),
        "mentor": lambda n: ngettext(
            "%(number)s person invited to be a mentor", "%(number)s people invited to be mentors", n
        ),
    },
    AuditAction.ROLE_INVITATION_REVOKED: {
        "admin": lambda n: ngettext(
            "%(number)s invitation to be an admin revoked", "%(number)s invitations to be admins revoked", n
        ),
        "manager": lambda n: ngettext(
            "%(number)s invitation to be a manager revoked", "%(number)s invitations to be managers revoked", n
        ),
        "unit-manager": lambda n: ngettext(
            "%(number)s invitation to be a manager of units revoked",
            "%(number)s invitations to be managers of units revoked",
            n,
        ),
        "mentor": lambda n: ngettext(
            "%(number)s invitation to be a mentor revoked", "%(number)s invitations to be mentors revoked", n
        ),
    },
    AuditAction.ROLE_GIVEN: {
        "admin": lambda n: ngettext("%(number)s person made an admin", "%(number)s people made admins", n),
        "manager": lambda n: ngettext("%(number)s person made a manager", "%(number)s people made managers", n),
        "unit-manager": lambda n: ngettext(
            "%(number)s person made a manager of units", "%(number)s people made managers of units", n
        ),
        "mentor": lambda n: ngettext("%(number)s person made a mentor", "%(number)s people made mentors", n),
        "inviter": _inviter,
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
        "inviter": _inviter,
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
    AuditAction.PEOPLE_IMPORTED: {
        "added": lambda n: ngettext("%(number)s person added", "%(number)s people added", n),
        "updated": lambda n: ngettext("%(number)s person updated", "%(number)s people updated", n),
    },
    AuditAction.PERSON_CHANGED: {
        "changed": lambda n: ngettext("%(number)s person changed", "%(number)s people changed", n),
    },
    AuditAction.PERSON_DEACTIVATED: {
        "deactivated": lambda n: ngettext("%(number)s account deactivated", "%(number)s accounts deactivated", n),
    },
    AuditAction.PERSON_REACTIVATED: {
        "reactivated": lambda n: ngettext("%(number)s account reactivated", "%(number)s accounts reactivated", n),
    },
    AuditAction.IDENTITY_LINKED: {
        "linked": lambda n: ngettext(
            "Sign-in by a provider linked for %(number)s person",
            "Sign-in by a provider linked for %(number)s people",
            n,
        ),
    },
    AuditAction.IDENTITY_UNLINKED: {
        "unlinked": lambda n: ngettext(
            "Sign-in by a provider unlinked for %(number)s person",
            "Sign-in by a provider unlinked for %(number)s people",
            n,
        ),
    },
    AuditAction.API_KEY_MADE: {
        "for": lambda n: ngettext("API key made for %(number)s person", "API key made for %(number)s people", n),
    },
    AuditAction.API_KEY_REVOKED: {
        "of": lambda n: ngettext("API key of %(number)s person revoked", "API key of %(number)s people revoked", n),
    },
    AuditAction.ADDRESS_CHANGED: {
        "of": lambda n: ngettext("address of %(number)s person changed", "addresses of %(number)s people changed", n),
    },
    AuditAction.ACCOUNT_DELETED: {
        "of": lambda n: ngettext("%(number)s account deleted", "%(number)s accounts deleted", n),
    },
}
