"""Pages as their readers see them, and what every page must hold."""

import re
from collections import Counter
from functools import lru_cache
from hashlib import sha256
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

SKIPPED = {"script", "style", "head", "template"}
LABELLED = {"input", "select", "textarea"}
#: What a checker of HTML 4 says of HTML 5.
NO_ERRORS = {"expected-doctype-but-got-end-tag"}
#: What is another on each page of a kind: its identifiers, and numbers by themselves.
PARTICULARS = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|(?<!&#)\b\d+\b")


class Page:
    """`text` is all that is shown, with white space folded."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.path = ""
        self.root = parse(html)
        self.text = " ".join(_text_of(self.root).split())

    def __contains__(self, words: str) -> bool:
        return words in self.text

    def all(self, tag: str, **attributes: str) -> list[Element]:
        return [
            element
            for element in self.root.iter(tag)
            if all(element.get(name.rstrip("_").replace("_", "-")) == value for name, value in attributes.items())
        ]

    def rows(self) -> list[str]:
        """The text of each table row."""
        return [" ".join(_text_of(row).split()) for row in self.root.iter("tr")]

    def buttons(self) -> list[str]:
        return [" ".join(_text_of(button).split()) for button in self.root.iter("button")]

    @property
    def heading(self) -> str:
        return " ".join(_text_of(self.all("h1")[0]).split())


def parse(html: str) -> Any:
    return _parsed(html)[0] if "<html" in html else html5lib.parse(html, namespaceHTMLElements=False)


@lru_cache(maxsize=16)
def _parsed(html: str) -> tuple[Any, list[Any]]:
    """Its root, which nobody changes, and its mistakes: a page is checked, then read."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False, strict=False)
    root = parser.parse(html) if "<html" in html else parser.parseFragment(html)
    return root, [(position, code) for position, code, _values in parser.errors if code not in NO_ERRORS]


def _text_of(element: Element) -> str:
    if element.tag in SKIPPED or not isinstance(element.tag, str):
        return ""
    inside = "".join(_text_of(child) + (child.tail or "") for child in element)
    return f"{element.text or ''}{inside} "


def check_page(html: str) -> None:
    """One h1, a title that begins with it, no id twice, one primary button at most, nothing inline, valid HTML, a label
    on each field. Whether it is valid and labelled is looked at once for all frames and contents of a shape.
    """
    assert not re.search(r"<[^>]+\s(style|on\w+)=", html), "inline style or script"
    _check_ids(html)
    _check_buttons(html)
    if "<html" in html:
        _check_heading(html)
    shapes = {shape_of(part) for part in (FRAMED.sub("", TITLE.sub("", html)), *FRAMED.findall(html))}
    if not shapes <= _shapes:
        _check(html)
        _shapes.update(shapes)


_shapes: set[bytes] = set()
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
HEADING = re.compile(r"<h1\b[^>]*>(.*?)</h1>", re.DOTALL)
FRAMED = re.compile(r"<main\b.*?</main>", re.DOTALL)
ID = re.compile(r"""<[^>]*?\sid="([^"]+)\"""")
PRIMARY = re.compile(r"""<[^>]*?\sclass="(?:[^"]*\s)?btn-primary[\s"][^>]*>""")
TAG = re.compile(r"<[^>]*>")


def shape_of(html: str) -> bytes:
    """The same for pages that differ in their identifiers and numbers alone, and each of these at the same places."""
    seen: dict[str, str] = {}
    shape = PARTICULARS.sub(lambda found: seen.setdefault(found[0], f"~{len(seen)}"), html)
    return sha256(shape.encode()).digest()


def _check(html: str) -> None:
    root, mistakes = _parsed(html)
    assert not mistakes, f"invalid HTML: {mistakes[:3]} in\n{html[:2000]}"
    _check_labels(root)


def _check_heading(html: str) -> None:
    headings, [title] = [_words_of(heading) for heading in HEADING.findall(html)], TITLE.findall(html)
    assert len(headings) == 1, f"a page has one h1, this one: {headings}"
    assert _words_of(title).startswith(headings[0]), f"the title {title!r} does not begin with {headings[0]!r}"


def _words_of(html: str) -> str:
    return " ".join(unescape(TAG.sub("", html)).split())


def _check_ids(html: str) -> None:
    ids = Counter(ID.findall(html))
    assert max(ids.values(), default=1) == 1, f"ids used twice: {[name for name, count in ids.items() if count > 1]}"


def _check_buttons(html: str) -> None:
    primary = PRIMARY.findall(html)
    assert len(primary) <= 1, f"one primary button is enough: {primary}"


def _check_labels(root: Any) -> None:
    labelled = {label.get("for") for label in root.iter("label")}
    inside = {field for label in root.iter("label") for field in label.iter() if field.tag in LABELLED}
    for field in root.iter():
        if field.tag in LABELLED and field.get("type") not in {"hidden", "submit"}:
            named = field.get("id") in labelled or field in inside or field.get("aria-label")
            assert named, f"no label: {field.tag} {field.attrib}"
