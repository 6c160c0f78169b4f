"""What people are called: whoever has deleted their account by a word for that, in the reader's language."""

from domain.language import gettext as _

#: As it is stored in place of the name.
DELETED = "Deleted account"


def person_name(name: str) -> str:
    """For a page or a letter."""
    return _("Deleted account") if name == DELETED else name
