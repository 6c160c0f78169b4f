"""What Muster writes to people: one function a letter, and three templates each (subject, text, HTML).

Writing asks no database: what a batch of letters tells of is loaded before (`worker.letter_facts`). What
people typed reaches the templates as single lines without control characters.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from domain.accounts import LINK_LASTS
from domain.language import gettext as _
from domain.language import minute, ngettext
from models import Course, Invitation, Letter, PendingEnrolment, Upload, UploadOutcome, User, now
from models.collaboration import Role
from models.outbox import LetterKind
from worker.failure_list import as_csv
from worker.letter_facts import Facts
from worker.letter_words import (
    IN_A_DETAIL,
    Details,
    groups_and_end,
    lines,
    one_line,
    reason_in_words,
    reason_with_message,
    remedy_for,
    role_explained,
    role_in_words,
    shortened,
    unless_empty,
    until,
)

TEMPLATES = Path(__file__).parent.parent / "templates"


@dataclass(frozen=True, slots=True)
class Attachment:
    file_name: str
    #: Such as `text/csv`; a text is UTF-8.
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter ready to be sent. Addresses, names and subject are single lines."""

    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    #: Shown before the sender's address, not yet quoted for a header; empty: the application's own name.
    from_name: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a letter says, before its templates put it into sentences."""

    values: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    from_name: str | None = None


@dataclass(frozen=True, slots=True)
class Links:
    base_url: str
    #: The token of an invitation's join link.
    sign: Callable[[Invitation], str]
    #: The token of a pending enrolment's register link.
    sign_pending: Callable[[PendingEnrolment], str]
    #: The token of a link to a new password, until when it leads there.
    sign_account: Callable[[User, datetime], str]

    def join(self, invitation: Invitation) -> str:
        return f"{self.base_url}/join/{self.sign(invitation)}"

    def register(self, pending: PendingEnrolment) -> str:
        return f"{self.base_url}/register/{self.sign_pending(pending)}"

    def new_password(self, user: User, until: datetime) -> str:
        return f"{self.base_url}/reset-password/{self.sign_account(user, until)}"

    def course(self, course: Course) -> str:
        return f"{self.base_url}/courses/{quote(course.key, safe=':+')}"

    def upload(self, upload: Upload) -> str:
        return f"{self.base_url}/uploads/{upload.id}"

    def collaboration(self, collaboration_id: UUID) -> str:
        return f"{self.base_url}/collaborations/{collaboration_id}"


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
    """Writes letters; holds the compiled templates, so make one for many letters.

    `base_url` is where the application answers; `sign`, `sign_pending` and `sign_account` give the tokens of links: to
    join, to register, to a new password.
    """

    def __init__(
        self,
        environment: Environment,
        base_url: str,
        sign: Callable[[Invitation], str],
        sign_pending: Callable[[PendingEnrolment], str],
        sign_account: Callable[[User, datetime], str],
    ) -> None:
        self._links = Links(base_url.rstrip("/"), sign, sign_pending, sign_account)
        self._trios = {kind: _Trio.of(environment, kind) for kind in LetterKind}

    def write(self, letter: Letter, facts: Facts) -> Mail | None:
        """The mail; nothing where there is nothing to tell any more (an invitation revoked, or sent again)."""
        content = self.content(letter, facts)
        return None if content is None else self.put_into_words(letter, content)

    def content(self, letter: Letter, facts: Facts) -> Content | None:
        """What the letter says; it needs the facts no more."""
        return _CONTENT[letter.kind](letter, facts, self._links)

    def put_into_words(self, letter: Letter, content: Content) -> Mail:
        subject, text, html = self._trios[letter.kind].render(content.values)
        return Mail(
            one_line(letter.to_address), subject, text, html, content.attachments, content.reply_to, content.from_name
        )


@dataclass(frozen=True, slots=True)
class _Trio:
    subject: Template
    text: Template
    html: Template

    @classmethod
    def of(cls, environment: Environment, kind: LetterKind) -> "_Trio":
        return cls(*(environment.get_template(f"mail/{kind}.{ending}") for ending in ("subject.txt", "txt", "html")))

    def render(self, values: dict[str, Any]) -> tuple[str, str, str]:
        subject = one_line(self.subject.render(values))
        return subject, self.text.render(values), self.html.render(values, subject=subject)


# The letters.


def invitation(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To the invitee. Nothing once the invitation is answered, ended, or sent again with a newer link."""
    matter = _invitation_of(letter, facts)
    if matter is None or not matter.is_open or letter.once != f"{letter.kind}:{matter.id}:{matter.link_number}":
        return None
    organisation = matter.collaboration.organisation
    collaboration = one_line(matter.collaboration.name)
    sender = one_line(matter.sender_name)
    contact = one_line(organisation.contact_email or "")
    values = {
        "sender": sender,
        "sender_short": shortened(sender),
        "collaboration": collaboration,
        "collaboration_short": shortened(collaboration),
        "organisation": one_line(organisation.name),
        "is_admin": matter.role is Role.ADMIN,
        "details": [
            (_("Collaboration"), collaboration),
            (_("Organisation"), one_line(organisation.name)),
            (_("Your role"), role_explained(matter.role)),
            *groups_and_end(matter),
        ],
        "message": lines(matter.message),
        "answer_by": until(matter.expires_at),
        "contact": contact,
        "link": links.join(matter),
    }
    return Content(values, reply_to=contact or None, from_name=_("%(sender)s via Muster", sender=shortened(sender)))


