"""The audit log: written in the transaction of what it tells of."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models import AuditEntry, Batch, Collaboration, Course, db
from models.audit import AuditAction, Through


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, and by which door they came."""

    #: Empty: the operator, by a command, or nobody.
    user_id: uuid.UUID | None
    through: Through
    upload_id: uuid.UUID | None = None
    #: The key that a call came with.
    api_key_id: uuid.UUID | None = None
    #: The network address that a page or a call was asked for from.
    address: str | None = None


#: Nobody does what happens because its time has come.
CLOCK = By(None, Through.CLOCK)


@dataclass(frozen=True, slots=True)
class About:
    """What was changed."""

    #: Empty: it concerns the platform.
    organisation_id: uuid.UUID | None
    batch_id: uuid.UUID | None = None
    course_id: uuid.UUID | None = None
    collaboration_id: uuid.UUID | None = None
    api_key_id: uuid.UUID | None = None

    @classmethod
    def batch(cls, batch: Batch) -> "About":
        return cls(batch.organisation_id, batch_id=batch.id, course_id=batch.course_id)

    @classmethod
    def course(cls, course: Course) -> "About":
        return cls(course.organisation_id, course_id=course.id)

    @classmethod
    def collaboration(cls, collaboration: Collaboration) -> "About":
        return cls(collaboration.organisation_id, collaboration_id=collaboration.id)


def record(
    action: AuditAction, about: About, by: By, people: Mapping[str, Sequence[uuid.UUID] | Sequence[str]], note: str = ""
) -> None:
    """`people`: those to whom it was done, by outcome: user IDs, or addresses without an account.

    `note`: why, as whoever does it says.
    """
    named = {outcome: some for outcome, some in people.items() if some}
    db.session.add(
        AuditEntry(
            organisation_id=about.organisation_id,
            batch_id=about.batch_id,
            course_id=about.course_id,
            collaboration_id=about.collaboration_id,
            api_key_id=about.api_key_id,
            user_id=by.user_id,
            action=action,
            through=by.through,
            address=by.address,
            upload_id=by.upload_id,
            through_key_id=by.api_key_id,
            counts={outcome: len(some) for outcome, some in named.items()},
            people={outcome: [*map(_as_text, some)] for outcome, some in named.items()},
            note=note,
        )
    )


def _as_text(person: uuid.UUID | str) -> str:
    return person if isinstance(person, str) else person.hex
