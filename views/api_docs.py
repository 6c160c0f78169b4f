"""The API, described: for programs as one OpenAPI document, for people as a page of it."""

import json
import re
from functools import lru_cache
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, render_template
from flask_babel import get_locale
from markupsafe import Markup, escape

from views import access
from views.api import openapi
from views.api.explained import ExplainedFamily, explain

bp = Blueprint("api_docs", __name__, url_prefix="/api")

_CODE = re.compile(r"`([^`]+)`")


@bp.get("/openapi.json")
@access.public
def document() -> Response:
    return Response(json.dumps(_document(), ensure_ascii=False), mimetype="application/json")


@bp.get("/docs")
@access.public
def page() -> str:
    app, base_url = _app(), current_app.config["BASE_URL"]
    calls = _calls(app, base_url, str(get_locale()))
    return render_template("api_docs/page.html", families=_explained(app, base_url), calls=calls, base_url=base_url)


def _app() -> Flask:
    return cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]  # the application itself


def _document() -> dict[str, Any]:
    return _written(_app(), current_app.config["BASE_URL"])


# Routes and types stay as they are: what takes a third of a second is done once.


@lru_cache(maxsize=4)
def _written(app: Flask, base_url: str) -> dict[str, Any]:
    return openapi.document(app, base_url)


@lru_cache(maxsize=4)
def _explained(app: Flask, base_url: str) -> list[ExplainedFamily]:
    return explain(_written(app, base_url))


@lru_cache(maxsize=8)
def _calls(app: Flask, base_url: str, _language: str) -> Markup:
    return Markup(render_template("api_docs/calls.html", families=_explained(app, base_url)))


@bp.app_template_filter("with_code")
def with_code(text: str) -> Markup:
    """What stands between backticks, as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))
