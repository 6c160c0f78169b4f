"""Web and worker on a database of their own, to be killed at any moment."""

import secrets
from pathlib import Path
from typing import Self

from flask_migrate import upgrade

from domain import demo
from models import db
from tests.conftest import CHEAP, make_app
from tests.processes import Machine


class Processes(Machine):
    """Entered, the database has the demo world without its teachers, and web and worker run."""

    def __init__(self, folder: Path, database_url: str, mail_port: int) -> None:
        self._app = make_app(folder, DATABASE_URL=database_url)
        super().__init__(
            folder,
            DATABASE_URL=database_url,
            SECRET_KEY=secrets.token_urlsafe(),
            MAIL_SERVER="127.0.0.1",
            MAIL_PORT=str(mail_port),
        )

    def __enter__(self) -> Self:
        self._fill_the_database()
        try:
            self.start("web", "worker")
        except BaseException:
            self.kill(*self._running)
            raise
        return self

    def _fill_the_database(self) -> None:
        with self._app.app_context():
            upgrade()
            demo.fill(CHEAP, teachers=False)
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
