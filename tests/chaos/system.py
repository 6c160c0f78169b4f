"""What the machine itself can do to processes: end them, turn their clock, fill their disk."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Self


def end(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL: it has no time for anything any more."""
    with suppress(ProcessLookupError):  # ended by itself
        process.kill()
    process.wait(10)


def children_of(pid: int) -> list[tuple[int, str]]:
    """The processes that it has started, each with its name."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [(int(child), _name_of(child)) for child in children]


def _name_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


class Clock:
    """The time of day that processes are told; it may jump while they run. Where there is no C compiler, it cannot."""

    def __init__(self, folder: Path) -> None:
        self.ahead = timedelta()
        self.jumps = 0
        self._told = folder / "clock"
        self._told.write_bytes(bytes(8))
        self._library = folder / "clock.so"
        compiler = shutil.which("cc")
        self.can_jump = compiler is not None
        if compiler:
            source = Path(__file__).with_name("clock.c")
            subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", self._library, source], check=True)

    @property
    def settings(self) -> dict[str, str]:
        """The environment of who shall go by it."""
        return {"LD_PRELOAD": str(self._library), "CHAOS_CLOCK": str(self._told)} if self.can_jump else {}

    def jump(self, by: timedelta) -> None:
        self.ahead += by
        self.jumps += 1
        with self._told.open("r+b", buffering=0) as told:
            told.write(int(self.ahead.total_seconds()).to_bytes(8, sys.byteorder, signed=True))


class Disk:
    """A small disk of memory on a folder, which can be full; where that is not allowed, the folder alone."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        folder.mkdir()
        self.folder = folder
        self._ballast = folder / "ballast"
        self._size = f"size={megabytes}m"
        self.can_be_full = False

    def __enter__(self) -> Self:
        if os.geteuid() == 0 and (mount := shutil.which("mount")):
            mounted = subprocess.run([mount, "-t", "tmpfs", "-o", self._size, "tmpfs", self.folder], check=False)
            self.can_be_full = mounted.returncode == 0
            self.folder.chmod(0o755)
        return self

    def __exit__(self, *_fault: object) -> None:
        if self.can_be_full:
            subprocess.run(["umount", "--lazy", self.folder], check=True)

    def fill(self) -> None:
        """Until not another byte has room."""
        with suppress(OSError), self._ballast.open("ab", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))

    def clear(self) -> None:
        self._ballast.unlink(missing_ok=True)
