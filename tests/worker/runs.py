"""Workers' runs through an upload, a chunk at a time, under whatever name."""

from datetime import timedelta
from typing import Any

from domain.processing import Run, Settings
from models import Upload, begin_writing, db
from worker.tasks import next_run

LEASE = timedelta(minutes=2)
SETTINGS = Settings(invitation_days=30, failure_mail_limit=100)


def a_run(upload: Upload, worker: str = "here/1/one") -> Run[Any]:
    """A worker's run that has begun."""
    upload_id = upload.id
    db.session.commit()
    run = next_run(worker, LEASE, SETTINGS)
    assert run is not None
    assert run.upload_id == upload_id
    begin_writing()
    assert run.start()
    db.session.commit()
    return run


def process(run: Run[Any], lines: list[Any]) -> bool:
    db.session.commit()
    begin_writing()
    goes_on = run.process(lines)
    db.session.commit()
    return goes_on


def process_all(worker: str) -> None:
    """What a worker of that name does with all uploads that it can get."""
    while (run := next_run(worker, LEASE, SETTINGS)) is not None:
        begin_writing()
        run.start()
        db.session.commit()
        for lines in run.chunks():
            assert process(run, lines)
