"""Long lists, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select

from models import db
from models.base import count_up_to

Item = TypeVar("Item")

#: Counting ends here, so that the cost of a page does not grow with the list.
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    items: Sequence[Item]
    #: From 1.
    number: int
    #: Items a page.
    size: int
    #: Of the whole list; with `and_more`, at least so many.
    total: int
    and_more: bool = False

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def has_next(self) -> bool:
        return self.number < self.pages or (self.and_more and len(self.items) == self.size)


def page_of(query: Select[Any], number: int, size: int, total: int | None = None) -> Page[Any]:
    """One page of the query's entities, or of its rows where it asks for columns. Counts unless told the total.

    A number past the end gives the last page, unless the list is too long to know its end.
    """
    counted = count_up_to(query.order_by(None), MOST_COUNTED + 1) if total is None else total
    and_more = total is None and counted > MOST_COUNTED
    last = max(1, -(-counted // size))
    number = number if and_more else min(number, last)
    result = db.session.execute(query.limit(size).offset((number - 1) * size)).unique()
    items = result.scalars().all() if len(query.column_descriptions) == 1 else result.all()
    return Page(items, number, size, MOST_COUNTED if and_more else counted, and_more)
