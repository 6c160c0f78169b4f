"""Courses: the cards of those there are, and one with its batches."""

from flask import Blueprint, render_template, request

from domain import batch_lists, courses, permissions
from domain.paging import page_of
from models import Course
from views import access
from views.paging import SIZE, links_of, page_asked_for

bp = Blueprint("courses", __name__)

#: Cards on a page: whole rows of them, be it one, two or three in a row.
CARDS = 24


def _words() -> str:
    """What is searched for. No database stores a NUL, and PostgreSQL does not even look for one."""
    return request.args.get("q", "").replace("\x00", "").strip()


@bp.get("/courses")
@access.signed_in
def index() -> str:
    rights, words = access.my_rights(), _words()
    page = page_of(courses.search(rights, words), page_asked_for(), CARDS)
    cards = courses.cards_of(page.items)
    return render_template("courses/index.html", cards=cards, links=links_of(page), words=words, rights=rights)


@bp.get("/courses/<key>")
@access.course(permissions.may_see_course)
def show(course: Course) -> str:
    rights = access.my_rights()
    page = page_of(batch_lists.of_course(course, rights), page_asked_for(), SIZE)
    return render_template(
        "courses/show.html",
        course=course,
        lines=batch_lists.lines_of(page.items, rights),
        links=links_of(page),
        may_create=permissions.may_create_batch(rights, course),
    )
