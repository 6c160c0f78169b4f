"""Letters in the language of their reader: whose that is, and some of them as they are read in Dutch."""

from typing import Any

import pytest

from models import Letter
from models.collaboration import Role
from models.outbox import LetterKind
from tests.letters.makers import (
    FAR_AWAY,
    WRITER,
    a_collaboration,
    a_failure,
    a_group,
    an_account,
    an_invitation,
    an_organisation,
    an_upload,
    the_failure_mail,
    the_invitation_mail,
    the_mail_about_a_password,
    the_mail_of_failures,
)
from tests.letters.reading import assert_reads_as, parsed
from worker.letter_facts import Facts
from worker.letter_parts import Mail

DUTCH = {"organisation": an_organisation(language="nl", contact_email="help@harderwijk.test")}


def test_an_invitation_is_in_the_language_of_its_organisation() -> None:
    invitation = an_invitation(
        collaboration=a_collaboration(**DUTCH),
        role=Role.ADMIN,
        groups=[a_group("Researchers"), a_group("Analysts")],
        membership_expires_at=FAR_AWAY.replace(year=3000),
        message="Beste collega,\n\ndoe je mee?",
    )
    assert_reads_as("invitation_nl", the_invitation_mail(invitation))


def test_a_failure_is_told_in_dutch() -> None:
    message = "Je beheert geen samenwerking “cumulusgroup”. Bedoelde je “cumulusgrp”?"
    mail = the_failure_mail(a_failure(3, groups="researchers", message=message), an_upload(**DUTCH))
    assert_reads_as("failure_nl", mail)


def test_failures_together_are_counted_in_dutch() -> None:
    failures = [a_failure(number, message="") for number in range(101, 1236)]
    mail = the_mail_of_failures(failures, an_upload(**DUTCH))
    assert mail is not None
    assert mail.subject == "1.135 uitnodigingen uit people.csv konden niet worden verstuurd"
    assert "CO niet gevonden: 1.135" in mail.text


def test_a_link_to_a_new_password_comes_in_the_language_of_the_account() -> None:
    mail = the_mail_about_a_password(an_account(language="nl", organisation=an_organisation(language="en")))
    assert mail is not None
    assert mail.subject == "Kies een wachtwoord voor je account bij Muster"


def the_mail(organisation: str | None, reader: str | None) -> Mail:
    invitation = an_invitation(collaboration=a_collaboration(organisation=an_organisation(language=organisation)))
    facts: dict[str, Any] = {"languages": {"j.doe@example.org": reader}} if reader else {}
    once = f"invitation:{invitation.id}:1"
    letter = Letter(kind=LetterKind.INVITATION, once=once, to_address="j.doe@example.org", invitation_id=invitation.id)
    mail = WRITER.write(letter, Facts(invitations={invitation.id: invitation}, **facts))
    assert mail is not None
    return mail


@pytest.mark.parametrize(
    ("organisation", "reader", "spoken"),
    [
        (None, None, "en"),
        ("nl", None, "nl"),
        ("nl", "en", "en"),
        ("en", "nl", "nl"),
        ("tlh", None, "en"),
    ],
)
def test_the_reader_says_more_than_the_organisation(organisation: str | None, reader: str | None, spoken: str) -> None:
    mail = the_mail(organisation, reader)
    assert parsed(mail.html).get("lang") == spoken
    assert mail.subject.startswith("Yoda team nodigt je uit" if spoken == "nl" else "Yoda team invites you")


def test_one_letter_in_dutch_does_not_make_the_next_one_dutch() -> None:
    assert the_mail("nl", None).subject != the_mail(None, None).subject
