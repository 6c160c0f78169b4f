"""Letters about invitations to a role in an organisation: to the invitee, and to who invited them."""

from typing import Any

from domain import roles
from domain.language import gettext as _
from domain.language import listing
from domain.person_names import person_name
from models import Letter, RoleInvitation
from worker.letter_facts import Facts
from worker.letter_parts import Content, Links
from worker.letter_words import IN_A_DETAIL, Details, lines, one_line, shortened, unless_empty, until


def invitation(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To the invitee. Nothing once the invitation is answered, ended, or sent again with a newer link."""
    matter = _invitation_of(letter, facts)
    if matter is None or not matter.is_open or letter.once != f"{letter.kind}:{matter.id}:{matter.link_number}":
        return None
    sender, contact = one_line(person_name(matter.invited_by.name)), one_line(matter.organisation.contact_email or "")
    details = [
        (_("Organisation"), one_line(matter.organisation.name)),
        (_("Your role"), roles.explained(matter)),
        *_units(matter),
    ]
    values = {
        **_about(matter),
        "sender": sender,
        "sender_short": shortened(sender),
        "details": details,
        "message": lines(matter.message),
        "answer_by": until(matter.expires_at),
        "contact": contact,
        "link": links.role_invitation(matter),
    }
    return Content(values, reply_to=contact or None, from_name=_("%(sender)s via Muster", sender=shortened(sender)))


def accepted(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To the inviter."""
    matter = _invitation_of(letter, facts)
    if matter is None:
        return None
    person = facts.role_acceptors.get(matter.id)
    details = [
        (_("Invited"), one_line(matter.email)),
        *unless_empty(_("Name"), one_line(person.name) if person else ""),
        (_("Role"), roles.words_of(matter)),
        *_units(matter),
    ]
    return Content({**_answer(matter, links), "details": details})


def declined(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To the inviter."""
    matter = _invitation_of(letter, facts)
    return Content(_answer(matter, links)) if matter else None


def undelivered(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To the inviter."""
    matter = _invitation_of(letter, facts)
    if matter is None:
        return None
    answer = shortened(facts.role_answers.get(matter.id, ""), IN_A_DETAIL)
    details = [
        (_("Invitee"), one_line(matter.email)),
        (_("Role"), roles.words_of(matter)),
        *unless_empty(_("Answer of the mail server"), answer),
    ]
    return Content({**_answer(matter, links), "details": details})


def _invitation_of(letter: Letter, facts: Facts) -> RoleInvitation | None:
    return facts.role_invitations.get(letter.role_invitation_id) if letter.role_invitation_id else None


def _units(matter: RoleInvitation) -> Details:
    return unless_empty(_("Units"), listing(one_line(unit.name) for unit in matter.units))


def _about(matter: RoleInvitation) -> dict[str, Any]:
    organisation = one_line(matter.organisation.name)
    return {
        "role": roles.words_of(matter),
        "organisation": organisation,
        "organisation_short": shortened(organisation),
    }


def _answer(matter: RoleInvitation, links: Links) -> dict[str, Any]:
    """What every letter to an inviter says."""
    return {
        **_about(matter),
        "invitee": one_line(matter.email),
        "invitee_short": shortened(matter.email),
        "link": links.people(matter.organisation_id),
    }
