"""A group of a collaboration."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, StringField

from domain.groups import Wanted
from models import Group
from views.forms.collaboration import AS_TYPED
from views.forms.organisation import SaidForm
from views.forms.typed import typed_on_a_line


class GroupForm(SaidForm):
    name = StringField(_("Name"), filters=[typed_on_a_line], render_kw={"autocomplete": "off"})
    short_name = StringField(_("Short name"), filters=[typed_on_a_line], render_kw=AS_TYPED)
    auto_provision = BooleanField(_("Every new member joins it"))
    with_members = BooleanField(_("Add everybody who is a member already"))

    @classmethod
    def for_group(cls, group: Group) -> "GroupForm":
        return cls(data={name: getattr(group, name) for name in ("name", "short_name", "auto_provision")})

    @property
    def wanted(self) -> Wanted:
        return Wanted(**self.said, auto_provision=self.auto_provision.data, with_members=self.with_members.data)
