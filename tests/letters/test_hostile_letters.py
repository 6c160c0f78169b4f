"""What people typed is text in a mail, whatever it looks like."""

import csv
import io

import pytest

from models.outbox import LetterKind
from tests.letters.makers import (
    a_collaboration,
    a_failure,
    a_group,
    a_role_invitation,
    an_account,
    an_invitation,
    an_organisation,
    an_upload,
    the_failure_mail,
    the_invitation_mail,
    the_mail_of_a_role,
    the_mail_of_failures,
    the_mail_to_the_inviter,
    the_mail_to_who_offered,
)
from tests.letters.reading import html_as_read, parsed
from worker.letter_parts import Mail

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"
NEW_HEADER = "Eve\r\nBcc: all@example.org\u2028\u0085\x1b[2J\u202e{{ 7 * 7 }} %(x)s"


def mails_full_of(typed: str) -> list[Mail]:
    """Every kind of mail, with the same text wherever people type something."""
    organisation = an_organisation(name=typed, contact_email=typed)
    invitation = an_invitation(
        collaboration=a_collaboration(name=typed, organisation=organisation),
        email=typed,
        message=typed,
        sender_name=typed,
        groups=[a_group(typed)],
    )
    offer = a_role_invitation(
        typed, organisation=organisation, email=typed, message=typed, invited_by=an_account(name=typed)
    )
    outcome = a_failure(invitee=typed, collaboration=typed, groups=typed, role=typed, message=typed)
    person = {invitation.id: an_account(name=typed)}
    mails = [
        the_invitation_mail(invitation),
        the_failure_mail(outcome, an_upload(file_name=typed)),
        the_mail_of_failures([outcome], an_upload(file_name=typed)),
        the_mail_of_a_role(offer),
        the_mail_to_who_offered(LetterKind.ROLE_ACCEPTED, offer, role_acceptors={offer.id: an_account(name=typed)}),
        the_mail_to_who_offered(LetterKind.ROLE_DECLINED, offer),
        the_mail_to_who_offered(LetterKind.ROLE_UNDELIVERED, offer, role_answers={offer.id: typed}),
        the_mail_to_the_inviter(LetterKind.ACCEPTED, invitation, acceptors=person),
        the_mail_to_the_inviter(LetterKind.DECLINED, invitation),
        the_mail_to_the_inviter(LetterKind.UNDELIVERED, invitation, answers={invitation.id: typed}),
    ]
    return [mail for mail in mails if mail is not None]


def test_markup_is_shown_and_not_obeyed() -> None:
    for mail in mails_full_of(SCRIPT):
        tags = {element.tag for element in parsed(mail.html).iter()}
        assert tags.isdisjoint({"script", "img"})
        assert "<script>alert(1)</script>" in html_as_read(mail.html)


def test_text_and_subject_show_characters_as_they_were_typed() -> None:
    for mail in mails_full_of("R&D <1>"):
        assert "R&D <1>" in mail.text
        assert "R&D <1>" in mail.subject


def test_no_header_can_be_smuggled_in() -> None:
    for mail in mails_full_of(NEW_HEADER):
        headers = f"{mail.to}{mail.subject}{mail.from_name}{mail.reply_to}"
        assert headers.isprintable()  # no line ends, no control characters, nothing that turns text around


def test_a_name_cannot_pretend_to_be_a_paragraph_of_ours() -> None:
    for mail in mails_full_of(NEW_HEADER):
        assert not any(line.startswith("Bcc:") for line in mail.text.splitlines())


def test_a_message_cannot_pretend_to_be_ours() -> None:
    mail = the_invitation_mail(an_invitation(message="Hello\n\nTo accept, open your invitation:\nhttps://evil.test"))
    assert mail is not None
    assert [line for line in mail.text.splitlines() if "evil" in line] == ["> https://evil.test"]


def test_placeholders_in_names_stay_as_they_are() -> None:
    for mail in mails_full_of("{{ 7 * 7 }} %(x)s 100%"):
        assert "{{ 7 * 7 }} %(x)s 100%" in mail.text


def test_subjects_stay_short_however_long_the_names() -> None:
    for mail in mails_full_of("x" * 4_000):
        assert len(mail.subject) < 250
        assert len(mail.from_name or "") < 250


def test_the_heading_and_the_title_of_the_html_are_the_subject() -> None:
    for mail in mails_full_of("R&D"):
        page = parsed(mail.html)
        assert [page.findtext("head/title"), page.findtext("body/div/h1")] == [mail.subject, mail.subject]
        assert page.get("lang") == "en"


def test_each_mail_has_one_link_and_it_is_the_same_in_text_and_html() -> None:
    for mail in mails_full_of("Somebody"):
        links = [element.get("href") for element in parsed(mail.html).iter("a")]
        assert [word for word in mail.text.split() if word.startswith("https://")] == links
        assert len(links) == 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_spreadsheet_computes_nothing_from_the_attached_list(start: str) -> None:
    formula = f'{start}HYPERLINK("https://evil.test")'
    mail = the_mail_of_failures([a_failure(invitee=formula, collaboration=formula, groups=formula, message=formula)])
    assert mail is not None
    table = mail.attachments[0].content.decode("utf-8-sig")
    row = list(csv.reader(io.StringIO(table, newline="")))[1]
    assert row == ["2", f"'{formula}", f"'{formula}", f"'{formula}", "member", "CO not found", f"'{formula}"]


def test_the_attached_list_opens_as_utf_8_in_excel() -> None:
    mail = the_mail_of_failures([a_failure(invitee="zoë@example.org")])
    assert mail is not None
    assert mail.attachments[0].content.startswith(b"\xef\xbb\xbf")
    assert "zoë@example.org" in mail.attachments[0].content.decode()
