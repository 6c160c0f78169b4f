"""Making an API key."""

from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.widgets import DateInput

from domain import api_keys
from domain.dates import ExpiryError, read_day_or_moment
from views.forms.typed import typed, typed_on_a_line


class ApiKeyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    name = StringField(_("Name"), filters=[typed_on_a_line], render_kw={"autocomplete": "off"})
    until = StringField(_("Last day"), filters=[typed], widget=DateInput())

    def __init__(self, today: date) -> None:
        """`today`: in UTC."""
        super().__init__(until=(today + timedelta(days=api_keys.DAYS)).isoformat())
        self.today = today

    @property
    def day(self) -> date | None:
        """Nothing where it is none."""
        try:
            read = read_day_or_moment(self.until.data or "")
        except ExpiryError:
            return None
        return None if isinstance(read, datetime) else read

    def validate(self, extra_validators: Any = None) -> bool:
        is_well_formed = super().validate(extra_validators)
        problems = api_keys.problems_of(self.name.data or "", self.day, self.today)
        for name, sentences in problems.items():
            self[name].errors = [*self[name].errors, *sentences]
        return is_well_formed and not problems
