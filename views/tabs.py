"""The views of one list, each its own address: `?show=…`."""

from collections.abc import Collection
from dataclasses import dataclass

from flask import request, url_for


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    is_current: bool
    count: int | None = None


def tab(name: str, label: str, count: int | None, shown: str, **kept: str) -> Tab:
    """A tab of this very page. `kept`: by what else the list is narrowed."""
    url = url_for(request.endpoint or "", **{**kept, **(request.view_args or {}), "show": name})
    return Tab(label, url, name == shown, count)


def shown_of(names: Collection[str]) -> str:
    """Which of the tabs is asked for; the first, where none is."""
    asked = request.args.get("show", "")
    return asked if asked in names else next(iter(names))
