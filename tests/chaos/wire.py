"""A wire between the application and a server: it can be cut or stalled, in the middle of an answer too."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self

from tests.processes import free_port

CHUNK = 16 * 1024


class Wire:
    """Entered, it listens on a port of its own, and passes on what comes, both ways."""

    def __init__(self, server_port: int) -> None:
        self.port = free_port()
        self._server_port = server_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._callers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        #: Of the answers, how many more bytes come through before one is broken off; nothing: all of them.
        self._bytes_left: int | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_fault: object) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> int:
        """Break all connections. Answers how many there were."""
        return self._run(self._cut())

    def cut_an_answer(self, after: int) -> None:
        """Break the connection on which the server's next so many bytes have come, before the rest of that answer."""
        self._bytes_left = after

    def stall(self) -> None:
        """Pass nothing on, until `flow`."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def flow(self) -> None:
        self._bytes_left = None
        self._loop.call_soon_threadsafe(self._flows.set)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)

    async def _connect(self, caller: asyncio.StreamReader, to_caller: asyncio.StreamWriter) -> None:
        self._callers.add(to_caller)
        try:
            server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
            try:
                question, answer = self._pass_on(caller, to_server), self._answer(server, to_caller)
                await asyncio.wait([*map(asyncio.ensure_future, (question, answer))], return_when="FIRST_COMPLETED")
            finally:
                to_server.transport.abort()
        except OSError:
            pass  # the server is away: so is the wire
        finally:
            self._callers.discard(to_caller)
            to_caller.transport.abort()

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                await self._flows.wait()
                target.write(data)
                await target.drain()

    async def _answer(self, server: asyncio.StreamReader, to_caller: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await server.read(CHUNK):
                await self._flows.wait()
                to_caller.write(data[: self._bytes_left])
                await to_caller.drain()
                if self._is_to_break_after(len(data)):
                    return

    def _is_to_break_after(self, size: int) -> bool:
        if self._bytes_left is None:
            return False
        self._bytes_left -= size
        if self._bytes_left >= 0:
            return False
        self._bytes_left = None
        return True

    async def _cut(self) -> int:
        for caller in (callers := [*self._callers]):
            caller.transport.abort()
        return len(callers)

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
