"""An organisation that is suspended: nobody but platform admins does anything in it, and nothing is lost."""

import pytest
from sqlalchemy import select

from domain import batches, invitations, registering, role_invitations, suspending
from domain.errors import ConflictError, NotAllowedError, SuspendedError
from domain.people import Scope, create_account, rights_of
from domain.permissions import Rights, knows_organisation, may_run_organisation
from domain.waiting import for_person
from models import AuditEntry, Organisation, User, db, new_id, now
from models.batch import EnrolmentType
from tests.conftest import CHEAP
from tests.people import (
    BY_NOBODY,
    a_batch,
    a_collaboration,
    a_course,
    a_membership,
    a_person,
    a_role_invitation,
    a_unit,
    an_invitation,
    an_organisation,
    enrolled,
    pending_for,
)
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("app")

PLATFORM = Rights(new_id(), is_platform_admin=True)


class Here:
    """An organisation with one of each, and another one."""

    def __init__(self) -> None:
        self.organisation: Organisation = an_organisation("here", contact_email="help@here.test")
        self.there: Organisation = an_organisation("there")
        self.unit = a_unit(self.organisation)
        self.collaboration = a_collaboration(self.organisation, units=[self.unit])
        self.course = a_course(self.organisation)
        self.admin: User = a_person("admin@here.test", admin_of=self.organisation, manager_of=self.there)

    def everybody(self) -> list[User]:
        somebody = a_person("somebody@here.test", organisation=self.organisation)
        a_membership(somebody, self.collaboration)
        batch = a_batch(self.course, mentors=[a_person("named@here.test")])
        enrolled(batch, [a_person("joined@here.test", organisation=self.organisation).id])
        unit_manager = a_person("unit@here.test", manages=[self.unit])
        others = [db.session.scalars(select(User).where(User.name == name)).one() for name in ("Named", "Joined")]
        return [self.admin, somebody, unit_manager, a_person("mentor@here.test", mentor_in=self.organisation), *others]

    def suspend(self) -> None:
        suspending.suspend(PLATFORM, self.organisation, BY_NOBODY)
        db.session.flush()


def test_nobody_has_rights_in_it_and_all_have_them_again() -> None:
    here = Here()
    people = here.everybody()
    before = [rights_of(user) for user in people]
    here.suspend()
    for user in people:
        rights = rights_of(user)
        assert rights.suspended_in == {here.organisation.id}, user.name
        assert not knows_organisation(rights, here.organisation.id)
        assert not rights.admin_of_collaborations | rights.member_of_collaborations | rights.manages_units
        assert not rights.mentors_batches | rights.takes_part_in
    suspending.resume(PLATFORM, here.organisation, BY_NOBODY)
    assert [rights_of(user) for user in people] == before


def test_what_people_have_elsewhere_they_keep() -> None:
    here = Here()
    here.suspend()
    assert rights_of(here.admin).manager_of == {here.there.id}


@pytest.mark.parametrize("units", [False, True])
def test_keys_have_no_rights_in_it_but_those_of_platform_admins(units: bool) -> None:
    here = Here()
    scope = Scope(here.organisation.id, frozenset([here.unit.id] if units else ()))
    here.suspend()
    rights = rights_of(here.admin, scope)
    assert (rights.manages_in, rights.suspended_in) == (frozenset(), {here.organisation.id})
    platform = rights_of(a_person("platform@muster.test", is_platform_admin=True), scope)
    assert (platform.manages_in, platform.suspended_in) == ({here.organisation.id}, frozenset())


def test_platform_admins_may_do_everything_in_it() -> None:
    here = Here()
    here.suspend()
    rights = rights_of(a_person("platform@muster.test", is_platform_admin=True, organisation=here.organisation))
    assert may_run_organisation(rights, here.organisation)
    assert rights.suspended_in == frozenset()


def test_only_platform_admins_suspend_and_resume() -> None:
    here = Here()
    for do in (suspending.suspend, suspending.resume):
        with pytest.raises(NotAllowedError):
            do(rights_of(here.admin), here.organisation, BY_NOBODY)


def test_it_is_suspended_and_resumed_once_which_the_log_tells() -> None:
    here = Here()
    for do, refusal in ((suspending.suspend, "suspended already"), (suspending.resume, "not suspended")):
        do(PLATFORM, here.organisation, BY_NOBODY)
        with pytest.raises(ConflictError, match=refusal):
            do(PLATFORM, here.organisation, BY_NOBODY)
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    assert [(entry.action, entry.organisation_id) for entry in entries] == [
        ("organisation-suspended", here.organisation.id),
        ("organisation-resumed", here.organisation.id),
    ]


def test_links_and_open_batches_lead_no_further() -> None:
    here, new = Here(), a_person("new@here.test")
    invitation = an_invitation(new.email, here.collaboration, here.admin)
    offer = a_role_invitation(new.email, here.organisation, here.admin)
    pending = pending_for("newer@here.test", here.course)
    batch = a_batch(here.course, enrolment_type=EnrolmentType.OPEN, start_date=now().date())
    here.suspend()
    for do in (
        lambda: invitations.accept(invitation.id, new),
        lambda: invitations.decline(invitation.id),
        lambda: role_invitations.accept(offer.id, new, BY_NOBODY),
        lambda: role_invitations.decline(offer.id),
        lambda: registering.register(CHEAP, pending, name="New", password="long enough"),
        lambda: batches.join(batch, new, BY_NOBODY),
    ):
        with pytest.raises(SuspendedError, match=r"Ask help@here\.test\."):
            do()


def test_whom_to_ask_where_there_is_no_contact_address() -> None:
    assert "Ask its admins, or those of the platform." in suspending.words_of(an_organisation("here"))


def test_the_start_page_shows_that_it_is_suspended_and_nothing_of_it() -> None:
    here = Here()
    person = a_person("person@here.test", organisation=here.organisation)
    a_membership(person, here.collaboration)
    an_invitation(person.email, a_collaboration(here.organisation, "cirrusgrp"), here.admin)
    a_role_invitation(person.email, here.organisation, here.admin)
    enrolled(a_batch(here.course), [person.id])
    here.suspend()
    waiting = for_person(person, rights_of(person))
    assert waiting.suspended == [here.organisation]
    assert not [*waiting.memberships, *waiting.invitations, *waiting.role_invitations, *waiting.courses]


def test_rights_cost_five_queries() -> None:
    here = Here()
    with counted() as queries:
        rights_of(here.admin)
    assert len(queries) == 5


def test_an_account_is_made_as_ever() -> None:
    here = Here()
    here.suspend()
    user = create_account(CHEAP, email="new@elsewhere.test", name="New", password="long enough")
    assert rights_of(user) == Rights(user.id)
