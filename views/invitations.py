"""The CSV schema and the upload of a file of invitations."""

import uuid

from flask import Blueprint, Response, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from domain import invitation_schema, uploads
from domain.permissions import may_upload_invitations
from domain.table import Limits
from models import db
from views import access
from views.forms.upload import UploadForm

bp = Blueprint("invitations", __name__)


def limits() -> Limits:
    return Limits(current_app.config["UPLOAD_MAX_BYTES"], current_app.config["UPLOAD_MAX_LINES"])


@bp.get("/invitations/schema")
@access.signed_in
def schema() -> str:
    days = current_app.config["INVITATION_DAYS"]
    return render_template(
        "invitations/schema.html",
        columns=invitation_schema.columns(days),
        example=invitation_schema.EXAMPLE,
        limits=limits(),
    )


@bp.get("/invitations/sample.csv")
@access.signed_in
def sample() -> Response:
    headers = {"Content-Disposition": 'attachment; filename="invitations-sample.csv"'}
    return Response(invitation_schema.example_csv(), headers=headers, mimetype="text/csv")


@bp.get("/invitations/upload")
@access.needs(may_upload_invitations)
def upload() -> str:
    return _page(UploadForm())


@bp.post("/invitations/upload")
@access.needs(may_upload_invitations)
def receive() -> AnyResponse | tuple[str, int]:
    form = UploadForm()
    if not form.validate_on_submit():
        return _page(form), 422
    file = form.file.data
    upload = uploads.receive(access.me(), access.my_rights(), file.filename, file.read(), limits())
    if form.replaces.data:
        uploads.replace_faulty(uuid.UUID(form.replaces.data), access.me())
    db.session.commit()
    return redirect(url_for("uploads.show", upload_id=upload.id), 303)


def _page(form: UploadForm) -> str:
    return render_template("invitations/upload.html", form=form, limits=limits())
