"""From lines to invitations: every invitee x every CO of a line, and what each would become.

Checking and processing make the same plan, each as things stand then.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from domain.findings import Finding
from domain.invitation_sheet import Invitee, Line
from domain.invitations import Pair, standing_of
from domain.language import gettext as _
from domain.purview import Names, Purview, Target
from models.upload import Level


class Step(NamedTuple):
    """One invitation to be: one invitee and one CO of one line."""

    line: Line
    invitee: Invitee
    #: The CO's short name, or what the file wrote where no CO was found.
    collaboration: str
    #: Empty where no CO was found, or it may not be invited to.
    target: Target | None
    #: Empty: an invitation is sent.
    level: Level | None = None
    reason: str | None = None
    message: str | None = None

    @property
    def pair(self) -> Pair:
        assert self.target is not None
        return self.invitee.key, self.target.place.id

    def as_finding(self) -> Finding:
        assert self.level is not None
        return Finding(
            self.level,
            self.reason or "",
            self.message or "",
            line=self.line.number,
            invitee=self.invitee.email,
            collaboration=self.collaboration,
        )


class _First(NamedTuple):
    """Where an invitee and a CO first stood together, and as what."""

    line: Line
    target: Target

    def agrees_with(self, line: Line, target: Target) -> bool:
        return (
            self.line.intended_role is line.intended_role
            and self.line.invitation_expiry_date == line.invitation_expiry_date
            and self.line.membership_expiry_date == line.membership_expiry_date
            and set(self.target.groups) == set(target.groups)
        )


class Plan:
    """Plans line after line, remembering which invitations the file has named already."""

    def __init__(self) -> None:
        #: By CO and address.
        self._first: defaultdict[uuid.UUID, dict[str, _First]] = defaultdict(dict)
        self.conflicts: list[Finding] = []

    def steps(self, line: Line, purview: Purview) -> Iterator[Step]:
        targets = purview.targets(line.short_names, line.labels, line.groups)
        hits = [(target, self._first[target.place.id]) for target in targets.hits]
        for invitee in line.invitees:
            for target, named in hits:
                step = Step(line, invitee, target.place.short_name, target)
                first = named.get(invitee.key)
                if first is None:
                    named[invitee.key] = _First(line, target)
                    yield step
                elif first.agrees_with(line, target):
                    yield _repeated(step, first)
                else:
                    conflict = _conflict(step, first)
                    self.conflicts.append(conflict)
                    yield step._replace(level=Level.ERROR, reason=conflict.reason, message=conflict.message)
            for miss in targets.misses:
                yield Step(line, invitee, miss.collaboration, None, Level.FAILURE, miss.reason, miss.message)

    def walk_over(self, line: Line, purview: Purview) -> None:
        """Remember what the line names, and no more."""
        for _step in self.steps(line, purview):
            pass


def _repeated(step: Step, first: _First) -> Step:
    if first.line is step.line:
        message = _("The same invitation stands on this line already.")
    else:
        message = _("The same invitation stands on line %(line)s already.", line=first.line.number)
    return step._replace(level=Level.SKIP, reason="repeated", message=message)


def count_steps(line: Line, purview: Purview) -> int:
    targets = purview.targets(line.short_names, line.labels, line.groups)
    return len(line.invitees) * (len(targets.hits) + len(targets.misses))


def _conflict(step: Step, first: _First) -> Finding:
    message = _(
        "Lines %(first)s and %(line)s both invite %(invitee)s to %(collaboration)s, with a different role, dates or "
        "groups: keep one of them.",
        first=first.line.number,
        line=step.line.number,
        invitee=step.invitee.email,
        collaboration=step.collaboration,
    )
    return Finding(
        Level.ERROR,
        "conflict",
        message,
        step.line.number,
        value=step.invitee.email,
        invitee=step.invitee.email,
        collaboration=step.collaboration,
    )


def with_standing(steps: list[Step]) -> list[Step]:
    """The same steps; those of people who are invited or members already turn into skips. One look for all."""
    standing = standing_of([step.pair for step in steps if step.level is None])
    if not standing:
        return steps
    return [
        step._replace(level=Level.SKIP, reason=found.reason, message=found.message)
        if step.level is None and (found := standing.get(step.pair))
        else step
        for step in steps
    ]


def names_in(lines: Iterable[Line]) -> Names:
    short_names: set[str] = set()
    labels: set[str] = set()
    groups: set[str] = set()
    for line in lines:
        short_names.update(line.short_names)
        labels.update(line.labels)
        groups.update(line.groups)
    return Names(short_names, labels, groups)
