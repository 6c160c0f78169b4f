"""Letters to people about their own account."""

from domain.accounts import LINK_LASTS
from domain.language import gettext as _
from domain.language import minute
from models import Letter, now
from worker.letter_facts import Facts
from worker.letter_parts import Content, Links
from worker.letter_words import one_line


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
