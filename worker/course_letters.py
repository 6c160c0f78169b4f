"""Letters about courses: to whom bulk enrolment has enrolled, unenrolled, or is going to enrol."""

from typing import Any

from domain.language import gettext as _
from models import Course, Letter
from worker.letter_facts import Facts
from worker.letter_parts import Content, Links
from worker.letter_words import one_line, shortened


def enrolled(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To whom bulk enrolment has enrolled, or unenrolled: of a course that they may know nothing of yet."""
    course = facts.courses.get(letter.course_id) if letter.course_id else None
    return _of_a_course(course, link=links.course(course)) if course else None


def to_register(letter: Letter, facts: Facts, links: Links) -> Content | None:
    """To an address without an account. Nothing once that has been taken back."""
    course = facts.courses.get(letter.course_id) if letter.course_id else None
    pending = facts.pending.get((letter.course_id, letter.to_address)) if letter.course_id else None
    if course is None or pending is None:
        return None
    return _of_a_course(course, enrols=pending.auto_enrol, link=links.register(pending))


def _of_a_course(course: Course, **values: Any) -> Content:
    name, organisation = one_line(course.name), one_line(course.organisation.name)
    contact = one_line(course.organisation.contact_email or "")
    details = [(_("Course"), name), (_("Course key"), one_line(course.key)), (_("Organisation"), organisation)]
    told = {"course": name, "course_short": shortened(name), "organisation": organisation, "details": details}
    return Content({**told, "contact": contact, **values}, reply_to=contact or None)
