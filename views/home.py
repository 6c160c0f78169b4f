"""The first page after signing in: what waits for this person."""

from flask import Blueprint, render_template

from domain import suspending, waiting
from domain.permissions import may_upload_invitations
from views import access

bp = Blueprint("home", __name__)


@bp.get("/")
@access.signed_in
def index() -> str:
    rights = access.my_rights()
    return render_template(
        "home.html",
        waiting=waiting.for_person(access.me(), rights),
        words_of_suspended=suspending.words_of,
        may_upload=may_upload_invitations(rights),
    )
