"""Roles: given to people, changed, taken away; an organisation always has an admin."""

import uuid
from collections.abc import Callable, Iterable
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import delete, select

from domain import roles
from domain.audit import By
from domain.errors import ConflictError, NotAllowedError
from domain.paging import page_of
from domain.people import rights_of
from domain.permissions import Rights
from domain.roles import Kind
from models import AuditEntry, Organisation, OrganisationRole, Unit, User, begin_writing, db
from models.audit import Through
from models.organisation import OrganisationRoleName
from tests.domain.test_people import wait_until_it_is_held_up
from tests.people import a_batch, a_course, a_person, a_role, a_role_invitation, a_unit, an_organisation
from tests.queries import counted
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("app")


class Here:
    """An organisation with two units, an admin, and somebody without a role."""

    def __init__(self) -> None:
        self.organisation: Organisation = an_organisation("here")
        self.yoda, self.medicine = a_unit(self.organisation, "Yoda"), a_unit(self.organisation, "Medicine")
        self.admin: User = a_person("admin@here.test", admin_of=self.organisation)
        self.person: User = a_person("person@here.test")
        self.by = By(self.admin.id, Through.PAGE)

    @property
    def rights(self) -> Rights:
        return rights_of(self.admin)

    def make(self, kind: Kind, units: Iterable[Unit] = ()) -> None:
        """The person, by an invitation of the admin's."""
        offer = a_role_invitation(
            self.person.email, self.organisation, self.admin, roles.NAMES[kind], units=units, status="accepted"
        )
        roles.make(offer, self.person, By(self.person.id, Through.PAGE))

    def change(self, kind: Kind | None, units: Iterable[Unit] = ()) -> roles.Problems:
        return roles.change(self.rights, role_of(self.person), kind, [unit.id for unit in units], self.by)


def role_of(user: User) -> OrganisationRole:
    return db.session.scalars(select(OrganisationRole).where(OrganisationRole.user_id == user.id)).one()


def log() -> list[tuple[str, dict[str, int], str]]:
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(entry.action, entry.counts, entry.note) for entry in entries]


# Making somebody something.


@pytest.mark.parametrize(
    ("kind", "where"), [(Kind.ADMIN, "admin_of"), (Kind.MANAGER, "manager_of"), (Kind.MENTOR, "mentor_in")]
)
def test_somebody_is_made_what_they_are_invited_to_be(kind: Kind, where: str) -> None:
    here = Here()
    here.make(kind)
    assert getattr(rights_of(here.person), where) == {here.organisation.id}
    assert log() == [("role-given", {kind.value: 1, "inviter": 1}, "")]


def test_a_unit_manager_is_made_of_their_units() -> None:
    here = Here()
    here.make(Kind.UNIT_MANAGER, [here.yoda, here.medicine])
    assert rights_of(here.person).manages_units == {here.yoda.id, here.medicine.id}
    assert not rights_of(here.person).manager_of
    assert log() == [("role-given", {"unit-manager": 1, "inviter": 1}, "Medicine, Yoda")]


def test_somebody_may_have_several_roles() -> None:
    here = Here()
    for kind in (Kind.MENTOR, Kind.MANAGER, Kind.ADMIN):
        here.make(kind)
    rights = rights_of(here.person)
    assert rights.mentor_in == rights.manager_of == rights.admin_of == {here.organisation.id}


def test_whoever_has_the_role_already_keeps_it_and_nothing_is_told() -> None:
    here = Here()
    for _time in range(2):
        here.make(Kind.MENTOR)
    assert len(log()) == 1


def test_a_manager_of_units_gets_those_of_the_invitation_too() -> None:
    here = Here()
    here.make(Kind.UNIT_MANAGER, [here.yoda])
    here.make(Kind.UNIT_MANAGER, [here.medicine])
    assert rights_of(here.person).manages_units == {here.yoda.id, here.medicine.id}
    assert log()[1:] == [("role-changed", {"unit-manager": 1, "inviter": 1}, "Medicine, Yoda")]