def failure(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To the uploader, about one invitation."""
    if letter.upload_id is None or letter.outcome_number is None:
        return None
    upload = facts.uploads.get(letter.upload_id)
    outcome = facts.outcomes.get((letter.upload_id, letter.outcome_number))
    if upload is None or outcome is None:
        return None
    return Content(
        {
            "invitee_short": shortened(outcome.invitee),
            "collaboration_short": shortened(outcome.collaboration or ""),
            "line": outcome.line,
            "reason": reason_in_words(outcome.reason),
            "details": [
                (_("File"), one_line(upload.file_name)),
                (_("Line"), str(outcome.line)),
                (_("Invitee"), shortened(outcome.invitee, IN_A_DETAIL)),
                (_("Collaboration"), shortened(outcome.collaboration or "", IN_A_DETAIL)),
                *unless_empty(_("Groups"), shortened(outcome.groups, IN_A_DETAIL)),
                (_("Role"), role_in_words(outcome.role or "")),
                (_("Reason"), reason_with_message(outcome.reason, outcome.message)),
                (_("What to do"), remedy_for(outcome.reason)),
            ],
            "link": links.upload(upload),
        }
    )


def failures_together(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To the uploader, about the failures that had no letter of their own; the list is attached."""
    upload = facts.uploads.get(letter.upload_id) if letter.upload_id else None
    failures = facts.untold_failures.get(upload.id, ()) if upload else ()
    if upload is None or not failures:
        return None
    values = {
        "count": len(failures),
        "told_before": _told_before(failures),
        "file_name": one_line(upload.file_name),
        "file_name_short": shortened(upload.file_name),
        "details": _counted_by_reason(failures),
        "link": links.upload(upload),
    }
    return Content(values, (Attachment("failures.csv", "text/csv", as_csv(failures, reason_in_words)),))


def accepted(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To the inviter. Names the account too: its address need not be the invited one."""
    matter = _invitation_of(letter, facts)
    if matter is None:
        return None
    person = facts.acceptors.get(matter.id)
    account = one_line(f"{person.name} ({person.email})") if person else ""
    details = [
        (_("Invited"), one_line(matter.email)),
        *unless_empty(_("Account"), account),
        (_("Collaboration"), one_line(matter.collaboration.name)),
        (_("Role"), role_in_words(matter.role)),
        *groups_and_end(matter),
    ]
    return Content({**_answer(matter, links), "is_admin": matter.role is Role.ADMIN, "details": details})


def declined(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To the inviter."""
    matter = _invitation_of(letter, facts)
    return Content(_answer(matter, links)) if matter else None


def undelivered(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To the inviter of somebody invited by form: no upload tells them."""
    matter = _invitation_of(letter, facts)
    if matter is None:
        return None
    details = [
        (_("Invitee"), one_line(matter.email)),
        (_("Collaboration"), one_line(matter.collaboration.name)),
        *unless_empty(_("Answer of the mail server"), shortened(facts.answers.get(matter.id, ""), IN_A_DETAIL)),
    ]
    return Content({**_answer(matter, links), "details": details})


def enrolled(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To whom bulk enrolment has enrolled, or unenrolled: of a course that they may know nothing of yet."""
    course = facts.courses.get(letter.course_id) if letter.course_id else None
    return _of_a_course(course, link=links.course(course)) if course else None


def to_register(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To an address without an account. Nothing once that has been taken back."""
    course = facts.courses.get(letter.course_id) if letter.course_id else None
    pending = facts.pending.get((letter.course_id, letter.to_address)) if letter.course_id else None
    if course is None or pending is None:
        return None
    return _of_a_course(course, enrols=pending.auto_enrol, link=links.register(pending))


def password_reset(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To whoever has asked for it. Nothing where there is no such account, it is closed, or the link has run out."""
    user = facts.accounts.get(letter.user_id) if letter.user_id else None
    if user is None or not user.is_active:
        return None
    until = letter.created_at + LINK_LASTS
    if until <= now():
        return None
    details = [(_("Account"), one_line(f"{user.name} ({user.email})")), (_("User name"), one_line(user.user_name))]
    return Content({"details": details, "until": minute(until), "link": links.new_password(user, until)})


def _of_a_course(course: Course, **values: Any) -> Content:
    name, organisation = one_line(course.name), one_line(course.organisation.name)
    contact = one_line(course.organisation.contact_email or "")
    details = [(_("Course"), name), (_("Course key"), one_line(course.key)), (_("Organisation"), organisation)]
    told = {"course": name, "course_short": shortened(name), "organisation": organisation, "details": details}
    return Content({**told, "contact": contact, **values}, reply_to=contact or None)


_CONTENT: dict[LetterKind, Callable[[Letter, Facts, Links], Content | None]] = {
    LetterKind.INVITATION: invitation,
    LetterKind.FAILURE: failure,
    LetterKind.FAILURES_TOGETHER: failures_together,
    LetterKind.ACCEPTED: accepted,
    LetterKind.DECLINED: declined,
    LetterKind.UNDELIVERED: undelivered,
    LetterKind.ENROLLED: enrolled,
    LetterKind.TO_REGISTER: to_register,
    LetterKind.UNENROLLED: enrolled,
    LetterKind.PASSWORD_RESET: password_reset,
}


def _invitation_of(letter: Letter, facts: Facts) -> Invitation | None:
    return facts.invitations.get(letter.invitation_id) if letter.invitation_id else None


def _answer(matter: Invitation, links: Links) -> dict[str, Any]:
    """What every letter to an inviter says."""
    return {
        "invitee": one_line(matter.email),
        "invitee_short": shortened(matter.email),
        "collaboration": one_line(matter.collaboration.name),
        "collaboration_short": shortened(matter.collaboration.name),
        "link": links.collaboration(matter.collaboration_id),
    }


def _told_before(failures: Sequence[UploadOutcome]) -> int:
    """How many failures of the upload came before these, each with a letter of its own."""
    return min(failure.failure_number or 1 for failure in failures) - 1


def _counted_by_reason(failures: Sequence[UploadOutcome]) -> Details:
    counts = Counter(failure.reason for failure in failures)
    return [(reason_in_words(reason), f"{count:,}") for reason, count in counts.most_common()]
