"""Development only: every mail that the application has sent, as its reader would see it.

With a mail server there is no mailbox (404). In demo mode it is open to everybody, as the invitee of the
demo has no account yet; otherwise it is for platform admins, for its links are other people's keys.
"""

import io
from typing import Any

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from views import access
from views.extensions import talisman
from views.paging import SIZE, links_of, page_asked_for

bp = Blueprint("mailbox", __name__, url_prefix="/mailbox")

#: A mail's own page, which only the frame around it shows. It has inline styles, as mails need; it may load
#: nothing, run nothing and send nothing (the sandbox), only let the reader follow its link out of the frame.
MAIL_POLICY = {
    "default-src": "'none'",
    "style-src": "'unsafe-inline'",
    "frame-ancestors": "'self'",
    "sandbox": "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
}


@bp.before_request
def _let_in() -> Response | None:
    if current_app.extensions["mailbox"] is None:
        abort(404)
    if current_app.config["DEMO"]:
        return None
    if not access.is_signed_in():
        return redirect(url_for("session.login", next=request.full_path.rstrip("?")), 303)
    if not access.me().is_platform_admin:
        abort(403)
    return None


@bp.get("")
@access.public
def index() -> str:
    search = request.args.get("search", "")
    page = _mailbox().list(page_asked_for(), SIZE, search)
    return render_template("mailbox/index.html", page=page, links=links_of(page), search=search)


@bp.get("/<name>")
@access.public
def mail(name: str) -> str:
    as_text = request.args.get("as") == "text"
    return render_template("mailbox/mail.html", mail=_received(name), as_text=as_text, sandbox=MAIL_POLICY["sandbox"])


@bp.get("/<name>/html")
@access.public
@talisman(content_security_policy=MAIL_POLICY, frame_options="SAMEORIGIN")  # type: ignore[untyped-decorator]  # without types
def html(name: str) -> Response:
    page = _received(name).html or abort(404)
    return make_response(page.replace("<head>", '<head><base target="_top">', 1))


@bp.get("/<name>/attachments/<int:number>")
@access.public
def attachment(name: str, number: int) -> Response:
    attachments = _received(name).attachments
    if number >= len(attachments):
        abort(404)
    asked = attachments[number]
    content = io.BytesIO(asked.content)
    return send_file(content, asked.content_type, as_attachment=True, download_name=asked.file_name, max_age=0)


def _mailbox() -> Any:
    return current_app.extensions["mailbox"]


def _received(name: str) -> Any:
    return _mailbox().get(name) or abort(404)
