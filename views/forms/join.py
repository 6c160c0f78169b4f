"""Answering an invitation."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm

from views.forms.account import new_password, own_name


class NewAccountForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    name = own_name()
    password = new_password(_("Choose a password"))
