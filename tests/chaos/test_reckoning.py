"""The reckoning tells what was lost, doubled, stuck or broken: a run that finds nothing has looked."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import delete, update

from models import BatchTally, Invitation, Letter, Participant, Upload, User, db
from models.outbox import LetterKind
from models.upload import UploadState
from tests.chaos.reckoning import Findings, faults_in, reckon
from tests.chaos.told import Told
from tests.teaching import batch, fill
from tests.worker.sending import a_file, addresses, connect, letter_to, pressed, work
from tests.worker.smtp import MailServer


@pytest.fixture
def server(world: Flask) -> Iterator[MailServer]:
    with MailServer() as server:
        connect(world, server)
        yield server
    connect(world, None)


@pytest.fixture
def told(server: MailServer) -> Told:
    """Of three invitations, which have been sent, and a participant."""
    upload = pressed(a_file(addresses(3)))
    work()
    (teacher,) = fill(1)
    takes_part = {(str(batch().id), db.session.get_one(User, teacher).state_id or ""): True}
    return Told(invited={str(upload.id): addresses(3)}, takes_part=takes_part)


def reckoned(told: Told, server: MailServer, may_double: int = 0) -> Findings:
    db.session.commit()
    return reckon(db.session, told, server, may_double)


def test_what_was_done_as_it_was_told_is_found_right(told: Told, server: MailServer) -> None:
    assert not reckoned(told, server)


def test_a_mail_recorded_as_sent_that_no_server_took_is_lost(told: Told, server: MailServer) -> None:
    server.accepted.pop()
    assert "recorded as sent" in reckoned(told, server).lost[0]


def test_an_invitation_that_is_not_there_is_lost(told: Told, server: MailServer) -> None:
    told.invited[next(iter(told.invited))].append("nobody@example.org")
    assert "invitations of nobody@example.org: 0 instead of 1" in reckoned(told, server).lost


def test_a_participant_who_is_not_there_is_lost(told: Told, server: MailServer) -> None:
    db.session.execute(delete(Participant))
    assert "was added to" in reckoned(told, server).lost[0]


def test_a_letter_that_was_never_written_is_lost(told: Told, server: MailServer) -> None:
    told.letters[LetterKind.ENROLLED, "teacher@example.org"] = 1
    assert len(reckoned(told, server).lost) == 1


def test_a_mail_that_came_twice_is_doubled_unless_a_kill_may_have_done_it(told: Told, server: MailServer) -> None:
    server.accepted.append(server.accepted[0])
    assert reckoned(told, server).doubled == ["1 mails; no more than 0 may be"]
    found = reckoned(told, server, may_double=1)
    assert (found.doubled, found.repeated_mails) == ([], 1)


def test_an_invitation_made_twice_is_doubled(told: Told, server: MailServer) -> None:
    db.session.execute(update(Invitation).values(email="person1@example.org"))
    assert "invitations of person1@example.org: 3 instead of 1" in reckoned(told, server).doubled


def test_what_waits_and_what_is_claimed_is_stuck(told: Told, server: MailServer) -> None:
    pressed(a_file(["late@example.org"]))
    letter_to("person1@example.org").claimed_by = "elsewhere/1/one"
    assert reckoned(told, server).stuck == ["1 uploads wait", "1 claims of outbox are left"]


def test_counts_that_are_not_those_of_a_recount_are_broken(told: Told, server: MailServer) -> None:
    db.session.execute(update(Upload).where(Upload.state == UploadState.DONE).values(done=2))
    db.session.execute(update(BatchTally).values(count=BatchTally.count + 1))
    broken = reckoned(told, server).broken
    assert any("counts (2, 0, 0), and has (3, 0, 0)" in one for one in broken)
    assert any("tally" in one for one in broken)


def test_a_mail_of_no_letter_is_broken(told: Told, server: MailServer) -> None:
    db.session.execute(delete(Letter).where(Letter.to_address == "person1@example.org"))
    assert "a mail of no letter" in str(reckoned(told, server).broken)


def test_of_a_log_what_no_outage_explains_is_told() -> None:
    log = (
        "Traceback (most recent call last):\nKeyError: 'x'\npsycopg.errors.AdminShutdown: terminating\nKeyError: 'x'\n"
    )
    assert faults_in(log) == ["2 × KeyError: 'x'"]
