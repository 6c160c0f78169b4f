"""The invitations sheet: what its columns take, and every problem found in its lines.

This is about the file alone: whether each value is well-formed. What the values stand for (which COs,
which groups, who may be invited) is the business of `domain.purview` and `domain.invitation_plan`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from domain.addresses import AddressError, key_of_address
from domain.columns import Column, too_many_values
from domain.dates import ExpiryError, read_expiry
from domain.findings import Finding
from domain.language import gettext as _
from domain.language import ngettext, number
from domain.table import Record, strip_invisible
from models.collaboration import Role
from models.upload import Level

#: In the order that a file without a header line is taken to have.
COLUMNS = (
    Column("short_names", also=("short_name",)),
    Column("intended_role", also=("role",)),
    Column("invitees", also=("invitee", "email", "emails")),
    Column("groups", also=("group",)),
    Column("invitation_expiry_date"),
    Column("membership_expiry_date"),
    Column("message"),
    Column("sender_name"),
    Column("labels", also=("label",)),
)
REQUIRED = (("short_names", "labels"), ("invitees",))

LONGEST_NAME = 255
LONGEST_MESSAGE = 4_000
LONGEST_SENDER_NAME = 255


class Invitee(NamedTuple):
    #: As the file writes it.
    email: str
    #: As addresses are compared.
    key: str


class Line:
    """What one line says, value by value; what it leaves empty is as here."""

    short_names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    intended_role: Role = Role.MEMBER
    invitees: tuple[Invitee, ...] = ()
    groups: tuple[str, ...] = ()
    invitation_expiry_date: datetime | None = None
    membership_expiry_date: datetime | None = None
    message: str = ""
    sender_name: str = ""

    def __init__(self, number: int) -> None:
        self.number = number


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a cell, or with one of its values."""

    #: A word for programs.
    reason: str
    sentence: str
    #: The one value of several that it is about; empty: the whole cell.
    value: str | None = None


class CellError(ValueError):
    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems


Reader = Callable[[str], Any]


class Sheet:
    """Reads the lines of one file.

    Files repeat themselves: each different value of a column is read once and remembered.
    """

    def __init__(self, columns: Iterable[str | None], now: datetime) -> None:
        self.columns = list(columns)
        self.now = now
        readers: dict[str, Reader] = {
            "short_names": _names,
            "labels": _names,
            "intended_role": _role,
            "invitees": read_invitees,
            "groups": _names,
            "invitation_expiry_date": self._expiry,
            "membership_expiry_date": self._expiry,
            "message": read_message,
            "sender_name": _sender_name,
        }
        self._cells: list[tuple[int, str, Reader, dict[str, Any]]] = [
            (place, name, readers[name], {}) for place, name in enumerate(self.columns) if name is not None
        ]

    def read(self, record: Record) -> tuple[Line, list[Finding]]:
        """The line, and what is wrong with it; with errors, the line is not to be relied on."""
        line, problems, values = Line(record.line), [], record.values
        told = line.__dict__  # `setattr` on every cell is a tenth of the reading
        width = len(values)
        if width > len(self.columns):
            return line, [too_many_values(record, len(self.columns))]
        for place, name, read, known in self._cells:
            if place >= width or not (text := values[place]):
                continue
            value = known.get(text)
            if value is None:
                try:
                    value = known[text] = read(text)
                except CellError as error:
                    problems += _findings(record.line, name, text, error)
                    continue
            told[name] = value
        if not (line.invitees and (line.short_names or line.labels)):
            self._note_missing(line, problems)
        return line, problems

    def _expiry(self, text: str) -> datetime:
        try:
            return read_expiry(text, self.now)
        except ExpiryError as error:
            raise CellError(Problem(error.reason, str(error))) from None

    def _note_missing(self, line: Line, problems: list[Finding]) -> None:
        at_fault = {problem.column for problem in problems}
        if not line.short_names and not line.labels and not at_fault & {"short_names", "labels"}:
            column = "short_names" if "short_names" in self.columns else "labels"
            problems.append(
                Finding(
                    Level.ERROR,
                    "missing",
                    _("No collaboration is named: write one or more short names, or a label."),
                    line.number,
                    column,
                    "",
                )
            )
        if not line.invitees and "invitees" not in at_fault:
            sentence = _("Nobody is invited: write one or more e-mail addresses.")
            problems.append(Finding(Level.ERROR, "missing", sentence, line.number, "invitees", ""))


