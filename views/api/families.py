"""The blueprints of the API, and what sets them apart from pages."""

from flask import Flask

from views.api import oauth, participants
from views.api.blueprint import ApiBlueprint
from views.extensions import csrf

ROOMS = (oauth, participants)

#: Bytes of a form, or of a body: room for a hundred thousand identifiers.
LARGEST_BODY = 10_000_000


def register(app: Flask) -> None:
    for room in ROOMS:
        blueprint: ApiBlueprint = room.bp
        csrf.exempt(blueprint)  # no cookie speaks for anybody here
        app.register_blueprint(blueprint)
