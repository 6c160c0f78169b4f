"""An organisation: what it is made with, its settings; and the name of a unit."""

from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import NumberInput

from domain import organisation_settings
from domain.language import ENGLISH, languages, name_of, tag_of
from models import Organisation
from views.forms.typed import typed, typed_on_a_line


def name_of_organisation() -> StringField:
    return StringField(_("Name"), filters=[typed_on_a_line], render_kw={"autocomplete": "off"})


def time_zone() -> StringField:
    return StringField(_("Time zone"), filters=[typed_on_a_line], render_kw={"autocomplete": "off"})


class SaidForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    """What is said in it is read by the domain."""

    @property
    def said(self) -> dict[str, str]:
        """By field; without the form token, which nobody says."""
        fields = [field for field in self if isinstance(field, StringField | SelectField)]
        return {field.name: field.data or "" for field in fields if not isinstance(field, HiddenField)}

    def tell(self, problems: Mapping[str, Sequence[str]]) -> None:
        for name, sentences in problems.items():
            self[name].errors = sentences


class SettingsForm(SaidForm):
    name = name_of_organisation()
    contact_email = EmailField(_("Contact address"), [Optional()], filters=[typed_on_a_line])
    time_zone = time_zone()
    language = SelectField(_("Language of letters"), validate_choice=False)
    default_message = TextAreaField(_("Message"), [Optional()], filters=[typed], render_kw={"rows": 5})
    default_sender_name = StringField(_("Sender's name"), [Optional()], filters=[typed_on_a_line])
    invitation_days = StringField(
        _("Days to accept"),
        [Optional()],
        filters=[typed_on_a_line],
        widget=NumberInput(min=1, max=organisation_settings.MOST_DAYS),
    )

    reminder_days = StringField(
        _("Days left at the reminder"),
        [Optional()],
        filters=[typed_on_a_line],
        widget=NumberInput(min=1, max=organisation_settings.MOST_REMINDER_DAYS),
    )

    @classmethod
    def for_organisation(cls, organisation: Organisation) -> "SettingsForm":
        form = cls(data=organisation_settings.as_texts(organisation))
        form.language.choices = [
            SelectChoice("" if code == ENGLISH else code, name_of(code), render_kw={"lang": tag_of(code)})
            for code in languages()
        ]
        return form


class NewOrganisationForm(SaidForm):
    name = name_of_organisation()
    short_name = StringField(_("Short name"), filters=[typed_on_a_line], render_kw={"autocomplete": "off"})
    time_zone = time_zone()
    admin_email = EmailField(_("First admin"), filters=[typed_on_a_line], render_kw={"autocomplete": "off"})


class UnitForm(FlaskForm):  # type: ignore[misc]
    name = StringField(_("Name"), filters=[typed_on_a_line], render_kw={"autocomplete": "off"})
