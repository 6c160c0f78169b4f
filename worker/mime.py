"""A letter as mail servers take it: the addresses on its envelope, and its bytes (RFC 5322, MIME).

Composed here and not by Flask-Mail, which asks the name server at every message and garbles addresses with letters
beyond ASCII (RFC 6531 and 6532), names too long for one encoded word (RFC 2047, 2) and lines longer than the 998
characters that mail servers take (RFC 5321, 4.5.3.1.6). The two texts are put together as bytes: the classes of
`email` take ten times as long, which ten thousand letters feel.
"""

import re
import uuid
from binascii import b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass
from email.charset import QP, SHORTEST, Charset
from email.encoders import encode_base64
from email.header import Header
from email.mime.base import MIMEBase
from email.policy import compat32
from email.utils import format_datetime, parseaddr
from functools import cache

from domain.addresses import is_international
from models import now
from worker.letter_parts import Attachment, Mail

_POLICY = compat32.clone(linesep="\r\n")
_UTF8 = Charset("utf-8")
_UTF8.header_encoding, _UTF8.body_encoding = SHORTEST, QP
#: Names that need no quoting or encoding in a header.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 '&_-]+")
#: A header of which no line has to be folded (RFC 5322, 2.1.1), less the longest name of ours.
_SHORT = 60

_parsed = cache(parseaddr)


@dataclass(frozen=True, slots=True)
class Message:
    letter_id: uuid.UUID
    #: Without names; domains in ASCII.
    sender: str
    recipient: str
    content: bytes

    @property
    def is_international(self) -> bool:
        """Whether only mail servers that know SMTPUTF8 can deliver it."""
        return is_international(self.recipient)


def compose(letter_id: uuid.UUID, mail: Mail, default_sender: str) -> Message:
    """The mail as a message whose identifier is the letter's, so that a repeated one can be told.

    `default_sender` is `Name <address>`; the mail may have a name of its own.
    """
    name, sender = _parsed(default_sender)
    recipient = with_ascii_domain(mail.to)
    headers = {
        "Subject": _text(mail.subject),
        "From": _named(mail.from_name or name, sender),
        # Encoded words may not stand in addresses (RFC 6532): one with letters goes out as it is.
        "To": mail.to if is_international(mail.to) else recipient,
        "Date": format_datetime(now()),
        "Message-ID": f"<{letter_id}@{sender.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",  # who is on holiday does not answer it (RFC 3834)
        "MIME-Version": "1.0",
    }
    if mail.reply_to and not is_international(mail.reply_to):
        headers["Reply-To"] = with_ascii_domain(mail.reply_to)
    head = "".join(f"{field}: {value}\r\n" for field, value in headers.items())
    return Message(letter_id, sender, recipient, head.encode() + _content(mail, letter_id.hex))


def with_ascii_domain(address: str) -> str:
    """The address as mail servers look it up: `j@bücher.de` becomes `j@xn--bcher-kva.de` (RFC 5891)."""
    if address.isascii():
        return address
    from email_validator import validate_email  # slow to import, and seldom needed

    found = validate_email(address, check_deliverability=False, test_environment=True)
    return f"{found.local_part}@{found.ascii_domain}"


def _content(mail: Mail, key: str) -> bytes:
    # "=_" stands in no encoded text, so no part can end at a boundary of its own (RFC 2045, 6.7).
    content = _together("alternative", f"=_{key}", [_part("plain", mail.text), _part("html", mail.html)])
    if not mail.attachments:
        return content
    files = [_attached(attachment).as_bytes(policy=_POLICY) for attachment in mail.attachments]
    return _together("mixed", f"=_{key}_files", [content, *files])


def _together(kind: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    between = f"\r\n--{boundary}\r\n".encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n'.encode()
    return head + between + between.join(parts) + f"\r\n--{boundary}--\r\n".encode()


def _part(kind: str, text: str) -> bytes:
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    lines = "\r\n".join(text.split("\n")) + "\r\n"
    return head.encode() + b2a_qp(lines.encode())


def _attached(attachment: Attachment) -> MIMEBase:
    kind, _slash, subtype = attachment.content_type.partition("/")
    part = MIMEBase(kind, subtype)
    if kind == "text":
        part.set_param("charset", "utf-8")
    part.set_payload(attachment.content)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=attachment.file_name)
    return part


def _named(name: str, address: str) -> str:
    if _PLAIN_NAME.fullmatch(name) and len(name) + len(address) < _SHORT:
        return f"{name} <{address}>"
    header = Header(header_name="From")
    header.append(name, "us-ascii" if _PLAIN_NAME.fullmatch(name) else _UTF8)
    header.append(f"<{address}>", "us-ascii")
    return header.encode(linesep="\r\n")


def _text(text: str) -> str:
    """ASCII goes as it is, unless it is long or a reader would take it for an encoded word."""
    plain = text.isascii() and "=?" not in text
    if plain and len(text) < _SHORT:
        return text
    return Header(text, "us-ascii" if plain else _UTF8, header_name="Subject").encode(linesep="\r\n")
