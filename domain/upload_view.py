"""An upload as its page shows it: what to mend, what each line means, and the files to download."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, func, select

from domain import participant_sheet, participants, people_import, people_sheet
from domain.errors import ConflictError, GoneError
from domain.invitation_plan import count_steps, names_in
from domain.invitation_sheet import Line, Sheet
from domain.language import day, ngettext
from domain.language import gettext as _
from domain.masking import masked_email
from domain.participants import Person
from domain.people_import import PersonOutcome
from domain.people_run import STATES
from domain.processing import rights_behind
from domain.purview import Targets, purview_of
from domain.table import Record
from domain.uploads import column_names, findings, lines, outcomes
from models import Upload, UploadFinding, UploadLine, User, db, key_of
from models.base import among
from models.upload import Level, OutcomeState, UploadKind, UploadState


@dataclass(frozen=True, slots=True)
class Task:
    """Something to mend, with how often."""

    reason: str
    text: str


def tasks(upload: Upload) -> list[Task]:
    """What to mend before the file can be sent: in verbs and counts, the most frequent first."""
    counts = db.session.execute(
        select(UploadFinding.reason, func.count())
        .where(UploadFinding.upload_id == upload.id, UploadFinding.level == Level.ERROR)
        .group_by(UploadFinding.reason)
        .order_by(func.count().desc(), UploadFinding.reason)
    )
    return [Task(reason, _task(reason, count)) for reason, count in counts]


def _task(reason: str, count: int) -> str:
    verbs = {
        "missing": lambda: ngettext("Fill in %(number)s missing value", "Fill in %(number)s missing values", count),
        "not_an_address": lambda: ngettext(
            "Correct %(number)s e-mail address", "Correct %(number)s e-mail addresses", count
        ),
        "not_a_role": lambda: ngettext("Correct %(number)s role", "Correct %(number)s roles", count),
        "not_a_date": lambda: ngettext("Rewrite %(number)s date", "Rewrite %(number)s dates", count),
        "in_the_past": lambda: ngettext(
            "Replace %(number)s date that is past", "Replace %(number)s dates that are past", count
        ),
        "too_many_values": lambda: ngettext(
            "Put quotes around values on %(number)s line", "Put quotes around values on %(number)s lines", count
        ),
        "too_long": lambda: ngettext("Shorten %(number)s value", "Shorten %(number)s values", count),
        "control_characters": lambda: ngettext("Type %(number)s value again", "Type %(number)s values again", count),
        "not_a_user_name": lambda: ngettext("Correct %(number)s user name", "Correct %(number)s user names", count),
        "repeated": lambda: ngettext(
            "Change %(number)s value that stands on a line before, too",
            "Change %(number)s values that stand on a line before, too",
            count,
        ),
        "conflict": lambda: ngettext(
            "Choose between %(number)s pair of lines that contradict each other",
            "Choose between %(number)s pairs of lines that contradict each other",
            count,
        ),
        "too_much": lambda: _("Split the file into smaller ones"),
    }
    return verbs[reason]()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What Muster understood of one line."""

    line: Line
    targets: Targets
    #: How many invitations it makes, with those that fail or are skipped.
    invitations: int


def meanings(upload: Upload, page: Sequence[UploadLine]) -> list[Meaning]:
    """What these lines mean, as things stand now. Lines with errors are left out."""
    sheet = Sheet(column_names(upload), upload.created_at)
    read = [sheet.read(record) for record in _records(page)]
    good = [line for line, errors in read if not errors]
    purview = purview_of(rights_behind(upload), names_in(good))
    return [
        Meaning(line, purview.targets(line.short_names, line.labels, line.groups), count_steps(line, purview))
        for line in good
    ]


@dataclass(frozen=True, slots=True)
class Naming:
    """Whom one line of a file of participants names, and what becomes of them."""

    line: int
    #: As the file writes it.
    identifier: str
    #: Empty where nobody was found.
    name: str | None
    masked_email: str | None
    state: OutcomeState
    #: Why nothing is done.
    message: str | None


