"""How gunicorn runs the web, in the checkout: `gunicorn --config .deploy/gunicorn.conf.py`.

What differs between machines comes from the environment (README.md beside this file lists it).
"""

import os
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

wsgi_app = "app:create_app()"
chdir = str(Path(__file__).resolve().parents[1])
#: Where systemd hands over a socket, that one counts.
bind = os.environ.get("WEB_BIND") or "127.0.0.1:8000"

# Python computes on one core a process; the other thread waits for the database or for a download. With more of them
# one process would still be at several requests when another has run out of them (tests/benchmarks/README.md).
workers = int(os.environ.get("WEB_CONCURRENCY") or max(2, len(os.sched_getaffinity(0))))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS") or 2)
# A process takes no more than it can answer: who comes next goes to the one that is free first. The proxy keeps no
# connection open, which would count.
worker_connections = threads
keepalive = 0
# Loaded once, and frozen before the processes are forked (`app.spare_the_collector`), so that they share it: each
# then needs 47 MB instead of 95. Nothing is connected to while it is loaded that a fork would share.
preload_app = True
# The sign of life goes to memory: a file on a busy disk can keep a process waiting until it counts as dead.
worker_tmp_dir = "/dev/shm"
timeout = 60

#: How long requests that have begun have to end when it is told to stop. systemd and Docker wait longer than this.
graceful_timeout = int(os.environ.get("WEB_GRACE_SECONDS") or 60)

# The longest address of ours is a list that is searched, the most headers those of a browser behind two proxies.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# Headers of the proxy are the application's to believe (`app.trust_the_proxy`): of exactly one, behind HTTPS.
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""

control_socket_disable = True

# The application writes a line for each request itself, without what people typed.
accesslog = None
errorlog = "-"
loglevel = "info"


class JsonLogger(Logger):
    """What gunicorn itself has to say, in lines like the application's."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        from views.logs import JsonFormatter  # once the checkout is where modules are looked for

        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())


if os.environ.get("LOG_FORMAT") == "json":
    logger_class = JsonLogger


def on_starting(_server: Any) -> None:
    """Counts of the processes before are no counts of these."""
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        for left in Path(folder).glob("*.db"):
            left.unlink()


def child_exit(_server: Any, worker: Any) -> None:
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
