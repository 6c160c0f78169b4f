"""Web and worker on a database of their own, to be killed at any moment."""

import secrets
from pathlib import Path
from typing import Self

from tests.processes import Machine


class Processes(Machine):
    """Entered, the database has the demo world, and web and worker run."""

    def __init__(self, folder: Path, database_url: str, mail_port: int) -> None:
        super().__init__(
            folder,
            DATABASE_URL=database_url,
            SECRET_KEY=secrets.token_urlsafe(),
            MAIL_SERVER="127.0.0.1",
            MAIL_PORT=str(mail_port),
        )

    def __enter__(self) -> Self:
        self.call("db", "upgrade")
        self.call("demo")
        try:
            self.start("web", "worker")
        except BaseException:
            self.kill(*self._running)
            raise
        return self
