"""Inviting a few people to one collaboration, by form: read by the rules of the file, and told who was left out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.cells import shown
from domain.collaborations import demand_in_use, hold_still
from domain.invitation_sheet import Invitee, Line, Sheet
from domain.invitations import Defaults, Draft, Standing, make, standing_of
from domain.language import gettext as _
from domain.language import ngettext
from domain.purview import group_key, no_group
from domain.table import Record
from models import Collaboration, User, now

#: More than these are for a file.
MOST_AT_ONCE = 50
#: Of the skipped ones, at most so many are named.
SHOWN = 3


@dataclass(slots=True)
class Reading:
    """A form's values as the one line of a file that they might be."""

    line: Line
    #: What is wrong, in sentences, by the name of the column; with any, the line is not to be relied on.
    problems: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Invited:
    """What became of those whom a form named."""

    #: By address, the invitations that were made.
    made: Mapping[str, UUID]
    #: By address, why there was nothing to do: invited already, or a member.
    skipped: Mapping[str, Standing]

    @property
    def skipped_in_words(self) -> str:
        """How many were skipped, and of the first ones, who and why."""
        first = [f"{email}: {why.message}" for email, why in list(self.skipped.items())[:SHOWN]]
        more = len(self.skipped) - len(first)
        sentences = [
            ngettext("%(number)s address was skipped.", "%(number)s addresses were skipped.", len(self.skipped)),
            *first,
            *([ngettext("And %(number)s more.", "And %(number)s more.", more)] if more else []),
        ]
        return " ".join(sentences)


def read_form(collaboration: Collaboration, values: Mapping[str, str]) -> Reading:
    """Read values that are named as the columns of the file are: every problem, in the file's own sentences."""
    named = {"short_names": collaboration.short_name, **values}
    line, findings = Sheet(named, now()).read(Record(1, [value.strip() for value in named.values()]))
    problems = defaultdict(list)
    for finding in findings:
        problems[finding.column or ""].append(finding.message)
    too_many = len(line.invitees) + len(problems["invitees"])
    if too_many > MOST_AT_ONCE:
        problems["invitees"] = [told_too_many(too_many, MOST_AT_ONCE)]
    return Reading(line, {column: sentences for column, sentences in problems.items() if sentences})


def read_groups(collaboration: Collaboration, named: Sequence[str]) -> tuple[list[UUID], list[str]]:
    """The collaboration's groups that are named by identifier or short name; and what is wrong with other names."""
    known = {key: group.id for group in collaboration.groups for key in (str(group.id), group.short_name)}
    meant = {name: known.get(group_key(name)) for name in named}
    found = dict.fromkeys(group_id for group_id in meant.values() if group_id)
    missing = [name for name, group_id in meant.items() if group_id is None]
    return [*found], [no_group(shown(name), collaboration.short_name) for name in missing]


def told_too_many(number: int, most: int) -> str:
    return ngettext(
        "This is %(number)s address; at most %(most)s can be invited at once here.",
        "These are %(number)s addresses; at most %(most)s can be invited at once here.",
        number,
        most=most,
    )


def invite(
    collaboration: Collaboration, inviter: User, line: Line, group_ids: Sequence[UUID], defaults: Defaults
) -> Invited:
    """Invite the line's people to the collaboration. Those invited already, and members, are skipped.

    Raises `ConflictError` where it is archived.
    """
    demand_in_use(hold_still(collaboration.id))
    people = {(invitee.key, collaboration.id): invitee for invitee in line.invitees}
    standing = standing_of(people)
    wanted = [invitee for pair, invitee in people.items() if pair not in standing]
    made = make([_draft(collaboration, inviter, line, group_ids, defaults, invitee) for invitee in wanted])
    invitations = {invitee.email: invitation for invitee, invitation in zip(wanted, made, strict=True)}
    too_late = [email for email, invitation in invitations.items() if invitation is None]
    skipped = {people[pair].email: found for pair, found in standing.items()}
    skipped |= dict.fromkeys(too_late, Standing("already_invited", _("Invited by somebody else at this very moment.")))
    return Invited({email: invitation for email, invitation in invitations.items() if invitation}, skipped)


def _draft(
    collaboration: Collaboration,
    inviter: User,
    line: Line,
    group_ids: Sequence[UUID],
    defaults: Defaults,
    invitee: Invitee,
) -> Draft:
    return Draft(
        collaboration_id=collaboration.id,
        email=invitee.email,
        email_key=invitee.key,
        role=line.intended_role,
        expires_at=line.invitation_expiry_date or defaults.expires_at,
        membership_expires_at=line.membership_expiry_date,
        message=line.message,
        sender_name=line.sender_name or defaults.sender_name,
        invited_by_id=inviter.id,
        group_ids=tuple(group_ids),
    )
