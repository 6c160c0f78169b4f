"""What a member is: as what, in which groups, until when."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from domain import collaborations, memberships
from domain.errors import ConflictError, NotAllowedError
from domain.memberships import Wanted
from domain.people import rights_of
from domain.permissions import Rights
from domain.said import Problems
from models import AuditEntry, Group, Membership, begin_writing, db, new_id, now
from models.audit import AuditAction
from models.collaboration import Role
from tests.invitees import MEREL, YODA, auto_provisioned, collaboration, group, group_names, member, newcomer
from tests.people import BY_NOBODY, the_person
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("world")


def yoda() -> Rights:
    return rights_of(the_person(YODA))


def change(
    membership: Membership, role: Role = Role.MEMBER, groups: tuple[Group, ...] = (), until: str = ""
) -> Problems:
    return memberships.change(yoda(), membership, Wanted(role, [one.id for one in groups], until), BY_NOBODY)


def logged() -> list[tuple[str, dict[str, int]]]:
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(entry.action, entry.counts) for entry in entries]


def test_role_groups_and_end_are_changed_at_once() -> None:
    membership, writers = member(newcomer(), groups=("researchers",)), auto_provisioned("Writers")
    assert change(membership, Role.ADMIN, (writers,), "2998-06-30") == {}
    assert (membership.role, group_names(membership)) == (Role.ADMIN, ["writers"])
    assert membership.expires_at == datetime(2998, 6, 30, 23, 59, 59, tzinfo=UTC)
    assert logged() == [(AuditAction.MEMBER_CHANGED, {"admin": 1})]


def test_the_log_tells_what_became_of_whom() -> None:
    membership = member(newcomer(), role=Role.ADMIN)
    change(membership, Role.ADMIN, (group("researchers"),))
    change(membership, Role.MEMBER, (group("researchers"),))
    change(membership, Role.MEMBER, (group("researchers"),))
    assert logged() == [(AuditAction.MEMBER_CHANGED, {"changed": 1}), (AuditAction.MEMBER_CHANGED, {"member": 1})]


def test_an_end_that_stays_keeps_its_second_and_its_announcement() -> None:
    end = now() + timedelta(days=3, seconds=7)
    membership = member(newcomer(), expires_at=end, end_announced_at=now())
    assert change(membership, Role.ADMIN, until=memberships.last_day_of(membership)) == {}
    assert membership.expires_at == end
    assert membership.end_announced_at


def test_another_end_is_announced_anew() -> None:
    membership = member(newcomer(), expires_at=now() + timedelta(days=3), end_announced_at=now())
    assert change(membership, until="") == {}
    assert (membership.expires_at, membership.end_announced_at) == (None, None)


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("2001-01-01", "1 January 2001 is past. Write a date that is still to come, or leave it empty."),
        ("2027-02-30", "There is no such day as “2027-02-30”."),
    ],
)
def test_an_end_that_cannot_be_is_told_and_nothing_is_changed(until: str, sentence: str) -> None:
    membership = member(newcomer())
    assert change(membership, Role.ADMIN, until=until) == {"until": [sentence]}
    assert membership.role is Role.MEMBER


def test_groups_of_other_collaborations_and_deleted_ones_are_no_choice() -> None:
    membership = member(newcomer())
    problems = {"groups": ["One of these groups is there no more. Choose again."]}
    assert change(membership, groups=(group("analysts"),)) == problems
    wanted = Wanted(Role.MEMBER, [new_id()], "")
    assert memberships.change(yoda(), membership, wanted, BY_NOBODY) == problems


def test_a_membership_that_has_ended_is_not_changed() -> None:
    removed, expired = member(newcomer()), member(newcomer("b@example.org"))
    collaborations.remove_member(removed, BY_NOBODY)
    expired.expires_at = now() - timedelta(seconds=1)
    for membership in (removed, expired):
        with pytest.raises(ConflictError, match="has ended meanwhile"):
            change(membership, Role.ADMIN)


def test_only_those_who_look_after_the_collaboration_change_its_members() -> None:
    membership = member(newcomer())
    for email in (MEREL, "admin@otherland.test"):
        with pytest.raises(NotAllowedError):
            memberships.change(rights_of(the_person(email)), membership, Wanted(Role.ADMIN, [], ""), BY_NOBODY)


def test_an_admin_of_the_collaboration_changes_members_and_it_may_be_left_without_admin() -> None:
    admin = member(ann := newcomer(), role=Role.ADMIN)
    wanted = Wanted(Role.MEMBER, [], "")
    assert memberships.change(rights_of(ann), admin, wanted, BY_NOBODY) == {}
    assert collaboration().id not in rights_of(ann).admin_of_collaborations


def test_whoever_is_changed_and_removed_at_once_is_removed(app: Flask) -> None:
    membership_id = member(newcomer()).id
    refused = []

    def change_it() -> None:
        begin_writing()
        try:
            change(db.session.get_one(Membership, membership_id), Role.ADMIN)
            db.session.commit()
        except ConflictError:
            refused.append(True)

    def remove_it() -> None:
        begin_writing()
        collaborations.remove_member(db.session.get_one(Membership, membership_id), BY_NOBODY)
        db.session.commit()

    at_once(app, change_it, remove_it)
    membership = db.session.get_one(Membership, membership_id)
    assert membership.ended_at
    assert (membership.role is Role.MEMBER) == bool(refused)
