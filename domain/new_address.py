"""Another address for an account: asked for by its person, and confirmed by a letter's link, which is the proof."""

from enum import StrEnum

from sqlalchemy.exc import IntegrityError

from domain import addresses, audit, pending_enrolments
from domain.addresses import key_of_address
from domain.audit import About, By
from domain.errors import ConflictError
from domain.language import gettext as _
from domain.link_tokens import AddressLink, mark_of
from domain.post import address_changed_letter, confirm_address_letter, post
from models import User, db, now
from models.audit import AuditAction
from models.user import new_session_key


class Ending(StrEnum):
    """Why a link leads no further, as its visitor is told."""

    #: It is none of ours.
    UNKNOWN = "unknown"
    #: It is for another account than the visitor's.
    OTHERS = "others"
    #: The account has had another address, or another password, since.
    USED = "used"
    EXPIRED = "expired"


def problem_of(user: User, address: str) -> str | None:
    """Why it cannot be the person's new address. Whether somebody else has it is not told here."""
    if problem := addresses.problem_of(address):
        return problem
    return _("This is your address already.") if address == user.email else None


def ask(user: User, address: str) -> None:
    """A letter to the new address, with a link; nothing is changed before that is followed.

    Where the address has an account the letter says so, and the link is left out: only whoever reads its mail learns.
    """
    post([confirm_address_letter(user, address)])


def mark_of_account(user: User) -> bytes:
    """Of a link: it is an old one as soon as the account has another password or address."""
    return mark_of(f"{user.session_key} {user.email_key}")


def ending_of(link: AddressLink | None, user: User) -> Ending | None:
    """Nothing where the address can be changed."""
    if link is None:
        return Ending.UNKNOWN
    if link.user_id != user.id:
        return Ending.OTHERS
    if link.mark != mark_of_account(user):
        return Ending.USED
    return Ending.EXPIRED if link.until <= now() else None


def change(user: User, link: AddressLink, by: By) -> None:
    """The account has the link's address from now on; what waits for that becomes the person's. All sessions end.

    Raises `ConflictError` where the address has another account by now, or the link has just been used elsewhere.
    """
    key = key_of_address(link.address)
    courses = pending_enrolments.hold([key])
    db.session.refresh(user, with_for_update=True)
    if ending_of(link, user):
        raise ConflictError(_("Your address or your password was changed at this very moment. Look at your account."))
    address_before = user.email
    try:
        with db.session.begin_nested():
            user.email, user.email_key = link.address, key
            user.session_key = new_session_key()
    except IntegrityError:
        raise ConflictError(_("%(email)s has another account by now.", email=link.address)) from None
    pending_enrolments.fulfil([user.id], courses)
    audit.record(AuditAction.ADDRESS_CHANGED, About(user.organisation_id), by, {"of": [user.id]})
    post([address_changed_letter(user, address_before)])
