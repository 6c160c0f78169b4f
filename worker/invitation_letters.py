"""Letters about invitations to collaborations: to the invitee, and to who invited them."""

from typing import Any

from domain.language import gettext as _
from domain.person_names import person_name
from models import Invitation, Letter
from models.collaboration import Role
from worker.letter_facts import Facts
from worker.letter_parts import Content, Links
from worker.letter_words import (
    IN_A_DETAIL,
    groups_and_end,
    lines,
    one_line,
    role_explained,
    role_in_words,
    shortened,
    unless_empty,
    until,
)


def invitation(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To the invitee. Nothing once the invitation is answered, ended, or sent again with a newer link."""
    matter = _invitation_of(letter, facts)
    if matter is None or not matter.is_open or letter.once != f"{letter.kind}:{matter.id}:{matter.link_number}":
        return None
    organisation = matter.collaboration.organisation
    collaboration = one_line(matter.collaboration.name)
    sender = one_line(person_name(matter.sender_name))
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
