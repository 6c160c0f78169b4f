"""Short words for uploading a file of invitations in a test."""

from sqlalchemy import select

from domain import uploads
from domain.people import rights_of
from domain.table import Limits
from models import Upload, UploadFinding, UploadLine, User, db
from models.upload import Level
from tests.people import the_person

YODA = "yoda@harderwijk.test"


def received(content: str | bytes, by: str = YODA, file_name: str = "list.csv") -> Upload:
    """The upload of a person of the demo world."""
    return received_from(the_person(by), content, file_name)


def received_from(user: User, content: str | bytes, file_name: str = "list.csv") -> Upload:
    content = content.encode() if isinstance(content, str) else content
    upload = uploads.receive(user, rights_of(user), file_name, content, Limits())
    db.session.commit()
    return upload


def file_of(*lines: str, header: str = "short_names,invitees") -> str:
    return "\n".join([header, *lines]) + "\n"


def found(upload: Upload, level: Level) -> list[UploadFinding]:
    return list(db.session.scalars(uploads.findings(upload, level)))


def cells_of(upload: Upload) -> list[list[str]]:
    return list(db.session.scalars(select(UploadLine.cells).filter_by(upload_id=upload.id).order_by(UploadLine.number)))
