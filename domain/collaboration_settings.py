"""Making a collaboration, changing what it is, archiving and restoring it."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from domain import audit, collaboration_draft
from domain.audit import About, By
from domain.collaborations import hold
from domain.errors import ConflictError, NotAllowedError
from domain.language import gettext as _
from domain.permissions import Rights, may_create_collaborations_in, may_edit_collaboration, may_label
from domain.said import Problems
from domain.units import hold_units, problem_of_missing
from models import Collaboration, Label, Organisation, Unit, db, now
from models.audit import AuditAction
from models.collaboration import collaboration_units


@dataclass(frozen=True, slots=True)
class Made:
    #: By field; with any, nothing is made.
    problems: Problems = field(default_factory=dict)
    collaboration: Collaboration | None = None


def create(
    rights: Rights, organisation: Organisation, said: Mapping[str, str], unit_ids: Collection[uuid.UUID], by: By
) -> Made:
    """A new collaboration, or what is wrong with what is said of it. Raises `NotAllowedError`.

    `said`: by the names of `collaboration_draft.SAID`.
    """
    if not may_create_collaborations_in(rights, organisation):
        raise NotAllowedError(_("Only admins and managers of the organisation make collaborations."))
    values, problems = collaboration_draft.read(said)
    labels, units = values.pop("labels"), hold_units(organisation, unit_ids)
    problems |= _problems_of_units(unit_ids, units) | _problems_of_taken(organisation.id, values.get("short_name"))
    if problems:
        return Made(problems)
    collaboration = Collaboration(organisation=organisation, **values)
    try:
        with db.session.begin_nested():
            db.session.add(collaboration)
    except IntegrityError:
        return Made(_taken())
    _set_units(collaboration, units)
    _set_labels(collaboration, labels)
    _record(AuditAction.COLLABORATION_MADE, collaboration, by, collaboration.short_name)
    return Made(collaboration=collaboration)


def change(
    rights: Rights, collaboration: Collaboration, said: Mapping[str, str], unit_ids: Collection[uuid.UUID], by: By
) -> Problems:
    """Make the collaboration what is said, where nothing is wrong with it. Raises `NotAllowedError`."""
    _assert_may_edit(rights, collaboration)
    hold(collaboration)
    values, problems = collaboration_draft.read(said, collaboration)
    labels, units = values.pop("labels"), hold_units(collaboration.organisation, unit_ids)
    problems |= _problems_of_units(unit_ids, units)
    problems |= _problems_of_taken(collaboration.organisation_id, values.get("short_name"), collaboration.id)
    if problems:
        return problems
    before, short_name = _as_it_is(collaboration), collaboration.short_name
    try:
        with db.session.begin_nested():
            for name, value in values.items():
                setattr(collaboration, name, value)
    except IntegrityError:
        return _taken()
    _set_units(collaboration, units)
    _set_labels(collaboration, labels)
    if _as_it_is(collaboration) != before:
        renamed = f"{short_name} → {collaboration.short_name}" if collaboration.short_name != short_name else ""
        _record(AuditAction.COLLABORATION_CHANGED, collaboration, by, renamed)
    return {}


def relabel(rights: Rights, collaboration: Collaboration, said: str, by: By) -> Problems:
    """Let the collaboration bear these labels and no others. Raises `NotAllowedError`."""
    if not may_label(rights, collaboration):
        raise NotAllowedError(_("Only those who manage the collaboration label it."))
    hold(collaboration)
    labels, wrong = collaboration_draft.read_labels(said)
    if wrong:
        return {"labels": wrong}
    before = _as_it_is(collaboration)
    _set_labels(collaboration, labels)
    if _as_it_is(collaboration) != before:
        _record(AuditAction.COLLABORATION_CHANGED, collaboration, by)
    return {}


def archive(rights: Rights, collaboration: Collaboration, by: By) -> None:
    """From now on nobody is invited to it, and no invitation to it can be accepted. Who is a member stays one.

    Raises `NotAllowedError`, and `ConflictError` where it is archived already.
    """
    _assert_may_edit(rights, collaboration)
    hold(collaboration)
    if collaboration.is_archived:
        raise ConflictError(_("This collaboration is archived already."))
    collaboration.archived_at = now()
    _record(AuditAction.COLLABORATION_ARCHIVED, collaboration, by)
    db.session.flush()


def restore(rights: Rights, collaboration: Collaboration, by: By) -> None:
    """As if it had never been archived. Raises `NotAllowedError`, and `ConflictError` where it is not."""
    _assert_may_edit(rights, collaboration)
    hold(collaboration)
    if not collaboration.is_archived:
        raise ConflictError(_("This collaboration is not archived."))
    collaboration.archived_at = None
    _record(AuditAction.COLLABORATION_RESTORED, collaboration, by)
    db.session.flush()


def _assert_may_edit(rights: Rights, collaboration: Collaboration) -> None:
    if not may_edit_collaboration(rights, collaboration):
        raise NotAllowedError(_("Only admins and managers of the organisation change its collaborations."))


def _problems_of_taken(
    organisation_id: uuid.UUID, short_name: str | None, collaboration_id: uuid.UUID | None = None
) -> Problems:
    """`collaboration_id`: of the one that may have the name. Two at once may both find it free."""
    taken = select(Collaboration.id).where(
        Collaboration.organisation_id == organisation_id,
        Collaboration.short_name == short_name,
        Collaboration.id != collaboration_id,
    )
    return {} if db.session.scalar(taken) is None else _taken()


def _taken() -> Problems:
    sentence = _("The organisation has a collaboration with this short name already, perhaps an archived one.")
    return {"short_name": [sentence]}


def _problems_of_units(unit_ids: Collection[uuid.UUID], units: Sequence[Unit]) -> Problems:
    problem = problem_of_missing(unit_ids, units)
    return {"units": [problem]} if problem else {}


def _as_it_is(collaboration: Collaboration) -> tuple[dict[str, str], frozenset[uuid.UUID]]:
    return collaboration_draft.as_texts(collaboration), collaboration.unit_ids


def _set_units(collaboration: Collaboration, units: Sequence[Unit]) -> None:
    theirs = {"collaboration_id": collaboration.id, "organisation_id": collaboration.organisation_id}
    table = collaboration_units
    db.session.execute(delete(table).where(table.c.collaboration_id == collaboration.id))
    if units:
        db.session.execute(insert(table), [{**theirs, "unit_id": unit.id} for unit in units])
    db.session.expire(collaboration, ["units"])


def _set_labels(collaboration: Collaboration, labels: Sequence[str]) -> None:
    db.session.execute(delete(Label).where(Label.collaboration_id == collaboration.id))
    if labels:
        db.session.execute(insert(Label), [{"collaboration_id": collaboration.id, "name": name} for name in labels])
    db.session.expire(collaboration, ["labels"])


def _record(action: AuditAction, collaboration: Collaboration, by: By, note: str = "") -> None:
    audit.record(action, About.collaboration(collaboration), by, {}, note)
