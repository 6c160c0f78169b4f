"""A mail server for tests: does what its script says, and remembers what it took."""

import asyncio
import threading
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from types import TracebackType
from typing import Any

from aiosmtpd.smtp import SMTP

OK = "250 OK"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A mail that the server has taken."""

    sender: str
    recipient: str
    #: What came with MAIL FROM, such as `SMTPUTF8`.
    options: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return BytesParser(EmailMessage, policy=policy.default).parsebytes(self.content)


@dataclass(slots=True)
class Script:
    """How the server behaves; may be changed while it runs. Answers are whole: `550 No such user`."""

    #: By recipient, the answer to RCPT.
    refused: dict[str, str] = field(default_factory=dict)
    #: The answer to every RCPT.
    refuses_all: str | None = None
    #: By recipient, the answer to DATA, before any text.
    refused_at_data: dict[str, str] = field(default_factory=dict)
    #: By recipient, how often the connection breaks while the text is under way.
    breaks: Counter[str] = field(default_factory=Counter)
    #: After so many mails on one connection it answers 421 and closes.
    closes_after: int | None = None
    #: After so many mails in all it goes away.
    leaves_after: int | None = None
    #: Whoever comes when it has so many connections is told to come back later.
    most_connections: int | None = None
    #: The answer to every MAIL.
    turns_away: str | None = None
    #: Seconds between taking a mail and saying so.
    delay: float = 0.0
    #: Whether it delivers to addresses with letters beyond ASCII before the @.
    utf8: bool = False


class MailServer:
    """Listens on a port of its own, in a thread of its own, from entering to leaving it."""

    def __init__(self) -> None:
        self.script = Script()
        self.accepted: list[Accepted] = []
        #: Recipients that were refused for good.
        self.refused: list[str] = []
        #: How many connections were made.
        self.connections = 0
        self.port = 0
        self._conversations: set[_Conversation] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> "MailServer":
        self._thread.start()
        self.come_back()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_away()
        self._run(self._end_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def recipients(self) -> list[str]:
        """Of the accepted mails, in the order of their coming."""
        return [mail.recipient for mail in self.accepted]

    def mails_to(self, recipient: str) -> list[EmailMessage]:
        return [mail.message for mail in self.accepted if mail.recipient == recipient]

    def come_back(self) -> None:
        """Listen; always on the same port."""
        self._run(self._listen())

    def go_away(self) -> None:
        """Stop listening, and break all connections."""
        self._run(self._stop_listening())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(self._converse, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for conversation in list(self._conversations):
            conversation.break_off()

    async def _end_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _converse(self) -> "_Conversation":
        self.connections += 1
        conversation = _Conversation(self)
        self._conversations.add(conversation)
        return conversation


class _Conversation(SMTP):
    """One connection."""

    def __init__(self, server: MailServer) -> None:
        script = server.script
        super().__init__(self, hostname="mail.test", enable_SMTPUTF8=script.utf8, loop=server._loop)
        self._mail_server = server
        self._ahead = len(server._conversations)
        self._taken = 0

    @property
    def _script(self) -> Script:
        return self._mail_server.script

    def connection_lost(self, error: Exception | None) -> None:
        self._mail_server._conversations.discard(self)
        super().connection_lost(error)

    def break_off(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def _handle_client(self) -> None:
        if self._script.most_connections is not None and self._ahead >= self._script.most_connections:
            await self.push("421 Too many connections")
            self._writer.close()
        else:
            await super()._handle_client()

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802  # the library's name
        if self._script.leaves_after is not None and self._script.leaves_after <= len(self._mail_server.accepted):
            await self._mail_server._stop_listening()
        elif self._script.turns_away is not None:
            await self.push(self._script.turns_away)
        elif self._script.closes_after is not None and self._taken >= self._script.closes_after:
            await self.push("421 Too many mails on this connection")
            self._writer.close()
        else:
            await super().smtp_MAIL(arg)

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802  # the library's name
        recipient = self.envelope.rcpt_tos[0] if self.envelope and self.envelope.rcpt_tos else ""
        if answer := self._script.refused_at_data.get(recipient):
            await self.push(answer)
        elif self._script.breaks[recipient] > 0:
            self._script.breaks[recipient] -= 1
            await self.push("354 Go on")
            self.break_off()
        else:
            await super().smtp_DATA(arg)

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        answer = self._script.refuses_all or self._script.refused.get(address, OK)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        elif answer.startswith("5"):
            self._mail_server.refused.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802  # the library's name
        self._taken += 1
        (recipient,) = envelope.rcpt_tos
        mail = Accepted(envelope.mail_from, recipient, tuple(envelope.mail_options), bytes(envelope.content))
        self._mail_server.accepted.append(mail)
        await asyncio.sleep(self._script.delay)
        return OK
