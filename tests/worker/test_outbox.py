"""Letters that wait: those not wanted any more, those of failures, and who takes them up."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import OperationalError

from domain import invitations
from models import Letter, Upload, db, now
from models.outbox import LetterState
from models.upload import OutcomeState, UploadState
from tests.worker.sending import (
    UPLOADER,
    a_file,
    addresses,
    assert_counts_hold,
    at_once,
    connect,
    invitation_to,
    letter_to,
    letters,
    outcomes,
    pressed,
    work,
    work_after,
)
from tests.worker.smtp import MailServer
from worker import delivery, recording
from worker.delivery import deliver_all
from worker.due_letters import give_back
from worker.recording import SENT, Records
from worker.tasks import process_uploads

A_MINUTE = timedelta(minutes=1)
NO_SUCH_USER = "550 5.1.1 No such user here"


# Not wanted any more.


def test_a_revoked_invitation_is_not_sent_and_its_upload_finishes(server: MailServer) -> None:
    server.go_away()
    upload = pressed(a_file(addresses(2)))
    work()
    invitations.revoke(invitation_to("person1@example.org").id)
    server.come_back()
    work_after(A_MINUTE)
    assert server.recipients == ["person2@example.org"]
    assert letter_to("person1@example.org").state is LetterState.DROPPED
    assert outcomes(upload)[0] == ("person1@example.org", OutcomeState.SKIPPED, "closed")
    assert upload.state is UploadState.DONE


def test_an_invitation_that_expired_before_its_mail_went_out_is_not_sent(server: MailServer) -> None:
    server.go_away()
    upload = pressed(a_file(addresses(1)))
    work()
    server.come_back()
    work_after(timedelta(days=40))
    assert server.recipients == [UPLOADER]  # who is told that it is done
    assert (upload.state, upload.skipped) == (UploadState.DONE, 1)


def test_an_invitation_resent_before_its_mail_went_out_is_sent_once_with_the_new_link(server: MailServer) -> None:
    server.go_away()
    upload = pressed(a_file(addresses(1)))
    work()
    invitations.resend(invitation_to("person1@example.org").id, 30)
    server.come_back()
    work_after(A_MINUTE)
    assert server.recipients == ["person1@example.org"]
    assert [letter.state for letter in letters()] == [LetterState.DROPPED, LetterState.SENT]
    assert outcomes(upload) == [("person1@example.org", OutcomeState.SENT, None)]


def test_an_invitation_accepted_before_its_mail_went_out_counts_as_sent(server: MailServer) -> None:
    server.go_away()
    upload = pressed(a_file(["member@harderwijk.test"], "cirrusgrp"))
    work()
    invitation = invitation_to("member@harderwijk.test")
    invitations.accept(invitation.id, db.session.get_one(type(invitation.invited_by), invitation.invited_by_id))
    server.come_back()
    work_after(A_MINUTE)
    assert outcomes(upload) == [("member@harderwijk.test", OutcomeState.SENT, None)]


# Many failures.


def test_beyond_the_limit_failures_are_told_together_once_with_a_list(server: MailServer, world: Flask) -> None:
    world.config["FAILURE_MAIL_LIMIT"] = 3
    for address in addresses(7)[2:]:
        server.script.refused[address] = NO_SUCH_USER
    upload = pressed(a_file([*addresses(7), "nobody@example.org"]) + "nosuchgrp,a@example.org\n")
    work()
    work_after(timedelta(days=1))
    told = server.mails_to(UPLOADER)
    assert (upload.failed, len(told)) == (6, 4)
    lists = [list(mail.iter_attachments()) for mail in told]
    ((attachment,),) = [attached for attached in lists if attached]
    assert attachment.get_filename() == "failures.csv"
    assert attachment.get_content().count("\n") == 1 + 3


def test_skips_cause_no_letter(server: MailServer) -> None:
    pressed(a_file(addresses(2)))
    work()
    again = pressed(a_file(addresses(3)))
    work()
    assert (again.done, again.skipped) == (1, 2)
    assert server.mails_to(UPLOADER) == []


# Stopping, and two workers.


def test_a_worker_that_is_to_stop_begins_nothing_more(server: MailServer, world: Flask) -> None:
    upload = pressed(a_file(addresses(3)))
    process_uploads()
    world.extensions["stopping"].set()
    pressed(a_file(["somebody@example.org"]))
    work()
    assert (server.recipients, {letter.claimed_by for letter in letters()}) == ([], {None})
    assert db.session.scalars(select(Upload.processed_line).order_by(Upload.id)).all() == [4, 0]
    world.extensions["stopping"].clear()
    work()
    assert (len(server.recipients), upload.state) == (4, UploadState.DONE)


def test_two_workers_that_deliver_at_once_send_each_mail_once(server: MailServer, world: Flask) -> None:
    upload = pressed(a_file(addresses(150)))
    process_uploads()
    at_once(world, deliver_all, deliver_all)
    assert_counts_hold()
    assert sorted(server.recipients) == sorted(addresses(150))
    assert upload.state is UploadState.DONE


# Without a server.


def test_without_a_mail_server_the_mails_go_to_the_mailbox(world: Flask) -> None:
    connect(world, None)
    pressed(a_file(addresses(3)))
    work()
    entries = world.extensions["mailbox"].list().items
    assert sorted(entry.to for entry in entries) == addresses(3)
    assert db.session.scalars(select(Letter.state).distinct()).all() == [LetterState.SENT]
    assert_counts_hold()


def test_where_postgresql_believes_that_nothing_waits_it_still_finds_a_letter_by_its_id(world: Flask) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite finds rows by the index that knows them best")
    invited = addresses(300)
    pressed(a_file(invited))
    work()
    db.session.execute(text("ANALYZE outbox"))
    sent = SENT.bindparams(letter=letter_to(invited[0]).id, at=now())
    words = str(sent.compile(db.engine, compile_kwargs={"literal_binds": True}))
    plan = "\n".join(db.session.scalars(text(f"EXPLAIN {words}")))
    assert "pk_outbox" in plan


def test_a_connection_that_breaks_before_a_mail_is_recorded_does_not_double_it(server: MailServer) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no connections that break")
    pressed(a_file(addresses(2)))
    process_uploads()
    records = Records()
    records.sent(letter_to("person1@example.org").id)
    db.session.commit()
    all_connections = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    db.session.execute(text(f"{all_connections} AND pid <> pg_backend_pid()"))
    records.sent(letter_to("person2@example.org").id)
    records.close()
    work()
    assert server.recipients == []


def test_a_database_that_is_away_for_a_moment_is_asked_again(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed(a_file(addresses(1)))
    process_uploads()
    letter = letter_to("person1@example.org").id
    connect_really, refused = type(db.engine).connect, iter([True, True])

    def connect_at_last(engine: Engine) -> Connection:
        if next(refused, False):
            raise OperationalError("", {}, Exception("connection refused"))
        return connect_really(engine)

    monkeypatch.setattr(recording, "PATIENCE", (0, 0))
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(type(db.engine), "connect", connect_at_last)
        records = Records()
        records.sent(letter)
        records.close()
    work()
    assert server.recipients == []


def test_what_was_claimed_anew_is_not_given_back_by_who_had_it_before(server: MailServer, world: Flask) -> None:
    pressed(a_file(addresses(3)))
    process_uploads()
    before = delivery._claim()
    ids = [ready.id for ready in before.letters]
    with time_machine.travel(now() + timedelta(seconds=world.config["LEASE_SECONDS"] + 1), tick=False):
        anew = delivery._claim()
        assert [ready.id for ready in anew.letters] == ids
        give_back(ids, before.claimed_until)
        assert {letter.claimed_until for letter in letters()} == {anew.claimed_until}
        db.session.commit()
        give_back(ids, anew.claimed_until)
        assert {letter.claimed_until for letter in letters()} == {None}
