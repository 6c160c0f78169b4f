"""Units: their names, who manages them, and what keeps one from being deleted."""

import pytest
from flask import Flask
from sqlalchemy import insert, select

from domain import units
from domain.errors import ConflictError, NotAllowedError
from domain.paging import page_of
from domain.permissions import Rights
from models import ApiKey, AuditEntry, Organisation, Unit, begin_writing, db, new_id
from models.api_key import api_key_units
from models.invitation import InvitationStatus
from tests.people import BY_NOBODY, a_collaboration, a_person, a_role_invitation, a_unit, an_organisation
from tests.programs import a_key
from tests.queries import counted
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("app")


def admin_of(organisation: Organisation) -> Rights:
    return Rights(new_id(), admin_of=frozenset([organisation.id]))


def create(organisation: Organisation, name: str) -> str:
    """What is wrong with it."""
    return units.create(admin_of(organisation), organisation, name, BY_NOBODY).problem


def names(organisation: Organisation) -> list[str]:
    return [unit.name for unit in page_of(units.units_of(organisation), 1, 50).items]


def test_a_unit_is_made_and_renamed() -> None:
    here = an_organisation("here")
    assert create(here, "Medicine") == ""
    [unit] = page_of(units.units_of(here), 1, 50).items
    assert units.rename(admin_of(here), unit, "Medicine and Health", BY_NOBODY) is None
    assert names(here) == ["Medicine and Health"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "Give the unit a name."),
        ("x" * 256, "The value has 256 characters; at most 255 fit."),
        ("MEDICINE", "There is a unit of this name already."),
    ],
)
def test_a_name_that_cannot_be_is_told(name: str, problem: str) -> None:
    here = an_organisation("here")
    a_unit(here, "Medicine")
    law = a_unit(here, "Law")
    assert create(here, name) == problem
    assert units.rename(admin_of(here), law, name, BY_NOBODY) == problem
    assert names(here) == ["Law", "Medicine"]


def test_a_unit_may_be_called_as_one_of_another_organisation_and_as_itself() -> None:
    here, there = an_organisation("here"), an_organisation("there")
    medicine = a_unit(here, "Medicine")
    assert create(there, "Medicine") == ""
    assert units.rename(admin_of(here), medicine, "medicine", BY_NOBODY) is None


def test_a_unit_of_nobody_and_nothing_is_deleted() -> None:
    here = an_organisation("here")
    medicine = a_unit(here, "Medicine")
    assert units.why_it_stays(medicine) is None
    units.delete(admin_of(here), medicine, BY_NOBODY)
    assert names(here) == []


def test_what_keeps_a_unit_is_told_in_a_sentence() -> None:
    here = an_organisation("here")
    medicine = a_unit(here, "Medicine")
    for number in range(2):
        a_person(f"manager{number}@here.test", manages=[medicine])
    a_collaboration(here, units=[medicine])
    a_key("manager0@here.test")
    sentence = (
        "This unit cannot be deleted: 2 people manage it, 1 collaboration belongs to it and 1 API key is or was for it "
        "alone or with others."
    )
    assert units.why_it_stays(medicine) == sentence
    with pytest.raises(ConflictError) as refused:
        units.delete(admin_of(here), medicine, BY_NOBODY)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("what", ["manager", "collaboration", "key"])
def test_each_of_them_alone_keeps_it(what: str) -> None:
    here = an_organisation("here")
    medicine = a_unit(here, "Medicine")
    if what == "manager":
        a_person("manager@here.test", manages=[medicine])
    elif what == "collaboration":
        a_collaboration(here, units=[medicine])
    else:
        a_key_for(medicine)
    with pytest.raises(ConflictError):
        units.delete(admin_of(here), medicine, BY_NOBODY)
    assert names(here) == ["Medicine"]


def test_an_open_invitation_to_manage_it_keeps_it_and_a_closed_one_does_not() -> None:
    here = an_organisation("here")
    medicine, admin = a_unit(here, "Medicine"), a_person("admin@here.test", admin_of=here)
    invitation = a_role_invitation("new@here.test", here, admin, units=[medicine])
    assert units.why_it_stays(medicine) == (
        "This unit cannot be deleted: 1 invitation to manage it is not answered yet (revoke it under People and roles)."
    )
    invitation.status = InvitationStatus.DECLINED
    units.delete(admin_of(here), medicine, BY_NOBODY)
    assert names(here) == []


def test_what_is_done_with_units_is_in_the_audit_log() -> None:
    here = an_organisation("here")
    create(here, "Law")
    [law] = page_of(units.units_of(here), 1, 50).items
    for name in ("Law", "Law and Order"):
        units.rename(admin_of(here), law, name, BY_NOBODY)
    units.delete(admin_of(here), law, BY_NOBODY)
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    assert [(entry.action, entry.note) for entry in entries] == [
        ("unit-made", "Law"),
        ("unit-renamed", "Law → Law and Order"),
        ("unit-deleted", "Law and Order"),
    ]


def a_key_for(unit: Unit) -> None:
    a_person("admin@here.test", admin_of=unit.organisation)
    key: ApiKey = a_key("admin@here.test").key
    row = {"api_key_id": key.id, "unit_id": unit.id, "organisation_id": unit.organisation_id}
    db.session.execute(insert(api_key_units), row)


def test_only_who_runs_the_organisation_makes_renames_and_deletes_units() -> None:
    here, there = an_organisation("here"), an_organisation("there")
    medicine = a_unit(here, "Medicine")
    for rights in (admin_of(there), Rights(new_id(), manager_of=frozenset([here.id]))):
        with pytest.raises(NotAllowedError):
            units.create(rights, here, "Law", BY_NOBODY)
        with pytest.raises(NotAllowedError):
            units.rename(rights, medicine, "Law", BY_NOBODY)
        with pytest.raises(NotAllowedError):
            units.delete(rights, medicine, BY_NOBODY)


def test_the_list_costs_as_many_queries_for_many_as_for_few() -> None:
    here, numbers = an_organisation("here"), []
    for more in range(2):
        for number in range(1 + 20 * more):
            unit = a_unit(here, f"Unit {more}-{number}")
            a_person(f"manager{more}-{number}@here.test", manages=[unit])
            a_collaboration(here, f"co{more}-{number}", units=[unit])
        with counted() as queries:
            lines = units.lines_of(page_of(units.units_of(here), 1, 50).items)
        numbers.append(len(queries))
        assert all(len(line.managers) == line.collaborations == 1 for line in lines)
    assert numbers[0] == numbers[1]


def test_two_who_make_a_unit_of_one_name_at_once_make_one(app: Flask) -> None:
    here = an_organisation("here")
    organisation_id, rights, problems = here.id, admin_of(here), []

    def make() -> None:
        begin_writing()
        organisation = db.session.get_one(Organisation, organisation_id)
        problems.append(units.create(rights, organisation, "Medicine", BY_NOBODY).problem)
        db.session.commit()

    at_once(app, make, make)
    assert sorted(problems) == ["", "There is a unit of this name already."]
    assert db.session.scalars(select(Unit.name)).all() == ["Medicine"]
