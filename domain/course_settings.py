"""Making a course, and changing what it says of itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain import audit, courses, said
from domain.audit import About, By
from domain.cells import CellError
from domain.errors import ConflictError, NotAllowedError
from domain.language import gettext as _
from domain.permissions import Rights, may_create_courses_in, may_edit_course
from domain.said import Problems
from models import Course, Organisation, db
from models.audit import AuditAction

#: What its key is made of (Open edX, "Opaque keys"), and what may stand in each part.
PARTS_OF_KEY = ("org", "course", "run")
_PART = re.compile(r"[A-Za-z0-9_~.-]{1,80}")
#: What it says of itself.
SAID = ("name", "description")


@dataclass(frozen=True, slots=True)
class Made:
    #: By field; with any, nothing is made.
    problems: Problems = field(default_factory=dict)
    course: Course | None = None


def create(rights: Rights, organisation: Organisation, given: Mapping[str, str], by: By) -> Made:
    """A new course with its open batch, or what is wrong with what is given. Raises `NotAllowedError`.

    `given`: by the names of `PARTS_OF_KEY` and `SAID`.
    """
    if not may_create_courses_in(rights, organisation):
        raise NotAllowedError(_("Only admins and managers of the organisation make courses."))
    parts, problems = said.read(given, dict.fromkeys(PARTS_OF_KEY, _part_of_key))
    values, more = said.read(given, _READERS)
    if problems | more:
        return Made(problems | more)
    key = "course-v1:" + "+".join(parts[name] for name in PARTS_OF_KEY)
    try:
        course = courses.create(organisation, key=key, **values)
    except ConflictError:
        return Made({"course": [_("There is a course with the key %(key)s already: change a part of it.", key=key)]})
    audit.record(AuditAction.COURSE_MADE, About.course(course), by, {}, key)
    return Made(course=course)


def change(rights: Rights, course: Course, given: Mapping[str, str], by: By) -> Problems:
    """Let the course say this of itself, where nothing is wrong with it. Raises `NotAllowedError`."""
    if not may_edit_course(rights, course):
        raise NotAllowedError(_("Only admins and managers of the organisation change its courses."))
    values, problems = said.read(given, _READERS)
    if problems:
        return problems
    if as_texts(course) != values:
        course.name, course.description = values["name"], values["description"]
        audit.record(AuditAction.COURSE_CHANGED, About.course(course), by, {})
        db.session.flush()
    return {}


def as_texts(course: Course) -> dict[str, str]:
    return {"name": course.name, "description": course.description}


def _part_of_key(text: str) -> str:
    if not _PART.fullmatch(text):
        sentence = _("Write at most 80 letters without accents, digits, dashes, dots, underscores and tildes.")
        raise CellError("part_of_key", sentence)
    return text


_READERS = {"name": said.name, "description": said.description}
