"""Files of people of an organisation of the demo world, and what became of them."""

import csv
import io

from sqlalchemy import select

from domain import uploads
from domain.people import rights_of
from domain.table import Limits
from models import Upload, User, db
from models.upload import UploadKind
from tests.people import the_person
from tests.teaching import STATE_ADMIN, pradesh

COLUMNS = ("name", "email", "state_id", "district", "school", "block", "mobile", "user_name")


def a_file_of(*people: dict[str, str]) -> str:
    """Each with the columns that matter."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(people)
    return text.getvalue()


def numbered(first: int, last: int, **given: str) -> list[dict[str, str]]:
    """`p1@pradesh.test`, state ID `N-1`, and so on."""
    return [
        {"name": f"Person {number}", "email": f"p{number}@pradesh.test", "state_id": f"N-{number}", **given}
        for number in range(first, last + 1)
    ]


def brought(content: str | bytes, by: str = STATE_ADMIN, name: str = "people.csv") -> Upload:
    """The upload, checked."""
    user = the_person(by)
    content = content.encode() if isinstance(content, str) else content
    limits = Limits(max_lines=100_000)
    upload = uploads.receive(user, rights_of(user), name, content, limits, UploadKind.PEOPLE, pradesh())
    db.session.commit()
    return upload


def pressed(content: str, by: str = STATE_ADMIN) -> Upload:
    """The upload, ready, and *Process* pressed."""
    upload = brought(content, by)
    assert uploads.press_process(upload), "it is not ready"
    db.session.commit()
    return upload


def people() -> dict[str, str | None]:
    """The districts of the people of files, by address."""
    query = select(User.email, User.district).where(User.organisation_id == pradesh().id).order_by(User.email)
    return dict(db.session.execute(query.where(User.state_id_key.startswith("n-"))).all())
