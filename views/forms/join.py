"""Answering an invitation."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from domain.people import SHORTEST_PASSWORD
from views.forms.typed import typed_on_a_line


def _has_a_letter(form: FlaskForm, field: Field) -> None:
    if not any(character.isalnum() for character in field.data):
        raise ValidationError(_("Enter your name, with at least one letter in it."))


class NewAccountForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    name = StringField(
        _("Your name"),
        [
            DataRequired(_("Enter your name.")),
            Length(max=255, message=_("Write a name of at most %(max)d characters.")),
            _has_a_letter,
        ],
        filters=[typed_on_a_line],
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
