"""Invitations to a role: who is invited, who is skipped, and what becomes of them."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from domain import role_invitations, role_inviting
from domain.audit import By
from domain.errors import ConflictError, GoneError, NotAllowedError
from domain.paging import page_of
from domain.people import rights_of
from domain.permissions import Rights
from domain.role_inviting import Answer, Said
from domain.roles import Kind
from models import (
    AuditEntry,
    Letter,
    Organisation,
    OrganisationRole,
    RoleInvitation,
    Unit,
    User,
    begin_writing,
    db,
    new_id,
    now,
)
from models.audit import Through
from models.invitation import InvitationStatus
from models.organisation import OrganisationRoleName
from models.outbox import LetterKind
from tests.people import BY_NOBODY, a_person, a_role, a_unit, an_organisation
from tests.queries import counted
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("app")

NEW = "new@here.test"


class Here:
    """An organisation with two units, an admin, and a manager."""

    def __init__(self) -> None:
        self.organisation: Organisation = an_organisation("here")
        self.yoda, self.medicine = a_unit(self.organisation, "Yoda"), a_unit(self.organisation, "Medicine")
        self.admin: User = a_person("admin@here.test", admin_of=self.organisation)
        self.manager: User = a_person("manager@here.test", manager_of=self.organisation)

    def invite(
        self,
        addresses: str = NEW,
        kind: Kind | None = Kind.MENTOR,
        units: Iterable[Unit] = (),
        message: str = "",
        rights: Rights | None = None,
    ) -> Answer:
        said = Said(addresses, kind, [unit.id for unit in units], message)
        by = By(self.admin.id, Through.PAGE)
        return role_inviting.invite(rights or rights_of(self.admin), self.organisation, self.admin, said, 30, by)


def the_invitation(email: str = NEW) -> RoleInvitation:
    """The newest one."""
    query = select(RoleInvitation).where(RoleInvitation.email == email).order_by(RoleInvitation.id.desc())
    return db.session.scalars(query.execution_options(populate_existing=True)).all()[0]


def letters(kind: LetterKind) -> list[str]:
    return sorted(db.session.scalars(select(Letter.to_address).where(Letter.kind == kind)))


def log() -> list[tuple[str, dict[str, int], str]]:
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(entry.action, entry.counts, entry.note) for entry in entries]


# Inviting.


def test_several_are_invited_each_by_a_letter() -> None:
    here = Here()
    answer = here.invite("One@here.test\ntwo@here.test", Kind.UNIT_MANAGER, [here.yoda], "Welcome.")
    assert [*answer.invited.made] == ["One@here.test", "two@here.test"]
    assert letters(LetterKind.ROLE_INVITATION) == ["One@here.test", "two@here.test"]
    invitation = the_invitation("One@here.test")
    assert (invitation.role, [unit.name for unit in invitation.units]) == ("manager", ["Yoda"])
    assert (invitation.message, invitation.invited_by, invitation.is_open) == ("Welcome.", here.admin, True)
    assert log() == [("role-invited", {"unit-manager": 2}, "Yoda")]


def test_it_is_open_as_long_as_the_organisation_says() -> None:
    here = Here()
    here.organisation.invitation_days = 3
    here.invite()
    assert timedelta(days=3) <= the_invitation().expires_at - now() <= timedelta(days=4)


@pytest.mark.parametrize(
    ("addresses", "kind", "problem"),
    [
        ("", Kind.ADMIN, {"addresses": "Enter one or more e-mail addresses, one on each line."}),
        (" ,\n", Kind.ADMIN, {"addresses": "Enter one or more e-mail addresses, one on each line."}),
        ("who", Kind.ADMIN, {"addresses": "“who” is not an e-mail address"}),
        (
            "\n".join(f"p{number}@here.test" for number in range(21)),
            Kind.ADMIN,
            {"addresses": "These are 21 addresses"},
        ),
        (NEW, None, {"kind": "Choose a role."}),
        (NEW, Kind.UNIT_MANAGER, {"units": "Choose the units that they manage."}),
    ],
)
def test_what_is_wrong_is_told_and_nobody_is_invited(
    addresses: str, kind: Kind | None, problem: dict[str, str]
) -> None:
    problems = Here().invite(addresses, kind).problems
    assert {name: sentences[0][: len(problem[name])] for name, sentences in problems.items()} == problem
    assert letters(LetterKind.ROLE_INVITATION) == []


def test_a_message_has_its_limit() -> None:
    assert "message" in Here().invite(message="x" * 4_001).problems


def test_units_are_for_unit_managers_of_their_own_organisation() -> None:
    here = Here()
    elsewhere = a_unit(an_organisation("there"), "Library")
    assert here.invite(kind=Kind.UNIT_MANAGER, units=[elsewhere]).problems == {
        "units": ["Choose the units that they manage."]
    }
    assert here.invite(kind=Kind.UNIT_MANAGER, units=[here.yoda, elsewhere]).problems == {
        "units": ["One of these units is there no more. Choose again."]
    }
    assert here.invite(kind=Kind.ADMIN, units=[here.yoda]).problems == {
        "units": ["Only unit managers have units: choose that role, or no units."]
    }


def test_who_is_invited_or_has_the_role_is_skipped_and_told_why() -> None:
    here = Here()
    here.invite(NEW, Kind.MANAGER)
    invited = here.invite(f"{NEW.upper()}\nmanager@here.test\nother@here.test", Kind.UNIT_MANAGER, [here.yoda]).invited
    assert [*invited.made] == ["other@here.test"]
    assert invited.skipped[NEW.upper()].message.startswith("Invited on ")
    assert invited.skipped["manager@here.test"].message == "A manager already: change what they manage in the list."
    assert here.invite("admin@here.test", Kind.ADMIN).invited.skipped_in_words == (
        "1 address was skipped. admin@here.test: Has this role already."
    )


def test_somebody_may_be_invited_to_several_roles() -> None:
    here = Here()
    for kind in (Kind.ADMIN, Kind.MANAGER, Kind.MENTOR):
        assert here.invite(kind=kind).invited.made


@pytest.mark.parametrize("status", [InvitationStatus.DECLINED, InvitationStatus.UNDELIVERED, "expired"])
def test_a_new_invitation_takes_the_place_of_one_that_has_ended(status: str) -> None:
    here = Here()
    here.invite()
    first = the_invitation()
    if status == "expired":
        first.expires_at = now() - timedelta(seconds=1)
    else:
        first.status = InvitationStatus(status)
    here.invite()
    assert the_invitation().is_open
    db.session.refresh(first)
    assert first.status is InvitationStatus.REPLACED


def test_inviting_many_costs_as_many_queries_as_inviting_one() -> None:
    here, numbers = Here(), []
    for count in (1, 20):
        rights = rights_of(here.admin)
        with counted() as queries:
            here.invite("\n".join(f"p{count}-{number}@here.test" for number in range(count)), rights=rights)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


# Who may.


def test_a_manager_of_everything_invites_mentors_and_nobody_else() -> None:
    here = Here()
    manager = rights_of(here.manager)
    assert here.invite(rights=manager).invited.made
    for kind in (Kind.ADMIN, Kind.MANAGER):
        with pytest.raises(NotAllowedError, match="its managers may name mentors"):
            here.invite(kind=kind, rights=manager)


def test_a_unit_manager_and_the_admin_of_another_organisation_invite_nobody() -> None:
    here = Here()
    unit_manager = rights_of(a_person("unit@here.test", manages=[here.yoda]))
    for rights in (unit_manager, Rights(new_id(), admin_of=frozenset([an_organisation("there").id]))):
        with pytest.raises(NotAllowedError):
            here.invite(rights=rights)


def test_a_manager_sends_again_and_revokes_what_is_to_mentors_only() -> None:
    here = Here()
    manager = rights_of(here.manager)
    for kind, may in ((Kind.MENTOR, True), (Kind.ADMIN, False)):
        here.invite(kind=kind)
        for do in (
            lambda: role_invitations.resend(manager, the_invitation().id, 30),
            lambda: role_invitations.revoke(manager, the_invitation().id, BY_NOBODY),
        ):
            if may:
                do()
            else:
                with pytest.raises(NotAllowedError):
                    do()


# Sending again and revoking.


def test_sent_again_it_has_a_new_link_and_is_open_as_long_as_a_new_one() -> None:
    here = Here()
    here.invite()
    the_invitation().expires_at = now() - timedelta(days=1)
    again = role_invitations.resend(rights_of(here.admin), the_invitation().id, 30)
    assert (again.link_number, again.is_open) == (2, True)
    assert letters(LetterKind.ROLE_INVITATION) == [NEW, NEW]


def test_revoked_it_is_closed_and_that_is_told_in_the_log() -> None:
    here = Here()
    here.invite(kind=Kind.UNIT_MANAGER, units=[here.yoda])
    role_invitations.revoke(rights_of(here.admin), the_invitation().id, BY_NOBODY)
    assert the_invitation().status is InvitationStatus.REVOKED
    assert log()[-1] == ("role-invitation-revoked", {"unit-manager": 1}, "Yoda")
    for do in (
        lambda: role_invitations.resend(rights_of(here.admin), the_invitation().id, 30),
        lambda: role_invitations.revoke(rights_of(here.admin), the_invitation().id, BY_NOBODY),
    ):
        with pytest.raises(ConflictError):
            do()


# Answering.


def by_themself(user: User) -> By:
    return By(user.id, Through.PAGE, address="192.0.2.1")


def test_accepting_gives_the_role_and_tells_the_inviter() -> None:
    here, person = Here(), a_person(NEW)
    here.invite(kind=Kind.UNIT_MANAGER, units=[here.yoda])
    for _time in range(2):
        role_invitations.accept(the_invitation().id, person, by_themself(person))
    assert rights_of(person).manages_units == {here.yoda.id}
    assert the_invitation().status is InvitationStatus.ACCEPTED
    assert letters(LetterKind.ROLE_ACCEPTED) == ["admin@here.test"]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "role-given")).one()
    assert (entry.user_id, entry.address) == (person.id, "192.0.2.1")
    assert entry.people == {"unit-manager": [person.id.hex], "inviter": [here.admin.id.hex]}


def test_nobody_accepts_for_another_address() -> None:
    here, somebody = Here(), a_person("somebody@here.test")
    here.invite(kind=Kind.ADMIN)
    with pytest.raises(NotAllowedError, match=f"This invitation is for {NEW}"):
        role_invitations.accept(the_invitation().id, somebody, by_themself(somebody))
    assert not rights_of(somebody).admin_of


def test_declining_tells_the_inviter_once_and_gives_nothing() -> None:
    here = Here()
    here.invite()
    for _time in range(2):
        role_invitations.decline(the_invitation().id)
    assert letters(LetterKind.ROLE_DECLINED) == ["admin@here.test"]
    assert db.session.scalar(select(OrganisationRole).where(OrganisationRole.role == "mentor")) is None


@pytest.mark.parametrize("status", ["declined", "revoked", "replaced", "undelivered", "expired"])
def test_what_has_ended_is_not_answered(status: str) -> None:
    here, person = Here(), a_person(NEW)
    here.invite()
    if status == "expired":
        the_invitation().expires_at = now() - timedelta(seconds=1)
    else:
        the_invitation().status = InvitationStatus(status)
    db.session.flush()
    with pytest.raises(ConflictError):
        role_invitations.accept(the_invitation().id, person, by_themself(person))
    assert not rights_of(person).mentor_in


def test_accepting_what_one_has_by_now_changes_nothing_but_the_invitation() -> None:
    here, person = Here(), a_person(NEW)
    here.invite(kind=Kind.ADMIN)
    a_role(person, OrganisationRoleName.ADMIN, here.organisation)
    role_invitations.accept(the_invitation().id, person, by_themself(person))
    assert the_invitation().status is InvitationStatus.ACCEPTED
    assert [action for action, _counts, _note in log()] == ["role-invited"]


def test_accepting_and_revoking_at_once_do_one_or_the_other(app: Flask) -> None:
    here, person = Here(), a_person(NEW)
    here.invite(kind=Kind.ADMIN)
    invitation_id, person_id, rights, refused = the_invitation().id, person.id, rights_of(here.admin), []

    def do(what: str) -> None:
        begin_writing()
        try:
            if what == "accept":
                user = db.session.get_one(User, person_id)
                role_invitations.accept(invitation_id, user, by_themself(user))
            else:
                role_invitations.revoke(rights, invitation_id, BY_NOBODY)
            db.session.commit()
        except ConflictError:
            refused.append(what)

    at_once(app, lambda: do("accept"), lambda: do("revoke"), lambda: do("accept"))
    db.session.expire_all()
    assert set(refused) in ({"accept"}, {"revoke"})
    is_admin = bool(rights_of(db.session.get_one(User, person_id)).admin_of)
    assert is_admin == (the_invitation().status is InvitationStatus.ACCEPTED)


def test_two_who_invite_the_same_person_at_once_invite_them_once(app: Flask) -> None:
    here = Here()
    organisation_id, admin_id, rights, made = here.organisation.id, here.admin.id, rights_of(here.admin), []

    def invite() -> None:
        begin_writing()
        organisation, admin = db.session.get_one(Organisation, organisation_id), db.session.get_one(User, admin_id)
        answer = role_inviting.invite(rights, organisation, admin, Said(NEW, Kind.MENTOR), 30, BY_NOBODY)
        made.append(len(answer.invited.made))
        db.session.commit()

    at_once(app, invite, invite)
    assert sorted(made) == [0, 1]


# Not delivered.


def test_one_that_cannot_be_delivered_is_closed_and_its_inviter_told() -> None:
    here = Here()
    here.invite()
    letter = db.session.scalars(select(Letter)).one()
    for _time in range(2):
        role_invitations.letter_refused(letter)
    assert the_invitation().status is InvitationStatus.UNDELIVERED
    assert letters(LetterKind.ROLE_UNDELIVERED) == ["admin@here.test"]


# The lists.


def listed(here: Here, kinds: Iterable[Kind] = tuple(Kind), words: str = "") -> list[str]:
    items = page_of(role_invitations.listed(here.organisation, [*kinds], words), 1, 50).items
    return [invitation.email for invitation in items]


def test_the_list_has_those_who_have_not_accepted_the_newest_first() -> None:
    here = Here()
    for status in InvitationStatus:
        here.invite(f"{status}@here.test")
        the_invitation(f"{status}@here.test").status = status
    assert listed(here) == ["undelivered@here.test", "declined@here.test", "open@here.test"]
    assert listed(here, words="OPEN") == ["open@here.test"]


def test_the_list_may_be_of_some_kinds_only() -> None:
    here = Here()
    here.invite("admin-to-be@here.test", Kind.ADMIN)
    here.invite()
    assert listed(here, [Kind.MENTOR]) == [NEW]


def test_the_open_ones_wait_for_the_person_of_the_address() -> None:
    here, person = Here(), a_person(NEW)
    here.invite()
    here.invite("other@here.test")
    assert [one.email for one in db.session.scalars(role_invitations.waiting_for(person))] == [NEW]
    role_invitations.decline(the_invitation().id)
    assert db.session.scalars(role_invitations.waiting_for(person)).all() == []


def test_the_list_costs_as_many_queries_for_many_as_for_few() -> None:
    here, numbers = Here(), []
    for more in range(2):
        for number in range(1 + 19 * more):
            here.invite(f"p{more}-{number}@here.test", Kind.UNIT_MANAGER, [here.yoda, here.medicine])
        db.session.expire_all()
        organisation = db.session.get_one(Organisation, here.organisation.id)
        with counted() as queries:
            found = page_of(role_invitations.listed(organisation, [*Kind]), 1, 50).items
            assert {(one.invited_by.name, len(one.units)) for one in found} == {("Admin", 2)}
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_an_invitation_deleted_at_this_very_moment_is_said_to_be_gone() -> None:
    with pytest.raises(GoneError, match="just been deleted"):
        role_invitations.decline(new_id())
