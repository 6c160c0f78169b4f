"""Groups of a collaboration: made, changed and deleted, with whom that puts into them or leaves without."""

import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from domain import groups, invitations
from domain.errors import ConflictError, NotAllowedError
from domain.groups import Wanted
from domain.people import rights_of
from domain.permissions import Rights
from domain.said import Problems
from models import AuditEntry, Collaboration, Group, begin_writing, db, new_id, now
from models.audit import AuditAction
from models.collaboration import MembershipEnd, Role
from tests.invitees import group_names, invited, member, newcomer
from tests.people import BY_NOBODY, a_collaboration, a_group, an_organisation, the_collaboration, the_person
from tests.queries import counted
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("world")

YODA = "yoda@harderwijk.test"
TAKEN = {"short_name": ["The collaboration has a group with this short name already."]}


def cumulus() -> Collaboration:
    return the_collaboration("cumulusgrp")


def yoda() -> Rights:
    return rights_of(the_person(YODA))


def wanted(short_name: str = "writers", name: str = "Writers", **given: bool) -> Wanted:
    return Wanted(name, short_name, **{"auto_provision": False, **given})


def create(**given: bool) -> Group:
    made = groups.create(yoda(), cumulus(), wanted(**given), BY_NOBODY)
    assert made.group
    return made.group


def researchers() -> Group:
    return db.session.scalars(select(Group).where(Group.short_name == "researchers")).one()


def logged() -> list[tuple[str, dict[str, int], str]]:
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(entry.action, entry.counts, entry.note) for entry in entries]


# The list.


def test_current_members_are_counted_in_one_query_however_many_groups() -> None:
    here = cumulus()
    for number in range(3):
        member(newcomer(f"a{number}@example.org"), groups=("researchers",))
    left = member(newcomer("left@example.org"), groups=("researchers",))
    left.ended_at, left.ended_because = now(), MembershipEnd.REMOVED
    a_group(here, "empty")
    db.session.flush()
    found = db.session.scalars(groups.groups_of(here)).all()
    with counted() as queries:
        lines = groups.lines_of(found)
    assert [(line.group.short_name, line.members) for line in lines] == [("empty", 0), ("researchers", 3)]
    assert len(queries) == 1


# Making and changing.


def test_a_group_is_made_with_an_identifier_of_its_own() -> None:
    group = create(auto_provision=True)
    assert (group.name, group.short_name, group.auto_provision) == ("Writers", "writers", True)
    assert group.collaboration_id == cumulus().id
    assert logged() == [(AuditAction.GROUP_MADE, {}, "writers")]


def test_whoever_joins_later_is_in_an_auto_provisioned_group() -> None:
    create(auto_provision=True)
    membership = invitations.accept(invited().id, newcomer())
    assert group_names(membership) == ["writers"]


def test_present_members_join_where_that_is_wanted_and_those_who_left_do_not() -> None:
    merel = member(newcomer("in@example.org"))
    left = member(newcomer("left@example.org"), ended_at=now(), ended_because=MembershipEnd.REMOVED)
    create(with_members=True)
    assert (group_names(merel), group_names(left)) == (["writers"], [])
    assert logged() == [(AuditAction.GROUP_MADE, {"joined": 2}, "writers")]


def test_switching_auto_provisioning_on_adds_nobody_unless_that_is_wanted() -> None:
    inside, outside = member(newcomer("a@example.org"), groups=("researchers",)), member(newcomer("b@example.org"))
    same = {"short_name": "researchers", "name": "Researchers"}
    assert groups.change(yoda(), researchers(), Wanted(**same, auto_provision=True), BY_NOBODY) == {}
    assert group_names(outside) == []
    assert groups.change(yoda(), researchers(), Wanted(**same, auto_provision=True, with_members=True), BY_NOBODY) == {}
    assert group_names(outside) == group_names(inside) == ["researchers"]
    assert [counts for _action, counts, _note in logged()] == [{}, {"joined": 2}]  # Merel, too


def test_members_are_added_by_as_many_statements_however_many_they_are() -> None:
    def take() -> int:
        group = a_group(cumulus(), f"g{new_id()}"[:20])
        with counted() as queries:
            groups.change(yoda(), group, wanted(group.short_name, with_members=True), BY_NOBODY)
        return len(queries)

    few = take()
    for number in range(20):
        member(newcomer(f"member{number}@example.org"))
    assert take() == few


def test_a_group_is_renamed_and_the_log_tells_the_old_name() -> None:
    assert groups.change(yoda(), researchers(), wanted("scientists", "Scientists"), BY_NOBODY) == {}
    assert logged() == [(AuditAction.GROUP_CHANGED, {}, "researchers → scientists")]


def test_what_changes_nothing_is_not_in_the_log() -> None:
    assert groups.change(yoda(), researchers(), wanted("researchers", "Researchers"), BY_NOBODY) == {}
    assert logged() == []


@pytest.mark.parametrize("short_name", ["", "a b", "a,b", "301ee8e6b5d140b5a27e47611f803371", "x" * 33])
def test_a_short_name_that_invitations_could_not_tell_is_refused(short_name: str) -> None:
    made = groups.create(yoda(), cumulus(), wanted(short_name, ""), BY_NOBODY)
    assert made.problems.keys() == {"name", "short_name"}


