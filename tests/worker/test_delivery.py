"""From the outbox to the mail server: whatever the server does, every mail arrives, or somebody is told why not."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from domain.collaborations import invited
from models import Letter, Upload, db, now
from models.invitation import InvitationStatus
from models.outbox import LetterKind, LetterState
from models.upload import OutcomeState, UploadState
from tests.worker.sending import (
    UPLOADER,
    a_file,
    addresses,
    invited_by_form,
    letter_to,
    letters,
    outcome_of,
    outcomes,
    place,
    pressed,
    statuses,
    text_of,
    waits,
    work,
    work_after,
)
from tests.worker.smtp import MailServer
from worker import delivery, tasks

A_MINUTE = timedelta(minutes=1)
AN_HOUR = timedelta(hours=1)
NO_SUCH_USER = "550 5.1.1 No such user here"
LATER = "450 4.2.0 Come back later"


# One connection for many, some for hundreds.


def test_many_mails_go_over_one_connection(server: MailServer) -> None:
    upload = pressed(a_file(addresses(80)))
    work()
    assert sorted(server.recipients) == sorted(addresses(80))
    assert server.connections == 1
    assert (upload.state, upload.done) == (UploadState.DONE, 80)


def test_hundreds_of_mails_go_over_several_connections(server: MailServer) -> None:
    upload = pressed(a_file(addresses(250)))
    work()
    assert sorted(server.recipients) == sorted(addresses(250))
    assert 1 < server.connections <= delivery.CONNECTIONS
    assert (upload.state, upload.done) == (UploadState.DONE, 250)


def test_a_server_that_takes_one_connection_gets_all_over_that_one(server: MailServer) -> None:
    server.script.most_connections = 1
    upload = pressed(a_file(addresses(250)))
    work()
    assert sorted(server.recipients) == sorted(addresses(250))
    assert {letter.attempts for letter in letters()} == {0}
    assert upload.state is UploadState.DONE


def test_a_server_that_closes_after_some_mails_gets_the_rest_on_new_connections(server: MailServer) -> None:
    server.script.closes_after = 4
    upload = pressed(a_file(addresses(10)))
    work()
    assert sorted(server.recipients) == sorted(addresses(10))
    assert server.connections == 3
    assert {letter.attempts for letter in letters()} == {0}
    assert upload.state is UploadState.DONE


def test_a_server_that_closes_when_it_hears_a_recipient_is_asked_again_on_a_new_connection(server: MailServer) -> None:
    server.script.refused["person1@example.org"] = "421 4.7.0 Closing"
    pressed(a_file(addresses(2)))
    work()
    server.script.refused.clear()
    work_after(A_MINUTE)
    assert sorted(server.recipients) == addresses(2)


# Away.


def test_while_the_server_is_away_all_letters_wait_longer_and_longer(server: MailServer) -> None:
    server.go_away()
    with time_machine.travel(now().replace(microsecond=0), tick=False) as clock:
        pressed(a_file(addresses(3)))
        for minutes in (0.5, 2, 10, 60, 60):
            work()
            assert waits(now()) == {timedelta(minutes=minutes)}
            clock.shift(timedelta(minutes=minutes))


def test_when_the_server_is_back_the_letters_that_waited_are_sent(server: MailServer) -> None:
    server.go_away()
    upload = pressed(a_file(addresses(60)))
    work()
    server.come_back()
    work()
    assert server.recipients == []
    work_after(A_MINUTE)
    assert sorted(server.recipients) == sorted(addresses(60))
    assert upload.state is UploadState.DONE


def test_a_server_that_goes_away_halfway_gets_the_rest_when_it_is_back(server: MailServer) -> None:
    server.script.leaves_after = 2
    pressed(a_file(addresses(5)))
    work()
    assert len(server.recipients) == 2
    server.script.leaves_after = None
    server.come_back()
    work_after(A_MINUTE)
    assert sorted(server.recipients) == addresses(5)


def test_of_hundreds_none_is_lost_when_the_server_goes_away_halfway(server: MailServer) -> None:
    server.script.leaves_after = 120
    pressed(a_file(addresses(250)))
    work()
    server.script.leaves_after = None
    server.come_back()
    work_after(A_MINUTE)
    # One whose text was under way may have been taken: it is sent again rather than lost.
    assert {*server.recipients} == {*addresses(250)}
    assert len(server.recipients) < 250 + delivery.CONNECTIONS
    assert {letter.state for letter in letters()} == {LetterState.SENT}


def test_a_server_that_turns_every_mail_away_counts_as_away(server: MailServer) -> None:
    server.script.turns_away = "451 4.3.0 Disk full"
    upload = pressed(a_file(addresses(3)))
    work()
    assert {(letter.attempts, letter.last_answer) for letter in letters()} == {(1, "451 4.3.0 Disk full")}
    assert server.connections == 1
    assert (upload.state, upload.waiting) == (UploadState.PROCESSING, 3)


def tried_for_a_day(server: MailServer, upload: Upload) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        for _attempt in range(6):
            clock.shift(5 * AN_HOUR)
            work()
    assert upload.state is UploadState.DONE


def test_after_a_day_of_trying_an_invitation_has_failed_and_its_uploader_is_told(server: MailServer) -> None:
    server.go_away()
    upload = pressed(a_file(addresses(2)))
    tried_for_a_day(server, upload)
    assert outcomes(upload) == [(address, OutcomeState.FAILED, "not_delivered") for address in addresses(2)]
    assert "Connection refused" in (outcome_of("person1@example.org").message or "")
    assert statuses("person1@example.org") == [InvitationStatus.UNDELIVERED]
    assert [letter.to_address for letter in letters(LetterKind.FAILURE)] == [UPLOADER, UPLOADER]


def test_a_letter_is_not_given_up_at_its_first_attempt_however_late_that_is(server: MailServer) -> None:
    server.go_away()
    pressed(a_file(addresses(1)))
    work_after(timedelta(days=3))
    assert (letter_to("person1@example.org").state, statuses("person1@example.org")) == ("waiting", ["open"])


def test_given_up_letters_are_counted_when_hundreds_wait(server: MailServer) -> None:
    server.go_away()
    upload = pressed(a_file(addresses(130)))
    tried_for_a_day(server, upload)
    assert (upload.failed, upload.state) == (130, UploadState.DONE)


# One address.


def test_a_refused_address_has_failed_for_good_and_the_others_are_sent(server: MailServer) -> None:
    server.script.refused["person2@example.org"] = NO_SUCH_USER
    upload = pressed(a_file(addresses(3)))
    work()
    assert [state for _invitee, state, _reason in outcomes(upload)] == ["sent", "failed", "sent"]
    assert statuses("person2@example.org") == [InvitationStatus.UNDELIVERED]
    failed = outcome_of("person2@example.org")
    assert (failed.reason, failed.message) == (
        "address_refused",
        "Address refused by its mail server: 550 5.1.1 No such user here",
    )


def test_of_a_refused_address_its_uploader_gets_one_letter(server: MailServer) -> None:
    server.script.refused["person2@example.org"] = NO_SUCH_USER
    pressed(a_file(addresses(3)))
    work()
    work_after(timedelta(days=1))
    (told,) = server.mails_to(UPLOADER)
    assert "person2@example.org" in told["Subject"]
    assert "Address refused by its mail server: 550 5.1.1 No such user here" in text_of(told)


def test_a_refused_address_is_not_among_the_invited_and_can_be_invited_again(server: MailServer) -> None:
    server.script.refused["person1@example.org"] = NO_SUCH_USER
    pressed(a_file(addresses(1)))
    work()
    assert db.session.scalars(invited(place())).all() == []
    server.script.refused.clear()
    again = pressed(a_file(addresses(1)))
    work()
    assert (again.done, server.recipients.count("person1@example.org")) == (1, 1)
    assert statuses("person1@example.org") == [InvitationStatus.UNDELIVERED, InvitationStatus.OPEN]


@pytest.mark.parametrize("answer", ["554 5.7.1 Rejected", "451 4.7.1 Try again later"])
def test_a_mail_refused_before_its_text_disturbs_no_other(server: MailServer, answer: str) -> None:
    server.script.refused_at_data["person1@example.org"] = answer
    pressed(a_file(addresses(3)))
    work()
    for address in ("person2@example.org", "person3@example.org"):
        assert (letter_to(address).state, letter_to(address).attempts) == (LetterState.SENT, 0)


def test_come_back_later_delays_that_address_alone(server: MailServer) -> None:
    server.script.refused["person1@example.org"] = LATER
    upload = pressed(a_file(addresses(3)))
    work()
    assert sorted(server.recipients) == ["person2@example.org", "person3@example.org"]
    assert (upload.done, upload.waiting) == (2, 1)
    server.script.refused.clear()
    work_after(A_MINUTE)
    assert "person1@example.org" in server.recipients
    assert upload.state is UploadState.DONE


def test_come_back_later_for_a_day_is_a_failure(server: MailServer) -> None:
    server.script.refused["person1@example.org"] = LATER
    upload = pressed(a_file(addresses(1)))
    tried_for_a_day(server, upload)
    assert outcome_of("person1@example.org").reason == "not_delivered"
    assert LATER in (outcome_of("person1@example.org").message or "")
    assert len(letters(LetterKind.FAILURE)) == 1


def test_a_server_that_refuses_all_is_reported_for_each(server: MailServer, world: Flask) -> None:
    world.config["FAILURE_MAIL_LIMIT"] = 3
    server.script.refuses_all = "554 5.7.1 Relay access denied"
    upload = pressed(a_file(addresses(8)))
    work()
    assert (upload.failed, upload.state) == (8, UploadState.DONE)
    assert {letter.state for letter in letters(LetterKind.FAILURE)} == {LetterState.REFUSED}


def test_an_invitation_by_form_that_is_refused_is_told_to_its_inviter(server: MailServer) -> None:
    server.script.refused["person1@example.org"] = NO_SUCH_USER
    invited_by_form("person1@example.org")
    work()
    assert statuses("person1@example.org") == [InvitationStatus.UNDELIVERED]
    (told,) = server.mails_to(UPLOADER)
    assert "person1@example.org" in told["Subject"]
    assert NO_SUCH_USER in text_of(told)


# The connection breaks.


def test_letters_at_which_the_server_always_closes_hold_up_no_others(server: MailServer) -> None:
    first, others = addresses(9)[:4], addresses(9)[4:]
    server.script.refused.update(dict.fromkeys(first, "421 4.7.0 Closing"))
    pressed(a_file(addresses(9)))
    work()
    work_after(A_MINUTE)
    assert sorted(server.recipients) == others


def test_a_mail_that_broke_midway_is_delayed_and_the_others_go_on(server: MailServer) -> None:
    server.script.breaks["person1@example.org"] = 1
    upload = pressed(a_file(addresses(3)))
    work()
    assert sorted(server.recipients) == ["person2@example.org", "person3@example.org"]
    work_after(A_MINUTE)
    assert sorted(server.recipients) == addresses(3)
    assert upload.state is UploadState.DONE


def test_three_mails_in_a_row_that_break_midway_count_as_away(server: MailServer) -> None:
    server.script.breaks.update(addresses(10))
    pressed(a_file(addresses(10)))
    work()
    assert server.connections == 3
    assert {letter.attempts for letter in letters()} == {1}
    server.script.breaks.clear()
    work_after(A_MINUTE)
    assert sorted(server.recipients) == sorted(addresses(10))


def test_a_server_slower_than_the_claim_is_given_up_for_now(server: MailServer, world: Flask) -> None:
    world.config["LEASE_SECONDS"] = 1
    server.script.delay = 3
    pressed(a_file(addresses(1)))
    work()
    letter = letter_to("person1@example.org")
    assert (letter.state, letter.attempts, letter.claimed_by) == (LetterState.WAITING, 1, None)


def test_what_a_slow_server_leaves_no_time_for_is_given_back_and_taken_up_again(
    server: MailServer, world: Flask
) -> None:
    world.config["LEASE_SECONDS"] = 4
    server.script.delay = 0.4
    pressed(a_file(addresses(6)))
    work()
    assert sorted(server.recipients) == addresses(6)


# The clock jumps.


def claimed_elsewhere(work: Upload | Letter) -> None:
    work.claimed_by, work.claimed_until = "elsewhere/1/one", now() + timedelta(minutes=2)
    db.session.commit()


def test_a_clock_that_is_put_back_holds_up_nothing(server: MailServer) -> None:
    with time_machine.travel(now() + timedelta(days=2), tick=False):
        pressed(a_file(addresses(3)))
        tasks.process_uploads()
        claimed_elsewhere(letter_to("person1@example.org"))
        claimed_elsewhere(pressed(a_file(["another@example.org"])))
    work()
    assert sorted(server.recipients) == ["another@example.org", *addresses(3)]
    assert {letter.state for letter in letters()} == {LetterState.SENT}


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(hours=-1)])
def test_once_the_clock_has_jumped_no_letter_is_begun_by_the_claim_of_before(
    server: MailServer, jump: timedelta
) -> None:
    pressed(a_file(addresses(3)))
    tasks.process_uploads()
    batch = delivery._claim()
    assert not batch.turn.is_over
    with time_machine.travel(now() + jump):
        assert batch.turn.is_over
