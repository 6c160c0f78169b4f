"""Processing uploads in the background: claimed by one worker, safe to be killed and taken up again."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, func, or_, select, update

from domain.api_keys import rights_of_key
from domain.outcomes import finish_if_done
from domain.people import rights_of
from domain.permissions import Rights
from models import Letter, Organisation, Upload, User, db, now

Line = TypeVar("Line")


@dataclass(frozen=True, slots=True)
class Settings:
    #: How long an invitation stays open where neither its line nor the organisation says so.
    invitation_days: int
    #: Failures of one upload that get a mail each; the rest come together in one.
    failure_mail_limit: int


def claim(worker: str, lease: timedelta) -> uuid.UUID | None:
    """Take an upload that waits to be processed, and that no living worker is at."""
    waiting = (
        select(Upload.id)
        .where(Upload.is_to_process, is_free(Upload, lease))
        .order_by(Upload.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return db.session.scalar(
        update(Upload)
        .where(Upload.id == waiting.scalar_subquery())  # with IN, PostgreSQL may look twice, and take two
        .values(claimed_by=worker, claimed_until=now() + lease)
        .returning(Upload.id)
    )


def is_free(table: type[Upload] | type[Letter], lease: timedelta) -> ColumnElement[bool]:
    """No worker is at it, or one that has died. A claim for twice as long as any, or longer, was made while a clock
    went ahead, and is no better than one that has run out.
    """
    at = now()
    return or_(table.claimed_until.is_(None), ~table.claimed_until.between(at, at + 2 * lease))


def language_of_uploader(upload_id: uuid.UUID) -> str | None:
    """In which it is told what becomes of its lines: the uploader's, else the organisation's; nothing: English."""
    query = select(func.coalesce(User.language, Organisation.language)).join(Upload.user).outerjoin(Upload.organisation)
    return db.session.scalar(query.where(Upload.id == upload_id))


class Run(ABC, Generic[Line]):
    """One worker's run through the lines of one upload that are still to be processed.

    Nothing that was true at checking is believed. `start` and `process` are a transaction each, which the caller
    begins as a writer and commits.
    """

    def __init__(self, upload_id: uuid.UUID, worker: str, lease: timedelta, settings: Settings) -> None:
        self.upload_id = upload_id
        self.worker = worker
        self.lease = lease
        self.settings = settings

    @abstractmethod
    def start(self) -> bool:
        """Answers whether there is something to process."""

    @abstractmethod
    def chunks(self) -> Iterator[list[Line]]:
        """The lines, in the portions in which they are processed."""

    @abstractmethod
    def process(self, lines: list[Line]) -> bool:
        """Make of these lines what they become now. Answers whether to go on: not if another run has taken over.

        That may be one of the same worker's: after a pause of the machine two of its threads may be at one upload.
        """

    def mine(self) -> Upload | None:
        """The upload, held, if this worker still has it; with the lease renewed."""
        query = select(Upload).where(
            Upload.id == self.upload_id, Upload.claimed_by == self.worker, Upload.all_lines_processed.is_(False)
        )
        upload = db.session.scalar(query.with_for_update().execution_options(populate_existing=True))
        if upload is not None:
            upload.claimed_until = now() + self.lease
        return upload

    def give_back(self) -> None:
        """What is left of it is for whoever comes."""
        if (upload := self.mine()) is not None:
            release(upload)

    def finish(self, upload: Upload) -> None:
        """All its lines have become what they become."""
        upload.all_lines_processed = True
        release(upload)
        db.session.flush()
        finish_if_done(upload.id, self.settings.failure_mail_limit)


def rights_behind(upload: Upload) -> Rights:
    """Its uploader's; those of an API key where it came by one."""
    return rights_of_key(upload.api_key) if upload.api_key else rights_of(upload.user)


def rights_now(upload: Upload) -> Rights:
    """What may be done with it now; nothing at all if the account has been closed, or the key revoked, meanwhile."""
    is_revoked = upload.api_key is not None and upload.api_key.revoked_at is not None
    return Rights(upload.user_id) if is_revoked or not upload.user.is_active else rights_behind(upload)


def release(upload: Upload) -> None:
    upload.claimed_by = upload.claimed_until = None