def test_a_manager_of_units_may_come_to_manage_everything_and_not_the_other_way_round() -> None:
    here = Here()
    here.make(Kind.UNIT_MANAGER, [here.yoda])
    here.make(Kind.MANAGER)
    here.make(Kind.UNIT_MANAGER, [here.medicine])
    assert rights_of(here.person).manager_of == {here.organisation.id}
    assert [action for action, _counts, _note in log()] == ["role-given", "role-changed"]


# Changing.


def test_a_manager_gets_other_units_or_the_whole_organisation() -> None:
    here = Here()
    here.make(Kind.UNIT_MANAGER, [here.yoda])
    assert here.change(Kind.UNIT_MANAGER, [here.medicine]) == {}
    assert rights_of(here.person).manages_units == {here.medicine.id}
    assert here.change(Kind.MANAGER) == {}
    assert rights_of(here.person).manager_of == {here.organisation.id}
    assert log()[1:] == [("role-changed", {"unit-manager": 1}, "Medicine"), ("role-changed", {"manager": 1}, "")]


def test_to_leave_everything_as_it_is_is_no_change() -> None:
    here = Here()
    here.make(Kind.UNIT_MANAGER, [here.yoda])
    assert here.change(Kind.UNIT_MANAGER, [here.yoda]) == {}
    assert len(log()) == 1


def test_nobody_comes_to_manage_everything_by_losing_their_last_unit() -> None:
    here = Here()
    here.make(Kind.UNIT_MANAGER, [here.yoda])
    assert here.change(Kind.UNIT_MANAGER) == {"units": ["Choose the units that they manage."]}
    assert here.change(Kind.ADMIN) == {"kind": ["Choose a role."]}
    assert rights_of(here.person).manages_units == {here.yoda.id}


def test_only_managers_are_changed() -> None:
    here = Here()
    here.make(Kind.MENTOR)
    with pytest.raises(ConflictError):
        here.change(Kind.MANAGER)


# Taking away.


def test_a_role_is_taken_away_with_its_units() -> None:
    here = Here()
    here.make(Kind.UNIT_MANAGER, [here.yoda])
    roles.take(here.rights, role_of(here.person), here.by)
    assert not rights_of(here.person).manages_in
    assert log()[1:] == [("role-taken", {"unit-manager": 1}, "Yoda")]


def test_an_admin_may_go_where_there_is_another() -> None:
    here = Here()
    here.make(Kind.ADMIN)
    roles.take(here.rights, role_of(here.admin), here.by)
    assert not rights_of(here.admin).admin_of


@pytest.mark.parametrize("other", ["none", "closed", "elsewhere", "manager"])
def test_the_last_admin_stays(other: str) -> None:
    here = Here()
    if other == "closed":
        a_person("closed@here.test", admin_of=here.organisation, is_active=False)
    if other == "elsewhere":
        a_person("admin@there.test", admin_of=an_organisation("there"))
    if other == "manager":
        here.make(Kind.MANAGER)
    for rights in (here.rights, Rights(uuid.uuid4(), is_platform_admin=True)):
        with pytest.raises(ConflictError, match="An organisation needs an admin"):
            roles.take(rights, role_of(here.admin), here.by)
    assert rights_of(here.admin).admin_of


def test_a_role_is_taken_away_once() -> None:
    here = Here()
    here.make(Kind.MENTOR)
    role = role_of(here.person)
    db.session.execute(db.delete(OrganisationRole).where(OrganisationRole.id == role.id))
    with pytest.raises(ConflictError, match="taken away already"):
        roles.take(here.rights, role, here.by)


