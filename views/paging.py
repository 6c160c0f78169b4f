"""Which page of a list is asked for, and where the others are."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from domain.paging import Page

SIZE = 50
#: Of each list, where two stand on one page.
OVERVIEW = 25

#: What a list may be narrowed by; it stays when turning pages.
FILTERS = {"q", "search", "show", "whose"}


def page_asked_for() -> int:
    return min(max(request.args.get("page", 1, int), 1), 1_000_000)


@dataclass(frozen=True, slots=True)
class PageLinks:
    """What the pager shows. An address is empty where there is nowhere to go."""

    number: int
    pages: int
    total: int
    and_more: bool
    first_url: str | None
    previous_url: str | None
    next_url: str | None
    last_url: str | None


def links_of(page: Page[Any]) -> PageLinks:
    first, last = page.number == 1, not page.has_next
    return PageLinks(
        page.number,
        page.pages,
        page.total,
        page.and_more,
        first_url=None if first else _url(1),
        previous_url=None if first else _url(page.number - 1),
        next_url=None if last else _url(page.number + 1),
        last_url=None if last or page.and_more else _url(page.pages),
    )


def _url(number: int) -> str:
    asked = {name: value for name, value in request.args.items() if name in FILTERS}
    places: dict[str, Any] = {**asked, **(request.view_args or {}), "page": number}
    return url_for(request.endpoint or "", **places)
