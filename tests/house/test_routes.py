"""Every route states who may use it."""

from flask import Flask

from tests.clients import Client
from views.access import OPEN_ENDPOINTS


def test_every_route_has_a_rule(app: Flask) -> None:
    without = [
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint not in OPEN_ENDPOINTS and not getattr(view, "access_rule", None)
    ]
    assert without == []


def test_a_route_without_a_rule_is_closed_even_to_a_platform_admin(world: Flask, client: Client) -> None:
    client.sign_in("platform@muster.test")
    view = world.view_functions["home.index"]
    world.view_functions["home.index"] = lambda: "open"
    try:
        assert client.get("/").status_code == 403
    finally:
        world.view_functions["home.index"] = view


#: Clients of others' APIs know them by these.
OTHERS_PATHS = ("/oauth2/", "/api/bulk_enroll/")


def test_every_path_is_in_lower_case_with_dashes(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(OTHERS_PATHS):
            continue
        fixed = [part for part in rule.rule.split("/") if part and "<" not in part]
        assert all(part == part.lower() and "_" not in part for part in fixed), rule.rule
