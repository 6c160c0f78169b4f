"""People brought into an organisation, any number at once: those who are new, and what changed about the others."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.exc import IntegrityError

from domain import audit, pending_enrolments
from domain.audit import About, By
from domain.cells import open_sheet
from domain.directory import can_sign_in
from domain.errors import ConflictError
from domain.findings import Finding, Notice
from domain.language import gettext as _
from domain.organisations import assert_may_run, hold
from domain.people_sheet import COLUMNS, REQUIRED, Line, read_lines
from domain.permissions import Rights
from domain.rows import insert_rows, update_rows
from domain.table import Limits
from domain.tallies import move_districts
from domain.user_names import UserNames
from models import (
    Batch,
    Collaboration,
    Membership,
    Organisation,
    OrganisationRole,
    Participant,
    User,
    db,
    key_of,
    new_id,
    now,
)
from models.audit import AuditAction
from models.base import among
from models.batch import batch_mentors
from models.user import new_session_key, search_text_of

#: Why nothing is done about somebody who is as their line says.
UNCHANGED = "unchanged"
#: Rows written at once.
_ROWS = 10_000


class PersonState(StrEnum):
    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class PersonOutcome(NamedTuple):
    """What one line became, or would become."""

    line: int
    state: PersonState
    #: Of those failed: `address_unusable`, `two_people`, `signs_in_with_another_address`, `user_name_taken`,
    #: `repeated`.
    reason: str | None = None
    #: What is new about who is updated: names of columns; `organisation_id` of who is taken in.
    news: tuple[str, ...] = ()

    @property
    def message(self) -> str | None:
        """The sentence for its reader, where there is something to mend."""
        return message_of(self.reason) if self.reason else None


@dataclass(slots=True)
class PeopleImport:
    """What came of a file. With errors, nothing is done."""

    notices: list[Notice] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    #: In the order of the lines.
    outcomes: list[PersonOutcome] = field(default_factory=list)


def import_file(organisation: Organisation, content: bytes, file_name: str, limits: Limits, by: By) -> PeopleImport:
    """Bring the people of a CSV file or a workbook into the organisation: see `import_people`."""
    file = open_sheet(content, file_name, COLUMNS, REQUIRED, limits)
    lines, errors = read_lines(file.columns, file.records)
    if file.errors or errors:
        return PeopleImport(file.notices, [*file.errors, *errors])
    return PeopleImport(file.notices, outcomes=import_people(organisation, lines, by))


def foresee(rights: Rights, organisation: Organisation, lines: Sequence[Line]) -> list[PersonOutcome]:
    """What `bring` would make of each line, in their order. Nothing is changed."""
    plan = _Plan(organisation, lines, from_anywhere=rights.is_platform_admin)
    return [plan.outcome_of(line) for line in lines]


def bring(rights: Rights, organisation: Organisation, lines: Sequence[Line], by: By) -> list[PersonOutcome]:
    """`import_people`, for who runs the organisation: whoever belongs elsewhere is not theirs to take in, unless a
    platform admin brings them.

    Raises `NotAllowedError`.
    """
    assert_may_run(rights, organisation)
    return import_people(organisation, lines, by, from_anywhere=rights.is_platform_admin)


def import_people(
    organisation: Organisation, lines: Sequence[Line], by: By, *, from_anywhere: bool = True
) -> list[PersonOutcome]:
    """Make people of the organisation of those on the lines; an outcome for each, in their order.

    A person of the organisation is known by their state ID, or else by their address; one of no organisation is
    taken in by it, though not `from_anywhere` only where they are nothing elsewhere. What a line leaves empty stays as
    it is; so does the user name of who is there already. New people have no password, and are enrolled wherever that
    waits for them. No two of `lines` have one address, state ID or user name: `read_lines` sees to it.

    Raises `ConflictError` where somebody else is making one of the accounts this very moment; nothing is changed then.
    """
    hold(organisation.id)
    plan = _Plan(organisation, lines, from_anywhere=from_anywhere)
    outcomes = [plan.outcome_of(line) for line in lines]
    try:
        with db.session.begin_nested():
            _change(organisation, plan.changes)
            for rows in _in_portions(_new_person(organisation, new) for new in plan.new):
                insert_rows(User, rows)
    except IntegrityError:
        raise ConflictError(_("Another account was being made at this very moment. Try again.")) from None
    told = {"added": [new.id for new in plan.new], "updated": [became.id for _was, became in plan.changes]}
    if any(told.values()):
        audit.record(AuditAction.PEOPLE_IMPORTED, About(organisation.id), by, told)
    pending_enrolments.fulfil(told["added"])
    return outcomes


def message_of(reason: str) -> str:
    """The sentence for a reason of an outcome."""
    sentences = {
        "address_unusable": lambda: _("This address cannot be used: ask your platform admin."),
        "two_people": lambda: _("The state ID is one person's, the address another's."),
        "signs_in_with_another_address": lambda: _(
            "The person with this state ID signs in with another address, which stays theirs."
        ),
        "user_name_taken": lambda: _("This user name is taken: write another, or none."),
        "repeated": lambda: _("This person is on a line before: once by the state ID, once by the address."),
        UNCHANGED: lambda: _("Nothing is new about this person."),
    }
    return sentences[reason]()


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
    can_sign_in: bool


class _Newcomer(NamedTuple):
    id: uuid.UUID
    user_name: str
    line: Line


class _Plan:
    """What is to be done: found out line by line, without a query."""

    def __init__(self, organisation: Organisation, lines: Sequence[Line], *, from_anywhere: bool) -> None:
        self.organisation = organisation
        keys = {key_of(line.state_id) for line in lines if line.state_id}
        ours = _known(User.organisation_id == organisation.id, among(User.state_id_key, keys))
        self.by_state_id = {one.state_id_key: one for one in ours}
        by_id = {one.id: one for one in self.by_state_id.values()}  # nobody is kept twice
        addressed = _known(among(User.email_key, (line.address.key for line in lines)))
        self.by_address = {one.email_key: by_id.get(one.id, one) for one in addressed}
        self._elsewhere = set() if from_anywhere else _elsewhere(organisation, self.by_address.values())
        #: Who is there already, as they were and as they become; all of it, for those with something new.
        self.changes: list[tuple[_Known, _Known]] = []
        self.new: list[_Newcomer] = []
        self._seen: set[uuid.UUID] = set()
        newcomers = [line for line in lines if self._person(line) is None]
        asked = (line.user_name for line in newcomers if line.user_name)
        self._user_names = UserNames(asked, (line.address.email for line in newcomers if not line.user_name))

    def _person(self, line: Line) -> _Known | None:
        return self.by_state_id.get(key_of(line.state_id)) or self.by_address.get(line.address.key)

    def outcome_of(self, line: Line) -> PersonOutcome:
        person = self._person(line)
        if person is None:
            return self._add(line)
        if reason := self._why_not(line, person):
            return PersonOutcome(line.number, PersonState.FAILED, reason)
        self._seen.add(person.id)
        became = self._updated(person, line)
        if became == person:
            return PersonOutcome(line.number, PersonState.UNCHANGED)
        self.changes.append((person, became))
        return PersonOutcome(line.number, PersonState.UPDATED, news=_news(person, became))

    def _add(self, line: Line) -> PersonOutcome:
        if line.user_name and not self._user_names.is_free(line.user_name):
            return PersonOutcome(line.number, PersonState.FAILED, "user_name_taken")
        user_name = line.user_name or self._user_names.made_from(line.address.email)
        self.new.append(_Newcomer(new_id(), user_name, line))
        return PersonOutcome(line.number, PersonState.ADDED)

    def _why_not(self, line: Line, person: _Known) -> str | None:
        has_address = self.by_address.get(line.address.key)
        if has_address is None:
            return "signs_in_with_another_address" if person.can_sign_in else self._if_repeated(person)
        if has_address.organisation_id not in (None, self.organisation.id) or has_address.id in self._elsewhere:
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


_TOLD = ("organisation_id", "name", "email", "state_id", "district", "school", "block", "mobile")


def _news(was: _Known, became: _Known) -> tuple[str, ...]:
    return tuple(name for name in _TOLD if getattr(was, name) != getattr(became, name))


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
        can_sign_in(),
    ).where(*which)
    return map(_Known._make, db.session.execute(query))


def _elsewhere(organisation: Organisation, people: Iterable[_Known]) -> set[uuid.UUID]:
    """Those of no organisation who are something in another one, or on the platform: an organisation that took them
    in could close their accounts. And those who have deleted theirs."""
    nobodys = [one.id for one in people if one.organisation_id is None]
    if not nobodys:
        return set()
    is_gone = User.deleted_at.is_not(None)
    query = select(User.id).where(
        among(User.id, nobodys), or_(User.is_platform_admin, is_gone, *_is_something_beside(organisation))
    )
    return {*db.session.scalars(query)}


def _is_something_beside(organisation: Organisation) -> Iterator[ColumnElement[bool]]:
    yield exists().where(OrganisationRole.user_id == User.id, OrganisationRole.organisation_id != organisation.id)
    yield exists().where(
        Membership.user_id == User.id,
        Membership.is_current(),
        Membership.collaboration_id == Collaboration.id,
        Collaboration.organisation_id != organisation.id,
    )
    elsewhere = Batch.organisation_id != organisation.id
    yield exists().where(Participant.user_id == User.id, Participant.batch_id == Batch.id, elsewhere)
    yield exists().where(batch_mentors.c.user_id == User.id, batch_mentors.c.batch_id == Batch.id, elsewhere)


def _change(organisation: Organisation, changes: Collection[tuple[_Known, _Known]]) -> None:
    moved = [became.id for was, became in changes if became.district != was.district]
    with move_districts(organisation.id, moved):
        for rows in _in_portions(_changed_person(became) for _was, became in changes):
            update_rows(User, rows)


def _changed_person(person: _Known) -> dict[str, Any]:
    row = person._asdict() | {"search_text": search_text_of(person.name, person.email, person.state_id or "")}
    del row["can_sign_in"]
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
        "session_key": new_session_key(),
        "is_platform_admin": False,
        "is_active": True,
        "created_at": now(),
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
