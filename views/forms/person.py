"""What an organisation says of one of its people."""

from flask_babel import lazy_gettext as _
from wtforms import StringField
from wtforms.validators import Optional

from domain import person
from models import User
from views.forms.organisation import SaidForm
from views.forms.typed import typed_on_a_line

_NOTHING_FILLED_IN = {"autocomplete": "off"}


def _said(label: str) -> StringField:
    return StringField(label, [Optional()], filters=[typed_on_a_line], render_kw=_NOTHING_FILLED_IN)


class PersonForm(SaidForm):
    name = StringField(_("Name"), filters=[typed_on_a_line], render_kw=_NOTHING_FILLED_IN)
    state_id = _said(_("State ID"))
    district = _said(_("District"))
    school = _said(_("School"))
    block = _said(_("Block"))
    mobile = _said(_("Mobile number"))

    @classmethod
    def for_person(cls, user: User) -> "PersonForm":
        return cls(data=person.as_texts(user))
