"""Pages as their readers see them, and what every page must hold."""

import re
from collections import Counter
from functools import lru_cache
from hashlib import sha256
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
    """One h1, a title that begins with it, no id twice, a label on each field, one primary button at most, valid HTML,
    nothing inline. What holds of a page holds of all others of its shape.
    """
    shape = shape_of(html)
    if shape not in _shapes:
        _check(html)
        _shapes.add(shape)


_shapes: set[bytes] = set()


def shape_of(html: str) -> bytes:
    """The same for pages that differ in their identifiers and numbers alone, and each of these at the same places."""
    seen: dict[str, str] = {}
    shape = PARTICULARS.sub(lambda found: seen.setdefault(found[0], f"~{len(seen)}"), html)
    return sha256(shape.encode()).digest()


def _check(html: str) -> None:
    root, mistakes = _parsed(html)
    assert not mistakes, f"invalid HTML: {mistakes[:3]} in\n{html[:2000]}"
    _check_ids(root)
    _check_labels(root)
    _check_buttons(root)
    assert not re.search(r"<[^>]+\s(style|on\w+)=", html), "inline style or script"
    if "<html" in html:
        _check_heading(root)


def _check_heading(root: Any) -> None:
    headings = [" ".join(_text_of(heading).split()) for heading in root.iter("h1")]
    title = " ".join(("".join(root.find("head/title").itertext())).split())
    assert len(headings) == 1, f"a page has one h1, this one: {headings}"
    assert title.startswith(headings[0]), f"the title {title!r} does not begin with the heading {headings[0]!r}"


def _check_ids(root: Any) -> None:
    ids = Counter(element.get("id") for element in root.iter() if element.get("id"))
    assert max(ids.values(), default=1) == 1, f"ids used twice: {[name for name, count in ids.items() if count > 1]}"


def _check_buttons(root: Any) -> None:
    primary = [button for button in root.iter() if "btn-primary" in (button.get("class") or "").split()]
    assert len(primary) <= 1, f"one primary button is enough: {[_text_of(button) for button in primary]}"


def _check_labels(root: Any) -> None:
    labelled = {label.get("for") for label in root.iter("label")}
    inside = {field for label in root.iter("label") for field in label.iter() if field.tag in LABELLED}
    for field in root.iter():
        if field.tag in LABELLED and field.get("type") not in {"hidden", "submit"}:
            named = field.get("id") in labelled or field in inside or field.get("aria-label")
            assert named, f"no label: {field.tag} {field.attrib}"
