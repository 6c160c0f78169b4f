"""Reminders, from the sweep to the mail: with the link of the invitation, and not once that is answered."""

from datetime import timedelta

import time_machine
from flask import Flask

from domain import invitations
from models import db, now
from models.outbox import LetterKind, LetterState
from tests.worker.sending import invitation_to, invited_by_form, letters, organisation, text_of, work
from tests.worker.smtp import MailServer
from worker import tasks

ANN = "ann@example.org"


def invited(days: int = 3) -> None:
    """By form, of an organisation that reminds so many days before."""
    organisation().reminder_days = days
    invited_by_form(ANN)
    work()


def remind() -> None:
    db.session.commit()
    tasks.remind()


def test_a_reminder_leads_where_the_invitation_did(server: MailServer, world: Flask) -> None:
    invited()
    with time_machine.travel(now() + timedelta(days=29), tick=False):
        for _time in range(2):
            remind()
            work()
    first, reminder = server.mails_to(ANN)
    token = world.extensions["link_tokens"].join.make(invitation_to(ANN).id, 1)
    assert f"/join/{token}" in text_of(first)
    assert f"/join/{token}" in text_of(reminder)
    assert "You have not answered this invitation yet." in text_of(reminder)


def test_whoever_answers_before_the_mail_goes_out_is_not_reminded(server: MailServer) -> None:
    invited()
    with time_machine.travel(now() + timedelta(days=29), tick=False):
        remind()
        invitations.decline(invitation_to(ANN).id)
        db.session.commit()
        work()
    assert len(server.mails_to(ANN)) == 1
    assert [letter.state for letter in letters(LetterKind.REMINDER)] == [LetterState.DROPPED]
