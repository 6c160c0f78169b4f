"""Form letters: letters that differ in what stands in their places, and not in the words around those.

The words are rendered once, with a mark at each place; each letter's own texts are put there then. Thousands of
invitations are a few form letters.
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from jinja2 import Environment, Template
from markupsafe import escape

from domain import language
from models.outbox import LetterKind
from worker.letter_words import one_line

#: Around a place's number: characters that stand for nothing (Unicode, 23.7), which no template and no translation has.
#: Texts may have them: they are never searched for places.
_BEFORE, _AFTER = "\ufdd0", "\ufdd1"
_PLACE = re.compile(f"{_BEFORE}(\\d+){_AFTER}")

#: The values of a letter, by name, with marks in place of its texts.
_Shape = tuple[tuple[str, Hashable], ...]


class FormLetters:
    """Holds what the templates, three for each kind of letter (subject, text, HTML), were last rendered to. They are
    compiled when the first letter of a kind is written: most processes write none.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._forms = lru_cache(maxsize=256)(self._render)

    def write(self, kind: LetterKind, values: Mapping[str, Any]) -> tuple[str, str, str]:
        """Subject, text and HTML, in the language being spoken.

        Templates may print the texts among the values, and ask whether they are empty; no more.
        """
        texts: list[str] = []
        shape = tuple((name, _take_out(value, texts)) for name, value in values.items())
        spoken = language.spoken() or language.ENGLISH
        subject_form, text_form, html_form = self._forms(kind, spoken, shape, len(texts))
        subject = one_line(subject_form.fill(texts))
        html = html_form.fill([escape(text) for text in (*texts, subject)])
        return subject, text_form.fill(texts), html

    def _render(
        self, kind: LetterKind, spoken: str, shape: _Shape, place_of_subject: int
    ) -> tuple["_Form", "_Form", "_Form"]:
        values, (subject, text, html) = dict(shape), _trio(self._environment, kind)
        page = html.render(values, subject=_mark(place_of_subject), language=language.tag_of(spoken))
        return _Form(subject.render(values)), _Form(text.render(values)), _Form(page)


def _trio(environment: Environment, kind: LetterKind) -> tuple[Template, Template, Template]:
    subject, text, html = (environment.get_template(f"mail/{kind}.{end}") for end in ("subject.txt", "txt", "html"))
    return subject, text, html


def _take_out(value: Any, texts: list[str]) -> Hashable:
    """The value with a mark in place of each text, which goes to the end of `texts`."""
    if isinstance(value, str) and value:
        texts.append(value)
        return _mark(len(texts) - 1)
    if isinstance(value, list | tuple):
        return tuple([_take_out(each, texts) for each in value])
    return value  # type: ignore[no-any-return]  # a number, yes or no, or an empty text


@lru_cache
def _mark(place: int) -> str:
    return f"{_BEFORE}{place}{_AFTER}"


class _Form:
    """A text with places in it."""

    def __init__(self, rendered: str) -> None:
        self._words = _PLACE.split(rendered)
        self._places = [int(number) for number in self._words[1::2]]

    def fill(self, texts: Sequence[str]) -> str:
        words = self._words.copy()
        words[1::2] = [texts[place] for place in self._places]
        return "".join(words)
