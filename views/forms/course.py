"""A course: the key that it is made with, and what it says of itself."""

from flask_babel import lazy_gettext as _
from wtforms import StringField, TextAreaField
from wtforms.validators import Optional

from domain import course_settings
from models import Course
from views.forms.collaboration import AS_TYPED
from views.forms.organisation import SaidForm
from views.forms.typed import typed, typed_on_a_line


class CourseForm(SaidForm):
    name = StringField(_("Name"), filters=[typed_on_a_line], render_kw={"autocomplete": "off"})
    description = TextAreaField(_("Description"), [Optional()], filters=[typed], render_kw={"rows": 4})

    @classmethod
    def for_course(cls, course: Course) -> "CourseForm":
        return cls(data=course_settings.as_texts(course))


class NewCourseForm(CourseForm):
    org = StringField(_("Organisation in the key"), filters=[typed_on_a_line], render_kw=AS_TYPED)
    course = StringField(_("Course in the key"), filters=[typed_on_a_line], render_kw=AS_TYPED)
    run = StringField(_("Run in the key"), filters=[typed_on_a_line], render_kw=AS_TYPED)
