"""Letters to who has brought a file, about what became of it."""

from collections import Counter
from collections.abc import Sequence

from domain.language import gettext as _
from domain.language import number
from models import Letter, UploadOutcome
from models.upload import UploadKind
from worker.failure_list import as_csv
from worker.letter_facts import Facts
from worker.letter_parts import Attachment, Content, Links
from worker.letter_words import (
    IN_A_DETAIL,
    Details,
    one_line,
    reason_in_words,
    reason_with_message,
    remedy_for,
    role_in_words,
    shortened,
    unless_empty,
)


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


def upload_done(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To whoever has not waited for it."""
    upload = facts.uploads.get(letter.upload_id) if letter.upload_id else None
    if upload is None:
        return None
    values = {
        "file_name": one_line(upload.file_name),
        "file_name_short": shortened(upload.file_name),
        "failed": upload.failed,
        "details": [
            (_what_is_done(upload.kind), number(upload.done)),
            (_("Skipped"), number(upload.skipped)),
            (_("Failed"), number(upload.failed)),
        ],
        "link": links.upload(upload),
    }
    return Content(values)


def _what_is_done(kind: UploadKind) -> str:
    words = {
        UploadKind.INVITATIONS: _("Invitations sent"),
        UploadKind.PARTICIPANTS_ADD: _("Participants added"),
        UploadKind.PARTICIPANTS_REMOVE: _("Participants removed"),
        UploadKind.PEOPLE: _("People added or updated"),
    }
    return words[kind]


def _told_before(failures: Sequence[UploadOutcome]) -> int:
    """How many failures of the upload came before these, each with a letter of its own."""
    return min(failure.failure_number or 1 for failure in failures) - 1


def _counted_by_reason(failures: Sequence[UploadOutcome]) -> Details:
    counts = Counter(failure.reason for failure in failures)
    return [(reason_in_words(reason), number(count)) for reason, count in counts.most_common()]
