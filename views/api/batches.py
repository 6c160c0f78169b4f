"""Courses, and the batches of each: read, created and changed."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from flask import current_app
from pydantic import BaseModel, Field, WithJsonSchema

from domain import batch_draft, batch_lists, batches, courses
from domain.batches import BatchState, Saved
from domain.days import today_in
from domain.keyset import Order
from domain.permissions import may_create_batch, may_edit_batch, may_read_batch, may_see_course
from models import Batch, Course
from models.batch import EnrolmentType
from views import access
from views.api import problems
from views.api.blueprint import ApiBlueprint
from views.api.calls import Answer, Given, call, malformed
from views.api.fields import Description, Name, left_out
from views.api.links import absolute
from views.api.lists import Listed, Paged, Words, page_of

bp = ApiBlueprint("api_batches", problems.tell, url_prefix="/api/v1")

#: Read by the domain, which says what is no day.
Day = Annotated[
    str,
    Field(min_length=1),
    WithJsonSchema({"type": "string", "format": "date", "minLength": 1, "examples": ["2027-01-31"]}),
]


class CoursesAskedFor(Paged):
    search: Words = Field("", description="Words in the name or the key.")


class CourseAnswer(BaseModel):
    key: str = Field(examples=["course-v1:pradesh+FLN101+2026"])
    name: str = Field(examples=["Foundational Literacy"])
    description: str
    organisation: str = Field(description="Its short name.", examples=["pradesh"])


class Courses(Listed[CourseAnswer]):
    """Courses, by name."""


class Mentor(BaseModel):
    user_id: uuid.UUID
    name: str


class BatchAnswer(BaseModel):
    id: uuid.UUID
    course: str = Field(description="The key of its course.", examples=["course-v1:pradesh+FLN101+2026"])
    name: str = Field(examples=["Pilot"])
    description: str
    enrolment_type: EnrolmentType
    start_date: date
    end_date: date | None = Field(description="The last day that counts, in the organisation's time zone.")
    enrolment_end_date: date | None
    state: BatchState = Field(description="Today.")
    participant_count: int = Field(description="Active ones.")
    mentors: list[Mentor]


class Batches(Listed[BatchAnswer]):
    """Batches, those that start last first."""


class NewBatch(Given):
    name: Name = Field(examples=["Pilot"])
    description: Description = ""
    enrolment_type: EnrolmentType = EnrolmentType.INVITE_ONLY
    start_date: Day = Field(description="Today or later.")
    end_date: Day | None = Field(None, description="The last day that counts.")
    enrolment_end_date: Day | None = None
    mentors: list[uuid.UUID] | None = Field(
        None, description="User IDs. Left out: the key's owner, where they are a mentor of the organisation."
    )


class BatchChanges(Given):
    """What is left out stays as it is."""

    name: Name = left_out(examples=["Pilot"])
    description: Description = left_out()
    enrolment_type: EnrolmentType = left_out(description="Until it has started.")
    start_date: Day = left_out(description="Until it has started.")
    end_date: Day | None = left_out(description="The last day that counts; null: none.")
    enrolment_end_date: Day | None = left_out(description="Null: none.")
    mentors: list[uuid.UUID] = left_out(description="User IDs, of all of them.")


@bp.get("/courses")
@access.signed_in
@call("List courses", "Those of the organisations that the key is for.", query=CoursesAskedFor, answer=Courses)
def index(query: CoursesAskedFor) -> Courses:
    found, cursor = page_of(courses.search(access.my_rights(), query.search), Order(Course.name, Course.id), str, query)
    return Courses(items=[*map(course_answer, found)], next=cursor)


@bp.get("/courses/<key>/batches")
@access.course(may_see_course)
@call("List the batches of a course", "Those that the key may see.", query=Paged, answer=Batches)
def of_course(course: Course, query: Paged) -> Batches:
    asked = batch_lists.of_course(course, access.my_rights())
    found, cursor = page_of(asked, Order(Batch.start_date, Batch.id, descending=True), date, query)
    return Batches(items=[*map(_batch, found)], next=cursor)


@bp.post("/courses/<key>/batches")
@access.course(may_create_batch)
@call(
    "Create a batch",
    "Of the course, with no participants yet.",
    body=NewBatch,
    answer=BatchAnswer,
    status=201,
    creates=True,
)
def create(course: Course, body: NewBatch) -> Answer:
    mentors = batches.default_mentors(access.my_rights(), course) if body.mentors is None else body.mentors
    saved = batches.create(course, batch_draft.read(_texts(body.model_dump())), mentors, (), access.by())
    batch = _saved(saved)
    return Answer(_batch(batch), 201, location=absolute("api_batches.show", batch_id=batch.id))


@bp.get("/batches/<uuid:batch_id>")
@access.batch(may_read_batch)
@call("Read a batch", answer=BatchAnswer)
def show(batch: Batch) -> BatchAnswer:
    return _batch(batch)


@bp.patch("/batches/<uuid:batch_id>")
@access.batch(may_edit_batch)
@call(
    "Change a batch",
    "Only what is sent. Participants are added and removed by a call of their own.",
    body=BatchChanges,
    answer=BatchAnswer,
)
def change(batch: Batch, body: BatchChanges) -> BatchAnswer:
    said = body.model_dump(exclude_unset=True)
    mentors = said.pop("mentors", None)
    saved = batches.change(batch, _texts(said), mentors, access.by(), current_app.config["BATCH_EDIT_LIMIT"])
    return _batch(_saved(saved))


def _texts(said: Mapping[str, Any]) -> dict[str, str]:
    return {name: said[name] or "" for name in batch_draft.SAID if name in said}


def _saved(saved: Saved) -> Batch:
    if saved.batch is None:
        raise malformed(saved.problems)
    return saved.batch


def course_answer(course: Course) -> CourseAnswer:
    return CourseAnswer(
        key=course.key, name=course.name, description=course.description, organisation=course.organisation.short_name
    )


def _batch(batch: Batch) -> BatchAnswer:
    return BatchAnswer(
        id=batch.id,
        course=batch.course.key,
        name=batch.name,
        description=batch.description,
        enrolment_type=batch.enrolment_type,
        start_date=batch.start_date,
        end_date=batch.end_date,
        enrolment_end_date=batch.enrolment_end_date,
        state=batches.state_on(batch, today_in(batch.organisation.time_zone)),
        participant_count=batch.participant_count,
        mentors=[Mentor(user_id=mentor.id, name=mentor.name) for mentor in batch.mentors],
    )
