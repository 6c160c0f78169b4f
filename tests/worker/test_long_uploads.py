"""Whoever has brought a file that takes long is told when it is done: once, and of no other."""

from datetime import timedelta

import time_machine
from flask import Flask

from models import now
from models.outbox import LetterKind
from tests import participant_files
from tests.teaching import STATE_ADMIN
from tests.worker.sending import UPLOADER, a_file, addresses, letters, pressed, text_of, work_after
from tests.worker.smtp import MailServer
from worker import tasks

LONG, SHORT = timedelta(minutes=3), timedelta(minutes=1)


def test_an_upload_that_took_long_is_told_with_its_counts(server: MailServer) -> None:
    pressed(a_file(addresses(3)))
    for _time in range(2):
        work_after(LONG)
    (mail,) = server.mails_to(UPLOADER)
    assert mail["Subject"] == "people.csv is processed"
    assert "Invitations sent: 3" in text_of(mail)


def test_an_upload_that_was_quick_is_told_by_its_page_alone(server: MailServer) -> None:
    pressed(a_file(addresses(3)))
    work_after(SHORT)
    assert server.mails_to(UPLOADER) == []


def test_failures_that_come_together_have_a_letter_of_their_own(server: MailServer, world: Flask) -> None:
    world.config["FAILURE_MAIL_LIMIT"] = 0
    pressed(a_file(["a@example.org"]) + "nowhere,b@example.org\n")
    work_after(LONG)
    kinds = (LetterKind.FAILURES_TOGETHER, LetterKind.UPLOAD_DONE)
    assert [len(letters(kind)) for kind in kinds] == [1, 1]


def test_a_long_list_of_participants_is_told_likewise(server: MailServer) -> None:
    participant_files.pressed(participant_files.a_list(participant_files.some_teachers(2)))
    with time_machine.travel(now() + LONG, tick=False):
        tasks.do_what_waits()
    (mail,) = server.mails_to(STATE_ADMIN)
    assert "Participants added: 2" in text_of(mail)
