"""A Redis server of one's own, which keeps nothing on disk."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.system import end
from tests.processes import free_port, poll


class Redis:
    """Whoever does not want it any more calls `kill`."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._start()

    def kill(self) -> None:
        """By SIGKILL: what it held is lost."""
        end(self._server)

    def flush(self) -> None:
        self._say(b"FLUSHALL")

    @contextmanager
    def away(self) -> Iterator[None]:
        """With all that it held."""
        self.kill()
        yield
        self._start()

    def _start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._server = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert poll(self._answers, 20), "Redis does not start"

    def _answers(self) -> bool:
        try:
            return self._say(b"PING") == b"+PONG\r\n"
        except OSError:
            return False

    def _say(self, word: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(word + b"\r\n")
            return connection.recv(100)
