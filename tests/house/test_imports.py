"""Which room may know which, and where Flask stays outside."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("models", "domain", "worker", "views", "app")
MAY_IMPORT = {
    "models": {"models"},
    "domain": {"domain", "models"},
    "worker": {"worker", "domain", "models"},
    "views": {"views", "domain", "models"},
}
#: What a request has, which the domain is told instead.
OF_THE_REQUEST = {"request", "session", "g", "current_user", "flash", "abort", "url_for"}
#: The command line is a door like the pages, and it starts the worker.
EXCEPTIONS = {("views/commands.py", "worker")}


def modules(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from (path for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts)


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            rooms.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            rooms.update(name.name.split(".")[0] for name in node.names)
    return rooms & set(ROOMS)


def names_from_flask(path: Path) -> set[str]:
    return {
        name.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module in {"flask", "flask_login"}
        for name in node.names
    }


@pytest.mark.parametrize("path", [*modules(*MAY_IMPORT)], ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    allowed = MAY_IMPORT[name.split("/")[0]] | {room for file, room in EXCEPTIONS if file == name}
    assert imported_rooms(path) <= allowed


@pytest.mark.parametrize(
    "path", [*modules("domain", "models", "views/forms")], ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_domain_knows_no_request(path: Path) -> None:
    assert not names_from_flask(path) & OF_THE_REQUEST


def test_the_domain_and_the_models_import_nothing_of_flask() -> None:
    flask = {str(path): names_from_flask(path) for path in modules("domain", "models")}
    assert not any(flask.values())


def test_what_only_some_installations_need_is_not_imported_at_the_start(tmp_path: Path) -> None:
    start = "import sys, app; app.create_app({'INSTANCE_PATH': sys.argv[1]})"
    slow = {"authlib", "cryptography.hazmat", "joserfc", "prometheus_client", "requests", "sentry_sdk"}
    program = f"{start}; print({slow} & {{*sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
