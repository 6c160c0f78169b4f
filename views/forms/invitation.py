"""Inviting a few people by form."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, DateInput

from domain.invitation_sheet import Line
from domain.invitations import Defaults
from domain.inviting import read_form
from models import Collaboration, Group
from models.collaboration import Role
from views.forms.typed import typed, typed_on_a_line

#: Read by the rules of the file's columns, whose names they bear.
AS_IN_THE_FILE = (
    "invitees",
    "intended_role",
    "invitation_expiry_date",
    "membership_expiry_date",
    "message",
    "sender_name",
)

#: What somebody can be in a collaboration.
ROLES = [
    SelectChoice(Role.MEMBER.value, _("Member (takes part, and sees who the other members are)")),
    SelectChoice(Role.ADMIN.value, _("Admin (also invites people, changes and removes members, and makes groups)")),
]


class InvitationForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    invitees = TextAreaField(_("E-mail addresses"), filters=[typed], render_kw={"rows": 4, "spellcheck": "false"})
    intended_role = RadioField(_("Role"), choices=ROLES, default=Role.MEMBER.value)
    groups = SelectMultipleField(_("Groups"), [Optional()], option_widget=CheckboxInput())
    invitation_expiry_date = StringField(_("Last day to accept"), filters=[typed], widget=DateInput())
    membership_expiry_date = StringField(
        _("Last day of the membership"), [Optional()], filters=[typed], widget=DateInput()
    )
    message = TextAreaField(_("Message"), [Optional()], filters=[typed], render_kw={"rows": 5})
    sender_name = StringField(_("Sender's name"), filters=[typed_on_a_line])

    line: Line

    def __init__(self, collaboration: Collaboration, groups: Iterable[Group], defaults: Defaults) -> None:
        expiry = defaults.expires_at.date().isoformat()
        super().__init__(invitation_expiry_date=expiry, message=defaults.message, sender_name=defaults.sender_name)
        self.collaboration = collaboration
        # Every new member joins the others anyway.
        choices = [group for group in groups if not group.auto_provision]
        self.groups.choices = [SelectChoice(str(group.id), f"{group.name} ({group.short_name})") for group in choices]

    @property
    def group_ids(self) -> list[UUID]:
        return [UUID(group) for group in self.groups.data]

    def validate(self, extra_validators: Any = None) -> bool:
        is_well_formed = super().validate(extra_validators)
        reading = read_form(self.collaboration, {name: self[name].data or "" for name in AS_IN_THE_FILE})
        self.line = reading.line
        for name, sentences in reading.problems.items():
            self[name].errors = [*self[name].errors, *sentences]
        return is_well_formed and not reading.problems
