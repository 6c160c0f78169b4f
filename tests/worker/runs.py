"""Workers' runs through an upload, a chunk at a time, under whatever name."""

from datetime import timedelta

from domain.invitation_sheet import Line
from domain.processing import Run, Settings, claim
from models import Upload, begin_writing, db

LEASE = timedelta(minutes=2)
SETTINGS = Settings(invitation_days=30, failure_mail_limit=100)


def a_run(upload: Upload, worker: str = "here/1/one") -> Run:
    """A worker's run that has begun."""
    db.session.commit()
    begin_writing()
    assert claim(worker, LEASE) == upload.id
    run = Run(upload.id, worker, LEASE, SETTINGS)
    assert run.start()
    db.session.commit()
    return run


def process(run: Run, lines: list[Line]) -> bool:
    db.session.commit()
    begin_writing()
    goes_on = run.process(lines)
    db.session.commit()
    return goes_on


def process_all(worker: str) -> None:
    """What a worker of that name does with all uploads that it can get."""
    while True:
        begin_writing()
        upload_id = claim(worker, LEASE)
        db.session.commit()
        if upload_id is None:
            return
        run = Run(upload_id, worker, LEASE, SETTINGS)
        begin_writing()
        run.start()
        db.session.commit()
        for lines in run.chunks():
            assert process(run, lines)
