"""What the audit log says beside what was done: in the language of who reads it, not of who did it."""

import pytest

from domain import audit_words, language
from models.audit import AuditAction

NOTES = [
    (
        AuditAction.ORGANISATION_CHANGED,
        "name, invitation_days",
        "name and days to accept",
        "naam en dagen om aan te nemen",
    ),
    (AuditAction.PERSON_CHANGED, "state_id", "state ID", "state-ID"),
    (AuditAction.ROLE_TAKEN, "3", "Taken off 3 batches", "Van 3 batches afgehaald"),
    (AuditAction.ROLE_TAKEN, "Law, Medicine", "Law, Medicine", "Law, Medicine"),
    (AuditAction.UNIT_RENAMED, "Law → Law and Order", "Law → Law and Order", "Law → Law and Order"),
    (AuditAction.PERSON_CHANGED, "", "", ""),
    ("an-action-of-long-ago", "as it was", "as it was", "as it was"),
]


@pytest.mark.parametrize(("action", "note", "english", "dutch"), NOTES)
def test_a_note_is_read_in_the_language_of_its_reader(action: str, note: str, english: str, dutch: str) -> None:
    assert audit_words.note(action, note) == english
    with language.speaking("nl"):
        assert audit_words.note(action, note) == dutch
