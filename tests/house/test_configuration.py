"""How the application is configured: no default secret, demo mode only where it does no harm, one proxy trusted."""

import re
from pathlib import Path

import pytest
from flask import request

from app import create_app, with_driver
from tests.conftest import CHEAP
from views.access import public


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "DATABASE_URL", "DEMO", "BASE_URL", "INSTANCE_PATH"):
        monkeypatch.delenv(name, raising=False)


def test_without_anything_it_is_the_demo_with_a_secret_of_its_own(tmp_path: Path) -> None:
    app = create_app({"INSTANCE_PATH": tmp_path})
    assert app.config["DEMO"]
    assert len(app.config["SECRET_KEY"]) > 40
    assert create_app({"INSTANCE_PATH": tmp_path}).config["SECRET_KEY"] == app.config["SECRET_KEY"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["DATABASE_URL", "DEMO"])
def test_outside_the_demo_it_refuses_to_start_without_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, {"DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite", "DEMO": "0"}[name])
    with pytest.raises(SystemExit, match="SECRET_KEY is not set"):
        create_app({"INSTANCE_PATH": tmp_path})


def test_with_a_secret_and_a_database_the_demo_is_off_whatever_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/x.sqlite")
    monkeypatch.setenv("DEMO", "1")
    assert not create_app({"INSTANCE_PATH": tmp_path}).config["DEMO"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("KEEP_FILES_DAYS", "ninety", "KEEP_FILES_DAYS is 'ninety': set a whole number."),
        ("KEEP_MAILS_DAYS", "-1", "KEEP_MAILS_DAYS is -1: set a whole number of days, or 0 to keep them for good."),
        ("KEEP_AUDIT_DAYS", "7", "KEEP_AUDIT_DAYS is 7: set 30 or more, or 0 to keep the audit log for good."),
    ],
)
def test_a_period_that_is_none_is_said_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=re.escape(sentence)):
        create_app({"INSTANCE_PATH": tmp_path})


def test_postgresql_is_spoken_to_by_its_third_driver() -> None:
    assert with_driver("postgresql://u:p@h/n") == "postgresql+psycopg://u:p@h/n"
    assert with_driver("postgres://h/n") == "postgresql+psycopg://h/n"
    assert with_driver("sqlite:///x") == "sqlite:///x"


@pytest.mark.parametrize(
    ("base_url", "seen"), [("https://muster.example", "203.0.113.9 https"), ("http://muster.example", "127.0.0.1 http")]
)
def test_behind_https_the_proxy_says_who_the_client_is(tmp_path: Path, base_url: str, seen: str) -> None:
    app = create_app({"INSTANCE_PATH": tmp_path, "BASE_URL": base_url, "PASSWORD_HASHER": CHEAP})
    app.add_url_rule("/who", "who", public(lambda: f"{request.remote_addr} {request.scheme}"))
    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Proto": "https"}
    assert app.test_client().get("/who", headers=headers).text == seen


def test_behind_https_cookies_are_secure_and_browsers_stay_with_it(tmp_path: Path) -> None:
    app = create_app({"INSTANCE_PATH": tmp_path, "BASE_URL": "https://muster.example"})
    answer = app.test_client().get("/login", base_url="https://muster.example")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]
