"""A letter as mail servers take it: the addresses on its envelope, and its bytes (RFC 5322, MIME).

Composed here and not by Flask-Mail, which asks the name server at every message and garbles addresses with letters
beyond ASCII (RFC 6531 and 6532), names too long for one encoded word (RFC 2047, 2) and lines longer than the 998
characters that mail servers take (RFC 5321, 4.5.3.1.6).
"""

import re
import uuid
from dataclasses import dataclass
from email.charset import QP, SHORTEST, Charset
from email.encoders import encode_base64
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, parseaddr

from domain.addresses import is_international
from models import now
from worker.letters import Attachment, Mail

_POLICY = compat32.clone(linesep="\r\n")
_UTF8 = Charset("utf-8")
_UTF8.header_encoding, _UTF8.body_encoding = SHORTEST, QP
#: Names that need no quoting or encoding in a header.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 '&_-]+")


@dataclass(frozen=True, slots=True)
class Message:
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
    name, sender = parseaddr(default_sender)
    recipient = with_ascii_domain(mail.to)
    headers: dict[str, str | Header] = {
        "Subject": Header(mail.subject, _charset_for(mail.subject), header_name="Subject"),
        "From": _named(mail.from_name or name, sender),
        "To": _raw(mail.to) if is_international(mail.to) else recipient,
        "Date": format_datetime(now()),
        "Message-ID": f"<{letter_id}@{sender.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",  # who is on holiday does not answer it (RFC 3834)
    }
    if mail.reply_to and not is_international(mail.reply_to):
        headers["Reply-To"] = with_ascii_domain(mail.reply_to)
    content = _content(mail, letter_id.hex)
    for field, value in headers.items():
        content[field] = value  # type: ignore[assignment]  # a Header serves too
    return Message(sender, recipient, content.as_bytes(policy=_POLICY))


def with_ascii_domain(address: str) -> str:
    """The address as mail servers look it up: `j@bücher.de` becomes `j@xn--bcher-kva.de` (RFC 5891)."""
    if address.isascii():
        return address
    from email_validator import validate_email  # slow to import, and seldom needed

    found = validate_email(address, check_deliverability=False, test_environment=True)
    return f"{found.local_part}@{found.ascii_domain}"


def _content(mail: Mail, key: str) -> MIMEMultipart:
    # "=_" stands in no encoded text, so no part can end at a boundary of its own (RFC 2045, 6.7).
    content = MIMEMultipart("alternative", f"=_{key}")
    content.attach(MIMEText(mail.text, "plain", _UTF8))  # type: ignore[arg-type]  # so does a Charset
    content.attach(MIMEText(mail.html, "html", _UTF8))  # type: ignore[arg-type]
    if not mail.attachments:
        return content
    return MIMEMultipart("mixed", f"=_{key}_files", [content, *map(_attached, mail.attachments)])


def _attached(attachment: Attachment) -> MIMEBase:
    kind, _slash, subtype = attachment.content_type.partition("/")
    part = MIMEBase(kind, subtype)
    if kind == "text":
        part.set_param("charset", "utf-8")
    part.set_payload(attachment.content)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=attachment.file_name)
    return part


def _named(name: str, address: str) -> Header:
    header = Header(header_name="From")
    header.append(name, "us-ascii" if _PLAIN_NAME.fullmatch(name) else _UTF8)
    header.append(f"<{address}>", "us-ascii")
    return header


def _charset_for(text: str) -> Charset | str:
    """ASCII goes as it is, unless a reader would take it for an encoded word."""
    return "us-ascii" if text.isascii() and "=?" not in text else _UTF8


def _raw(text: str) -> str:
    """A header's text that goes out as UTF-8: encoded words may not stand in addresses (RFC 6532)."""
    return text.encode().decode("ascii", "surrogateescape")
