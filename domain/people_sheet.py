"""The sheet of people: what its columns take, and every problem found in its lines.

Who is there already, and may be changed, is the business of `domain.people_import`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from domain.addresses import AddressError, key_of_address
from domain.cells import CellError, Cells, missing, one_line, shown
from domain.columns import Column
from domain.findings import Finding
from domain.language import gettext as _
from domain.table import Record
from models import key_of
from models.upload import Level

#: In the order that a file without a header line is taken to have.
COLUMNS = (
    Column("name"),
    Column("email", also=("email_address", "email_id")),
    Column("state_id", also=("external_id",)),
    Column("district"),
    Column("school"),
    Column("block"),
    Column("mobile"),
    Column("user_name"),
)
REQUIRED = (("name",), ("email",))
#: What is beyond these is not looked at.
MOST_ERRORS = 100_000
_USER_NAME = re.compile(r"[A-Za-z0-9._-]+")


class Address(NamedTuple):
    #: As the file writes it.
    email: str
    #: As addresses are compared.
    key: str


class Line(NamedTuple):
    """What one line says; what it leaves empty is as here."""

    number: int
    name: str = ""
    #: Never empty in a well-formed line.
    address: Address = Address("", "")
    state_id: str = ""
    district: str = ""
    school: str = ""
    block: str = ""
    mobile: str = ""
    user_name: str = ""


class Sheet:
    """Reads the lines of one file, and knows those read before."""

    def __init__(self, columns: Sequence[str | None]) -> None:
        readers = {**{column.name: one_line for column in COLUMNS}, "email": _email, "user_name": _user_name}
        self._cells = Cells(columns, readers)
        #: By column: what was there, as it is compared, and on which line.
        self._seen: dict[str, dict[str, int]] = {"email": {}, "state_id": {}, "user_name": {}}

    def read(self, record: Record) -> tuple[Line, list[Finding]]:
        """The line, and what is wrong with it; with errors, the line is not to be relied on."""
        values, problems = self._cells.read(record)
        address = values.pop("email", Line._field_defaults["address"])
        line = Line(record.line, address=address, **values)
        if not line.name:
            problems += missing(line.number, "name", _("The name is missing."), problems)
        if not line.address.key:
            problems += missing(line.number, "email", _("The e-mail address is missing."), problems)
        return line, [*problems, *self._repeats(line)]

    def _repeats(self, line: Line) -> Iterator[Finding]:
        """Of what no two lines may have the same."""
        once = (
            ("email", *line.address),
            ("state_id", line.state_id, key_of(line.state_id)),
            ("user_name", line.user_name, key_of(line.user_name)),
        )
        for column, text, key in once:
            first = self._seen[column].setdefault(key, line.number) if key else line.number
            if first != line.number:
                yield Finding(Level.ERROR, "repeated", _repeated(column, first), line.number, column, text)


def read_lines(columns: Sequence[str | None], records: Iterable[Record]) -> tuple[list[Line], list[Finding]]:
    """The well-formed lines, and the errors of the others."""
    sheet, lines, errors = Sheet(columns), [], []
    for record in records:
        line, problems = sheet.read(record)
        errors += problems
        if not problems:
            lines.append(line)
        if len(errors) > MOST_ERRORS:
            return lines, [*errors, _too_much(line)]
    return lines, errors


def _too_much(line: Line) -> Finding:
    sentence = _(
        "From line %(line)s on, the file was not looked at: it has too many errors to be checked at once. Mend those "
        "above first.",
        line=line.number,
    )
    return Finding(Level.ERROR, "too_much", sentence, line.number)


def _repeated(column: str, first: int) -> str:
    sentences = {
        "email": lambda: _("This address is on line %(line)s already.", line=first),
        "state_id": lambda: _("This state ID is on line %(line)s already.", line=first),
        "user_name": lambda: _("This user name is on line %(line)s already.", line=first),
    }
    return sentences[column]()


def _email(text: str) -> Address:
    try:
        return Address(text, key_of_address(text))
    except AddressError as error:
        sentence = _("“%(address)s” is not an e-mail address: %(why)s.", address=shown(text), why=error)
        raise CellError("not_an_address", sentence) from None


def _user_name(text: str) -> str:
    if _USER_NAME.fullmatch(text):
        return one_line(text)
    sentence = _(
        "“%(value)s” is not a user name: write letters a to z, digits, dots, dashes and underscores.", value=shown(text)
    )
    raise CellError("not_a_user_name", sentence)
