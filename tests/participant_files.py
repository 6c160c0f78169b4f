"""Files of participants to add to a batch of the demo world, or to remove from it, and what became of them."""

from collections.abc import Iterable

from sqlalchemy import select

from domain import uploads
from domain.people import rights_of
from domain.table import Limits
from models import Participant, Upload, UploadFinding, User, db
from models.upload import Level, UploadKind
from tests.people import teachers, the_person
from tests.teaching import STATE_ADMIN, batch, pradesh

ADD, REMOVE = UploadKind.PARTICIPANTS_ADD, UploadKind.PARTICIPANTS_REMOVE


def some_teachers(count: int = 10) -> list[str]:
    """The state IDs, from `PR-00001`, of so many who take part in nothing."""
    teachers(pradesh(), count)
    db.session.commit()
    return state_ids(count)


def state_ids(count: int) -> list[str]:
    return [f"PR-{number:05}" for number in range(1, count + 1)]


def a_list(identifiers: Iterable[str]) -> str:
    return "\n".join(["identifier", *identifiers]) + "\n"


def brought(content: str | bytes, kind: UploadKind = ADD, by: str = STATE_ADMIN, name: str = "list.csv") -> Upload:
    """The upload, checked."""
    user = the_person(by)
    content = content.encode() if isinstance(content, str) else content
    upload = uploads.receive(user, rights_of(user), name, content, Limits(max_lines=100_000), kind, batch())
    db.session.commit()
    return upload


def pressed(content: str, kind: UploadKind = ADD, by: str = STATE_ADMIN) -> Upload:
    """The upload, ready, and *Process* pressed."""
    upload = brought(content, kind, by)
    assert uploads.press_process(upload), "it is not ready"
    db.session.commit()
    return upload


def found(upload: Upload, level: Level) -> list[tuple[int | None, str, str]]:
    """Line, reason and message of each."""
    rows: Iterable[UploadFinding] = db.session.scalars(uploads.findings(upload, level))
    return [(row.line, row.reason, row.message) for row in rows]


def outcomes(upload: Upload) -> list[tuple[str, str, str | None]]:
    """Identifier, state and reason of each, in the file's order."""
    return [(row.invitee, row.state.value, row.reason) for row in db.session.scalars(uploads.outcomes(upload))]


def participants() -> dict[str | None, int]:
    """The progress of those who take part, by state ID."""
    query = select(User.state_id, Participant.percent).join(Participant.user).where(Participant.is_active)
    return dict(db.session.execute(query.where(Participant.batch_id == batch().id)).all())
