"""Which collaborations somebody sees and finds, and how memberships end."""

import pytest
from sqlalchemy import select

from domain import collaborations
from domain.audit import By
from domain.errors import ConflictError
from domain.people import rights_of
from domain.permissions import may_invite, may_invite_in_bulk, may_see_collaboration
from models import AuditEntry, Collaboration, OrganisationRole, User, db, now
from models.audit import Through
from models.collaboration import MembershipEnd, Role
from models.organisation import OrganisationRoleName
from tests.invitees import MEREL, TOMORROW, YESTERDAY, YODA, collaboration, invited, member, newcomer, person
from tests.people import BY_NOBODY, a_collaboration
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("world")


def everybody() -> list[User]:
    """The demo's cast, and those who are not in it."""
    member(newcomer("co-admin@example.org"), "nimbusgrp", role=Role.ADMIN)
    member(newcomer("former@example.org"), "stratusgrp", expires_at=now() + YESTERDAY)
    mentor = newcomer("mentor@example.org")
    here = collaboration().organisation_id
    db.session.add(OrganisationRole(organisation_id=here, user_id=mentor.id, role=OrganisationRoleName.MENTOR))
    newcomer("nobody@example.org")
    return list(db.session.scalars(select(User)))


def found(user: User, words: str = "") -> list[str]:
    return [found.short_name for found in db.session.scalars(collaborations.search(rights_of(user), words))]


# What the queries select is what the policy says.


def test_the_query_of_what_one_may_see_agrees_with_the_policy_for_everybody() -> None:
    for user in everybody():
        rights = rights_of(user)
        seen = set(db.session.scalars(select(Collaboration).where(collaborations.visible_to(rights))))
        assert seen == {co for co in db.session.scalars(select(Collaboration)) if may_see_collaboration(rights, co)}


def test_the_query_of_where_one_may_invite_in_bulk_agrees_with_the_policy_for_everybody() -> None:
    for user in everybody():
        rights = rights_of(user)
        there = set(db.session.scalars(select(Collaboration).where(collaborations.invitable_by(rights))))
        assert there == {co for co in db.session.scalars(select(Collaboration)) if may_invite_in_bulk(rights, co)}


def test_an_admin_of_a_collaboration_invites_to_it_but_not_in_bulk() -> None:
    admin = newcomer()
    member(admin, "nimbusgrp", role=Role.ADMIN)
    rights, nimbus = rights_of(admin), collaboration("nimbusgrp")
    assert may_invite(rights, nimbus)
    assert not may_invite_in_bulk(rights, nimbus)


# Searching.


def test_everybody_finds_their_own_collaborations_only() -> None:
    assert found(person(YODA)) == ["cirrusgrp", "cumulusgrp"]
    assert found(person(MEREL)) == ["cumulusgrp"]
    assert found(person("admin@otherland.test")) == ["auroragrp"]
    assert found(newcomer()) == []


@pytest.mark.parametrize("words", ["cumulus", "CUMULUSGRP", " research ", "climate"])
def test_names_short_names_and_labels_are_searched_in_any_case(words: str) -> None:
    assert found(person(YODA), words) == ["cumulusgrp"]


@pytest.mark.parametrize("words", ["%", "_umulus", "aurora", "\\"])
def test_signs_of_the_database_and_other_tenants_find_nothing(words: str) -> None:
    assert found(person(YODA), words) == []


def test_members_are_found_by_name_and_by_address() -> None:
    here = collaboration()
    member(newcomer("ann@example.org", "Änne Smit"))
    for words in ("smit", "ANN@EXAMPLE"):
        names = [found.user.name for found in db.session.scalars(collaborations.members(here, words))]
        assert names == ["Änne Smit"]


def test_who_may_not_see_addresses_cannot_find_by_them() -> None:
    here = collaboration()
    assert not list(db.session.scalars(collaborations.members(here, "harderwijk.test", by_address=False)))
    assert list(db.session.scalars(collaborations.members(here, "Merel", by_address=False)))


def test_invitations_are_found_by_address_while_nobody_has_answered_them() -> None:
    here, waiting = collaboration(), invited("ann@example.org")
    invited("bob@example.org")
    assert list(db.session.scalars(collaborations.invited(here, "ANN@"))) == [waiting]


# Memberships end.


def test_a_removed_member_is_gone_from_the_list_and_stays_in_the_history() -> None:
    membership = member(newcomer())
    collaborations.remove_member(membership, BY_NOBODY)
    db.session.refresh(membership)
    assert membership.ended_because is MembershipEnd.REMOVED
    assert membership not in list(db.session.scalars(collaborations.members(collaboration())))


def test_a_member_is_removed_once() -> None:
    membership = member(newcomer())
    collaborations.remove_member(membership, BY_NOBODY)
    with pytest.raises(ConflictError):
        collaborations.remove_member(membership, BY_NOBODY)


def test_who_is_past_their_expiry_is_no_member_even_before_the_sweep() -> None:
    member(ann := newcomer(), expires_at=now() + YESTERDAY)
    assert found(ann) == []
    assert "Ann" not in [found.user.name for found in db.session.scalars(collaborations.members(collaboration()))]


def test_the_sweep_ends_what_has_expired_at_the_time_it_did() -> None:
    over = member(newcomer("a@example.org"), expires_at=now() + YESTERDAY)
    going_on = member(newcomer("b@example.org"), expires_at=now() + TOMORROW)
    assert collaborations.end_expired_memberships() == 1
    db.session.expire_all()
    assert (over.ended_at, over.ended_because) == (over.expires_at, MembershipEnd.EXPIRED)
    assert going_on.ended_at is None


def test_who_was_removed_is_in_the_audit_log() -> None:
    membership = member(newcomer())
    collaborations.remove_member(membership, By(person(YODA).id, Through.PAGE))
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.through, entry.user_id) == ("member-removed", "page", person(YODA).id)
    assert (entry.collaboration_id, entry.people) == (collaboration().id, {"removed": [membership.user_id.hex]})


def test_what_the_sweep_ends_is_in_the_audit_log_once_for_each_collaboration() -> None:
    for number, of in enumerate(("cumulusgrp", "cumulusgrp", "stratusgrp")):
        member(newcomer(f"{number}@example.org"), of, expires_at=now() + YESTERDAY)
    collaborations.end_expired_memberships()
    entries = db.session.scalars(select(AuditEntry)).all()
    assert {(entry.action, entry.through, entry.user_id) for entry in entries} == {
        ("memberships-expired", "clock", None)
    }
    assert {(entry.collaboration_id, entry.counts["expired"]) for entry in entries} == {
        (collaboration("cumulusgrp").id, 2),
        (collaboration("stratusgrp").id, 1),
    }


def test_the_sweep_costs_the_same_queries_for_few_and_for_many() -> None:
    counts = []
    for count in (2, 40):
        for number in range(count):
            of = a_collaboration(collaboration().organisation, f"co{count}-{number}")
            member(newcomer(f"{count}-{number}@example.org"), of.short_name, expires_at=now() + YESTERDAY)
        db.session.flush()
        db.session.expire_all()
        with counted() as queries:
            collaborations.end_expired_memberships()
            db.session.flush()
        counts.append(len(queries))
    assert counts[0] == counts[1]
