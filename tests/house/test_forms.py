"""Every form that a page shows can be sent as it stands, with its token: what comes is a page, never a fault.

The other tests send forms without tokens, which the forms do not ask for there.
"""

from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask import Flask, url_for

from tests.clients import Client
from tests.house.test_access import CAST, places_of, rows, things
from tests.pages import FRAMED, Page

__all__ = ["things"]  # a fixture

#: Those who see the most, each another part.
ROLES = ("nobody", "platform", "yoda", "mentor")


@pytest.mark.parametrize("role", ROLES)
def test_every_form_can_be_sent_as_it_stands(world: Flask, things: dict[str, dict[str, str]], role: str) -> None:
    visitor = Client(world) if role == "nobody" else Client(world).sign_in(CAST[role])
    world.config["WTF_CSRF_ENABLED"] = True
    pages = [path_of(world, row.endpoint, things[row.thing]) for row in rows() if row.method == "GET"]
    answers = {}
    for path in dict.fromkeys(pages):
        answer = visitor.get(path)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            for form in forms_of(FRAMED.findall(answer.text)):
                target = form.get("action") or path
                answers[f"{target} on {path}"] = visitor.post(target, data=as_it_stands(form)).status_code
    assert len(answers) > 2
    assert {target: status for target, status in answers.items() if status not in {303, 403, 404, 409, 422}} == {}


def path_of(world: Flask, endpoint: str, values: dict[str, str]) -> str:
    with world.test_request_context():
        return url_for(endpoint, **{name: values[name] for name in places_of(world, endpoint)})


def forms_of(framed: Iterable[str]) -> list[Element]:
    """Those that are sent, but for those that sign out: nobody would be there to send the next one. The frame of a page
    has none but such.
    """
    forms = [form for content in framed for form in Page(content).all("form", method="post")]
    return [form for form in forms if not form.get("action", "").endswith("/sign-out")]


def as_it_stands(form: Element) -> dict[str, Any]:
    """What a browser sends when nobody has touched anything."""
    sent: dict[str, Any] = {}
    for field in form.iter():
        name, kind = field.get("name"), field.get("type", "text")
        if not name or kind in {"submit", "button", "file"}:
            continue
        if field.tag == "textarea":
            sent.setdefault(name, []).append(field.text or "")
        elif field.tag == "select":
            sent[name] = [option.get("value") for option in field.iter("option") if option.get("selected") is not None]
        elif field.tag == "input" and (kind not in {"checkbox", "radio"} or field.get("checked") is not None):
            sent.setdefault(name, []).append(field.get("value", ""))
    return sent
