"""A family of calls: which they are, and how they are refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, current_app, request
from pydantic import BaseModel
from werkzeug.wrappers import Response


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call is not done, for the family to tell in its own shape."""

    status: int
    title: str
    #: For people.
    sentence: str
    #: For programs; empty where the status says it all.
    code: str = ""
    #: What is wrong with the request: `{"pointer": …, "message": …}` each.
    errors: list[dict[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


class ApiBlueprint(Blueprint):
    """Its calls take an API key or a token, no session and no form token."""

    def __init__(
        self, name: str, tell: Callable[[Refusal], Response], shape: type[BaseModel] | None = None, **given: Any
    ) -> None:
        """`shape`: of the bodies that `tell` answers; empty: problems (`views.api.problems`)."""
        super().__init__(name, __name__, **given)
        self.tell = tell
        self.shape = shape


def blueprint_here() -> ApiBlueprint | None:
    """The family of this request's call; nothing where it is a page, or nothing at all."""
    found = current_app.blueprints.get(request.blueprint or "")
    return found if isinstance(found, ApiBlueprint) else None


def blueprint_of_path() -> ApiBlueprint | None:
    """The family of a call that was made by another method than its own: to Flask that is none."""
    families = (found for found in current_app.iter_blueprints() if isinstance(found, ApiBlueprint))
    return next((family for family in families if request.path.startswith(f"{family.url_prefix}/")), None)