def namings(upload: Upload, page: Sequence[UploadLine]) -> list[Naming]:
    """Whom these lines name now. What fails and what is skipped is what the check foresaw; lines with errors are left
    out."""
    assert upload.batch is not None
    named, _errors = participant_sheet.read_lines(column_names(upload), _records(page))
    people = participants.find(upload.batch, [line.identifier for line in named])
    told = _names_and_addresses(people.values())
    foreseen = _foreseen(upload, [line.number for line in named])
    return [_naming(upload, line, people.get(key_of(line.identifier)), told, foreseen) for line in named]


def _naming(
    upload: Upload,
    line: participant_sheet.Line,
    person: Person | None,
    told: dict[uuid.UUID, tuple[str, str]],
    foreseen: dict[int | None, UploadFinding],
) -> Naming:
    name, email = told[person.id] if person else (None, None)
    finding = foreseen.get(line.number)
    if finding is not None:
        state = OutcomeState.FAILED if finding.level is Level.FAILURE else OutcomeState.SKIPPED
    elif upload.kind is UploadKind.PARTICIPANTS_REMOVE:
        state = OutcomeState.REMOVED
    else:
        state = OutcomeState.REVIVED if person and person.has_taken_part else OutcomeState.ADDED
    return Naming(line.number, line.identifier, name, email, state, finding.message if finding else None)


@dataclass(frozen=True, slots=True)
class Bringing:
    """Whom one line of a file of people brings, and what becomes of them."""

    line: people_sheet.Line
    #: Added, updated, skipped or failed.
    state: OutcomeState
    #: Of who is updated: see `PersonOutcome.news`.
    news: tuple[str, ...]
    #: Why nothing is done.
    message: str | None


def bringings(upload: Upload, page: Sequence[UploadLine]) -> list[Bringing]:
    """Whom these lines bring, likewise."""
    assert upload.organisation is not None
    brought, _errors = people_sheet.read_lines(column_names(upload), _records(page))
    outcomes = people_import.foresee(rights_behind(upload), upload.organisation, brought)
    foreseen = _foreseen(upload, [line.number for line in brought])
    return [
        _bringing(line, outcome, foreseen.get(line.number)) for line, outcome in zip(brought, outcomes, strict=True)
    ]


def _bringing(line: people_sheet.Line, outcome: PersonOutcome, finding: UploadFinding | None) -> Bringing:
    if finding is not None:
        state = OutcomeState.FAILED if finding.level is Level.FAILURE else OutcomeState.SKIPPED
        return Bringing(line, state, (), finding.message)
    return Bringing(line, STATES[outcome.state], outcome.news, None)


def _names_and_addresses(people: Iterable[Person]) -> dict[uuid.UUID, tuple[str, str]]:
    rows = db.session.execute(
        select(User.id, User.name, User.email).where(among(User.id, {person.id for person in people}))
    )
    return {user_id: (name, masked_email(email)) for user_id, name, email in rows}


def _foreseen(upload: Upload, numbers: Sequence[int]) -> dict[int | None, UploadFinding]:
    query = select(UploadFinding).where(UploadFinding.upload_id == upload.id, UploadFinding.line.in_(numbers))
    return {finding.line: finding for finding in db.session.scalars(query)}


def _records(page: Iterable[UploadLine]) -> list[Record]:
    return [Record(line.number, line.cells) for line in page]


# What became of it, by outcome.


@dataclass(frozen=True, slots=True)
class Part:
    """Those of an upload's outcomes that ended, or stand, alike."""

    name: str
    label: str
    count: int
    #: None at all: all of them.
    states: tuple[OutcomeState, ...] = ()


