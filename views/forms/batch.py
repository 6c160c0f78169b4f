"""Creating and editing a batch: what is said about it, and the people who are picked."""

import uuid
from collections.abc import Collection, Iterable
from datetime import date

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import DateInput

from domain.batch_draft import SAID, Draft, as_texts, read
from domain.said import Problems
from models import Batch
from models.batch import EnrolmentType
from views.forms.typed import typed, typed_on_a_line

#: The names of the fields in which people are picked.
PICKED = ("mentors", "participants")


class PeopleField(Field):  # type: ignore[misc]  # WTForms comes without types
    """User IDs, one for each box that is ticked; what is none is passed over."""

    data: list[uuid.UUID]

    def process_data(self, value: Collection[uuid.UUID] | None) -> None:
        self.data = [*(value or ())]

    def process_formdata(self, values: list[str]) -> None:
        self.data = [*dict.fromkeys(user_id for value in values if (user_id := _user_id(value)))]


def _user_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


class BatchForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    name = StringField(_("Name"), filters=[typed_on_a_line], render_kw={"autocomplete": "off"})
    description = TextAreaField(_("Description"), [Optional()], filters=[typed], render_kw={"rows": 3})
    enrolment_type = RadioField(
        _("Enrolment type"),
        choices=[
            SelectChoice(EnrolmentType.INVITE_ONLY.value, _("Invite-only (nobody but those who are added)")),
            SelectChoice(EnrolmentType.OPEN.value, _("Open (anyone signed in may join)")),
        ],
    )
    start_date = StringField(_("Start date"), filters=[typed], widget=DateInput())
    end_date = StringField(_("End date"), [Optional()], filters=[typed], widget=DateInput())
    enrolment_end_date = StringField(_("Enrolment end date"), [Optional()], filters=[typed], widget=DateInput())
    mentors = PeopleField(_("Mentors"))
    participants = PeopleField(_("Participants"))
    find_mentors = StringField(filters=[typed_on_a_line])
    find_participants = StringField(filters=[typed_on_a_line])
    #: The button: `find-mentors` and `find-participants` search, and save nothing.
    step = StringField()

    @classmethod
    def for_new(cls, today: date, mentors: Collection[uuid.UUID]) -> "BatchForm":
        invite_only = EnrolmentType.INVITE_ONLY.value
        return cls(data={"enrolment_type": invite_only, "start_date": today.isoformat(), "mentors": mentors})

    @classmethod
    def for_batch(cls, batch: Batch) -> "BatchForm":
        return cls(data={**as_texts(batch), "mentors": batch.mentor_ids})

    @classmethod
    def for_changes_of(cls, batch: Batch) -> "BatchForm":
        """As it was sent. Browsers do not send the type where it stays."""
        return cls(data={"enrolment_type": batch.enrolment_type.value})

    @property
    def draft(self) -> Draft:
        return read({name: self[name].data or "" for name in SAID})

    @property
    def is_searching(self) -> bool:
        return self.step.data in {f"find-{name}" for name in PICKED}

    def searched_for(self, picked: str) -> str | None:
        """The words in this picker's search; nothing where no search of it is asked for.

        Enter presses the first button of a form, whichever search one has typed into: words typed into either are
        looked for. A button pressed without any words lists the first people there are.
        """
        words = {name: self[f"find_{name}"].data or "" for name in PICKED}
        if words[picked]:
            return words[picked]
        return "" if self.step.data == f"find-{picked}" and not any(words.values()) else None

    def keep(self, batch: Batch, names: Iterable[str]) -> None:
        """Show these as they are: what was said of them instead cannot be, and is not offered again."""
        for name in names:
            self[name].data = str(getattr(batch, name))

    def tell(self, problems: Problems) -> None:
        for name, sentences in problems.items():
            self[name].errors = sentences
