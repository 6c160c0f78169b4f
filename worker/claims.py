"""Claims: which worker is at what, and how the work of a dead one is taken up.

A claim lasts for a lease. Workers free the claims that dead processes of their own machine left behind; those of
other machines, and of containers that are gone, run out by themselves.
"""

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select, update

from models import Letter, Upload, db


def _here() -> str:
    """This machine since it was started and, in it, the container: where a number means one process.

    The name alone may be that of several: copies of one image, containers that share their host's network.
    """
    here = socket.gethostname()
    with suppress(OSError):  # not on Linux
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
        container = Path("/proc/self/ns/pid").stat().st_ino
        here = f"{here}.{boot}.{container}"
    return here


_HERE = _here()
#: This process: machine, process, and a word of its own (after a restart the number may be the same).
ME = f"{_HERE}/{os.getpid()}/{secrets.token_hex(4)}"


def free_claims_of_the_dead() -> None:
    for table, unfinished in ((Upload, Upload.is_to_process), (Letter, Letter.is_waiting)):
        claimers = db.session.scalars(
            select(table.claimed_by).where(unfinished, table.claimed_by.is_not(None)).distinct()
        )
        dead = [name for name in claimers if name is not None and _is_dead(name)]
        db.session.execute(
            update(table).where(unfinished, table.claimed_by.in_(dead)).values(claimed_by=None, claimed_until=None)
        )


def _is_dead(claimer: str) -> bool:
    """Whether the process is known to be gone: another machine's never is, nor is a number in use again."""
    machine, process, _word = claimer.split("/")
    if machine != _HERE or claimer == ME:
        return False
    return int(process) == os.getpid() or not _runs(int(process))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
