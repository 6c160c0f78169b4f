"""What a member is in a collaboration."""

from uuid import UUID

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, SelectMultipleField, StringField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, DateInput

from domain.memberships import Wanted, last_day_of
from domain.said import Problems
from models import Membership
from models.collaboration import Role
from views.forms.invitation import ROLES
from views.forms.typed import typed


class MembershipForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    role = RadioField(_("Role"), choices=ROLES)
    groups = SelectMultipleField(_("Groups"), [Optional()], option_widget=CheckboxInput())
    until = StringField(_("Last day of the membership"), [Optional()], filters=[typed], widget=DateInput())

    def __init__(self, membership: Membership) -> None:
        groups = [str(group.id) for group in membership.groups]
        super().__init__(role=membership.role.value, groups=groups, until=last_day_of(membership))
        self.groups.choices = [
            SelectChoice(str(group.id), f"{group.name} ({group.short_name})")
            for group in membership.collaboration.groups
        ]

    @property
    def wanted(self) -> Wanted:
        return Wanted(Role(self.role.data), [UUID(group) for group in self.groups.data], self.until.data or "")

    def tell(self, problems: Problems) -> None:
        for name, sentences in problems.items():
            self[name].errors = sentences
