"""Who is asking, and what they may have.

Every route states its rule with one of the decorators below; a route without one is closed to everybody.
The loading decorators hand the view what it is about, as `views.loaders` finds it for this person.
"""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask_login import UserMixin, current_user
from flask_login import login_user as remember
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from domain.audit import By
from domain.people import rights_of
from domain.permissions import Rights
from models import (
    Batch,
    Organisation,
    User,
    begin_writing,
    db,
    roll_back,
)
from models.audit import Through
from views import callers, loaders
from views.api.blueprint import blueprint_here
from views.extensions import login_manager
from views.loaders import Rule

View = TypeVar("View", bound=Callable[..., Any])


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login comes without types
    """The person of this request, as Flask-Login wants them."""

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        return f"{self.user.id}.{self.user.session_key}"


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load(session_id: str) -> SignedIn | None:
    user_id, _dot, session_key = session_id.partition(".")
    user = db.session.get(User, uuid.UUID(user_id))
    return SignedIn(user) if user and user.is_active and user.session_key == session_key else None


def sign_in(user: User) -> None:
    remember(SignedIn(user))


def me() -> User:
    return cast(User, g.caller.user if "caller" in g else current_user.user)


def by() -> By:
    """Me, the door I came by, and from where."""
    if "caller" in g:
        return By(me().id, Through.API, api_key_id=g.caller.key.id, address=request.remote_addr)
    return By(me().id, Through.PAGE, address=request.remote_addr)


def me_if_known() -> User | None:
    """The person, for the frame of a page that must stand even where the database does not answer."""
    try:
        person = me() if is_signed_in() else None
        return person if person and person.name else None  # a fault has let go of what was loaded: it is loaded here
    except SQLAlchemyError:
        roll_back()
        return None


def my_rights() -> Rights:
    """Of a program, its key's."""
    if "rights" not in g:
        g.rights = g.caller.rights if "caller" in g else rights_of(me())
    return cast(Rights, g.rights)


def is_signed_in() -> bool:
    return "caller" in g or bool(current_user.is_authenticated)


# The rules a route may state.


def public(view: View) -> View:
    """For anybody, signed in or not."""
    view.access_rule = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """For anyone signed in."""
    view.access_rule = "signed in"  # type: ignore[attr-defined]
    return view


def needs(rule: Callable[[Rights], bool]) -> Callable[[View], View]:
    """For those whose roles satisfy the rule."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if not rule(my_rights()):
                abort(403)
            return view(*args, **kwargs)

        checked.access_rule = rule.__name__  # type: ignore[attr-defined]
        return cast(View, checked)

    return decorate


def _loads(name: str, load: Callable[[uuid.UUID, Rights, Rule], Any], rule: Rule) -> Callable[[View], View]:
    """The view gets `name`, loaded from the route's `<uuid:name_id>`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def loaded(*args: Any, **kwargs: Any) -> Any:
            kwargs[name] = load(kwargs.pop(f"{name}_id"), my_rights(), rule)
            return view(*args, **kwargs)

        loaded.access_rule = rule.__name__  # type: ignore[attr-defined]
        return cast(View, loaded)

    return decorate


def upload(rule: Rule) -> Callable[[View], View]:
    return _loads("upload", loaders.upload, rule)


def collaboration(rule: Rule) -> Callable[[View], View]:
    return _loads("collaboration", loaders.collaboration, rule)


def invitation(rule: Rule) -> Callable[[View], View]:
    """An invitation, by the rule of its collaboration."""
    return _loads("invitation", loaders.invitation, rule)


def group(rule: Rule) -> Callable[[View], View]:
    """A group, by the rule of its collaboration."""
    return _loads("group", loaders.group, rule)


def membership(rule: Rule) -> Callable[[View], View]:
    """A current membership, by the rule of its collaboration."""
    return _loads("membership", loaders.membership, rule)


