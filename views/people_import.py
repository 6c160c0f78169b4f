"""Bringing the people of an organisation from a file."""

import uuid

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from domain import uploads
from domain.people_sheet import COLUMNS
from domain.permissions import may_run_organisation
from models import Organisation, db
from models.upload import UploadKind
from views import access
from views.downloads import csv_file
from views.forms.upload import UploadForm
from views.uploads import people_limits

bp = Blueprint("people_import", __name__, url_prefix="/organisations/<uuid:organisation_id>/directory/import")

SAMPLE = (
    [column.name for column in COLUMNS],
    ["Asha Rao", "asha.rao@example.org", "PR-06001", "Mandla", "Model School Nainpur 3", "Nainpur", "+91 98765 43210"],
    ["Bose Das", "bose.das@example.org", "PR-06002", "Gopalganj", "", "", "", "bose.das"],
    ["Chitra Sen", "chitra.sen@example.org"],
)


@bp.get("")
@access.organisation(may_run_organisation)
def upload(organisation: Organisation) -> str:
    return _page(organisation, UploadForm())


@bp.post("")
@access.organisation(may_run_organisation)
def receive(organisation: Organisation) -> AnyResponse | tuple[str, int]:
    form = UploadForm()
    if not form.validate_on_submit():
        return _page(organisation, form), 422
    file, whose = form.file.data, (access.me(), access.my_rights())
    upload = uploads.receive(*whose, file.filename, file.read(), people_limits(), UploadKind.PEOPLE, organisation)
    if form.replaces.data:
        uploads.replace_faulty(uuid.UUID(form.replaces.data), access.me())
    db.session.commit()
    return redirect(url_for("uploads.show", upload_id=upload.id), 303)


@bp.get("/sample.csv")
@access.organisation(may_run_organisation)
def sample(organisation: Organisation) -> Response:
    width = len(SAMPLE[0])
    return csv_file(([*row, *[""] * (width - len(row))] for row in SAMPLE), "people-sample.csv")


def _page(organisation: Organisation, form: UploadForm) -> str:
    return render_template("directory/import.html", organisation=organisation, form=form, limits=people_limits())
