"""An upload as its page shows it: what to mend, what each line means, and the files to download."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from domain.invitation_plan import count_steps, names_in
from domain.invitation_sheet import Line, Sheet
from domain.language import gettext as _
from domain.language import ngettext
from domain.people import rights_of
from domain.purview import Targets, purview_of
from domain.table import Record
from domain.uploads import column_names, findings, lines, outcomes
from models import Upload, UploadFinding, UploadLine, db
from models.upload import Level


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
    read = [sheet.read(Record(line.number, line.cells)) for line in page]
    good = [line for line, errors in read if not errors]
    purview = purview_of(rights_of(upload.user), names_in(good))
    return [
        Meaning(line, purview.targets(line.short_names, line.labels, line.groups), count_steps(line, purview))
        for line in good
    ]


# Files to download.

_ERRORS_COLUMN = "errors"


def errors_file(upload: Upload) -> Iterator[list[object]]:
    """The file as it came, with a column `errors` behind the others; it replaces the one of an earlier round."""
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


RESULT_COLUMNS = ("line", "invitee", "collaboration", "groups", "role", "outcome", "reason", "message")


def result_file(upload: Upload) -> Iterator[Sequence[object]]:
    """What each invitation became, in the file's order."""
    yield RESULT_COLUMNS
    for outcome in db.session.scalars(outcomes(upload).execution_options(yield_per=500)):
        yield (
            outcome.line,
            outcome.invitee,
            outcome.collaboration,
            outcome.groups,
            outcome.role,
            outcome.state.value,
            outcome.reason,
            outcome.message,
        )
