"""Lists, a page at a time: what every call that answers one takes, and how it goes on."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Generic, TypeVar

from flask_babel import gettext as _
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import Select

from domain.keyset import Mark, Order, mark_of, slice_after
from views.api.calls import Given, MalformedError
from views.forms.typed import typed_on_a_line

Item = TypeVar("Item")

#: Words to look for; no database takes all that can be sent.
Words = Annotated[str, AfterValidator(typed_on_a_line)]


class Paged(Given):
    limit: int = Field(100, description="At most so many items.", ge=1, le=1_000)
    cursor: str = Field("", description="The `next` of the page before. Without it, the first page.")


class Listed(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str | None = Field(description="The `cursor` of the next page; null where this is the last one.")


def page_of(query: Select[Any], order: Order, kind: type, asked: Paged) -> tuple[list[Any], str | None]:
    """The entities on the page that is asked for, and the cursor of the next. `kind`: of what `order` goes by."""
    mark = mark_asked_for(asked, partial(mark_of, kind=kind))
    entity = query.column_descriptions[0]["entity"]
    with_marks = query.order_by(None).with_only_columns(order.id, order.value, entity)
    found = slice_after(with_marks, order, mark, asked.limit)
    return [row[2] for row in found.items], cursor_of(found.after)


def mark_asked_for(asked: Paged, read: Callable[[str], Mark | None]) -> Mark | None:
    """Where the page begins; nothing: at the first."""
    if not asked.cursor:
        return None
    mark = read(asked.cursor)
    if mark is None:
        sentence = _("This is no cursor of this list.")
        raise MalformedError(422, sentence, [{"pointer": "?cursor", "message": sentence}])
    return mark


def cursor_of(mark: Mark | None) -> str | None:
    return mark.as_text() if mark else None