def test_only_who_runs_the_organisation_changes_and_takes_roles() -> None:
    here, there = Here(), an_organisation("there")
    here.make(Kind.MANAGER)
    for rights in (rights_of(here.person), Rights(uuid.uuid4(), admin_of=frozenset([there.id]))):
        with pytest.raises(NotAllowedError):
            roles.change(rights, role_of(here.person), Kind.UNIT_MANAGER, [here.yoda.id], here.by)
        with pytest.raises(NotAllowedError):
            roles.take(rights, role_of(here.person), here.by)


def test_a_manager_of_everything_takes_the_role_of_a_mentor_and_no_other() -> None:
    here = Here()
    manager = rights_of(a_person("manager@here.test", manager_of=here.organisation))
    here.make(Kind.MENTOR)
    roles.take(manager, role_of(here.person), here.by)
    assert not rights_of(here.person).mentor_in
    with pytest.raises(NotAllowedError):
        roles.take(manager, role_of(here.admin), here.by)


def test_a_mentor_is_taken_off_the_batches_of_that_organisation() -> None:
    here, there = Here(), an_organisation("there")
    here.make(Kind.MENTOR)
    batches = [a_batch(a_course(where), mentors=[here.person, here.admin]) for where in (here.organisation, there)]
    assert roles.batches_mentored_with(role_of(here.person)) == 1
    roles.take(here.rights, role_of(here.person), here.by)
    db.session.expire_all()
    assert [batch.mentor_ids for batch in batches] == [{here.admin.id}, {here.admin.id, here.person.id}]
    assert log()[-1] == ("role-taken", {"mentor": 1}, "1")


def test_who_loses_another_role_stays_a_mentor_of_their_batches() -> None:
    here = Here()
    here.make(Kind.MANAGER)
    batch = a_batch(a_course(here.organisation), mentors=[here.person])
    assert roles.batches_mentored_with(role_of(here.person)) == 0
    roles.take(here.rights, role_of(here.person), here.by)
    db.session.expire_all()
    assert batch.mentor_ids == {here.person.id}


def test_admins_who_take_away_each_others_role_at_once_leave_one(app: Flask) -> None:
    here = Here()
    a_person("second@here.test", admin_of=here.organisation)
    a_person("third@here.test", admin_of=here.organisation)
    held = page_of(roles.roles_in(here.organisation), 1, 50).items
    pairs = [(held[place].id, rights_of(held[place - 1].user)) for place in range(3)]
    by, refused = here.by, []

    def take(role_id: uuid.UUID, rights: Rights) -> None:
        begin_writing()
        try:
            roles.take(rights, db.session.get_one(OrganisationRole, role_id), by)
            db.session.commit()
        except ConflictError as refusal:
            refused.append(str(refusal))

    at_once(app, *(lambda pair=pair: take(*pair) for pair in pairs))
    assert len(refused) == 1
    assert len(db.session.scalars(select(OrganisationRole)).all()) == 1


# Whose account has to stay open.


def left_without(*users: User) -> list[str]:
    return [one.name for one in roles.organisations_left_without_admin([user.id for user in users])]


def test_an_organisation_is_left_without_an_admin_when_the_last_ones_go() -> None:
    here, second = Here(), a_person("second@here.test")
    a_role(second, OrganisationRoleName.ADMIN, here.organisation)
    a_role(second, OrganisationRoleName.ADMIN, an_organisation("alone"))
    assert left_without(here.admin, here.person) == []
    assert left_without(second) == ["Alone"]
    assert left_without(here.admin, second) == ["Alone", "Here"]


def test_only_admins_whose_account_is_open_keep_an_organisation() -> None:
    here = Here()
    closed = a_person("closed@here.test", admin_of=here.organisation, is_active=False)
    a_person("manager@here.test", manager_of=here.organisation)
    assert left_without(here.admin) == ["Here"]
    assert left_without(closed) == []


def test_the_last_platform_admin_is_the_last_whose_account_is_open() -> None:
    only = a_person("only@muster.test", is_platform_admin=True)
    a_person("closed@muster.test", is_platform_admin=True, is_active=False)
    assert roles.is_last_platform_admin(only)
    a_person("second@muster.test", is_platform_admin=True)
    assert not roles.is_last_platform_admin(only)
    assert not roles.is_last_platform_admin(a_person("plain@muster.test"))


