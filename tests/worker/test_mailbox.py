from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from models import now
from worker.mailbox import Mailbox
from worker.pruning import prune


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "mailbox")


def a_mail(to: str = "j.doe@example.org", subject: str = "Hello") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Muster <muster@localhost>", to, subject
    mail.set_content("Good day, Zoë")
    mail.add_alternative("<p>Good day, <b>Zoë</b></p>", subtype="html")
    return mail


def test_before_any_mail_the_list_is_empty(mailbox: Mailbox) -> None:
    page = mailbox.list()
    assert (page.total, page.pages, list(page.items)) == (0, 1, [])


def test_the_newest_mail_comes_first(mailbox: Mailbox) -> None:
    for subject in ("one", "two", "three"):
        mailbox.put("letter", a_mail(subject=subject).as_bytes())
    assert [entry.subject for entry in mailbox.list().items] == ["three", "two", "one"]


def test_a_letter_handed_over_twice_is_two_mails(mailbox: Mailbox) -> None:
    mailbox.put("the-same", a_mail().as_bytes())
    mailbox.put("the-same", a_mail().as_bytes())
    assert mailbox.list().total == 2


def test_mails_are_listed_page_by_page(mailbox: Mailbox) -> None:
    for number in range(5):
        mailbox.put("letter", a_mail(subject=str(number)).as_bytes())
    page = mailbox.list(2, size=2)
    assert [entry.subject for entry in page.items] == ["2", "1"]
    assert (page.total, page.pages) == (5, 3)


def test_mails_are_found_by_a_part_of_the_recipient_in_any_case(mailbox: Mailbox) -> None:
    for to in ("jane@example.org", "joe@example.org"):
        mailbox.put("letter", a_mail(to).as_bytes())
    assert [entry.to for entry in mailbox.list(search=" JOE@ ").items] == ["joe@example.org"]


def test_a_search_looks_at_nothing_but_the_recipient(mailbox: Mailbox) -> None:
    mailbox.put("letter", a_mail(subject="To: somebody").as_bytes())
    assert [mailbox.list(search=word).total for word in ("muster", "somebody", "Zoë")] == [0, 0, 0]


def test_a_mail_is_opened_with_headers_text_html_and_attachments(mailbox: Mailbox) -> None:
    mail = a_mail(subject="Größe")
    mail.add_attachment(b"\xef\xbb\xbfline\r\n2\r\n", maintype="text", subtype="csv", filename="failures.csv")
    mailbox.put("letter", mail.as_bytes())
    opened = mailbox.get(mailbox.list().items[0].name)
    assert opened is not None
    assert (opened.subject, opened.text, opened.html) == ("Größe", "Good day, Zoë\n", "<p>Good day, <b>Zoë</b></p>\n")
    assert ("To", "j.doe@example.org") in opened.headers
    assert [(a.file_name, a.content_type) for a in opened.attachments] == [("failures.csv", "text/csv")]
    assert opened.attachments[0].content == b"\xef\xbb\xbfline\r\n2\r\n"


def test_a_mail_of_text_alone_has_no_html(mailbox: Mailbox) -> None:
    mailbox.put("letter", b"To: a@example.org\r\n\r\nJust text\r\n")
    opened = mailbox.get(mailbox.list().items[0].name)
    assert opened is not None
    assert (opened.subject, opened.text, opened.html, opened.attachments) == ("", "Just text\n", "", [])


def test_mails_of_another_time_are_forgotten(mailbox: Mailbox) -> None:
    for days, subject in ((91, "old"), (89, "young")):
        with time_machine.travel(now() - timedelta(days=days), tick=False):
            mailbox.put("letter", a_mail(subject=subject).as_bytes())
    mailbox.forget(now() - timedelta(days=90))
    assert [entry.subject for entry in mailbox.list().items] == ["young"]


def test_a_worker_forgets_them_as_it_does_letters(app: Flask) -> None:
    with time_machine.travel(now() - timedelta(days=91), tick=False):
        app.extensions["mailbox"].put("letter", a_mail().as_bytes())
    app.config["KEEP_MAILS_DAYS"] = 0
    prune()
    assert app.extensions["mailbox"].list().total == 1
    app.config["KEEP_MAILS_DAYS"] = 90
    prune()
    assert app.extensions["mailbox"].list().total == 0


@pytest.mark.parametrize("name", ["", "..", "../secret", "/etc/passwd", "secret", "0" * 20 + "-../secret", "x\0"])
def test_no_name_leads_out_of_the_mailbox(mailbox: Mailbox, tmp_path: Path, name: str) -> None:
    mailbox.put("letter", a_mail().as_bytes())
    (tmp_path / "secret.eml").write_bytes(a_mail().as_bytes())
    assert mailbox.get(name) is None


def test_a_mail_that_is_still_being_written_is_not_there_yet(mailbox: Mailbox, tmp_path: Path) -> None:
    mailbox.put("letter", a_mail().as_bytes())
    (tmp_path / "mailbox" / ".00000000000000000001-letter").write_bytes(b"To: half")
    (tmp_path / "mailbox" / "notes.eml").write_bytes(b"of somebody else")
    assert mailbox.list().total == 1
