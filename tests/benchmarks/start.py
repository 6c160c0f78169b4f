"""Starting: the application, made as `flask` makes it for a command.

Floor: an empty Flask application with the same extensions.
"""

import os
import resource
import subprocess
import sys
import tempfile

from tests.benchmarks.results import Result, in_turn
from tests.benchmarks.service import ROOT

BAR = 1.5
OURS = "from app import create_app; create_app()"
FLOOR = """
from argon2 import PasswordHasher
from flask import Flask
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_mail import Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_talisman import Talisman
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFProtect
from huey import SqliteHuey
from pydantic import BaseModel

app = Flask("empty")
app.config.update(SECRET_KEY="none", SQLALCHEMY_DATABASE_URI="sqlite://", RATELIMIT_STORAGE_URI="memory://")
db, limiter = SQLAlchemy(), Limiter(get_remote_address)
for extension in (Babel(), Bootstrap5(), Compress(), limiter, LoginManager(), Mail(), db, CSRFProtect(), Talisman()):
    extension.init_app(app)
Migrate(app, db)
SqliteHuey(filename=":memory:")
PasswordHasher()
"""


def measure() -> Result:
    """In seconds of the processor: what else the machine does would count otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        mine, bare = in_turn(lambda _round: seconds_of(OURS, folder), lambda _round: seconds_of(FLOOR, folder))
    return Result("start", "", 1, mine, bare, BAR, _peak_memory_mb(), bar_at=1)


def _peak_memory_mb() -> int:
    """Of the largest of the processes that were started."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def seconds_of(program: str, folder: str) -> float:
    environment = {**os.environ, "INSTANCE_PATH": folder, "DEMO": "1"}
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime
