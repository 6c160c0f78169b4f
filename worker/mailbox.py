"""The development mailbox: a folder that takes the mails where there is no mail server.

Every mail handed over is a file of its own, also when a letter is handed over twice: `<time>-<letter>.eml`,
so that the names sort by time.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from pathlib import Path

from domain.paging import Page
from worker.letter_parts import Attachment

_NAME = re.compile(r"[0-9]{20}-[0-9A-Za-z-]{1,64}", re.ASCII)
_RECIPIENT = re.compile(rb"^To:((?:[^\r\n]|\r?\n[ \t])*)", re.MULTILINE | re.IGNORECASE)
#: Bytes in which the headers of our mails end.
_HEAD = 16_384


@dataclass(frozen=True, slots=True)
class Entry:
    """A mail in the list."""

    name: str
    received_at: datetime
    to: str
    subject: str


@dataclass(frozen=True, slots=True)
class Received:
    """A mail, opened."""

    name: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Those that a reader of mail shows."""
        shown = ("From", "To", "Reply-To", "Date", "Subject")
        return [(name, str(self.message[name])) for name in shown if self.message[name]]

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        """Empty where the mail is text only."""
        return self._body("html")

    @property
    def attachments(self) -> list[Attachment]:
        return [
            Attachment(part.get_filename() or "attachment", part.get_content_type(), _content(part))
            for part in self.message.iter_attachments()
        ]

    def _body(self, subtype: str) -> str:
        part = self.message.get_body((subtype,))
        return str(part.get_content()).replace("\r\n", "\n") if part else ""


class Mailbox:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, letter: str, message: bytes) -> None:
        """Store a mail: whole, or not at all. `letter` tells which letter it is: letters, digits and hyphens."""
        name = f"{time.time_ns():020}-{letter}"
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / f".{name}"
        unfinished.write_bytes(message)
        unfinished.replace(self._folder / f"{name}.eml")

    def forget(self, before: datetime) -> None:
        """The mails of another time."""
        oldest = f"{int(before.timestamp()) * 1_000_000_000:020}"
        for path in self._folder.glob("*.eml"):
            if _NAME.fullmatch(path.stem) and path.name < oldest:
                path.unlink(missing_ok=True)

    def list(self, number: int = 1, size: int = 50, search: str = "") -> Page[Entry]:
        """A page of the mails, the newest first; with `search`, of those whose recipient contains it.

        Reads the mails of the page; a search reads the headers of all of them.
        """
        paths = list(self._newest_first(search.strip()))
        start = (number - 1) * size
        return Page([_entry(path) for path in paths[start : start + size]], number, size, len(paths))

    def get(self, name: str) -> Received | None:
        """The mail of an entry; nothing where there is none of that name."""
        path = self._folder / f"{name}.eml"
        if not _NAME.fullmatch(name) or not path.is_file():
            return None
        return Received(name, BytesParser(EmailMessage, policy=policy.default).parsebytes(path.read_bytes()))

    def _newest_first(self, search: str) -> Iterator[Path]:
        mails = (path for path in self._folder.glob("*.eml") if _NAME.fullmatch(path.stem))
        wanted = search.casefold()
        for path in sorted(mails, key=lambda path: path.name, reverse=True):
            if not wanted or wanted in _recipient(path).casefold():
                yield path


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _recipient(path: Path) -> str:
    """The `To` header as it stands."""
    found = _RECIPIENT.search(_head(path))
    return found[1].decode("utf-8", "replace") if found else ""


def _entry(path: Path) -> Entry:
    head = BytesParser(EmailMessage, policy=policy.default).parsebytes(_head(path), headersonly=True)
    nanoseconds = int(path.stem.partition("-")[0])
    received_at = datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC)
    return Entry(path.stem, received_at, str(head["To"] or ""), str(head["Subject"] or ""))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD).partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