def parts(upload: Upload) -> list[Part]:
    waiting = Part("waiting", _("Waiting"), upload.waiting, (OutcomeState.WAITING,))
    failed = Part("failed", _("Failed"), upload.failed, (OutcomeState.FAILED,))
    skipped = Part("skipped", _("Skipped"), upload.skipped, (OutcomeState.SKIPPED,))
    done = {
        UploadKind.INVITATIONS: [Part("sent", _("Sent"), upload.done, (OutcomeState.SENT,))],
        UploadKind.PARTICIPANTS_ADD: [
            Part("added", _("Added"), upload.done, (OutcomeState.ADDED, OutcomeState.REVIVED))
        ],
        UploadKind.PARTICIPANTS_REMOVE: [Part("removed", _("Removed"), upload.done, (OutcomeState.REMOVED,))],
        UploadKind.PEOPLE: [
            Part("added", _("Added"), upload.new_people, (OutcomeState.ADDED,)),
            Part("updated", _("Updated"), upload.done - upload.new_people, (OutcomeState.UPDATED,)),
        ],
    }
    # Only invitations have outcomes while they wait: for their mails.
    is_seen_waiting = upload.kind is UploadKind.INVITATIONS
    found = [*done[upload.kind], failed, skipped, *([waiting] if is_seen_waiting else [])]
    return [Part("all", _("All"), sum(part.count for part in found)), *found]


# Files to download.

_ERRORS_COLUMN = "errors"


def _demand_kept(upload: Upload) -> None:
    if upload.gone_at:
        raise GoneError(
            _("The file and its result were deleted on %(day)s. What it counted stays.", day=day(upload.gone_at))
        )


def file_name(upload: Upload, of: str) -> str:
    """What a download is called. `of`: `errors` or `result`."""
    return f"{of}-{upload.file_name.rpartition('.')[0] or upload.file_name}.csv"


def errors_file(upload: Upload) -> Iterator[list[object]]:
    """The file as it came, with a column `errors` behind the others; it replaces the one of an earlier round.

    Raises `GoneError`, and `ConflictError` for a file without errors.
    """
    _demand_kept(upload)
    if upload.state is not UploadState.ERRORS:
        raise ConflictError(_("This file has no errors to download."))
    return _errors(upload)


def _errors(upload: Upload) -> Iterator[list[object]]:
    said: defaultdict[int, list[str]] = defaultdict(list)
    for finding in db.session.scalars(findings(upload, Level.ERROR)):
        said[finding.line or 0].append(f"{finding.column}: {finding.message}" if finding.column else finding.message)
    titles = [column["title"] for column in upload.columns]
    width = len(titles) - 1 if titles[-1] == _ERRORS_COLUMN else len(titles)
    yield [*titles[:width], _ERRORS_COLUMN]
    for number, cells in db.session.execute(
        lines(upload).with_only_columns(UploadLine.number, UploadLine.cells).execution_options(yield_per=500)
    ):
        if len(cells) <= len(titles):
            cells = cells[:width] + [""] * (width - len(cells))
        yield [*cells, " ".join(said[number])]


_INVITATION = ("line", "invitee", "collaboration", "groups", "role", "outcome", "reason", "message")
_PARTICIPANT = ("line", "identifier", "outcome", "reason", "message")
#: By the kind of upload.
RESULT_COLUMNS = {
    UploadKind.INVITATIONS: _INVITATION,
    UploadKind.PARTICIPANTS_ADD: _PARTICIPANT,
    UploadKind.PARTICIPANTS_REMOVE: _PARTICIPANT,
    UploadKind.PEOPLE: ("line", "email", "outcome", "reason", "message"),
}
#: What a column of the result is called elsewhere.
_KEPT_AS = {"identifier": "invitee", "email": "invitee", "outcome": "state"}


def result_file(upload: Upload) -> Iterator[Sequence[object]]:
    """What each invitation, participant or person became, in the file's order.

    Raises `GoneError`, and `ConflictError` before *Process* is pressed.
    """
    _demand_kept(upload)
    if upload.process_pressed_at is None:
        raise ConflictError(_("This file has not been processed: it has no result yet."))
    return _result(RESULT_COLUMNS[upload.kind], outcomes(upload))


def _result(columns: Sequence[str], query: Select[Any]) -> Iterator[Sequence[object]]:
    """Written while it is sent, when the request's session has ended and the upload with it."""
    kept = attrgetter(*(_KEPT_AS.get(column, column) for column in columns))
    yield columns
    for outcome in db.session.scalars(query.execution_options(yield_per=500)):
        yield kept(outcome)
