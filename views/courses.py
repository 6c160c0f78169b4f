"""Courses: the cards of those there are, one with its batches, making one and changing what it says."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import batch_lists, course_settings, courses, organisations, permissions
from domain.paging import page_of
from models import Course, Organisation, db
from views import access
from views.forms.course import CourseForm, NewCourseForm
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
    return render_template(
        "courses/index.html",
        cards=cards,
        links=links_of(page),
        words=words,
        rights=rights,
        may_create=permissions.may_create_courses(rights),
    )


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
        may_edit=permissions.may_edit_course(rights, course),
    )


# Making and changing.


@bp.get("/courses/new")
@access.needs(permissions.may_create_courses)
def choose() -> str | Response:
    """Where: whoever may make some in one organisation only goes there."""
    rights, words = access.my_rights(), _words()
    if only := organisations.the_only_one_of(rights):
        return redirect(url_for("courses.new", organisation_id=only.id), 303)
    page = page_of(organisations.search(rights, words), page_asked_for(), SIZE)
    return render_template("courses/choose.html", page=page, links=links_of(page), words=words)


@bp.route("/organisations/<uuid:organisation_id>/courses/new", methods=["GET", "POST"])
@access.organisation(permissions.may_create_courses_in)
def new(organisation: Organisation) -> Response | tuple[str, int]:
    form = NewCourseForm(org=organisation.short_name)
    if form.validate_on_submit():
        made = course_settings.create(access.my_rights(), organisation, form.said, access.by())
        if made.course:
            db.session.commit()
            flash(_("“%(name)s” is made, with its open batch.", name=made.course.name), "success")
            return redirect(url_for("courses.show", key=made.course.key), 303)
        form.tell(made.problems)
    page = render_template("courses/new.html", organisation=organisation, form=form)
    return page, 422 if form.is_submitted() else 200


@bp.route("/courses/<key>/edit", methods=["GET", "POST"])
@access.course(permissions.may_edit_course)
def edit(course: Course) -> Response | tuple[str, int]:
    form = CourseForm.for_course(course)
    if form.validate_on_submit():
        problems = course_settings.change(access.my_rights(), course, form.said, access.by())
        if not problems:
            db.session.commit()
            flash(_("“%(name)s” is saved.", name=course.name), "success")
            return redirect(url_for("courses.show", key=course.key), 303)
        form.tell(problems)
    page = render_template("courses/edit.html", course=course, form=form)
    return page, 422 if form.is_submitted() else 200
