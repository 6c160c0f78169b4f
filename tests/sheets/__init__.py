"""Files to upload, with the outcome that each must have in the demo world."""

from pathlib import Path

HERE = Path(__file__).parent


def sheet(name: str) -> bytes:
    return (HERE / name).read_bytes()
