"""Letters to members of collaborations."""

from domain.language import day
from domain.language import gettext as _
from models import Letter, now
from worker.letter_facts import Facts
from worker.letter_parts import Content, Links
from worker.letter_words import one_line, role_in_words, shortened, until


def membership_ending(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To a member, some days before. Nothing once it has ended, or its end has been moved or taken away."""
    matter = facts.memberships.get(letter.membership_id) if letter.membership_id else None
    if matter is None or matter.ended_at or matter.expires_at is None or matter.end_announced_at is None:
        return None
    if matter.expires_at <= now():
        return None
    collaboration, organisation = matter.collaboration, matter.collaboration.organisation
    contact = one_line(organisation.contact_email or "")
    values = {
        "collaboration": one_line(collaboration.name),
        "collaboration_short": shortened(collaboration.name),
        "organisation": one_line(organisation.name),
        "day": day(matter.expires_at),
        "until": until(matter.expires_at),
        "details": [
            (_("Collaboration"), one_line(collaboration.name)),
            (_("Organisation"), one_line(organisation.name)),
            (_("Role"), role_in_words(matter.role)),
        ],
        "contact": contact,
        "link": links.collaboration(matter.collaboration_id),
    }
    return Content(values, reply_to=contact or None)
