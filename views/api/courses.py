"""Courses made, and what they say of themselves changed: as their pages do it."""

from pydantic import Field

from domain import course_settings, permissions
from models import Course
from views import access
from views.api import problems
from views.api.batches import CourseAnswer, course_answer
from views.api.blueprint import ApiBlueprint
from views.api.calls import Answer, Given, call, malformed
from views.api.fields import Description, Name, left_out
from views.api.links import absolute

bp = ApiBlueprint("api_courses", problems.tell, url_prefix="/api/v1")


class NewCourse(Given):
    """Its key is `course-v1:` with `org`, `course` and `run`, and `+` between them."""

    organisation: str = Field(description="Whose it is, by its short name.", examples=["pradesh"])
    org: str | None = Field(None, description="In the key. Left out: the organisation's short name.")
    course: str = Field(description="In the key.", examples=["ARI101"])
    run: str = Field(description="In the key.", examples=["2027"])
    name: Name = Field(examples=["Arithmetic"])
    description: Description = ""


class CourseChanges(Given):
    """What is left out stays as it is."""

    name: Name = left_out(examples=["Foundational Literacy"])
    description: Description = left_out()


@bp.post("/courses")
@access.needs(permissions.may_create_courses)
@call(
    "Make a course",
    "In an organisation that the key manages as a whole; with its open batch.",
    body=NewCourse,
    answer=CourseAnswer,
    status=201,
    creates=True,
)
def create(body: NewCourse) -> Answer:
    organisation = access.organisation_named(body.organisation, permissions.may_create_courses_in)
    given = body.model_dump(exclude={"organisation"}) | {"org": body.org or organisation.short_name}
    made = course_settings.create(access.my_rights(), organisation, given, access.by())
    if made.course is None:
        raise malformed(made.problems)
    return Answer(course_answer(made.course), 201, location=absolute("api_batches.of_course", key=made.course.key))


@bp.patch("/courses/<key>")
@access.course(permissions.may_edit_course)
@call("Change a course", "Only what is sent. Its key stays.", body=CourseChanges, answer=CourseAnswer)
def change(course: Course, body: CourseChanges) -> CourseAnswer:
    given = course_settings.as_texts(course) | body.model_dump(exclude_unset=True)
    if wrong := course_settings.change(access.my_rights(), course, given, access.by()):
        raise malformed(wrong)
    return course_answer(course)
