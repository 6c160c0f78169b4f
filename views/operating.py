"""For operators: whether this process lives, whether it can work, and figures for Prometheus."""

import hmac
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, abort, current_app, g, request
from werkzeug.wrappers import Response

from domain import health
from views import access

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

bp = Blueprint("operating", __name__)


def init_app(app: Flask) -> None:
    """Requests are counted where `METRICS_TOKEN` is set: without it nobody may ask."""
    app.extensions["request_figures"] = figures = RequestFigures() if app.config["METRICS_TOKEN"] else None
    if figures:
        app.before_request(_begin)
        app.after_request(figures.note)


@bp.get("/healthz")
@access.public
def alive() -> dict[str, str]:
    """Asks nothing of anybody: who gets no answer may start the process anew."""
    return {"status": "ok"}


@bp.get("/readyz")
@access.public
def ready() -> tuple[dict[str, str], int]:
    reason = health.why_not_ready()
    return ({"status": reason}, 503) if reason else ({"status": "ok"}, 200)


@bp.get("/metrics")
@access.public
def metrics() -> Response:
    """For whoever brings the token; there is nothing here for others."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    known = current_app.config["METRICS_TOKEN"]
    if not known or scheme != "Bearer" or not hmac.compare_digest(token.encode(), known.encode()):
        abort(404)
    figures: RequestFigures = current_app.extensions["request_figures"]
    load = health.load(timedelta(seconds=current_app.config["LEASE_SECONDS"]))
    return Response(figures.told_with(load), content_type="text/plain; version=0.0.4; charset=utf-8")


def _begin() -> None:
    g.begun = time.perf_counter()


class RequestFigures:
    """How many requests came for which route, what they were answered and how long it took.

    Of this process; of all processes of the machine where `PROMETHEUS_MULTIPROC_DIR` names a folder for them.
    """

    def __init__(self) -> None:
        # Only where it is asked for: importing takes time at every start.
        from prometheus_client import CollectorRegistry, Histogram

        self._registry = CollectorRegistry()
        labels = ("method", "endpoint", "status")
        self._seconds = Histogram("muster_request_seconds", "Time to answer.", labels, registry=self._registry)

    def note(self, response: Response) -> Response:
        if "begun" in g:  # unless the request was refused before anything was asked
            method = request.method if request.url_rule else "any"  # without a route it is whatever was sent
            labels = (method, request.endpoint or "none", str(response.status_code))
            self._seconds.labels(*labels).observe(time.perf_counter() - g.begun)
        return response

    def told_with(self, load: health.Load) -> bytes:
        from prometheus_client import CollectorRegistry, generate_latest, multiprocess

        registry = CollectorRegistry()
        registry.register(_Waiting(load))
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            return generate_latest(registry)
        return generate_latest(self._registry) + generate_latest(registry)


class _Waiting:
    """What waits, which the database says and every process alike."""

    def __init__(self, load: health.Load) -> None:
        self._load = load

    def collect(self) -> Iterator["Metric"]:
        from prometheus_client.core import GaugeMetricFamily

        for name, meaning, value in (
            ("uploads_in_progress", "Uploads being processed.", self._load.uploads_in_progress),
            ("uploads_waiting", "Those of them that no worker is at.", self._load.uploads_waiting),
            ("oldest_upload_seconds", "Since Process was pressed.", self._load.oldest_upload_seconds),
            ("letters_waiting", "Letters to be sent.", self._load.letters_waiting),
            ("oldest_letter_seconds", "Since it was written.", self._load.oldest_letter_seconds),
        ):
            yield GaugeMetricFamily(f"muster_{name}", meaning, value=value)
