"""Open edX's published client, unchanged, against the application as it runs: see `openedx_script`."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.service import BIN, ROOT, Service, running

SCRIPT = Path(__file__).parent / "openedx_script.py"
CLIENT = "openedx-rest-api-client==1.0.1"
KEY = "course-v1:pradesh+FLN101+2026"

#: States of Open edX, as the client has them.
NOBODY = {"enrollment": False, "auto_enroll": False, "user": False, "allowed": False}
PERSON = NOBODY | {"user": True}
ENROLLED = PERSON | {"enrollment": True}
TO_BE_ENROLLED = NOBODY | {"auto_enroll": True, "allowed": True}


@pytest.fixture(scope="session")
def python_of_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment in which the client is installed, and nothing of ours."""
    folder = tmp_path_factory.mktemp("openedx-client")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=300)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile", CLIENT]
    subprocess.run(install, check=True, timeout=900, capture_output=True)
    return python


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    with running("sqlite") as service:
        yield service


@pytest.fixture(scope="session", params=["bearer", "jwt"])
def answers(request: pytest.FixtureRequest, python_of_client: Path, service: Service) -> dict[str, Any]:
    """What the client has been answered, with either kind of token."""
    key = _output(service, BIN / "flask", "api-key", "create", "platform@muster.test", "--name", request.param).split()
    address = f"http://127.0.0.1:{service.port}"
    told: dict[str, Any] = json.loads(_output(service, python_of_client, SCRIPT, address, *key, request.param))
    return told


def _output(service: Service, *command: str | Path) -> str:
    done = subprocess.run(command, cwd=ROOT, env=service.environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def states(answer: dict[str, Any]) -> list[tuple[Any, Any]]:
    return [(result.get("before"), result.get("after")) for result in answer["courses"][KEY]["results"]]


def test_it_enrols_people_and_addresses(answers: dict[str, Any]) -> None:
    assert states(answers["enrolled"]) == [(PERSON, ENROLLED), (NOBODY, TO_BE_ENROLLED), (None, None)]
    assert answers["enrolled"]["courses"][KEY]["results"][2] == {"identifier": "nobody", "invalidIdentifier": True}


def test_it_moves_people_into_cohorts(answers: dict[str, Any]) -> None:
    assert states(answers["moved"]) == [(ENROLLED | {"cohort": None}, ENROLLED | {"cohort": "Pilot"})]


def test_it_unenrols(answers: dict[str, Any]) -> None:
    assert states(answers["unenrolled"]) == [(ENROLLED, PERSON), (TO_BE_ENROLLED, NOBODY)]


def test_it_understands_refusals(answers: dict[str, Any]) -> None:
    assert answers["bad_course"] == {"status_code": 404, "response": '{"detail": "Not found."}'}
    assert answers["malformed"]["status_code"] == 400
    assert json.loads(answers["malformed"]["response"]) == {"courses": ["Course key not valid: zz"]}


def test_it_is_refused_with_bad_credentials(answers: dict[str, Any]) -> None:
    assert answers["bad_credentials"] == 401
