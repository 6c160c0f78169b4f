"""In which language a letter is written: its reader's."""

from models import Letter, Organisation
from worker.letter_facts import Facts


def language_of(letter: Letter, facts: Facts) -> str | None:
    """The one that its reader has chosen, else that of the organisation which it is about; nothing: English."""
    reader = facts.accounts.get(letter.user_id) if letter.user_id else None
    organisation = _organisation_of(letter, facts)
    return (
        facts.languages.get(letter.to_address)
        or (reader.language if reader else None)
        or (organisation.language if organisation else None)
    )


def _organisation_of(letter: Letter, facts: Facts) -> Organisation | None:
    if letter.invitation_id and (invitation := facts.invitations.get(letter.invitation_id)):
        return invitation.collaboration.organisation
    if letter.membership_id and (membership := facts.memberships.get(letter.membership_id)):
        return membership.collaboration.organisation
    if letter.role_invitation_id and (role_invitation := facts.role_invitations.get(letter.role_invitation_id)):
        return role_invitation.organisation
    if letter.course_id and (course := facts.courses.get(letter.course_id)):
        return course.organisation
    if letter.upload_id and (upload := facts.uploads.get(letter.upload_id)):
        return upload.organisation
    if letter.user_id and (account := facts.accounts.get(letter.user_id)):
        return account.organisation
    return None
