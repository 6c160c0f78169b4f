"""The ways to sign in, as the operator has configured them: with a password, with providers (OpenID Connect)."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask, abort, current_app

from domain.identities import Ways
from domain.providers import Settings, SettingsError, read
from models import User

if TYPE_CHECKING:
    from domain.openid import Provider

View = TypeVar("View", bound=Callable[..., Any])


def init_app(app: Flask) -> None:
    try:
        settings = read(app.config)
    except SettingsError as error:
        raise SystemExit(str(error)) from None
    if not settings and not app.config["PASSWORD_SIGN_IN"]:
        raise SystemExit(
            "PASSWORD_SIGN_IN is off, and there is no provider to sign in with instead.\n"
            "Set OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and OIDC_NAME, or leave passwords on."
        )
    app.extensions["providers"] = _connected(settings) if settings else {}
    app.add_template_global(everyone, "providers")
    app.add_template_global(by_password, "signs_in_by_password")


def _connected(settings: Sequence[Settings]) -> "dict[str, Provider]":
    from domain.openid import Provider  # slow to import, and needed only where there is one

    return {one.key: Provider(one) for one in settings}


def by_key() -> "Mapping[str, Provider]":
    return cast("Mapping[str, Provider]", current_app.extensions["providers"])


def everyone() -> "Sequence[Provider]":
    """In the order of the buttons."""
    return [*by_key().values()]


def by_password() -> bool:
    return bool(current_app.config["PASSWORD_SIGN_IN"])


def asks_for_password(user: User) -> bool:
    """To be sure of the person. One of before passwords were turned off is asked for no more."""
    return by_password() and user.password_hash is not None


def ways() -> Ways:
    return Ways(by_password(), {provider.issuer for provider in everyone()})


def name_of(issuer: str) -> str:
    """The issuer itself, where it is no longer one of the providers."""
    return next((provider.name for provider in everyone() if provider.issuer == issuer), issuer)


def named(view: View) -> View:
    """The view gets the provider of the route's `<key>`."""

    @wraps(view)
    def asked(key: str, **values: Any) -> Any:
        return view(by_key().get(key) or abort(404), **values)

    return cast(View, asked)


def where_passwords_are_on(view: View) -> View:
    """Elsewhere there is no such page."""

    @wraps(view)
    def asked(**values: Any) -> Any:
        return view(**values) if by_password() else abort(404)

    return cast(View, asked)
