"""What checking a file finds out, and what a file may be brought for."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.columns import Column
from domain.findings import Finding, Notice
from domain.table import Record


@dataclass(slots=True)
class Check:
    """What checking found out, as things stand at its time."""

    errors: list[Finding] = field(default_factory=list)
    failures: list[Finding] = field(default_factory=list)
    skips: list[Finding] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    #: Invitations to send; participants to add or to remove; people to add or to update.
    to_do: int = 0
    #: Whom that is about; of a file of people, those of them who are new.
    people: int = 0
    collaborations: int = 0

    @property
    def findings(self) -> list[Finding]:
        return [*self.errors, *self.failures, *self.skips]


#: Checks a whole file: what its columns are, by position; its records; and the time that it is checked at.
CheckLines = Callable[[Sequence[str | None], Sequence[Record], datetime], Check]


@dataclass(frozen=True, slots=True)
class Purpose:
    """What somebody brings a file for. All that differs between the kinds of uploads until they are processed."""

    #: In the order that a file without a header line is taken to have.
    columns: Sequence[Column]
    #: Of each, one alternative must be there.
    required: Sequence[tuple[str, ...]]
    #: The one organisation that it can concern: its admins see the upload too.
    organisation_id: uuid.UUID | None
    check: CheckLines
