"""How far participants are: told by the systems that they learn in, for many people at once.

Progress never goes backwards unless that is asked for, and the last activity never does at all. The dashboard's
tallies change in the same transaction, which the caller commits.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select

from domain import participants
from domain.audit import By
from domain.days import day_in
from domain.errors import NotAllowedError
from domain.language import gettext as _
from domain.language import number
from domain.permissions import Rights, may_edit_batch
from domain.rows import update_rows
from domain.tallies import count_in, count_out
from models import Batch, Participant, User, db, key_of, now
from models.base import among

MOST_UNITS = 1_000_000
#: Nobody learned here before; what is earlier is a slip, or a clock that was never set.
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
#: By how much the clocks of other systems may be ahead of ours.
_CLOCKS_DIFFER = timedelta(minutes=5)


class Entry(NamedTuple):
    """What is told of one person. Times are aware."""

    #: A user ID or a state ID.
    identifier: str
    #: The two go together.
    completed_units: int | None = None
    total_units: int | None = None
    #: 0 to 100; where it is not told, it is reckoned from the units.
    percent: int | None = None
    completed_at: datetime | None = None
    last_activity_at: datetime | None = None


class ProgressState(StrEnum):
    UPDATED = "updated"
    #: Nothing new.
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


class ProgressOutcome(NamedTuple):
    """What one entry became."""

    #: As it was given.
    identifier: str
    state: ProgressState
    #: Of those failed: `not_found`, `not_a_participant`, or what is wrong with the values (see `problem_of`);
    #: skipped: `lower`, or `repeated` for who was named before and of whom nothing new is told; updated: `lower`
    #: where the last activity was taken alone.
    reason: str | None = None


class Standing(NamedTuple):
    """An active participant, as far as progress is concerned."""

    user_id: uuid.UUID
    district: str | None
    enrolled_on: date
    completed_units: int | None
    total_units: int | None
    percent: int
    last_activity_at: datetime | None
    completed_at: datetime | None
    completed_on: date | None


def report(
    rights: Rights | None, batch: Batch, entries: Iterable[Entry], by: By, *, allow_decrease: bool = False
) -> list[ProgressOutcome]:
    """Take what is told of many people; an outcome for each entry, in their order.

    Several entries of one person are taken one after the other: without `allow_decrease` the furthest counts in the
    end, with it the last. Who has a deactivated account may still progress; who was removed may not. Participants of
    other organisations are known by their user IDs. Without `rights` it is the operator, by a command.
    Raises `NotAllowedError`.
    """
    if rights is not None and not may_edit_batch(rights, batch):
        raise NotAllowedError(_("Only mentors and managers of this batch may report progress."))
    batch = participants.hold(batch.id)
    told = [*entries]
    people = _People(batch, told)
    reporting = _Reporting(batch, people.standings, allow_decrease=allow_decrease)
    outcomes = [reporting.take(entry, people.named(entry.identifier)) for entry in told]
    _write(batch, people.standings, reporting.after)
    return outcomes


def problem_of(entry: Entry, at: datetime) -> str | None:
    """What is wrong with the values of an entry by themselves: a word for programs, of which `message_of` knows."""
    return _problem_of_extent(entry) or _problem_of_times(entry, at)


def message_of(reason: str) -> str:
    """The sentence for a reason of an outcome."""
    units = number(MOST_UNITS)
    sentences = {
        "no_progress": lambda: _("No progress is told: write a percentage, or completed and total units."),
        "percent_out_of_range": lambda: _("A percentage is from 0 to 100."),
        "units_incomplete": lambda: _("Completed units and total units go together: write both."),
        "units_out_of_range": lambda: _(
            "Completed units are from 0 to the total units, and those from 1 to %(most)s.", most=units
        ),
        "contradictory": lambda: _("The percentage is 100 where all units are completed, and only there."),
        "completed_without_100": lambda: _("Who has completed has 100 %%: leave out the completion, or write that."),
        "completed_in_the_future": lambda: _("The completion is still to come."),
        "activity_in_the_future": lambda: _("The last activity is still to come."),
        "completed_too_early": lambda: _("The completion is too long ago to be true."),
        "activity_too_early": lambda: _("The last activity is too long ago to be true."),
        "lower": lambda: _("This person was further before, and the progress is kept."),
    }
    return sentences[reason]() if reason in sentences else participants.message_of(reason)


def _problem_of_extent(entry: Entry) -> str | None:
    completed, total, percent = entry.completed_units, entry.total_units, entry.percent
    if completed is None and total is None and percent is None:
        return "no_progress"
    if percent is not None and not 0 <= percent <= 100:
        return "percent_out_of_range"
    if completed is None and total is None:
        return None
    if completed is None or total is None:
        return "units_incomplete"
    if not (0 <= completed <= total and 1 <= total <= MOST_UNITS):
        return "units_out_of_range"
    return "contradictory" if percent is not None and (percent == 100) != (completed == total) else None


def _problem_of_times(entry: Entry, at: datetime) -> str | None:
    if entry.completed_at is not None and _percent(entry) < 100:
        return "completed_without_100"
    for name, moment in (("completed", entry.completed_at), ("activity", entry.last_activity_at)):
        if moment is not None and moment > at + _CLOCKS_DIFFER:
            return f"{name}_in_the_future"
        if moment is not None and moment < _EARLIEST:
            return f"{name}_too_early"
    return None


def _percent(entry: Entry) -> int:
    """Of an entry without problem. Rounded down: 100 means all of it."""
    if entry.percent is not None:
        return entry.percent
    return 100 * (entry.completed_units or 0) // (entry.total_units or 1)


class _People:
    """Whom the entries name, and how far they are."""

    def __init__(self, batch: Batch, entries: Iterable[Entry]) -> None:
        identifiers = {key_of(entry.identifier) for entry in entries}
        self._found = participants.find(batch, identifiers)
        self._user_ids = {key: user_id for key in identifiers if (user_id := _as_user_id(key)) is not None}
        ids = {person.id for person in self._found.values()} | {*self._user_ids.values()}
        self.standings = _standings(batch, ids)

    def named(self, identifier: str) -> "Standing | str":
        """The participant; or why there is none: `not_found`, `not_a_participant`."""
        key = key_of(identifier)
        found, user_id = self._found.get(key), self._user_ids.get(key)
        if user_id in self.standings:
            return self.standings[user_id]
        if found is None:
            return "not_found"
        return self.standings.get(found.id, "not_a_participant")


def _as_user_id(key: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(key) if len(key) in {32, 36} else None
    except ValueError:
        return None


def _standings(batch: Batch, user_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Standing]:
    """Those of them who are active participants."""
    query = (
        select(
            User.id,
            User.district,
            Participant.enrolled_on,
            Participant.completed_units,
            Participant.total_units,
            Participant.percent,
            Participant.last_activity_at,
            Participant.completed_at,
            Participant.completed_on,
        )
        .join(Participant, Participant.user_id == User.id)
        .where(Participant.batch_id == batch.id, Participant.is_active, among(Participant.user_id, user_ids))
    )
    return {row.id: Standing._make(row) for row in db.session.execute(query)}


class _Reporting:
    """Goes through the entries. `after` has those who were named, as they have become."""

    def __init__(self, batch: Batch, before: Mapping[uuid.UUID, Standing], *, allow_decrease: bool) -> None:
        self.before = before
        self.after: dict[uuid.UUID, Standing] = {}
        self.allow_decrease = allow_decrease
        self.time_zone = batch.organisation.time_zone
        self.at = now()

    def take(self, entry: Entry, person: Standing | str) -> ProgressOutcome:
        if problem := problem_of(entry, self.at):
            return ProgressOutcome(entry.identifier, ProgressState.FAILED, problem)
        if isinstance(person, str):
            return ProgressOutcome(entry.identifier, ProgressState.FAILED, person)
        is_repeat = person.user_id in self.after
        was = self.after.get(person.user_id, person)
        is_lower = not self.allow_decrease and _is_lower(entry, was)
        became = was._replace(last_activity_at=_later(was.last_activity_at, entry.last_activity_at))
        if not is_lower:
            became = self._progressed(became, entry)
        self.after[person.user_id] = became
        return ProgressOutcome(entry.identifier, *_what_came_of_it(became != was, is_lower, is_repeat))

    def _progressed(self, was: Standing, entry: Entry) -> Standing:
        percent = _percent(entry)
        told_units = entry.total_units is not None
        units = (entry.completed_units, entry.total_units) if told_units else (None, None)
        if not told_units and percent == was.percent:
            units = (was.completed_units, was.total_units)
        became = was._replace(completed_units=units[0], total_units=units[1], percent=percent)
        if percent < 100:
            return became._replace(completed_at=None, completed_on=None)
        completed_at = entry.completed_at or was.completed_at or entry.last_activity_at or self.at
        return became if completed_at == was.completed_at else self._completed(became, completed_at)

    def _completed(self, was: Standing, at: datetime) -> Standing:
        return was._replace(
            completed_at=at,
            completed_on=day_in(at, self.time_zone),
            last_activity_at=_later(was.last_activity_at, at),
        )


def _is_lower(entry: Entry, was: Standing) -> bool:
    """Whether taking it would be a step back; with the same percentage, the units tell."""
    percent = _percent(entry)
    if percent != was.percent or entry.total_units is None or was.total_units is None:
        return percent < was.percent
    return (entry.completed_units or 0) * was.total_units < (was.completed_units or 0) * entry.total_units


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


def _what_came_of_it(is_changed: bool, is_lower: bool, is_repeat: bool) -> tuple[ProgressState, str | None]:
    if is_changed:
        return ProgressState.UPDATED, "lower" if is_lower else None
    if is_lower:
        return ProgressState.SKIPPED, "lower"
    return (ProgressState.SKIPPED, "repeated") if is_repeat else (ProgressState.UNCHANGED, None)


def _write(batch: Batch, before: Mapping[uuid.UUID, Standing], after: Mapping[uuid.UUID, Standing]) -> None:
    changed = [person for user_id, person in after.items() if person != before[user_id]]
    update_rows(Participant, [_row(batch, person) for person in changed])
    recounted = [person for person in changed if _is_recounted(before[person.user_id], person)]
    count_out(batch.id, [before[person.user_id] for person in recounted])
    count_in(batch.id, recounted)
    latest = max((person.last_activity_at for person in changed if person.last_activity_at), default=None)
    batch.last_activity_at = _later(batch.last_activity_at, latest)
    db.session.flush()


def _is_recounted(was: Standing, became: Standing) -> bool:
    return (was.percent, was.completed_on) != (became.percent, became.completed_on)


def _row(batch: Batch, person: Standing) -> dict[str, object]:
    return {
        "batch_id": batch.id,
        "user_id": person.user_id,
        "completed_units": person.completed_units,
        "total_units": person.total_units,
        "percent": person.percent,
        "last_activity_at": person.last_activity_at,
        "completed_at": person.completed_at,
        "completed_on": person.completed_on,
    }
