"""The blueprints of the API, and what sets them apart from pages."""

from flask import Flask

from views.api import (
    batches,
    collaboration_settings,
    collaborations,
    courses,
    groups,
    memberships,
    oauth,
    openedx,
    participants,
    people,
    progress,
    role_invitations,
    roles,
    sunbird,
    units,
    uploads,
)
from views.api.blueprint import ApiBlueprint
from views.extensions import csrf

ROOMS = (
    oauth,
    uploads,
    batches,
    courses,
    participants,
    people,
    progress,
    collaborations,
    collaboration_settings,
    groups,
    memberships,
    roles,
    role_invitations,
    units,
    openedx,
    sunbird,
)


def register(app: Flask) -> None:
    for room in ROOMS:
        blueprint: ApiBlueprint = room.bp
        csrf.exempt(blueprint)  # no cookie speaks for anybody here
        app.register_blueprint(blueprint)