def course(rule: Rule) -> Callable[[View], View]:
    """A course, from the route's `<key>`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def loaded(*args: Any, **kwargs: Any) -> Any:
            kwargs["course"] = loaders.course(kwargs.pop("key"), my_rights(), rule)
            return view(*args, **kwargs)

        loaded.access_rule = rule.__name__  # type: ignore[attr-defined]
        return cast(View, loaded)

    return decorate


def batch(rule: Rule) -> Callable[[View], View]:
    return _loads("batch", loaders.batch, rule)


def organisation(rule: Rule) -> Callable[[View], View]:
    return _loads("organisation", loaders.organisation, rule)


def organisation_called(rule: Rule) -> Callable[[View], View]:
    """An organisation by its short name, from the route's `<organisation>`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def loaded(*args: Any, **kwargs: Any) -> Any:
            kwargs["organisation"] = loaders.organisation_called(kwargs.pop("organisation"), my_rights(), rule)
            return view(*args, **kwargs)

        loaded.access_rule = rule.__name__  # type: ignore[attr-defined]
        return cast(View, loaded)

    return decorate


def person(rule: Rule) -> Callable[[View], View]:
    """One of an organisation's people, from the route's `<uuid:organisation_id>` and `<uuid:user_id>`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def loaded(*args: Any, **kwargs: Any) -> Any:
            whose = kwargs.pop("organisation_id"), kwargs.pop("user_id")
            return view(*args, **kwargs, person=loaders.person(*whose, my_rights(), rule))

        loaded.access_rule = rule.__name__  # type: ignore[attr-defined]
        return cast(View, loaded)

    return decorate


def unit(rule: Rule) -> Callable[[View], View]:
    """A unit, by the rule of its organisation."""
    return _loads("unit", loaders.unit, rule)


def role(rule: Rule) -> Callable[[View], View]:
    """What somebody is in an organisation."""
    return _loads("role", loaders.role, rule)


def role_invitation(rule: Rule) -> Callable[[View], View]:
    return _loads("role_invitation", loaders.role_invitation, rule)


def identity(rule: Rule) -> Callable[[View], View]:
    """What a person signs in with at a provider."""
    return _loads("identity", loaders.identity, rule)


def api_key(rule: Rule) -> Callable[[View], View]:
    return _loads("api_key", loaders.api_key, rule)


def organisation_named(short_name: str, rule: Rule) -> Organisation:
    """Likewise an organisation."""
    return loaders.organisation_called(short_name, my_rights(), rule)


def batch_named(batch_id: uuid.UUID, rule: Rule) -> Batch:
    """A batch that no path names, but what is sent."""
    return loaders.batch(batch_id, my_rights(), rule)


# Closed by default.

#: Served by Flask and its extensions, for anybody.
OPEN_ENDPOINTS = frozenset({"static", "bootstrap.static"})


def guard(app: Flask) -> None:
    """Ask for sign-in everywhere but at public routes, and let writers wait their turn."""
    app.before_request(_begin)
    app.before_request(_ask_to_sign_in)


def _begin() -> None:
    """What is written waits for nobody's body: that is read before."""
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        if blueprint_here():
            request.max_form_memory_size = current_app.config["MAX_CONTENT_LENGTH"]
            request.get_data(parse_form_data=True)
        begin_writing()


def _ask_to_sign_in() -> Response | None:
    if request.endpoint is None or request.endpoint in OPEN_ENDPOINTS:
        return None
    rule = getattr(current_app.view_functions[request.endpoint], "access_rule", None)
    if rule is None:
        abort(403)
    if rule != "public" and blueprint_here():
        g.caller = callers.identify()
    elif rule != "public" and not is_signed_in():
        return redirect(url_for("session.login", next=_where_to_return()), 303)
    return None


def _where_to_return() -> str | None:
    """The page that was asked for. A form that was sent is not sent again after signing in."""
    return request.full_path.rstrip("?") if request.method == "GET" else None
