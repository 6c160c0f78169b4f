"""One's own account: its name, its password, its address."""

from functools import partial
from typing import Any

from argon2 import PasswordHasher
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, Field, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from domain import new_address
from domain.people import SHORTEST_PASSWORD, check_password, key_of_email
from models import User
from views import providers
from views.forms.typed import typed_on_a_line


def _has_a_letter(form: FlaskForm, field: Field) -> None:
    if not any(character.isalnum() for character in field.data):
        raise ValidationError(_("Enter your name, with at least one letter in it."))


def own_name() -> StringField:
    return StringField(
        _("Your name"),
        [
            DataRequired(_("Enter your name.")),
            Length(max=255, message=_("Write a name of at most %(max)d characters.")),
            _has_a_letter,
        ],
        filters=[typed_on_a_line],
        render_kw={"autocomplete": "name"},
    )


def new_password(label: LazyString) -> PasswordField:
    return PasswordField(
        label,
        [
            InputRequired(_("Choose a password.")),
            Length(min=SHORTEST_PASSWORD, message=_("Use at least %(min)d characters.")),
            Length(max=1000, message=_("Use at most %(max)d characters.")),
        ],
        render_kw={"autocomplete": "new-password"},
    )


class NameForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    name = own_name()


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    password = new_password(_("New password"))


class WithOwnPasswordForm(FlaskForm):  # type: ignore[misc]
    """What only the person themself may do."""

    current = PasswordField(
        _("Current password"),
        [InputRequired(_("Enter your current password.")), Length(max=1000)],
        render_kw={"autocomplete": "current-password"},
    )

    def __init__(self, hasher: PasswordHasher, user: User, **more: Any) -> None:
        """Whoever has no password to sign in with is not asked for it."""
        super().__init__(**more)
        self._is_current = partial(check_password, hasher, user)
        if not providers.asks_for_password(user):
            del self.current

    def validate_current(self, field: Field) -> None:
        if not self._is_current(field.data):
            raise ValidationError(_("This is not your current password."))


class ChangePasswordForm(WithOwnPasswordForm):
    password = new_password(_("New password"))


class NewAddressForm(WithOwnPasswordForm):
    email = EmailField(
        _("New e-mail address"),
        [DataRequired(_("Enter the new address."))],
        filters=[typed_on_a_line],
        render_kw={"autocomplete": "email"},
    )

    def __init__(self, hasher: PasswordHasher, user: User, **more: Any) -> None:
        super().__init__(hasher, user, **more)
        self._problem_of = partial(new_address.problem_of, user)

    def validate_email(self, field: Field) -> None:
        if problem := self._problem_of(field.data):
            raise ValidationError(problem)


class DeleteAccountForm(WithOwnPasswordForm):
    email = EmailField(
        _("Your e-mail address"),
        [DataRequired(_("Enter the address of this account."))],
        filters=[typed_on_a_line],
        render_kw={"autocomplete": "off"},
    )
    is_understood = BooleanField(
        _("I understand that this cannot be undone"), [InputRequired(_("Tick this if you want to go on."))]
    )

    def __init__(self, hasher: PasswordHasher, user: User, **more: Any) -> None:
        """Whoever is not asked for a password enters their address instead."""
        super().__init__(hasher, user, **more)
        self._email_key = user.email_key
        if self.current:
            del self.email

    def validate_email(self, field: Field) -> None:
        if key_of_email(field.data) != self._email_key:
            raise ValidationError(_("This is not the address of this account."))


class ForgottenForm(FlaskForm):  # type: ignore[misc]
    email = EmailField(
        _("E-mail address"),
        [DataRequired(_("Enter your e-mail address.")), Length(max=254)],
        filters=[typed_on_a_line],
        render_kw={"autocomplete": "username"},
    )