def _findings(line: int, column: str, text: str, error: CellError) -> list[Finding]:
    return [
        Finding(Level.ERROR, problem.reason, problem.sentence, line, column, problem.value or text)
        for problem in error.problems
    ]


_SEPARATORS = re.compile(r"[,;\r\n]+")
#: Control and formatting characters that nobody types on purpose; line breaks and tabs are told apart below.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _values(text: str) -> list[str]:
    """The values of a cell that takes several, in the order written."""
    if not _SEPARATORS.search(text):
        return [text]
    return [value for part in _SEPARATORS.split(text) if (value := strip_invisible(part))]


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(_values(text)))
    wrong = [problem for name in names for problem in _wrong_with_name(name)]
    if wrong:
        raise CellError(*wrong)
    return names


def _wrong_with_name(name: str) -> Iterator[Problem]:
    if not name.isprintable() and _CONTROL.search(name):
        yield Problem("control_characters", _control_sentence(), name)
    if len(name) > LONGEST_NAME:
        sentence = _("“%(value)s…” is too long: at most %(most)s characters.", value=name[:40], most=LONGEST_NAME)
        yield Problem("too_long", sentence, name)


def _role(text: str) -> Role:
    try:
        return Role(text.lower())
    except ValueError:
        sentence = _("“%(value)s” is not a role. Write admin or member.", value=text[:50])
        raise CellError(Problem("not_a_role", sentence)) from None


def read_invitees(text: str) -> tuple[Invitee, ...]:
    several = _values(text)
    try:
        return tuple([Invitee(address, key_of_address(address)) for address in several])
    except AddressError:
        raise CellError(*_wrong_addresses(several)) from None


def _wrong_addresses(several: Sequence[str]) -> Iterator[Problem]:
    for place, address in enumerate(several, 1):
        try:
            key_of_address(address)
        except AddressError as error:
            yield Problem("not_an_address", _wrong_address(address, str(error), place, len(several)), address)


def _wrong_address(address: str, why: str, place: int, count: int) -> str:
    shown = address if len(address) <= 80 else address[:80] + "…"
    if count == 1:
        return _("“%(address)s” is not an e-mail address: %(why)s.", address=shown, why=why)
    return _(
        "“%(address)s”, number %(place)s of %(count)s, is not an e-mail address: %(why)s.",
        address=shown,
        place=place,
        count=count,
        why=why,
    )


def read_message(text: str) -> str:
    return _text(text, _CONTROL_IN_TEXT, LONGEST_MESSAGE)


def _sender_name(text: str) -> str:
    return _text(text, _CONTROL, LONGEST_SENDER_NAME)


def _text(text: str, forbidden: re.Pattern[str], longest: int) -> str:
    wrong = []
    if not text.isprintable() and forbidden.search(text):
        wrong.append(Problem("control_characters", _control_sentence()))
    if len(text) > longest:
        wrong.append(Problem("too_long", _too_long(text, longest)))
    if wrong:
        raise CellError(*wrong)
    return text


def _control_sentence() -> str:
    return _("The value has control characters in it, or a line break where there can be none: type it again.")


def _too_long(text: str, most: int) -> str:
    return ngettext(
        "The value has %(number)s character; at most %(most)s fit.",
        "The value has %(number)s characters; at most %(most)s fit.",
        len(text),
        most=number(most),
    )