@pytest.mark.parametrize(
    "has_to_stay",
    [lambda user: roles.organisations_left_without_admin([user.id]), roles.is_last_platform_admin],
    ids=["organisation", "platform"],
)
def test_of_two_admins_who_leave_at_once_one_stays(app: Flask, has_to_stay: Callable[[User], object]) -> None:
    here = Here()
    pair = [here.admin, a_person("second@here.test", admin_of=here.organisation)]
    for user in pair:
        user.is_platform_admin = True
    ids, gone = [user.id for user in pair], []

    def leave(user_id: uuid.UUID) -> None:
        begin_writing()
        user = db.session.get_one(User, user_id)
        if not has_to_stay(user):
            user.is_active = False
            gone.append(user_id)
        db.session.commit()

    at_once(app, *(lambda user_id=user_id: leave(user_id) for user_id in ids))
    assert len(gone) == 1


# The list.


def test_the_list_has_admins_first_then_managers_and_mentors() -> None:
    here = Here()
    a_person("mentor@here.test", mentor_in=here.organisation)
    a_person("zoe@here.test", manager_of=here.organisation)
    here.make(Kind.UNIT_MANAGER, [here.yoda])
    a_person("stranger@there.test", admin_of=an_organisation("there"))
    found = page_of(roles.roles_in(here.organisation), 1, 50).items
    assert [(role.user.name, roles.kind_of(role)) for role in found] == [
        ("Admin", Kind.ADMIN),
        ("Person", Kind.UNIT_MANAGER),
        ("Zoe", Kind.MANAGER),
        ("Mentor", Kind.MENTOR),
    ]


def test_the_list_may_be_of_some_kinds_only() -> None:
    here = Here()
    here.make(Kind.MENTOR)
    found = page_of(roles.roles_in(here.organisation, [Kind.MENTOR]), 1, 50).items
    assert [role.user.name for role in found] == ["Person"]


def test_people_are_found_by_a_part_of_their_name_or_address() -> None:
    here = Here()
    a_role(here.person, OrganisationRoleName.MENTOR, here.organisation)
    for words, found in (("PERS", ["Person"]), ("admin@", ["Admin"]), ("here.test", ["Admin", "Person"]), ("%", [])):
        items = page_of(roles.roles_in(here.organisation, words=words), 1, 50).items
        assert [role.user.name for role in items] == found


def test_the_list_costs_as_many_queries_for_many_as_for_few() -> None:
    here, numbers = Here(), []
    for more in range(2):
        for number in range(1 + 20 * more):
            a_person(f"manager{more}-{number}@here.test", manages=[here.yoda, here.medicine])
        db.session.expire_all()
        organisation = db.session.get_one(Organisation, here.organisation.id)
        with counted() as queries:
            found = page_of(roles.roles_in(organisation), 1, 50).items
            assert {roles.words_of(role) for role in found if role.user.name != "Admin"} == {"unit manager"}
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_a_unit_that_goes_at_this_very_moment_is_told(app: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one write at a time")
    here = Here()
    here.make(Kind.MANAGER)
    db.session.commit()
    told: list[roles.Problems] = []

    def choose() -> None:
        with app.app_context():
            admin, person = (db.session.get_one(User, user_id) for user_id in people)
            told.append(roles.change(rights_of(admin), role_of(person), Kind.UNIT_MANAGER, [medicine_id], by))
            db.session.commit()

    people, medicine_id, by = (here.admin.id, here.person.id), here.medicine.id, here.by
    with db.engine.connect() as other, other.begin():
        other.execute(delete(Unit).where(Unit.id == medicine_id))
        waiting = Thread(target=choose)
        waiting.start()
        wait_until_it_is_held_up(waiting)
    waiting.join()
    assert told == [{"units": ["Choose the units that they manage."]}]
