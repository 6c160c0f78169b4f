"""The catalogues, and what the code says, as the tests compare them."""

import io
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from domain.language import CATALOGUES

ROOT = Path(__file__).parents[1]
LANGUAGES = sorted(folder.name for folder in CATALOGUES.iterdir() if folder.is_dir())
#: `%(name)s`, `%%`, and what HTML is made of.
_FIXED = re.compile(r"%\(\w+\)[sd]|%%|</?[a-z]+[^>]*>")

Sentences = str | tuple[str, ...]


def po_file(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / "messages.po"


@cache
def catalogue(language: str) -> Catalog:
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def messages(language: str) -> Iterator[Message]:
    yield from (message for message in catalogue(language) if message.id)


@cache
def said_by_the_code() -> frozenset[Sentences]:
    """What `make messages` would find."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(pattern, mapping["method"]) for mapping in mappings for pattern in mapping["pattern"]]
    options = {pattern: mapping for mapping in mappings for pattern in mapping["pattern"]}
    keywords = {**DEFAULT_KEYWORDS, "later": None}
    found = extract_from_dir(ROOT, methods, options, keywords)
    return frozenset(sentences for _file, _line, sentences, _comments, _context in found)


def compiled(language: str) -> bytes:
    file = io.BytesIO()
    write_mo(file, catalogue(language))
    return file.getvalue()


def each(sentences: Sentences) -> tuple[str, ...]:
    return (sentences,) if isinstance(sentences, str) else sentences


def fixed_parts(sentence: str) -> set[str]:
    """What a translation must keep as it is."""
    return set(_FIXED.findall(sentence))


@cache
def tell_tales(language: str) -> tuple[str, ...]:
    """Runs of at least three words that stand in the English sentences alone: whoever sees one, reads English."""
    translated = " ".join(text for message in messages(language) for text in each(message.string))
    runs = {run for message in messages(language) for run in _runs(each(message.id))}
    return tuple(sorted(run for run in runs if run not in translated))


def _runs(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        for run in _FIXED.split(sentence):
            words = run.strip(" .,:;()“”")
            if len(words.split()) >= 3:
                yield words


def english_in(text: str, language: str) -> list[str]:
    return [run for run in tell_tales(language) if run in text]
