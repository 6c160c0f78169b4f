"""What is said about a batch: read from what was typed, and held against the rules for its dates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from domain.language import gettext as _
from domain.language import ngettext, number
from domain.said import Problems
from models import Batch
from models.batch import EnrolmentType

LONGEST_NAME = 255
LONGEST_DESCRIPTION = 4_000
_MAY_STAY = ("start_date", "enrolment_type")
_DATES = ("start_date", "end_date", "enrolment_end_date")
#: The names of its fields.
SAID = ("name", "description", "enrolment_type", *_DATES)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a batch shall be."""

    name: str
    description: str
    #: Empty: not said.
    enrolment_type: EnrolmentType | None
    #: Empty: not said, or not to be read.
    start_date: date | None
    end_date: date | None
    enrolment_end_date: date | None
    #: What could not be read.
    unread: Problems = field(default_factory=dict)


def read(given: Mapping[str, str]) -> Draft:
    """The draft in texts, by the names of its fields: dates as in ISO 8601, the enrolment type in its word."""
    dates: dict[str, date | None] = {}
    unread: Problems = {}
    for name in _DATES:
        text = given.get(name, "")
        dates[name] = _date(text)
        if text and dates[name] is None:
            unread[name] = [_("“%(value)s” is no date. Write it like 2026-12-31.", value=text)]
    kind = given.get("enrolment_type", "")
    known = EnrolmentType(kind) if kind in {*EnrolmentType} else None
    return Draft(given.get("name", ""), given.get("description", ""), known, **dates, unread=unread)


def as_texts(batch: Batch) -> dict[str, str]:
    """What `read` would read the batch from, as it is."""
    return {name: str(getattr(batch, name) or "") for name in SAID}


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-12-31") else None
    except ValueError:
        return None


def write(batch: Batch, draft: Draft) -> None:
    """Make the batch what the draft says. The draft has no problems."""
    for name in SAID:
        setattr(batch, name, getattr(draft, name))


# The rules (batches.md, "A batch").


def problems_of_new(draft: Draft, today: date) -> Problems:
    """What speaks against a new batch. `today`: in the organisation's time zone."""
    problems = _problems_of_any(draft)
    if draft.start_date and draft.start_date < today:
        _add(problems, "start_date", _starts_too_early())
    return problems


def problems_of_change(batch: Batch, draft: Draft, today: date) -> Problems:
    """What speaks against changing the batch like this."""
    problems = _problems_of_any(draft)
    stays = what_stays(batch, today)
    changed = {name for name in _MAY_STAY if getattr(draft, name) not in {None, getattr(batch, name)}}
    for name, sentence in stays.items():
        if name in changed:
            _add(problems, name, sentence)
    if "start_date" in changed - stays.keys() and draft.start_date and draft.start_date < today:
        _add(problems, "start_date", _starts_too_early())
    if _is_pulled_in(batch, draft, today):
        _add(problems, "end_date", _("The batch has ended: its end date can be moved later, but not earlier."))
    return problems


def what_stays(batch: Batch, today: date) -> dict[str, str]:
    """What can no longer be changed about the batch: by field, why."""
    if batch.start_date <= today:
        return {
            "start_date": _("The batch has started: its start date can no longer be changed."),
            "enrolment_type": _("The batch has started: its enrolment type can no longer be changed."),
        }
    if batch.is_default:
        return {"enrolment_type": _("The open batch that a course has from its beginning stays open.")}
    return {}


def _starts_too_early() -> str:
    return _("Batch start date should be either today or future date.")


def _is_pulled_in(batch: Batch, draft: Draft, today: date) -> bool:
    has_ended = batch.end_date is not None and batch.end_date < today
    return bool(has_ended and batch.end_date and draft.end_date and draft.end_date < batch.end_date)


def _problems_of_any(draft: Draft) -> Problems:
    problems = {name: [*sentences] for name, sentences in draft.unread.items()}
    for name, sentence in (*_problems_of_words(draft), *_problems_of_dates(draft)):
        _add(problems, name, sentence)
    return problems


def _problems_of_words(draft: Draft) -> list[tuple[str, str]]:
    problems = []
    if not draft.name:
        problems.append(("name", _("Give the batch a name.")))
    for name, most in (("name", LONGEST_NAME), ("description", LONGEST_DESCRIPTION)):
        length = len(getattr(draft, name))
        if length > most:
            sentence = ngettext(
                "The value has %(number)s character; at most %(most)s fit.",
                "The value has %(number)s characters; at most %(most)s fit.",
                length,
                most=number(most),
            )
            problems.append((name, sentence))
    if draft.enrolment_type is None:
        problems.append(("enrolment_type", _("Choose an enrolment type.")))
    return problems


def _problems_of_dates(draft: Draft) -> list[tuple[str, str]]:
    start, end, enrolment_end = draft.start_date, draft.end_date, draft.enrolment_end_date
    if start is None:
        return [] if "start_date" in draft.unread else [("start_date", _("Choose a start date."))]
    problems = []
    if end and end <= start:
        problems.append(("end_date", _("End date should be greater than start date.")))
    if enrolment_end and (enrolment_end < start or (end and enrolment_end > end)):
        sentence = _("Enrollment end date should be between the start and the end date.")
        problems.append(("enrolment_end_date", sentence))
    return problems


def _add(problems: Problems, name: str, sentence: str) -> None:
    problems.setdefault(name, []).append(sentence)
