"""In which language one reads and is written to."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import RadioField, SelectChoice

from domain.language import languages, name_of, tag_of

#: Each is read out as its own speakers do.
_NAME = Markup('<span lang="{}">{}</span>')


class LanguageForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    language = RadioField(_("Language"))

    def __init__(self, chosen: str | None) -> None:
        """`chosen`: its code; empty: none."""
        super().__init__(language=chosen or "")
        by_name = [SelectChoice(code, _NAME.format(tag_of(code), name_of(code))) for code in languages()]
        self.language.choices = [SelectChoice("", _("As the browser asks")), *by_name]

    @property
    def chosen(self) -> str | None:
        return self.language.data or None
