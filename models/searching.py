"""Finding texts by any part of them, and lists by what stands in them, without looking through them all.

PostgreSQL has functions of its own for that, over which there are indexes; it needs no extension. SQLite looks through:
what it holds is one file on one machine.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, DDL, ColumnElement, Row, Select, Text, and_, any_, event, func, literal, select, true
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import InstrumentedAttribute

from models.base import among, db

#: Characters of a part.
_LENGTH = 3
#: Rows that are looked through before the index is asked.
_NEAREST = 2_000
#: Rows that are looked up one by one.
_FEW = 2_000

#: Every three characters that follow one another, and what is left at the end; taken apart by a character that no text
#: has in it. An expression without a query, so that it is computed in place: four times as fast as a loop.
_PARTS_OF = r"""
CREATE OR REPLACE FUNCTION parts_of(searched text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT array_to_tsvector(array_remove(string_to_array(
    regexp_replace(searched, '(...)', E'\\1\x01', 'g') || E'\x01'
    || regexp_replace(substr(searched, 2), '(...)', E'\\1\x01', 'g') || E'\x01'
    || regexp_replace(substr(searched, 3), '(...)', E'\\1\x01', 'g'), E'\x01'), ''))
$$
"""
#: The texts in all lists of an object, in lower case.
_NAMED_IN = """
CREATE OR REPLACE FUNCTION named_in(people json) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT array(SELECT lower(person) FROM json_each(people) AS outcome, json_array_elements_text(outcome.value) AS person)
$$
"""

for _function in (_PARTS_OF, _NAMED_IN):
    on_postgresql = DDL(_function).execute_if(dialect="postgresql")  # type: ignore[no-untyped-call]
    event.listen(db.metadata, "before_create", on_postgresql)


def _is_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def contains(searched: InstrumentedAttribute[str], key: str) -> ColumnElement[bool]:
    """Whether the text has `key` in it; with `parts_of(searched)` indexed, found by its parts."""
    has_it = searched.contains(key, autoescape=True)
    if not _is_postgresql():
        return has_it
    return and_(func.parts_of(searched).op("@@")(literal(_parts(key), TSQUERY)), has_it)


def rows_with(
    key: str, searched: InstrumentedAttribute[str], query: Select[Any], most: int, row_id: InstrumentedAttribute[Any]
) -> Sequence[Row[Any]]:
    """The first `most` rows whose text `contains` the key, of a query in the order of an index.

    By what most texts have in them that would take longest. But of such there are enough among the nearest rows, which
    are looked through where they are, or are all that there are.
    """
    query, has_it = query.limit(most), contains(searched, key)
    if _is_postgresql():
        near = query.with_only_columns(row_id, searched).limit(_NEAREST).subquery()
        fitting = func.count().filter(near.c[searched.key].contains(key, autoescape=True))
        looked_at, found = db.session.execute(select(func.count(), fitting).select_from(near)).one()
        if found >= most or looked_at < _NEAREST:
            has_it = and_(row_id.in_(select(near.c[row_id.key])), searched.contains(key, autoescape=True))
    return db.session.execute(query.where(has_it)).all()


def few_with(
    key: str, searched: InstrumentedAttribute[str], row_id: InstrumentedAttribute[Any], listed: Select[Any]
) -> ColumnElement[bool]:
    """Which rows of a long list are worth a look: those whose text `contains` the key, where an index has them and they
    are few; else all. `listed`: the list, joined to these texts.

    What one in a hundred of the nearest has in it is not looked for elsewhere.
    """
    if _is_postgresql():
        near = listed.order_by(None).with_only_columns(searched).limit(_NEAREST).subquery()
        fitting = func.count().filter(near.c[searched.key].contains(key, autoescape=True))
        looked_at, found = db.session.execute(select(func.count(), fitting).select_from(near)).one()
        if looked_at == _NEAREST and found < _NEAREST // 100:
            few = db.session.scalars(select(row_id).where(contains(searched, key)).limit(_FEW + 1)).all()
            return among(row_id, few) if len(few) <= _FEW else true()
    return true()


def names_any(people: InstrumentedAttribute[dict[str, Any]], wanted: Iterable[str]) -> ColumnElement[bool] | None:
    """Whether one of the lists names one of `wanted`, whatever its case, by an index over `named_in(people)`; nothing
    where there is none.
    """
    if not _is_postgresql():
        return None
    named: ColumnElement[bool] = func.named_in(people).op("&&")(literal([one.lower() for one in wanted], ARRAY(Text)))
    return named


def one_of_few(one: InstrumentedAttribute[Any], found: Any) -> ColumnElement[bool]:
    """`one IN found`, for a query that finds few, and is asked once. PostgreSQL, which expects many of it, would rather
    go through them all; and it may ask twice, which of a query for the first few that nobody holds finds others.
    """
    return one == any_(func.array(found.scalar_subquery())) if _is_postgresql() else one.in_(found)


def _parts(key: str) -> str:
    """As a query for all of them: of what is shorter than a part, for those that begin so."""
    if len(key) < _LENGTH:
        return f"{_quoted(key)}:*"
    every = (key[place : place + _LENGTH] for place in range(len(key) - _LENGTH + 1))
    return " & ".join(map(_quoted, dict.fromkeys(every)))


def _quoted(part: str) -> str:
    return "'" + part.replace("\\", "\\\\").replace("'", "''") + "'"