def test_a_short_name_is_taken_once_in_a_collaboration() -> None:
    assert groups.create(yoda(), cumulus(), wanted("Researchers"), BY_NOBODY).problems == TAKEN
    group = create()
    assert groups.change(yoda(), group, wanted("researchers"), BY_NOBODY) == TAKEN
    assert groups.create(yoda(), the_collaboration("cirrusgrp"), wanted("researchers"), BY_NOBODY).group


def test_of_two_at_once_with_one_short_name_one_is_made(app: Flask) -> None:
    found: list[Problems] = []

    def make() -> None:
        begin_writing()
        found.append(groups.create(yoda(), cumulus(), wanted(), BY_NOBODY).problems)
        db.session.commit()

    at_once(app, make, make)
    assert sorted(found, key=len) == [{}, TAKEN]


# Deleting.


def test_what_deleting_does_is_told_before() -> None:
    assert groups.what_deleting_does(researchers()).startswith("Nobody is in this group. Files that name it")
    member(newcomer("a@example.org"), groups=("researchers",))
    for number in range(2):
        invited(f"b{number}@example.org", groups=("researchers",))
    words = groups.what_deleting_does(researchers())
    assert "1 member is in this group, and stays in the collaboration." in words
    assert "2 open invitations lead into it, and will lead into the collaboration alone." in words


def test_its_members_stay_and_invitations_lead_into_the_collaboration_alone() -> None:
    membership = member(newcomer("a@example.org"), groups=("researchers",))
    invitation = invited(groups=("researchers",))
    groups.delete_group(yoda(), researchers(), BY_NOBODY)
    assert group_names(membership) == []
    assert group_names(invitations.accept(invitation.id, newcomer())) == []
    assert (AuditAction.GROUP_DELETED, {"left": 1}, "researchers") in logged()


def test_a_group_is_deleted_once() -> None:
    group = researchers()
    groups.delete_group(yoda(), group, BY_NOBODY)
    for again in (
        lambda: groups.delete_group(yoda(), group, BY_NOBODY),
        lambda: groups.change(yoda(), group, wanted(), BY_NOBODY),
    ):
        with pytest.raises(ConflictError, match="deleted already"):
            again()


def invite_into(group_id: uuid.UUID, email: str) -> uuid.UUID | None:
    draft = invitations.Draft(
        collaboration_id=cumulus().id,
        email=email,
        email_key=email,
        role=Role.MEMBER,
        expires_at=now(),
        membership_expires_at=None,
        message="",
        sender_name="Yoda",
        invited_by_id=the_person(YODA).id,
        group_ids=(group_id,),
    )
    [made] = invitations.make([draft])
    return made


def test_a_group_deleted_meanwhile_is_left_out_of_new_invitations() -> None:
    gone = researchers().id
    groups.delete_group(yoda(), researchers(), BY_NOBODY)
    assert invite_into(gone, "ann@example.org")


def test_whoever_is_invited_while_the_group_is_deleted_is_invited(app: Flask) -> None:
    group_id, made = researchers().id, []

    def invite(email: str) -> None:
        begin_writing()
        made.append(invite_into(group_id, email))
        db.session.commit()

    def delete() -> None:
        begin_writing()
        groups.delete_group(yoda(), db.session.get_one(Group, group_id), BY_NOBODY)
        db.session.commit()

    at_once(app, lambda: invite("a@example.org"), delete, lambda: invite("b@example.org"))
    assert len(made) == 2
    assert all(made)


def test_whoever_accepts_while_the_group_is_deleted_becomes_a_member(app: Flask) -> None:
    invitation, ann, group = invited(groups=("researchers",)).id, newcomer().id, researchers().id

    def accept() -> None:
        begin_writing()
        invitations.accept(invitation, db.session.get_one(type(the_person(YODA)), ann))
        db.session.commit()

    def delete() -> None:
        begin_writing()
        groups.delete_group(yoda(), db.session.get_one(Group, group), BY_NOBODY)
        db.session.commit()

    at_once(app, accept, delete)
    assert invitations.locked(invitation).membership_id


# Who may.


def refuses(rights: Rights, group: Group) -> bool:
    attempts: list[Callable[[], object]] = [
        lambda: groups.create(rights, group.collaboration, wanted(), BY_NOBODY),
        lambda: groups.change(rights, group, wanted(), BY_NOBODY),
        lambda: groups.delete_group(rights, group, BY_NOBODY),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowedError):
            attempt()
    return True


def test_groups_are_for_those_who_look_after_the_collaboration() -> None:
    other = a_collaboration(an_organisation("other"), "othergrp", groups=["others"])
    assert refuses(yoda(), other.groups[0])
    assert refuses(rights_of(the_person("member@harderwijk.test")), researchers())


def test_an_admin_of_the_collaboration_makes_groups_of_it() -> None:
    member(ann := newcomer(), role=Role.ADMIN)
    assert groups.create(rights_of(ann), cumulus(), wanted(), BY_NOBODY).group
