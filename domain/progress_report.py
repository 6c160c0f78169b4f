"""`progress.csv`: how far every participant of a batch is, as a file that is written while it is read."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Result, Select, Text, case, cast, select

from domain.days import today_in
from domain.masking import masked_email, masked_mobile
from domain.participant_list import Wanted, active, fits, is_of, order_of, with_users
from models import Batch, Organisation, Participant, User, db

HEADER = (
    "External ID",
    "User ID",
    "User Name",
    "Email ID",
    "Mobile Number",
    "Organization Name",
    "District Name",
    "School Name",
    "Block Name",
    "Enrollment Date",
    "Course Progress",
    "Completion Date",
)

#: Rows that are fetched, and written, at once.
_ROWS = 1_000
#: What stands in no file's name on some system or other.
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\\/:*?"<>|]+')


def file_name(batch: Batch) -> str:
    """`progress-<batch name>-<date>.csv`, by today's date in the organisation's time zone."""
    name = _NOT_IN_NAMES.sub("-", batch.name)
    return f"progress-{name}-{today_in(batch.organisation.time_zone).isoformat()}.csv"


def report(batch: Batch, wanted: Wanted | None = None) -> Iterator[Sequence[object]]:
    """The header, and a row for each active participant, in the order of their user IDs; or for those `wanted` alone.

    The query is run at once, so that it fails before anything of the file is sent; its rows are fetched as they are
    taken, some at a time, however many there are.
    """
    ordered = [Participant.user_id] if wanted is None else order_of(batch, wanted.sort).terms()
    query = _query(batch).where(*(fits(batch, wanted) if wanted else ())).order_by(*ordered)
    connection = db.engine.connect()  # of its own: the session ends when the answer begins
    return _lines(connection, connection.execute(query, execution_options={"yield_per": _ROWS}))


def _query(batch: Batch) -> Select[Any]:
    """Columns as texts, which cost the least to read; a person of another organisation tells no more than it may."""
    ours = is_of(batch)
    columns: list[Any] = [
        case((ours, User.state_id)),
        cast(User.id, Text),
        User.user_name,
        User.email,
        User.mobile,
        Organisation.name,
        User.district,
        case((ours, User.school)),
        case((ours, User.block)),
        cast(Participant.enrolled_on, Text),
        Participant.percent,
        cast(Participant.completed_on, Text),
    ]
    return select(*columns).select_from(with_users()).where(active(batch))


def _lines(connection: Connection, rows: Result[Any]) -> Iterator[Sequence[object]]:
    with connection:
        yield HEADER
        for some in rows.partitions():
            yield from map(_line, some)


def _line(row: Any) -> Sequence[object]:
    state_id, user_id, user_name, email, mobile, *place, enrolled_on, percent, completed_on = row
    contact = masked_email(email), masked_mobile(mobile) if mobile else None
    return state_id, _with_dashes(user_id), user_name, *contact, *place, enrolled_on, f"{percent}%", completed_on


def _with_dashes(user_id: str) -> str:
    """SQLite stores UUIDs without."""
    if len(user_id) != 32:
        return user_id
    return f"{user_id[:8]}-{user_id[8:12]}-{user_id[12:16]}-{user_id[16:20]}-{user_id[20:]}"
