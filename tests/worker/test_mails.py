"""Mails as they arrive: names, subjects and addresses in any alphabet, in messages that every mail server takes."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from flask import Flask

from models.invitation import InvitationStatus
from models.outbox import LetterKind
from models.upload import UploadState
from tests.worker.sending import (
    UPLOADER,
    a_file,
    connect,
    invited_by_form,
    letter_to,
    letters,
    organisation,
    outcome_of,
    place,
    pressed,
    statuses,
    text_of,
    work,
)
from tests.worker.smtp import Accepted, MailServer

NAMES = [
    "Yoda team",
    'Damen, Yolanda "Y.D."',
    "Zoë O’Connor",
    "Отдел данных; <b> @ (всё)",
    "=?utf-8?q?Somebody_else?=",
    "研究データ管理" * 8,
]
NO_SUCH_LETTERS = "The mail server cannot deliver to addresses with letters such as “ë” before the @."


def the_one(server: MailServer) -> Accepted:
    (mail,) = server.accepted
    return mail


def header(mail: Accepted, name: str) -> str:
    """As readers of mail decode it (Python's own newer parser leaves spaces between encoded words)."""
    return str(make_header(decode_header(message_from_bytes(mail.content)[name])))


@pytest.mark.parametrize("name", NAMES)
def test_the_sender_is_named_as_the_file_names_them(server: MailServer, name: str) -> None:
    pressed(a_file(["a@example.org"], sender_name=name.replace('"', '""')))
    work()
    shown, address = header(the_one(server), "From").rsplit(" ", 1)
    assert (shown, address) == (f"{name} via Muster", "<muster@localhost>")
    assert parseaddr(message_from_bytes(the_one(server).content)["From"])[1] == "muster@localhost"
    assert the_one(server).sender == "muster@localhost"


@pytest.mark.parametrize("name", NAMES)
def test_the_subject_names_sender_and_collaboration(server: MailServer, name: str) -> None:
    place().name = "Größe & Gewölk"
    pressed(a_file(["a@example.org"], sender_name=name.replace('"', '""')))
    work()
    assert header(the_one(server), "Subject") == f"{name} invites you to Größe & Gewölk"


def test_a_mail_can_be_told_from_its_repetition_and_is_answered_by_no_machine(server: MailServer) -> None:
    pressed(a_file(["a@example.org"]))
    work()
    message = the_one(server).message
    assert message["Message-ID"] == f"<{letter_to('a@example.org').id}@localhost>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Reply-To"] == "servicedesk@harderwijk.test"


def test_a_long_message_in_any_alphabet_arrives_in_short_lines(server: MailServer) -> None:
    words = "Ещё немного слов. " * 200
    pressed(a_file(["a@example.org"], message=words))
    work()
    assert max(len(line) for line in the_one(server).content.split(b"\r\n")) < 998
    assert words.strip() in text_of(the_one(server).message)
    assert the_one(server).content.isascii()


def test_a_lone_dot_in_a_message_does_not_end_the_mail(server: MailServer) -> None:
    pressed(a_file(["a@example.org"], message=".\n..\nFrom me\nto you"))
    work()
    assert "> . > .. > From me > to you" in text_of(the_one(server).message)


def test_a_domain_in_any_alphabet_is_mailed_by_its_ascii_name(server: MailServer) -> None:
    pressed(a_file(["j@bücher.de"]))
    work()
    assert server.recipients == ["j@xn--bcher-kva.de"]
    assert the_one(server).message["To"] == "j@xn--bcher-kva.de"


@pytest.mark.parametrize(
    ("address", "mailed"),
    [("zoë@example.org", "zoë@example.org"), ("jörg@bücher.de", "jörg@xn--bcher-kva.de")],
)
def test_letters_before_the_at_are_mailed_as_they_are_where_the_server_can(
    server: MailServer, address: str, mailed: str
) -> None:
    server.script.utf8 = True
    upload = pressed(a_file([address]))
    work()
    assert (the_one(server).recipient, upload.done) == (mailed, 1)
    assert "SMTPUTF8" in the_one(server).options
    assert f"\r\nTo: {address}\r\n".encode() in the_one(server).content


def test_where_the_server_cannot_that_invitation_has_failed_and_the_others_are_sent(server: MailServer) -> None:
    upload = pressed(a_file(["a@example.org", "zoë@example.org", "b@example.org"]))
    work()
    failed = outcome_of("zoë@example.org")
    assert (failed.reason, failed.message) == ("address_refused", NO_SUCH_LETTERS)
    assert statuses("zoë@example.org") == [InvitationStatus.UNDELIVERED]
    assert (upload.done, upload.state) == (2, UploadState.DONE)
    assert server.connections == 1


def test_where_the_server_cannot_the_inviter_is_told_why(server: MailServer) -> None:
    pressed(a_file(["zoë@example.org"]))
    work()
    invited_by_form("noël@example.org")
    work()
    assert [NO_SUCH_LETTERS in text_of(mail) for mail in server.mails_to(UPLOADER)] == [True, True]
    assert len(letters(LetterKind.UNDELIVERED)) == 1


def test_a_contact_that_only_some_mail_servers_know_holds_up_no_mail(server: MailServer) -> None:
    organisation().contact_email = "hélp@harderwijk.test"
    pressed(a_file(["a@example.org"]))
    work()
    assert the_one(server).message["Reply-To"] is None


@pytest.mark.parametrize("address", ["zoë@example.org", "jörg@bücher.de"])
def test_the_mailbox_shows_the_address_as_it_was_written(world: Flask, address: str) -> None:
    connect(world, None)
    pressed(a_file([address]))
    work()
    (entry,) = world.extensions["mailbox"].list().items
    opened: EmailMessage = world.extensions["mailbox"].get(entry.name).message
    assert entry.to == address
    assert str(opened["To"]) == address


def test_the_list_of_failures_is_a_file_in_utf8(server: MailServer, world: Flask) -> None:
    world.config["FAILURE_MAIL_LIMIT"] = 0
    pressed(a_file(["a@example.org"]) + "größe,b@example.org\n")
    work()
    (told,) = server.mails_to(UPLOADER)
    (attachment,) = told.iter_attachments()
    assert attachment.get_content_type() == "text/csv"
    assert "größe" in attachment.get_content()
