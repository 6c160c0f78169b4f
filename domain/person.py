"""One of an organisation's people: what it knows of them, and changing what it gives and tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from domain import audit
from domain.audit import About, By
from domain.cells import CellError, one_line
from domain.directory import can_sign_in
from domain.language import gettext as _
from domain.organisations import assert_may_run, hold
from domain.permissions import Rights
from domain.said import Problems, read
from domain.tallies import move_districts
from models import Batch, Collaboration, Membership, Organisation, OrganisationRole, Participant, User, db, key_of
from models.audit import AuditAction

#: What the organisation says of its people.
SAID = ("name", "state_id", "district", "school", "block", "mobile")
#: Of each kind, at most so many are shown.
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Place:
    """What somebody is and does in an organisation."""

    roles: Sequence[OrganisationRole]
    #: Those that they take part in, the newest first.
    participations: Sequence[Participant]
    memberships: Sequence[Membership]
    #: See `directory.can_sign_in`.
    can_sign_in: bool


def place_of(user: User, organisation: Organisation) -> Place:
    """In this organisation alone: what they are elsewhere is not its business."""
    roles = (
        select(OrganisationRole)
        .where(OrganisationRole.user_id == user.id, OrganisationRole.organisation_id == organisation.id)
        .options(selectinload(OrganisationRole.units))
        .order_by(OrganisationRole.id)
    )
    participations = (
        select(Participant)
        .join(Participant.batch)
        .where(Participant.user_id == user.id, Participant.is_active, Batch.organisation_id == organisation.id)
        .options(joinedload(Participant.batch).joinedload(Batch.course))
        .order_by(Participant.enrolled_at.desc(), Participant.batch_id)
    )
    memberships = (
        select(Membership)
        .join(Membership.collaboration)
        .where(Membership.user_id == user.id, Membership.is_current(), Collaboration.organisation_id == organisation.id)
        .options(joinedload(Membership.collaboration))
        .order_by(Membership.id.desc())
    )
    return Place(
        roles=db.session.scalars(roles).all(),
        participations=db.session.scalars(participations.limit(SHOWN)).all(),
        memberships=db.session.scalars(memberships.limit(SHOWN)).all(),
        can_sign_in=db.session.scalars(select(can_sign_in()).where(User.id == user.id)).one(),
    )


def as_texts(user: User) -> dict[str, str]:
    """What `change` would be told of them, as they are."""
    return {name: getattr(user, name) or "" for name in SAID}


def change(rights: Rights, user: User, said: Mapping[str, str], by: By) -> Problems:
    """Make of somebody of an organisation what is said, where nothing is wrong with any of it.

    Raises `NotAllowedError`.
    """
    assert user.organisation is not None, "they are nobody's"
    assert_may_run(rights, user.organisation)
    organisation = hold(user.organisation.id)
    problems = _problems_of(user, said)
    changed = [name for name, text in as_texts(user).items() if text != said[name]]
    if changed and not problems:
        with move_districts(organisation.id, [user.id] if "district" in changed else []):
            for name in changed:
                setattr(user, name, said[name] or None)
            db.session.flush()
        audit.record(AuditAction.PERSON_CHANGED, About(organisation.id), by, {"changed": [user.id]}, ", ".join(changed))
    return problems


def _problems_of(user: User, said: Mapping[str, str]) -> Problems:
    _values, problems = read(said, dict.fromkeys(SAID, one_line) | {"name": _name})
    if other := _with_state_id(user, said["state_id"]):
        problems.setdefault("state_id", [_("%(name)s has this state ID already.", name=other)])
    return problems


def _name(text: str) -> str:
    if not text:
        raise CellError("missing", _("The name is missing."))
    return one_line(text)


def _with_state_id(user: User, state_id: str) -> str | None:
    """Whose it is, by name, where it is somebody else's."""
    query = select(User.name).where(
        User.organisation_id == user.organisation_id, User.state_id_key == key_of(state_id), User.id != user.id
    )
    return db.session.scalar(query) if state_id else None
