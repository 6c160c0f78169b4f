"""The API, described: for programs as one OpenAPI document, for people as a page of it."""

import json
import re
from functools import lru_cache
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, render_template
from markupsafe import Markup, escape

from views import access
from views.api import openapi
from views.api.explained import explain

bp = Blueprint("api_docs", __name__, url_prefix="/api")

_CODE = re.compile(r"`([^`]+)`")


@bp.get("/openapi.json")
@access.public
def document() -> Response:
    return Response(json.dumps(_document(), ensure_ascii=False), mimetype="application/json")


@bp.get("/docs")
@access.public
def page() -> str:
    families = explain(_document())
    return render_template("api_docs/page.html", families=families, base_url=current_app.config["BASE_URL"])


def _document() -> dict[str, Any]:
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]  # the application itself
    return _written(app, app.config["BASE_URL"])


@lru_cache(maxsize=4)
def _written(app: Flask, base_url: str) -> dict[str, Any]:
    """Routes and types stay as they are."""
    return openapi.document(app, base_url)


@bp.app_template_filter("with_code")
def with_code(text: str) -> Markup:
    """What stands between backticks, as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))
