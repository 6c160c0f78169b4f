"""The list of participants that two pages show: what its address asks for, and where its headings and pages lead."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from flask_babel.speaklater import LazyString
from jinja2_fragments.flask import render_block

from domain import participant_list
from domain.participant_list import DEFAULT_SORT, Page, Sort, SortBy, Standing, Wanted
from models import Batch
from views.forms.typed import typed_on_a_line
from views.paging import SIZE
from views.tabs import Tab, shown_of, tab

#: The id of what changes when the list does, by which htmx asks for it alone.
BLOCK = "people"
#: The list stands below other things: its links lead back to where it begins.
ANCHOR = "participants"
#: Not sorted by: addresses are masked.
EMAIL = "email"

LABELS: dict[str, LazyString] = {
    SortBy.NAME: later("Name"),
    SortBy.STATE_ID: later("State ID"),
    EMAIL: later("E-mail"),
    SortBy.ORGANISATION: later("Organisation"),
    SortBy.DISTRICT: later("District"),
    SortBy.ENROLLED_ON: later("Enrolled on"),
    SortBy.PROGRESS: later("Progress"),
    SortBy.COMPLETED_ON: later("Completed on"),
    SortBy.LAST_ACTIVITY: later("Last activity"),
}


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    label: LazyString
    #: Where the list is sorted by it, or the other way round; empty: it never is.
    sort_url: str | None
    #: For `aria-sort`; empty: the list is sorted by another.
    sorted: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    page: Page
    wanted: Wanted
    tabs: Sequence[Tab]
    columns: Sequence[Column]
    #: What the list is narrowed and sorted by, as its address says it.
    kept: Mapping[str, str]
    #: The whole list.
    all_url: str
    #: Empty where there is nowhere to go.
    first_url: str | None
    previous_url: str | None
    next_url: str | None
    last_url: str | None

    @property
    def sorts(self) -> Iterator[tuple[str, LazyString | str]]:
        """Every way to sort, as the address and as people say it."""
        for column in self.columns:
            if column.sort_url:
                yield column.name, column.label
                yield f"-{column.name}", _("%(column)s, descending", column=column.label)


def listing_of(batch: Batch, names: Sequence[str], counts: Mapping[Standing, int]) -> Listing:
    """`names`: of the columns; `counts`: of everybody, by standing."""
    wanted = wanted_here()
    start = participant_list.start_of(
        wanted, **{name: request.args.get(name, "") for name in ("after", "before", "at")}
    )
    total = counts[wanted.standing] if wanted.standing else sum(counts.values())
    page = participant_list.page_of(batch, wanted, start, SIZE, total)
    kept = _kept(wanted)
    return Listing(
        page=page,
        wanted=wanted,
        tabs=_tabs(wanted, counts),
        columns=[_column(name, wanted) for name in names],
        kept=kept,
        all_url=_url(),
        first_url=_url(**kept) if page.before else None,
        previous_url=_url(**kept, before=page.before.as_text()) if page.before else None,
        next_url=_url(**kept, after=page.after.as_text()) if page.after else None,
        last_url=_url(**kept, at="last") if page.after else None,
    )


def wanted_here() -> Wanted:
    """What the address asks for. What it cannot ask for is passed over."""
    show = request.args.get("show", "")
    return Wanted(
        words=typed_on_a_line(request.args.get("q")),
        standing=Standing(show) if show in [*Standing] else None,
        sort=participant_list.sort_of(request.args.get("sort", "")) or DEFAULT_SORT,
    )


def is_narrowed_or_sorted() -> bool:
    return bool(_kept(wanted_here()))


def alone(template: str, **context: Any) -> Response | None:
    """The list without the rest of the page, where htmx asks for that."""
    if request.headers.get("HX-Target") != BLOCK:
        return None
    answer = make_response(render_block(template, BLOCK, **context))
    answer.headers["Cache-Control"] = "no-store"  # going back must not show it as the page
    return answer


def _kept(wanted: Wanted) -> dict[str, str]:
    kept = {"q": wanted.words, "show": wanted.standing or "", "sort": wanted.sort.as_text()}
    return {name: value for name, value in kept.items() if value and value != DEFAULT_SORT.as_text()}


def _tabs(wanted: Wanted, counts: Mapping[Standing, int]) -> list[Tab]:
    """With the number of each, where all of them are listed; how many a search would find is not known."""
    labels = {
        "all": _("All"),
        Standing.NOT_STARTED: _("Not started"),
        Standing.IN_PROGRESS: _("In progress"),
        Standing.COMPLETED: _("Completed"),
    }
    everybody = {"all": sum(counts.values()), **{name.value: count for name, count in counts.items()}}
    numbers: dict[str, int] = {} if wanted.key else everybody
    shown = shown_of(labels)
    kept = {**_kept(wanted), "_anchor": ANCHOR}
    return [tab(name, label, numbers.get(name), shown, **kept) for name, label in labels.items()]


def _column(name: str, wanted: Wanted) -> Column:
    if name == EMAIL:
        return Column(name, LABELS[name], None, None)
    by = SortBy(name)
    is_sorted, other = by is wanted.sort.by, Sort(by, by is wanted.sort.by and not wanted.sort.descending)
    direction = "descending" if wanted.sort.descending else "ascending"
    sort_url = _url(**_kept(Wanted(wanted.words, wanted.standing, other)))
    return Column(name, LABELS[name], sort_url, direction if is_sorted else None)


def _url(**query: str) -> str:
    places: dict[str, Any] = {**(request.view_args or {}), **query, "_anchor": ANCHOR}
    return url_for(request.endpoint or "", **places)
