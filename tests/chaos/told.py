"""What clients were told: in the end, all of it must be true."""

from collections import Counter
from dataclasses import dataclass, field

from models.outbox import LetterKind


@dataclass(slots=True)
class Told:
    """Each client writes of things of its own, so that nobody need hold anything."""

    #: By the ID of an upload that is being processed, the addresses in it.
    invited: dict[str, list[str]] = field(default_factory=dict)
    #: Whether somebody (a state ID) takes part in a batch (its ID).
    takes_part: dict[tuple[str, str], bool] = field(default_factory=dict)
    #: How many letters of a kind there shall be to an address.
    letters: Counter[tuple[LetterKind, str]] = field(default_factory=Counter)
    #: Addresses that have joined by their link.
    joined: list[str] = field(default_factory=list)
    #: Answers that were no clear page, or that contradict what was told before.
    wrong: list[str] = field(default_factory=list)
    #: What was asked for in vain.
    unanswered: list[str] = field(default_factory=list)
    #: How many requests were answered by a fault's page, or not at all, and asked again.
    asked_again: int = 0
