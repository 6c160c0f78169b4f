"""Letters to people about their own account."""

from domain.accounts import LINK_LASTS
from domain.language import gettext as _
from domain.language import minute
from domain.people import key_of_email
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


def confirm_address(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To the new address. Nothing once the account is closed, has the address, or the link has run out.

    Where somebody else has the address, they are told that somebody wanted it, and nothing of whom.
    """
    user = facts.accounts.get(letter.user_id) if letter.user_id else None
    if user is None or not user.is_active or user.email == letter.to_address:
        return None
    until = letter.created_at + LINK_LASTS
    if until <= now():
        return None
    address = one_line(letter.to_address)
    if facts.holders.get(key_of_email(letter.to_address), user.id) != user.id:
        return Content({"is_taken": True, "address": address, "link": links.sign_in()})
    details = [(_("Account"), one_line(f"{user.name} ({user.user_name})")), (_("New address"), address)]
    link = links.new_address(user, letter.to_address, until)
    return Content({"is_taken": False, "details": details, "until": minute(until), "link": link})


def address_changed(letter: Letter, facts: Facts, _links: Links) -> Content | None:
    """To the address that the account had before. Nothing once the account is deleted."""
    user = facts.accounts.get(letter.user_id) if letter.user_id else None
    if user is None or user.deleted_at:
        return None
    contact = one_line(user.organisation.contact_email or "") if user.organisation else ""
    details = [
        (_("Account"), one_line(f"{user.name} ({user.user_name})")),
        (_("Address before"), one_line(letter.to_address)),
        (_("Changed"), minute(letter.created_at)),
    ]
    return Content({"details": details, "contact": contact}, reply_to=contact or None)
