"""What operators ask of a running installation: whether it can work, and how much waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from domain.processing import is_free
from models import Letter, Upload, db, now, roll_back
from models.base import migrate


def why_not_ready() -> str | None:
    """Why this process cannot answer people now; nothing where it can."""
    try:
        revision = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        roll_back()
        return "the database does not answer, or was never migrated"
    return None if is_new_enough(revision) else f"the database is to be migrated: it is at {revision}"


def is_new_enough(revision: str | None) -> bool:
    """One that we do not know is newer than we: it was made so that we go on working until we are replaced."""
    return revision is not None and (revision == _scripts().get_current_head() or not _is_known(revision))


def _is_known(revision: str) -> bool:
    try:
        return bool(_scripts().get_revision(revision))
    except CommandError:
        return False


@cache
def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.directory)))
    return ScriptDirectory.from_config(config)


@dataclass(frozen=True, slots=True)
class Load:
    """What waits to be done."""

    #: Pressed *Process*, and not finished: their lines, or the mails of these.
    uploads_in_progress: int
    #: Those of them with lines to be processed, and no worker at them.
    uploads_waiting: int
    #: The longest since *Process* was pressed.
    oldest_upload_seconds: float
    letters_waiting: int
    #: The longest since it was put into the outbox.
    oldest_letter_seconds: float


def load(lease: timedelta) -> Load:
    """`lease`: how long a claim lasts."""
    uploads = select(func.count(), func.min(Upload.process_pressed_at)).where(Upload.is_processing)
    to_take_up = select(func.count()).where(Upload.is_to_process, is_free(Upload, lease))
    letters = select(func.count(), func.min(Letter.created_at)).where(Letter.is_waiting)
    in_progress, pressed_at = db.session.execute(uploads).one()
    waiting, written_at = db.session.execute(letters).one()
    return Load(
        uploads_in_progress=in_progress,
        uploads_waiting=db.session.scalars(to_take_up).one(),
        oldest_upload_seconds=_seconds_since(pressed_at),
        letters_waiting=waiting,
        oldest_letter_seconds=_seconds_since(written_at),
    )


def _seconds_since(moment: datetime | None) -> float:
    return (now() - moment).total_seconds() if moment else 0.0
