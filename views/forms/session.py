from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import DataRequired, InputRequired, Length

from views.forms.typed import typed_on_a_line


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    email = EmailField(
        _("E-mail address"),
        [DataRequired(_("Enter your e-mail address.")), Length(max=254)],
        filters=[typed_on_a_line],
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        _("Password"),
        [InputRequired(_("Enter your password.")), Length(max=1000)],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()
