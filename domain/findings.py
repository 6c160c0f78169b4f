"""What is wrong with a person's file, as data: every problem, where it is, and what to do about it."""

from dataclasses import dataclass

from models.upload import Level


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `line` and `column` are empty where it is the file's or the line's as a whole."""

    level: Level
    #: A word for programs, such as `not_an_address`.
    reason: str
    #: A sentence for people: what is wrong, and what to do.
    message: str
    line: int | None = None
    #: The schema's own name, whatever the file called it.
    column: str | None = None
    value: str | None = None
    invitee: str | None = None
    collaboration: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth knowing about a file that is no fault."""

    code: str
    message: str
