"""A mail server that takes everything, in a process of its own: `python -m tests.benchmarks.smtp PORT FILE`.

It keeps the first message in FILE, for the floor to send the same.
"""

import asyncio
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Taker:
    def __init__(self, kept: Path) -> None:
        self.kept = kept
        self.is_first = True

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.is_first and isinstance(envelope.content, bytes):
            self.kept.write_bytes(envelope.content)
            self.is_first = False
        return "250 OK"


async def serve(port: int, kept: Path) -> None:
    taker = Taker(kept)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(taker, enable_SMTPUTF8=True), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
