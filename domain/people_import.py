"""People brought into an organisation, any number at once: those who are new, and what changed about the others."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from domain import pending_enrolments
from domain.cells import open_sheet
from domain.errors import ConflictError
from domain.findings import Finding, Notice
from domain.language import gettext as _
from domain.people_sheet import COLUMNS, REQUIRED, Line, read_lines
from domain.rows import update_rows
from domain.table import Limits
from domain.tallies import move_districts
from domain.user_names import UserNames
from models import Organisation, User, db, key_of, new_id
from models.base import among
from models.user import search_text_of

#: Rows written at once.
_ROWS = 10_000


class PersonState(StrEnum):
    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class PersonOutcome(NamedTuple):
    """What one line became."""

    line: int
    state: PersonState
    #: Of those failed: `address_unusable`, `two_people`, `signs_in_with_another_address`, `user_name_taken`,
    #: `repeated`.
    reason: str | None = None

    @property
    def message(self) -> str | None:
        """The sentence for its reader, where there is something to tell."""
        return _message_of(self.reason) if self.reason else None


@dataclass(slots=True)
class PeopleImport:
    """What came of a file. With errors, nothing is done."""

    notices: list[Notice] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    #: In the order of the lines.
    outcomes: list[PersonOutcome] = field(default_factory=list)


def find_organisation(short_name: str) -> Organisation | None:
    return db.session.scalar(select(Organisation).where(Organisation.short_name == key_of(short_name)))


def import_file(organisation: Organisation, content: bytes, file_name: str, limits: Limits) -> PeopleImport:
    """Bring the people of a CSV file or a workbook into the organisation: see `import_people`."""
    file = open_sheet(content, file_name, COLUMNS, REQUIRED, limits)
    lines, errors = read_lines(file.columns, file.records)
    if file.errors or errors:
        return PeopleImport(file.notices, [*file.errors, *errors])
    return PeopleImport(file.notices, outcomes=import_people(organisation, lines))


def import_people(organisation: Organisation, lines: Sequence[Line]) -> list[PersonOutcome]:
    """Make people of the organisation of those on the lines; an outcome for each, in their order.

    A person of the organisation is known by their state ID, or else by their address; one of no organisation is
    taken in by it. What a line leaves empty stays as it is; so does the user name of who is there already. New
    people have no password, and are enrolled wherever that waits for them. No two of `lines` have one address, state
    ID or user name: `read_lines` sees to it.

    Raises `ConflictError` where somebody else is making one of the accounts this very moment.
    """
    _hold(organisation)
    plan = _Plan(organisation, lines)
    outcomes = [plan.outcome_of(line) for line in lines]
    _change(organisation, plan.changes)
    try:
        with db.session.begin_nested():
            for rows in _in_portions(_new_person(organisation, new) for new in plan.new):
                db.session.execute(insert(User), rows)
    except IntegrityError:
        raise ConflictError(_("Another account was being made at this very moment. Try again.")) from None
    pending_enrolments.fulfil([new.id for new in plan.new])
    return outcomes


def _message_of(reason: str) -> str:
    sentences = {
        "address_unusable": lambda: _("This address cannot be used: ask your platform admin."),
        "two_people": lambda: _("The state ID is one person's, the address another's."),
        "signs_in_with_another_address": lambda: _(
            "The person with this state ID signs in with another address, which stays theirs."
        ),
        "user_name_taken": lambda: _("This user name is taken: write another, or none."),
        "repeated": lambda: _("This person is on a line before: once by the state ID, once by the address."),
    }
    return sentences[reason]()


def _hold(organisation: Organisation) -> None:
    """One import of an organisation at a time; nobody else is held up, neither who makes accounts in it."""
    query = select(Organisation.id).where(Organisation.id == organisation.id)
    db.session.execute(query.with_for_update(key_share=True))


class _Known(NamedTuple):
    """Somebody who is there already."""

    id: uuid.UUID
    organisation_id: uuid.UUID | None
    name: str
    email: str
    email_key: str
    state_id: str | None
    state_id_key: str | None
    district: str | None
    school: str | None
    block: str | None
    mobile: str | None
    has_password: bool


class _Newcomer(NamedTuple):
    id: uuid.UUID
    user_name: str
    line: Line


class _Plan:
    """What is to be done: found out line by line, without a query."""

    def __init__(self, organisation: Organisation, lines: Sequence[Line]) -> None:
        self.organisation = organisation
        keys = {key_of(line.state_id) for line in lines if line.state_id}
        ours = _known(User.organisation_id == organisation.id, among(User.state_id_key, keys))
        self.by_state_id = {one.state_id_key: one for one in ours}
        by_id = {one.id: one for one in self.by_state_id.values()}  # nobody is kept twice
        addressed = _known(among(User.email_key, (line.address.key for line in lines)))
        self.by_address = {one.email_key: by_id.get(one.id, one) for one in addressed}
        #: Who is there already, as they were and as they become; all of it, for those with something new.
        self.changes: list[tuple[_Known, _Known]] = []
        self.new: list[_Newcomer] = []
        self._seen: set[uuid.UUID] = set()
        newcomers = [line for line in lines if self._person(line) is None]
        asked = (line.user_name for line in newcomers if line.user_name)
        self._user_names = UserNames(asked, (line.address.email for line in newcomers if not line.user_name))

    def outcome_of(self, line: Line) -> PersonOutcome:
        state, reason = self._decide(line)
        return PersonOutcome(line.number, state, reason)

    def _person(self, line: Line) -> _Known | None:
        return self.by_state_id.get(key_of(line.state_id)) or self.by_address.get(line.address.key)

    def _decide(self, line: Line) -> tuple[PersonState, str | None]:
        person = self._person(line)
        if person is None:
            return self._add(line)
        if reason := self._why_not(line, person):
            return PersonState.FAILED, reason
        self._seen.add(person.id)
        became = self._updated(person, line)
        if became == person:
            return PersonState.UNCHANGED, None
        self.changes.append((person, became))
        return PersonState.UPDATED, None

    def _add(self, line: Line) -> tuple[PersonState, str | None]:
        if line.user_name and not self._user_names.is_free(line.user_name):
            return PersonState.FAILED, "user_name_taken"
        user_name = line.user_name or self._user_names.made_from(line.address.email)
        self.new.append(_Newcomer(new_id(), user_name, line))
        return PersonState.ADDED, None

    def _why_not(self, line: Line, person: _Known) -> str | None:
        has_address = self.by_address.get(line.address.key)
        if has_address is None:
            return "signs_in_with_another_address" if person.has_password else self._if_repeated(person)
        if has_address.organisation_id not in (None, self.organisation.id):
            return "address_unusable"
        if has_address.id != person.id:
            return "address_unusable" if has_address.organisation_id is None else "two_people"
        return self._if_repeated(person)

    def _if_repeated(self, person: _Known) -> str | None:
        return "repeated" if person.id in self._seen else None

    def _updated(self, person: _Known, line: Line) -> _Known:
        has_address = person.email_key == line.address.key
        state_id = line.state_id or person.state_id
        return person._replace(
            organisation_id=self.organisation.id,
            name=line.name,
            email=person.email if has_address else line.address.email,
            email_key=line.address.key,
            state_id=state_id,
            state_id_key=key_of(state_id) if state_id else None,
            district=line.district or person.district,
            school=line.school or person.school,
            block=line.block or person.block,
            mobile=line.mobile or person.mobile,
        )


def _known(*which: Any) -> Iterator[_Known]:
    query = select(
        User.id,
        User.organisation_id,
        User.name,
        User.email,
        User.email_key,
        User.state_id,
        User.state_id_key,
        User.district,
        User.school,
        User.block,
        User.mobile,
        User.password_hash.is_not(None),
    ).where(*which)
    return map(_Known._make, db.session.execute(query))


def _change(organisation: Organisation, changes: Collection[tuple[_Known, _Known]]) -> None:
    moved = [became.id for was, became in changes if became.district != was.district]
    with move_districts(organisation.id, moved):
        for rows in _in_portions(_changed_person(became) for _was, became in changes):
            update_rows(User, rows)


def _changed_person(person: _Known) -> dict[str, Any]:
    row = person._asdict() | {"search_text": search_text_of(person.name, person.email, person.state_id or "")}
    del row["has_password"]
    return row


def _new_person(organisation: Organisation, new: _Newcomer) -> dict[str, Any]:
    line = new.line
    return {
        "id": new.id,
        "email": line.address.email,
        "email_key": line.address.key,
        "user_name": new.user_name,
        "user_name_key": key_of(new.user_name),
        "name": line.name,
        "password_hash": None,
        "organisation_id": organisation.id,
        "state_id": line.state_id or None,
        "state_id_key": key_of(line.state_id) or None,
        "district": line.district or None,
        "school": line.school or None,
        "block": line.block or None,
        "mobile": line.mobile or None,
        "search_text": search_text_of(line.name, line.address.email, line.state_id),
    }


def _in_portions(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    return iter(lambda: [*islice(rows, _ROWS)], [])
