"""Short words for uploads that are processed and mails that are delivered."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage

import time_machine
from flask import Flask
from sqlalchemy import func, select

from domain import uploads
from domain.invitations import defaults_of
from domain.inviting import invite, read_form
from domain.people import find_by_email, rights_of
from domain.table import Limits
from models import Collaboration, Invitation, Letter, Organisation, Upload, UploadOutcome, User, db, now
from models.invitation import InvitationStatus
from models.outbox import LetterKind, LetterState
from models.upload import OutcomeState, UploadState
from tests.worker.smtp import MailServer
from worker import delivery, tasks

UPLOADER = "yoda@harderwijk.test"


def person(email: str = UPLOADER) -> User:
    found = find_by_email(email)
    assert found is not None
    return found


def place(short_name: str = "cumulusgrp") -> Collaboration:
    return db.session.scalars(select(Collaboration).where(Collaboration.short_name == short_name)).one()


def organisation(short_name: str = "uniharderwijk") -> Organisation:
    return db.session.scalars(select(Organisation).where(Organisation.short_name == short_name)).one()


def addresses(count: int) -> list[str]:
    return [f"person{number}@example.org" for number in range(1, count + 1)]


def a_file(invitees: Iterable[str], short_name: str = "cumulusgrp", **cells: str) -> str:
    """A line each; `cells` are the same on all lines."""
    lines = [",".join([short_name, invitee, *(f'"{cell}"' for cell in cells.values())]) for invitee in invitees]
    return "\n".join([",".join(["short_names", "invitees", *cells]), *lines]) + "\n"


def received(content: str, by: str = UPLOADER) -> Upload:
    """The upload, checked."""
    uploader = person(by)
    limits = Limits(max_bytes=10_000_000, max_lines=10_000)
    upload = uploads.receive(uploader, rights_of(uploader), "people.csv", content.encode(), limits)
    db.session.commit()
    return upload


def pressed(content: str, by: str = UPLOADER) -> Upload:
    """The upload, ready, and *Process* pressed."""
    upload = received(content, by)
    assert uploads.press_process(upload), "it is not ready"
    db.session.commit()
    return upload


def invited_by_form(email: str) -> None:
    collaboration = place()
    line = read_form(collaboration, {"invitees": email}).line
    defaults = defaults_of(collaboration.organisation, person(), 30)
    assert invite(collaboration, person(), line, [], defaults).made
    db.session.commit()


def work() -> None:
    """What the worker does when it is woken."""
    db.session.commit()
    tasks.do_what_waits()
    db.session.rollback()
    assert_counts_hold()


def work_after(waited: timedelta) -> None:
    """The same, so long from now."""
    with time_machine.travel(now() + waited, tick=False):
        work()


def at_once(app: Flask, *jobs: Callable[[], object]) -> None:
    """Do all of them at the same time, each in a thread and an application context of its own."""
    db.session.commit()
    together, faults = threading.Barrier(len(jobs)), []

    def do(job: Callable[[], object]) -> None:
        with app.app_context():
            together.wait(10)
            try:
                job()
            except Exception as fault:  # told below, in the test's own thread
                faults.append(fault)

    threads = [threading.Thread(target=do, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    db.session.rollback()
    assert faults == []


def count(what: type) -> int:
    """How many rows there are."""
    return db.session.scalar(select(func.count()).select_from(what)) or 0


def assert_counts_hold() -> None:
    """Of every upload, the counts are those of its outcomes; done is what waits for nothing."""
    for upload in db.session.scalars(select(Upload).execution_options(populate_existing=True)):
        outcomes = db.session.scalars(select(UploadOutcome.state).where(UploadOutcome.upload_id == upload.id))
        states = Counter(outcomes.all())
        counted = (upload.done, upload.failed, upload.skipped)
        assert counted == (states[OutcomeState.SENT], states[OutcomeState.FAILED], states[OutcomeState.SKIPPED])
        if upload.all_lines_processed:
            assert upload.waiting == states[OutcomeState.WAITING]
        is_finished = upload.all_lines_processed and not upload.waiting
        assert (upload.state is UploadState.DONE) == is_finished == (upload.finished_at is not None)


def outcomes(upload: Upload) -> list[tuple[str, OutcomeState, str | None]]:
    """Invitee, state and reason of each, in the file's order."""
    query = select(UploadOutcome).where(UploadOutcome.upload_id == upload.id).order_by(UploadOutcome.number)
    return [(outcome.invitee, outcome.state, outcome.reason) for outcome in db.session.scalars(query)]


def outcome_of(invitee: str) -> UploadOutcome:
    return db.session.scalars(select(UploadOutcome).where(UploadOutcome.invitee == invitee)).one()


def invitation_to(email: str) -> Invitation:
    """The newest."""
    query = select(Invitation).where(Invitation.email == email).order_by(Invitation.id.desc())
    found = db.session.scalars(query.limit(1).execution_options(populate_existing=True)).one()
    return found


def statuses(email: str) -> list[InvitationStatus]:
    """Of all the address's invitations, the oldest first."""
    return list(db.session.scalars(select(Invitation.status).where(Invitation.email == email).order_by(Invitation.id)))


def letters(kind: LetterKind = LetterKind.INVITATION, *, state: LetterState | None = None) -> Sequence[Letter]:
    query = select(Letter).where(Letter.kind == kind).order_by(Letter.id).execution_options(populate_existing=True)
    return db.session.scalars(query if state is None else query.where(Letter.state == state)).all()


def letter_to(address: str) -> Letter:
    query = select(Letter).where(Letter.to_address == address).execution_options(populate_existing=True)
    return db.session.scalars(query).one()


def waits(at: datetime) -> set[timedelta]:
    """How long, from a time, the waiting letters are put off."""
    return {letter.due_at - at for letter in letters(state=LetterState.WAITING)}


def text_of(mail: EmailMessage) -> str:
    """What a reader without HTML reads, with lines folded into one."""
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def connect(app: Flask, server: MailServer | None) -> None:
    """Deliver to this mail server; without one, to the development mailbox."""
    app.config["MAIL_SERVER"] = "127.0.0.1" if server else ""
    app.config["MAIL_PORT"] = server.port if server else 25
    delivery.init_app(app)
