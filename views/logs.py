"""What operators read: a line for each request, and what went wrong, each with the ID of its request.

No line holds what people typed: a route stands in it, not the address with its tokens, and of a fault its kind and
its place, not its words, which may quote a value.
"""

import json
import logging
import re
import time
import traceback
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from flask import Flask, current_app, g, request
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response

log = logging.getLogger("muster.request")

#: Of the request that is being answered; empty outside of any.
request_id: ContextVar[str] = ContextVar("request_id", default="")
#: As proxies and clients send them; what looks otherwise is not taken over.
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)
    app.log_exception = _note_fault  # type: ignore[method-assign]  # Flask's own names the path
    if app.config["LOG_FORMAT"] == "json":
        speak_json()
    if app.config["SENTRY_DSN"]:
        tell_sentry(app.config["SENTRY_DSN"])


def _begin() -> None:
    sent = request.headers.get("X-Request-ID", "")
    g.request_began = time.perf_counter()
    request_id.set(sent if _WELL_FORMED.fullmatch(sent) else uuid.uuid4().hex)


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id.get()
    if "request_began" in g:
        took = round(1000 * (time.perf_counter() - g.request_began), 1)
        told = {"method": request.method, "route": request.endpoint, "status": response.status_code, "ms": took}
        log.info("request", extra={"told": told})
    return response


def _note_fault(exc_info: ExceptionInfo) -> None:
    current_app.logger.error("A request to %s failed.", request.endpoint, exc_info=exc_info)


def speak_json() -> None:
    """A JSON object a line, on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **({"request_id": known} if (known := request_id.get()) else {}),
            **getattr(record, "told", {}),
        }
        if record.exc_info and record.exc_info[1]:
            told["fault"] = fault(record.exc_info[1])
        return json.dumps(told, default=str)


def fault(error: BaseException) -> dict[str, Any]:
    """Its kind, and where it happened, the innermost place last; those it came of beside it."""
    told: dict[str, Any] = {"kind": f"{type(error).__module__}.{type(error).__qualname__}"}
    if isinstance(error, DBAPIError):
        told["statement"] = error.statement
        told["sqlstate"] = getattr(error.orig, "sqlstate", None)
    told["at"] = [f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(error.__traceback__)]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return told | ({"because": fault(cause)} if cause else {})


def tell_sentry(dsn: str) -> None:
    import sentry_sdk  # only where it is asked for: importing takes time at every start

    sentry_sdk.init(
        dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=without_words,
        before_breadcrumb=lambda _crumb, _hint: None,
    )


def without_words(event: Any, _hint: Any) -> Any:
    """Addresses of pages hold tokens, and the words of a fault what people typed."""
    event.pop("request", None)
    for value in event.get("exception", {}).get("values", []):
        value.pop("value", None)
    return event
