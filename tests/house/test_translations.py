"""Every sentence is there in every language. After a change: `make messages`, and translate what is new."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.translations import (
    LANGUAGES,
    ROOT,
    catalogue,
    compiled,
    each,
    fixed_parts,
    messages,
    po_file,
    said_by_the_code,
)

in_each_language = pytest.mark.parametrize("language", LANGUAGES)


@in_each_language
def test_a_catalogue_has_what_the_code_says_and_no_more(language: str) -> None:
    known = {message.id for message in messages(language)}
    assert said_by_the_code() - known == set(), "run `make messages`, and translate these"
    assert known - said_by_the_code() == set(), "nobody says these any more: run `make messages`"


@in_each_language
def test_every_sentence_is_translated_and_none_is_a_guess(language: str) -> None:
    assert [message.id for message in messages(language) if message.fuzzy] == []
    assert [message.id for message in messages(language) if not all(each(message.string))] == []
    assert catalogue(language).obsolete == {}


@in_each_language
def test_a_translation_has_all_its_plural_forms(language: str) -> None:
    forms = catalogue(language).num_plurals
    plurals = [message for message in messages(language) if isinstance(message.id, tuple)]
    assert [message.id for message in plurals if len(each(message.string)) != forms] == []


@in_each_language
def test_a_translation_keeps_what_is_filled_in_and_what_is_html(language: str) -> None:
    for message in messages(language):
        allowed = [fixed_parts(sentence) for sentence in each(message.id)]
        for translation in each(message.string):
            assert fixed_parts(translation) in allowed, translation


@in_each_language
def test_the_catalogues_are_compiled_as_they_are(language: str) -> None:
    file = po_file(language).with_suffix(".mo")
    assert file.exists(), f"{file} is not there: run `make {file.relative_to(ROOT)}`"
    assert file.read_bytes() == compiled(language), f"{file} is older than its catalogue: make it again"


#: In a template: comments, code, what it puts in, samples to copy; then what is left of HTML.
_OF_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<pre.*?</pre>", re.DOTALL)
_READ_OUT = re.compile(r'(?:aria-label|title|placeholder|alt)="([^"]*)"')
_TAG = re.compile(r'<(?:"[^"]*"|[^">])*>|[a-z-]+="[^"]*"')  # an attribute may stand in a macro of its own
#: The same in every language.
NAMES = {"Muster", "openapi.json", "muster-demo"}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "templates").rglob("*.*")), ids=lambda path: str(path.relative_to(ROOT / "templates"))
)
def test_a_template_has_no_words_but_those_that_are_translated(path: Path) -> None:
    html = _OF_JINJA.sub(" ", path.read_text())
    shown = [*_TAG.sub(" ", html).split(), *" ".join(_READ_OUT.findall(html)).split()]
    assert [word for word in shown if re.search("[A-Za-z]{2}", word) and word not in NAMES] == []


def modules() -> Iterator[Path]:
    for room in ("domain", "worker", "views"):
        yield from (ROOT / room).rglob("*.py")


def names_of_gettext(tree: ast.AST, *, lazy: bool) -> set[str]:
    """What a module calls it; `lazy`: what waits until somebody reads."""
    return {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in {"domain.language", "flask_babel"}
        for name in node.names
        if name.name.endswith("gettext") and (lazy or not name.name.startswith("lazy"))
    }


def calls(node: ast.AST, names: set[str], *, at_import: bool = False) -> Iterator[ast.Call]:
    """Of these functions; `at_import`: those outside of functions."""
    if at_import and isinstance(node, ast.FunctionDef | ast.Lambda):
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
        yield node
    for child in ast.iter_child_nodes(node):
        yield from calls(child, names, at_import=at_import)


def test_sentences_stand_where_they_are_said() -> None:
    """Nobody finds those that a variable holds."""
    for path in modules():
        tree = ast.parse(path.read_text())
        for call in calls(tree, names_of_gettext(tree, lazy=True)):
            sentences = call.args[: 2 if ast.unparse(call.func).endswith("ngettext") else 1]
            assert all(isinstance(sentence, ast.Constant) for sentence in sentences), f"{path}:{call.lineno}"


def test_no_sentence_is_said_before_somebody_reads() -> None:
    """It would be said in English, for good."""
    for path in modules():
        tree = ast.parse(path.read_text())
        early = calls(tree, names_of_gettext(tree, lazy=False), at_import=True)
        assert [f"{path}:{call.lineno}" for call in early] == []
