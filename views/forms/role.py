"""Inviting to a role in an organisation, and changing what a manager manages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, SelectMultipleField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput

from domain.role_inviting import Said
from domain.roles import OF_MANAGERS, Kind, kind_of
from models import OrganisationRole, Unit
from views.forms.typed import typed

_EXPLAINED = {
    Kind.ADMIN: _("Admin (runs the organisation, and may do everything in it)"),
    Kind.MANAGER: _(
        "Manager (creates collaborations and courses, invites to all collaborations, names mentors, runs all batches)"
    ),
    Kind.UNIT_MANAGER: _("Unit manager (invites to the collaborations of the units chosen below)"),
    Kind.MENTOR: _("Mentor (creates and runs batches of the organisation's courses)"),
}


def choice_of_kind() -> RadioField:
    return RadioField(_("Role"), validate_choice=False)


def choice_of_units() -> SelectMultipleField:
    return SelectMultipleField(_("Units"), [Optional()], option_widget=CheckboxInput())


class RoleForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    """With the fields `kind` and `units`, at the place where each form has them."""

    def __init__(self, kinds: Iterable[Kind], units: Iterable[Unit], **given: Any) -> None:
        super().__init__(**given)
        self.units.choices = [SelectChoice(str(unit.id), unit.name) for unit in units]
        offered = [kind for kind in kinds if kind is not Kind.UNIT_MANAGER or self.units.choices]
        self.kind.choices = [SelectChoice(kind.value, _EXPLAINED[kind]) for kind in offered]

    @property
    def chosen_kind(self) -> Kind | None:
        """Nothing where none is chosen."""
        return Kind(self.kind.data) if self.kind.data in {*Kind} else None

    @property
    def unit_ids(self) -> list[UUID]:
        return [UUID(unit) for unit in self.units.data or ()]

    def tell(self, problems: Mapping[str, Sequence[str]]) -> None:
        for name, sentences in problems.items():
            self[name].errors = sentences


class RoleInvitationForm(RoleForm):
    addresses = TextAreaField(_("E-mail addresses"), filters=[typed], render_kw={"rows": 4, "spellcheck": "false"})
    kind = choice_of_kind()
    units = choice_of_units()
    message = TextAreaField(_("Message"), [Optional()], filters=[typed], render_kw={"rows": 5})

    def __init__(self, kinds: Sequence[Kind], units: Iterable[Unit]) -> None:
        """Units are for unit managers: without that kind there is nothing to choose."""
        only = {"kind": kinds[0].value} if len(kinds) == 1 else {}
        super().__init__(kinds, units if Kind.UNIT_MANAGER in kinds else (), data=only)

    @property
    def said(self) -> Said:
        return Said(self.addresses.data, self.chosen_kind, self.unit_ids, self.message.data)


class ManagerForm(RoleForm):
    kind = choice_of_kind()
    units = choice_of_units()

    def __init__(self, units: Iterable[Unit], role: OrganisationRole) -> None:
        managed = {"kind": kind_of(role).value, "units": [str(unit.id) for unit in role.units]}
        super().__init__(OF_MANAGERS, units, data=managed)
