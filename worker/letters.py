"""What Muster writes to people: one function a letter, and three templates each (subject, text, HTML).

The functions stand beside those they are like: `worker.invitation_letters` and its neighbours. Writing asks no
database: what a batch of letters tells of is loaded before (`worker.letter_facts`). What people typed reaches the
templates as single lines without control characters.
"""

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain import language
from domain.language import gettext as _
from domain.language import ngettext
from models import Letter
from models.outbox import LetterKind
from worker import (
    account_letters,
    course_letters,
    invitation_letters,
    membership_letters,
    role_letters,
    upload_letters,
)
from worker.form_letters import FormLetters
from worker.letter_facts import Facts
from worker.letter_language import language_of
from worker.letter_parts import Content, Links, Mail
from worker.letter_words import one_line

TEMPLATES = Path(__file__).parent.parent / "templates"


def mail_environment() -> Environment:
    """Jinja for mails: typed text is escaped in HTML, and left as it is in text and subject."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals = {"_": _, "ngettext": ngettext}  # no more: every rendering copies them
    return environment


class Writer:
    """Writes letters; holds the templates and the form letters, so make one for many letters."""

    def __init__(self, environment: Environment, links: Links) -> None:
        self._links = links
        self._forms = FormLetters(environment)

    def write(self, letter: Letter, facts: Facts) -> Mail | None:
        """The mail; nothing where there is nothing to tell any more (an invitation revoked, or sent again)."""
        content = self.content(letter, facts)
        return None if content is None else self.put_into_words(letter, content)

    def content(self, letter: Letter, facts: Facts) -> Content | None:
        """What the letter says, in its reader's language; it needs the facts no more."""
        with language.speaking(language_of(letter, facts)):
            return _CONTENT[letter.kind](letter, facts, self._links)

    def put_into_words(self, letter: Letter, content: Content) -> Mail:
        with language.speaking(content.language):
            subject, text, html = self._forms.write(letter.kind, content.values)
        return Mail(
            one_line(letter.to_address), subject, text, html, content.attachments, content.reply_to, content.from_name
        )


_CONTENT: dict[LetterKind, Callable[[Letter, Facts, Links], Content | None]] = {
    LetterKind.INVITATION: invitation_letters.invitation,
    LetterKind.REMINDER: invitation_letters.invitation,
    LetterKind.FAILURE: upload_letters.failure,
    LetterKind.FAILURES_TOGETHER: upload_letters.failures_together,
    LetterKind.UPLOAD_DONE: upload_letters.upload_done,
    LetterKind.MEMBERSHIP_ENDING: membership_letters.membership_ending,
    LetterKind.ACCEPTED: invitation_letters.accepted,
    LetterKind.DECLINED: invitation_letters.declined,
    LetterKind.UNDELIVERED: invitation_letters.undelivered,
    LetterKind.ENROLLED: course_letters.enrolled,
    LetterKind.TO_REGISTER: course_letters.to_register,
    LetterKind.UNENROLLED: course_letters.enrolled,
    LetterKind.PASSWORD_RESET: account_letters.password_reset,
    LetterKind.ROLE_INVITATION: role_letters.invitation,
    LetterKind.ROLE_ACCEPTED: role_letters.accepted,
    LetterKind.ROLE_DECLINED: role_letters.declined,
    LetterKind.ROLE_UNDELIVERED: role_letters.undelivered,
    LetterKind.CONFIRM_ADDRESS: account_letters.confirm_address,
    LetterKind.ADDRESS_CHANGED: account_letters.address_changed,
}
