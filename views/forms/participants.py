"""Bringing a file of participants."""

from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectChoice

from models.upload import UploadKind
from views.forms.upload import UploadForm


class ParticipantsForm(UploadForm):
    action = RadioField(
        _("What to do"),
        choices=[
            SelectChoice("add", _("Add these people to the batch")),
            SelectChoice("remove", _("Remove these people from the batch")),
        ],
        default="add",
    )

    @property
    def kind(self) -> UploadKind:
        return UploadKind.PARTICIPANTS_REMOVE if self.action.data == "remove" else UploadKind.PARTICIPANTS_ADD
