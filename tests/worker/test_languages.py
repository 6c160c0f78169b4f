"""Whoever is written to, and whoever reads what became of a file, does so in their own language."""

import pytest
from sqlalchemy import update

from models import Invitation, db
from models.invitation import InvitationStatus
from models.outbox import LetterKind
from tests.people import a_person
from tests.queries import counted
from tests.worker.sending import (
    UPLOADER,
    a_file,
    addresses,
    letters,
    organisation,
    outcome_of,
    person,
    pressed,
    text_of,
    work,
)
from tests.worker.smtp import MailServer
from worker.letter_facts import load_facts
from worker.letter_language import language_of

ANN = "ann@example.org"
NO_SUCH_USER = "550 5.1.1 No such user here"


def test_letters_of_one_batch_are_each_in_the_language_of_their_reader(server: MailServer) -> None:
    a_person("Dutch@Example.org", language="nl")
    a_person("undecided@example.org")
    pressed(a_file(["dutch@example.org", "undecided@example.org", ANN]))
    work()
    subjects = {mail["To"]: mail["Subject"] for each in server.recipients for mail in server.mails_to(each)}
    assert "nodigt je uit voor" in subjects["dutch@example.org"]
    assert "invites you to" in subjects["undecided@example.org"]
    assert "invites you to" in subjects[ANN]


def test_whoever_has_chosen_none_is_written_to_in_the_organisations(server: MailServer) -> None:
    organisation().language = "nl"
    a_person("english@example.org", language="en")
    pressed(a_file([ANN, "english@example.org"]))
    work()
    assert "nodigt je uit" in text_of(server.mails_to(ANN)[0])
    assert "invites you to" in text_of(server.mails_to("english@example.org")[0])


def test_readers_are_asked_for_their_language_all_at_once(server: MailServer) -> None:
    server.go_away()
    pressed(a_file(addresses(30)))
    work()
    waiting = [*letters()]
    with counted() as queries:
        facts = load_facts(waiting)
        assert {language_of(letter, facts) for letter in waiting} == {None}
    assert len(queries) <= 6


@pytest.mark.parametrize(
    ("uploader", "theirs", "said"),
    [
        ("nl", None, "Je beheert geen samenwerking “nothing”."),
        (None, "nl", "Je beheert geen samenwerking “nothing”."),
        ("en", "nl", "You manage no collaboration “nothing”."),
        (None, None, "You manage no collaboration “nothing”."),
    ],
)
def test_what_became_of_a_file_is_told_in_its_uploaders_language(
    server: MailServer, uploader: str | None, theirs: str | None, said: str
) -> None:
    person().language, organisation().language = uploader, theirs
    pressed(a_file([ANN]) + "nothing,bob@example.org\n")
    work()
    assert (outcome_of("bob@example.org").message or "").startswith(said)
    assert said in text_of(server.mails_to(UPLOADER)[0])


def test_why_a_mail_was_refused_is_told_in_the_inviters_language(server: MailServer) -> None:
    person().language = "nl"
    server.script.refused[ANN] = NO_SUCH_USER
    pressed(a_file([ANN]))
    work()
    assert outcome_of(ANN).message == f"Adres geweigerd door de mailserver: {NO_SUCH_USER}"
    (told,) = server.mails_to(UPLOADER)
    assert "Reden: Adres geweigerd door de mailserver: 550" in text_of(told)


def test_that_an_invitation_was_closed_before_its_mail_went_out_is_told_likewise(server: MailServer) -> None:
    person().language = "nl"
    server.go_away()
    pressed(a_file([ANN]))
    work()
    db.session.execute(update(Invitation).values(status=InvitationStatus.REVOKED))
    for letter in letters(LetterKind.INVITATION):
        letter.due_at = letter.created_at
    server.come_back()
    work()
    assert outcome_of(ANN).message == "De uitnodiging was gesloten of verlopen voordat de mail vertrok."
