"""How the application is put together."""

import gc

gc.disable()  # while modules are loaded, for they stay: looking for what does not took a sixth of the start

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from jinja2 import StrictUndefined
from sqlalchemy import event
from werkzeug.middleware.proxy_fix import ProxyFix

import models
from domain.language import CATALOGUES
from domain.retention import Periods
from views import access, commands, errors, languages, logs, operating, pages, providers
from views.api import families
from views.extensions import babel, bootstrap, compress, csrf, limiter, login_manager, talisman
from worker import delivery, queue

ROOT = Path(__file__).parent

DEFAULTS: dict[str, Any] = {
    "BATCH_EDIT_LIMIT": 100,
    "BOOTSTRAP_SERVE_LOCAL": True,
    # Pages carry a secret, the form token, beside what people typed. Its signature is another one each second, so that
    # it cannot be guessed letter by letter from the sizes of many answers; and cookies do not come from other sites.
    "COMPRESS_MIMETYPES": ["text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml"],
    "FAILURE_MAIL_LIMIT": 100,
    "INVITATION_DAYS": 30,
    # In days; 0: for good. See domain/retention.py.
    "KEEP_AUDIT_DAYS": 730,
    "KEEP_FILES_DAYS": 180,
    "KEEP_INVITATIONS_DAYS": 180,
    "KEEP_MAILS_DAYS": 90,
    "LEASE_SECONDS": 120,
    "LOG_FORMAT": "text",
    "MAIL_DEFAULT_SENDER": "Muster <muster@localhost>",
    "MAIL_PORT": 25,
    "MAIL_SERVER": "",
    "MAIL_USE_TLS": False,
    "METRICS_TOKEN": "",
    "PARTICIPANTS_MAX_LINES": 100_000,
    "PEOPLE_MAX_LINES": 100_000,
    "PASSWORD_SIGN_IN": True,
    "PORT": 5000,
    "SEND_FILE_MAX_AGE_DEFAULT": 365 * 24 * 3600,
    "SENTRY_DSN": "",
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "UPLOAD_MAX_BYTES": 10 * 1024 * 1024,
    "UPLOAD_MAX_LINES": 10_000,
    "WTF_CSRF_SSL_STRICT": False,  # asks for a Referer, which our pages tell browsers not to send
    "WTF_CSRF_TIME_LIMIT": 12 * 3600,
}

#: Read from the environment, each as the type of its default.
TEXTS = (
    "SECRET_KEY",
    "DATABASE_URL",
    "BASE_URL",
    "QUEUE_URL",
    "RATELIMIT_STORAGE_URI",
    "MAIL_SERVER",
    "MAIL_USERNAME",
    "MAIL_PASSWORD",
    "MAIL_DEFAULT_SENDER",
    "METRICS_TOKEN",
    "LOG_FORMAT",
    "SENTRY_DSN",
)
NUMBERS = (
    "PORT",
    "MAIL_PORT",
    "BATCH_EDIT_LIMIT",
    "INVITATION_DAYS",
    "KEEP_FILES_DAYS",
    "KEEP_MAILS_DAYS",
    "KEEP_INVITATIONS_DAYS",
    "KEEP_AUDIT_DAYS",
    "FAILURE_MAIL_LIMIT",
    "LEASE_SECONDS",
    "PARTICIPANTS_MAX_LINES",
    "PEOPLE_MAX_LINES",
    "UPLOAD_MAX_BYTES",
    "UPLOAD_MAX_LINES",
)
SWITCHES = ("MAIL_USE_TLS", "PASSWORD_SIGN_IN", "DEMO")

CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """The application, configured from the defaults, `instance/config.py`, the environment, and `config`."""
    app = Flask(__name__, instance_path=str(instance_path(config)))
    configure(app, config or {})
    connect_database(app)
    connect_extensions(app)
    delivery.init_app(app)
    queue.init_app(app)
    logs.init_app(app)
    operating.init_app(app)
    providers.init_app(app)
    access.guard(app)
    languages.register(app)
    errors.register(app)
    pages.register(app)
    families.register(app)
    commands.register(app)
    trust_the_proxy(app)
    spare_the_collector()
    return app


def trust_the_proxy(app: Flask) -> None:
    """Behind HTTPS there is one reverse proxy: it says who the client is, which failed sign-ins are counted for."""
    if is_https(app):
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]


