"""Mails as their readers read them, and their comparison with what is kept in `snapshots/`."""

import os
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib

from worker.letter_parts import Attachment, Mail

SNAPSHOTS = Path(__file__).parent / "snapshots"
_BLOCKS = {"p", "h1", "dl", "dt", "dd", "blockquote", "div", "br"}


def assert_reads_as(name: str, mail: Mail | None) -> None:
    """Compare with the snapshot; with UPDATE_SNAPSHOTS=1 in the environment write it instead."""
    assert mail is not None
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        path.write_text(as_read(mail), encoding="utf-8")
    assert as_read(mail) == path.read_text(encoding="utf-8")


def as_read(mail: Mail) -> str:
    head = [f"To: {mail.to}", f"Subject: {mail.subject}"]
    head += [f"Sender's name: {mail.from_name}"] if mail.from_name else []
    head += [f"Answers to: {mail.reply_to}"] if mail.reply_to else []
    parts = ["\n".join(head), "=== As text ===", mail.text.strip(), "=== As HTML ===", html_as_read(mail.html)]
    parts += [f"=== {attached.file_name} ===\n\n{table_as_read(attached)}" for attached in mail.attachments]
    return "\n\n".join(parts) + "\n"


def table_as_read(attached: Attachment) -> str:
    return attached.content.decode("utf-8-sig").replace("\r\n", "\n").strip()


def html_as_read(html: str) -> str:
    """The words of the page, a line for each block; a link with its address behind it."""
    body = parsed(html).find("body")
    assert body is not None
    lines = (" ".join(line.split()) for line in _words(body).split("\n"))
    return "\n".join(line for line in lines if line)


def _words(element: Element) -> str:
    words = (element.text or "").replace("\n", " ")
    words += "".join(_words(child) + (child.tail or "").replace("\n", " ") for child in element)
    if element.tag == "a":
        return f"[{words} -> {element.get('href')}]"
    return f"\n{words}\n" if element.tag in _BLOCKS else words


def parsed(html: str) -> Element:
    """The document; fails where it is not valid HTML syntax."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    document: Element = parser.parse(html)
    return document
