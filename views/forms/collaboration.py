"""A collaboration: what it is made with, and what can be changed about it."""

from collections.abc import Iterable
from uuid import UUID

from flask_babel import lazy_gettext as _
from wtforms import SelectChoice, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput

from domain import collaboration_draft
from models import Collaboration, Unit
from views.forms.organisation import SaidForm
from views.forms.typed import typed, typed_on_a_line

#: Of what is no word of any language.
AS_TYPED = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


def labels() -> StringField:
    return StringField(_("Labels"), [Optional()], filters=[typed_on_a_line], render_kw=AS_TYPED)


class CollaborationForm(SaidForm):
    name = StringField(_("Name"), filters=[typed_on_a_line], render_kw={"autocomplete": "off"})
    short_name = StringField(_("Short name"), filters=[typed_on_a_line], render_kw=AS_TYPED)
    description = TextAreaField(_("Description"), [Optional()], filters=[typed], render_kw={"rows": 4})
    units = SelectMultipleField(_("Units"), [Optional()], option_widget=CheckboxInput())
    labels = labels()

    def __init__(self, units: Iterable[Unit], collaboration: Collaboration | None = None) -> None:
        super().__init__(data=_as_it_is(collaboration) if collaboration else None)
        self.units.choices = [SelectChoice(str(unit.id), unit.name) for unit in units]

    @property
    def unit_ids(self) -> list[UUID]:
        return [UUID(unit) for unit in self.units.data or ()]


def _as_it_is(collaboration: Collaboration) -> dict[str, str | list[str]]:
    units = [str(unit.id) for unit in collaboration.units]
    return {**collaboration_draft.as_texts(collaboration), "units": units}


class LabelsForm(SaidForm):
    """For those who may change no more of it."""

    labels = labels()

    def __init__(self, collaboration: Collaboration) -> None:
        super().__init__(data={"labels": collaboration_draft.labels_as_text(collaboration)})
