"""A batch's dashboard, and its participants' progress as a file."""

from flask import Blueprint, Response, render_template

from domain import dashboard, progress_report
from domain.participant_list import SortBy, counts_of
from domain.permissions import may_edit_batch, may_manage_participants
from domain.tallies import tallies_of
from models import Batch
from views import access, participant_list
from views.downloads import csv_file

bp = Blueprint("dashboard", __name__)

COLUMNS = [*SortBy]


@bp.get("/batches/<uuid:batch_id>/dashboard")
@access.batch(may_edit_batch)
def show(batch: Batch) -> Response | str:
    tallies = tallies_of(batch.id)
    listing = participant_list.listing_of(batch, COLUMNS, counts_of(tallies))
    return participant_list.alone("batches/dashboard.html", batch=batch, listing=listing) or render_template(
        "batches/dashboard.html",
        batch=batch,
        listing=listing,
        figures=dashboard.figures_of(tallies),
        spread=dashboard.spread_of(tallies),
        timeline=dashboard.timeline_of(tallies),
        districts=dashboard.districts_of(tallies),
        last_active_on=dashboard.last_active_on(batch),
        may_manage_participants=may_manage_participants(access.my_rights(), batch),
    )


@bp.get("/batches/<uuid:batch_id>/progress.csv")
@access.batch(may_edit_batch)
def report(batch: Batch) -> Response:
    """Of everybody, or of those whom the list is narrowed to."""
    wanted = participant_list.wanted_here() if participant_list.is_narrowed_or_sorted() else None
    return csv_file(progress_report.report(batch, wanted), progress_report.file_name(batch))
