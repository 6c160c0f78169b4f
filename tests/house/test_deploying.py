"""What .deploy/ says agrees with the application that it deploys."""

import os
import re
import runpy
import subprocess
from collections.abc import Mapping
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from app import create_app
from models import db
from tests.processes import BIN, ROOT

DEPLOY = ROOT / ".deploy"
PAGE = (DEPLOY / "README.md").read_text()
UNITS = DEPLOY / "systemd"
SETTINGS = {"SECRET_KEY": "for the tests only", "BASE_URL": "https://muster.example.org"}


def unit(name: str) -> RawConfigParser:
    read = RawConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment]  # as systemd does, it minds capitals
    read.read_string((UNITS / name).read_text())
    return read


COMMON = unit("muster-.service.d/common.conf")["Service"]


@pytest.fixture
def compose() -> Any:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture
def gunicorn(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    for name in ("WEB_BIND", "WEB_CONCURRENCY", "WEB_THREADS", "WEB_GRACE_SECONDS"):
        monkeypatch.delenv(name, raising=False)
    return runpy.run_path(str(DEPLOY / "gunicorn.conf.py"))


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application with its defaults."""
    return create_app({"INSTANCE_PATH": tmp_path_factory.mktemp("deployed"), **SETTINGS})


# Settings.


def explained() -> set[str]:
    """What the tables of the README and of the page have in their first column."""
    rows = re.findall(r"^\| (`[A-Z][^|]*) \|", (ROOT / "README.md").read_text() + PAGE, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"[A-Z_]+", row)}


def test_each_variable_of_the_example_is_explained() -> None:
    named = re.findall(r"^#?([A-Z_]+)=", (DEPLOY / "environment.example").read_text(), re.MULTILINE)
    assert len(named) > 10
    assert set(named) <= explained()


def test_each_variable_that_containers_get_is_explained(compose: Any) -> None:
    in_the_image = re.findall(r"^(?:ENV|   ) ([A-Z_]+)=", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    given = {*compose["x-muster"]["environment"], *in_the_image} - {"PATH", "FLASK_APP"}
    assert given <= explained()


def test_each_variable_that_gunicorn_is_told_by_is_explained() -> None:
    named = re.findall(r'environ\.get\("([A-Z_]+)"\)', (DEPLOY / "gunicorn.conf.py").read_text())
    assert "WEB_THREADS" in named
    assert set(named) <= explained()


def test_no_secret_has_a_value_to_begin_with(compose: Any) -> None:
    assert re.findall(r"^(?:SECRET_KEY|MAIL_PASSWORD|METRICS_TOKEN)=(.*)$", environment(), re.MULTILINE) == ["", "", ""]
    assert compose["x-muster"]["environment"]["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert compose["services"]["database"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")


def environment() -> str:
    return (DEPLOY / "environment.example").read_text()


# Commands.


def test_gunicorn_takes_its_configuration_and_loads_the_application_by_it(tmp_path: Path) -> None:
    given = {**os.environ, **SETTINGS, "INSTANCE_PATH": str(tmp_path), "LOG_FORMAT": "json"}
    command = [BIN / "gunicorn", "--config", DEPLOY / "gunicorn.conf.py", "--check-config"]
    ran = subprocess.run(command, env=given, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("name", ["muster-web.service", "muster-worker@.service"])
def test_units_start_what_is_there(name: str, deployed: Flask) -> None:
    program, *arguments = unit(name)["Service"]["ExecStart"].split()
    assert program.startswith(f"{COMMON['WorkingDirectory']}/.venv/bin/")
    assert (BIN / Path(program).name).exists()
    for argument in arguments:
        assert argument.startswith("--") or argument == "app" or is_there(argument, deployed)


def is_there(argument: str, app: Flask) -> bool:
    return argument in app.cli.commands or (ROOT / argument).exists()


def test_containers_run_commands_that_are_there(compose: Any, deployed: Flask) -> None:
    commands = [one["command"] for one in compose["services"].values() if one.get("command", [""])[0] == "flask"]
    assert {command for _flask, command, *_more in commands} == {"db", "worker"}
    assert {"db", "worker"} <= set(deployed.cli.commands)


def test_the_page_names_commands_that_are_there(deployed: Flask) -> None:
    used = set(re.findall(r"^muster (?:--version \S+ )?([a-z-]+)", PAGE, re.MULTILINE))
    assert "users" in used
    assert used <= set(deployed.cli.commands)


def test_an_image_is_made_of_all_that_the_application_is() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    taken = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert all((ROOT / name).exists() for name in taken)
    assert {"app.py", "domain", "models", "static", "templates", "views", "worker"} <= taken


# Limits.


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def in_nginx(name: str) -> str:
    found = re.search(rf"^\s*{name} (\S+);", (DEPLOY / "nginx.conf").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_proxy_leaves_it_to_the_application_to_say_what_is_too_large(deployed: Flask) -> None:
    most = int(in_nginx("client_max_body_size").removesuffix("m")) * 1024 * 1024
    assert 2 * deployed.config["MAX_CONTENT_LENGTH"] < most < 4 * deployed.config["MAX_CONTENT_LENGTH"]


def test_whoever_stops_a_process_waits_until_it_has_ended_what_it_is_at(
    deployed: Flask, gunicorn: Mapping[str, Any], compose: Any
) -> None:
    needed = max(gunicorn["graceful_timeout"], deployed.config["LEASE_SECONDS"] / 2)
    assert seconds(COMMON["TimeoutStopSec"]) > needed
    assert seconds(compose["x-muster"]["stop_grace_period"]) > needed


def test_the_proxy_waits_for_the_processes_before_and_the_next_ones(gunicorn: Mapping[str, Any]) -> None:
    assert seconds(in_nginx("proxy_read_timeout")) > 2 * gunicorn["graceful_timeout"]


def test_a_process_keeps_a_connection_to_the_database_for_each_of_its_threads(
    deployed: Flask, gunicorn: Mapping[str, Any]
) -> None:
    with deployed.app_context():
        assert gunicorn["threads"] <= db.engine.pool.size()  # type: ignore[attr-defined]
