"""In which language one reads and is written to."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice

from domain.language import languages, name_of, tag_of


class LanguageForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    language = RadioField(_("Language"))

    def __init__(self, chosen: str | None) -> None:
        """`chosen`: its code; empty: none."""
        super().__init__(language=chosen or "")
        by_name = [SelectChoice(code, name_of(code), render_kw={"lang": tag_of(code)}) for code in languages()]
        self.language.choices = [SelectChoice("", _("As the browser asks")), *by_name]

    @property
    def chosen(self) -> str | None:
        return self.language.data or None
