"""Answering an invitation."""

import re

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from domain.people import SHORTEST_PASSWORD

#: Whatever ends a line, commands a terminal, or turns the direction of the text around it.
_NO_PART_OF_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def _is_a_name(form: FlaskForm, field: Field) -> None:
    """Something that can be read, on one line."""
    if not any(character.isalnum() for character in field.data):
        raise ValidationError(_("Enter your name, with at least one letter in it."))
    if _NO_PART_OF_A_NAME.search(field.data):
        raise ValidationError(_("The name has control characters in it: type it again."))


class NewAccountForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    name = StringField(
        _("Your name"),
        [
            DataRequired(_("Enter your name.")),
            Length(max=255, message=_("Write a name of at most %(max)d characters.")),
            _is_a_name,
        ],
        filters=[lambda text: text.strip() if text else text],
        render_kw={"autocomplete": "name"},
    )
    password = PasswordField(
        _("Choose a password"),
        [
            InputRequired(_("Choose a password.")),
            Length(min=SHORTEST_PASSWORD, message=_("Use at least %(min)d characters.")),
            Length(max=1000, message=_("Use at most %(max)d characters.")),
        ],
        render_kw={"autocomplete": "new-password"},
    )