def spare_the_collector() -> None:
    """What is there by now stays for good. The garbage collector need not walk over it time and again, nor come
    every 700 objects, while a file of ten thousand lines is read: that took a third of the time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
    gc.enable()


def instance_path(config: Mapping[str, Any] | None) -> Path:
    chosen = (config or {}).get("INSTANCE_PATH") or os.environ.get("INSTANCE_PATH") or ROOT / "instance"
    path = Path(chosen).resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def configure(app: Flask, config: Mapping[str, Any]) -> None:
    app.config.from_mapping(DEFAULTS)
    app.config.from_pyfile(str(Path(app.instance_path) / "config.py"), silent=True)
    app.config.update(from_environment())
    app.config.update(config)
    demand_sound_periods(app)
    settle_demo_and_secret(app)
    app.config.setdefault("DATABASE_URL", f"sqlite:///{app.instance_path}/muster.sqlite")
    app.config.setdefault("QUEUE_URL", f"sqlite:///{app.instance_path}/queue.sqlite")
    app.config.setdefault("RATELIMIT_STORAGE_URI", app.config["QUEUE_URL"])
    app.config.setdefault("BASE_URL", f"http://127.0.0.1:{app.config['PORT']}")
    app.config["SESSION_COOKIE_SECURE"] = is_https(app)
    app.config["SQLALCHEMY_DATABASE_URI"] = with_driver(app.config["DATABASE_URL"])
    app.config["RATELIMIT_STORAGE_URI"] = with_driver(app.config["RATELIMIT_STORAGE_URI"])
    # One byte more than the largest file, and room for the form around it: refused before it is read.
    app.config["MAX_CONTENT_LENGTH"] = app.config["UPLOAD_MAX_BYTES"] + 64 * 1024


def from_environment() -> dict[str, Any]:
    given = {name: value for name, value in os.environ.items() if value != ""}
    return {
        **{name: given[name] for name in TEXTS if name in given},
        **{name: whole_number(name, given[name]) for name in NUMBERS if name in given},
        **{name: text for name, text in given.items() if name.startswith("OIDC_")},
        **{name: given[name].casefold() in {"1", "true", "yes", "on"} for name in SWITCHES if name in given},
    }


def whole_number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise SystemExit(f"{name} is {text!r}: set a whole number.") from None


def demand_sound_periods(app: Flask) -> None:
    """What is deleted too early does not come back: a wrong period is said before anything works with it."""
    try:
        Periods.of(app.config)
    except ValueError as wrong:
        raise SystemExit(str(wrong)) from None


def settle_demo_and_secret(app: Flask) -> None:
    """Demo mode is for trying out: never on once a secret and a database are set, never without a secret of its own."""
    secret, database = app.config.get("SECRET_KEY"), app.config.get("DATABASE_URL")
    wanted = app.config.get("DEMO", not secret and not database)
    app.config["DEMO"] = bool(wanted) and not (secret and database)
    if not secret and not app.config["DEMO"]:
        raise SystemExit(
            "SECRET_KEY is not set. Set it to a long random text, such as the output of:\n"
            "  python3 -c 'import secrets; print(secrets.token_urlsafe(48))'\n"
            "To try Muster out with a demo world instead, set DEMO=1 and no DATABASE_URL."
        )
    if not secret:
        app.config["SECRET_KEY"] = secret_of_this_machine(Path(app.instance_path) / "secret_key")


def secret_of_this_machine(path: Path) -> str:
    """A random secret, made on first use. Whoever comes second reads what the first one wrote."""
    try:
        path.touch(0o600, exist_ok=False)
        path.write_text(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text()


def is_https(app: Flask) -> bool:
    return str(app.config["BASE_URL"]).startswith("https://")


def with_driver(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else scheme + separator + rest


def connect_database(app: Flask) -> None:
    models.db.init_app(app)
    models.migrate.init_app(app)
    event.listen(models.db.session, "after_commit", queue.wake_after_commit)
    app.teardown_appcontext(models.close_session)  # before Flask-SQLAlchemy's own, which a broken connection would fail


def connect_extensions(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.extensions["password_hasher"] = app.config.get("PASSWORD_HASHER") or PasswordHasher()
    babel.init_app(app, default_translation_directories=str(CATALOGUES), locale_selector=languages.of_this_reader)
    bootstrap.init_app(app)
    compress.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
    login_manager.init_app(app, add_context_processor=False)
    talisman.init_app(
        app,
        content_security_policy=CONTENT_SECURITY_POLICY,
        force_https=False,  # the reverse proxy's to do
        strict_transport_security=is_https(app),
        session_cookie_secure=is_https(app),
        referrer_policy="no-referrer",  # addresses of invitations are secrets,
    )
