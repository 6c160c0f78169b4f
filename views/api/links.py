"""Addresses for programs, which know no page that they would be relative to."""

from typing import Any

from flask import current_app, url_for


def absolute(endpoint: str, **places: Any) -> str:
    """By the address at which people reach the application, whatever a proxy makes of it."""
    return str(current_app.config["BASE_URL"]).rstrip("/") + url_for(endpoint, **places)
