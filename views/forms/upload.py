from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField
from wtforms.validators import UUID, Optional


class UploadForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF comes without types
    file = FileField(
        _("File"),
        [FileRequired(_("Choose a file first."))],
        render_kw={"accept": ".csv,.txt,.tsv,.xlsx,text/csv,text/tab-separated-values"},
    )
    #: The upload with errors whose mended file this is.
    replaces = HiddenField(validators=[Optional(), UUID()])
