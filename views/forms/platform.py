"""Naming a platform admin."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField

from views.forms.typed import typed_on_a_line


class PlatformAdminForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    email = EmailField(_("E-mail address"), filters=[typed_on_a_line], render_kw={"autocomplete": "off"})
