"""Closing accounts and opening them again: who may be, in what words, and what comes of it."""

import threading
import uuid
from typing import Any

import pytest
from flask import Flask

from domain import api_keys, deactivating
from domain.accounts import by_link
from domain.audit import By
from domain.deactivating import Outcome
from domain.errors import ConflictError, NotAllowedError
from domain.link_tokens import PasswordTokens
from domain.people import check_password
from domain.permissions import Rights
from models import AuditEntry, Batch, Organisation, Participant, User, begin_writing, db, new_id, now
from models.audit import Through
from models.organisation import OrganisationRoleName
from tests.conftest import CHEAP
from tests.people import (
    BY_NOBODY,
    a_batch,
    a_collaboration,
    a_course,
    a_membership,
    a_person,
    a_role,
    an_organisation,
    enrolled,
    pending_for,
    teachers,
)
from tests.queries import counted
from tests.teaching import an_open_batch_waits_for, enrol_slowly
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("app")


class Here:
    def __init__(self) -> None:
        self.organisation: Organisation = an_organisation("here")
        self.admin = a_person("admin@here.test", admin_of=self.organisation, organisation=self.organisation)
        self.rights = self.rights_of(self.admin)
        self.by = By(self.admin.id, Through.PAGE)

    def rights_of(self, user: User) -> Rights:
        return Rights(user.id, admin_of=frozenset([self.organisation.id]))

    def a_person(self, email: str = "asha@here.test", **given: Any) -> User:
        return a_person(email, **{"organisation": self.organisation, **given})

    def deactivate(self, *identifiers: object) -> list[tuple[str, str | None]]:
        given = [str(identifier) for identifier in identifiers]
        return told(deactivating.deactivate(self.rights, self.organisation, given, self.by))

    def reactivate(self, *identifiers: object) -> list[tuple[str, str | None]]:
        given = [str(identifier) for identifier in identifiers]
        return told(deactivating.reactivate(self.rights, self.organisation, given, self.by))


def told(outcomes: list[Outcome]) -> list[tuple[str, str | None]]:
    db.session.expire_all()
    return [(outcome.change.value, outcome.reason) for outcome in outcomes]


# Whom it may be done to.


def test_people_are_named_by_user_id_and_state_id_in_any_case() -> None:
    here = Here()
    asha, bose = here.a_person(state_id="PR-1"), here.a_person("bose@here.test")
    assert here.deactivate("pr-1", str(bose.id).upper()) == [("deactivated", None)] * 2
    assert not asha.is_active
    assert not bose.is_active
    assert here.reactivate("PR-1", bose.id) == [("reactivated", None)] * 2
    assert asha.is_active
    assert bose.is_active


def test_each_identifier_has_its_outcome_and_none_stops_the_others() -> None:
    here = Here()
    here.a_person(state_id="PR-1")
    here.a_person("bose@here.test", state_id="PR-2", is_active=False)
    other = a_person("x@elsewhere.test", organisation=an_organisation("elsewhere"), state_id="EL-1")
    assert here.deactivate("PR-9", "EL-1", other.id, uuid.uuid4(), "", "\0", "PR-2", "PR-1", "pr-1") == [
        *[("failed", "not_found")] * 6,
        ("skipped", "already_deactivated"),
        ("deactivated", None),
        ("skipped", "repeated"),
    ]
    assert here.reactivate("PR-9", here.admin.id) == [("failed", "not_found"), ("skipped", "already_open")]


def test_nobody_deactivates_themself() -> None:
    here = Here()
    here.a_person("second@here.test", admin_of=here.organisation)
    assert here.deactivate(here.admin.id) == [("failed", "oneself")]
    with pytest.raises(ConflictError, match="Nobody deactivates their own account"):
        deactivating.deactivate_one(here.rights, here.admin, here.by)
    assert here.admin.is_active


def test_a_platform_admin_is_nobodys_to_deactivate() -> None:
    here = Here()
    boss = here.a_person("boss@here.test", is_platform_admin=True)
    assert here.deactivate(boss.id) == [("failed", "platform_admin")]


def test_the_last_admins_of_any_organisation_stay() -> None:
    here, elsewhere = Here(), an_organisation("elsewhere")
    asha = here.a_person(admin_of=elsewhere)
    bose = here.a_person("bose@here.test", admin_of=elsewhere)
    chitra = here.a_person("chitra@here.test")
    assert here.deactivate(asha.id, bose.id, chitra.id) == [
        ("failed", "last_admin"),
        ("failed", "last_admin"),
        ("deactivated", None),
    ]
    assert here.deactivate(asha.id) == [("deactivated", None)]
    assert here.deactivate(bose.id) == [("failed", "last_admin")]


def test_an_admin_of_this_organisation_may_go_while_another_stays() -> None:
    here = Here()
    second = here.a_person("second@here.test", admin_of=here.organisation)
    assert here.deactivate(second.id) == [("deactivated", None)]


def test_only_who_runs_the_organisation_may() -> None:
    here = Here()
    rights = Rights(new_id(), manager_of=frozenset([here.organisation.id]))
    for do in (deactivating.deactivate, deactivating.reactivate):
        with pytest.raises(NotAllowedError):
            do(rights, here.organisation, ["PR-1"], here.by)


@pytest.mark.parametrize(
    "reason",
    ["not_found", "oneself", "platform_admin", "last_admin", "already_deactivated", "already_open", "repeated"],
)
def test_each_reason_has_its_sentence(reason: str) -> None:
    assert deactivating.message_of(reason).endswith(".")


# What comes of it.


def test_sessions_keys_and_links_end_and_stay_ended(app: Flask) -> None:
    here = Here()
    asha = here.a_person(password_hash=CHEAP.hash("a long password"), admin_of=here.organisation)
    session_key = asha.session_key
    key = api_keys.make(here.rights_of(asha), asha, here.organisation, "Key", now().date(), here.by)
    tokens: PasswordTokens = app.extensions["link_tokens"].password
    link = tokens.make(asha.id, session_key, now().replace(year=now().year + 1))
    assert (by_link(tokens, link), api_keys.find(key.secret)) == (asha, key.key)
    here.deactivate(asha.id)
    assert (by_link(tokens, link), api_keys.find(key.secret)) == (None, None)
    assert not check_password(CHEAP, asha, "a long password")
    here.reactivate(asha.id)
    assert check_password(CHEAP, asha, "a long password")
    assert asha.session_key != session_key
    assert by_link(tokens, link) is None
    assert api_keys.find(key.secret) is not None


def test_they_stay_where_they_are() -> None:
    here = Here()
    asha = here.a_person(mentor_in=here.organisation)
    batch = a_batch(a_course(here.organisation))
    enrolled(batch, [asha.id])
    membership = a_membership(asha, a_collaboration(here.organisation))
    here.deactivate(asha.id)
    assert (db.session.get_one(Participant, (batch.id, asha.id)).removed_at, membership.ended_at) == (None, None)
    assert [role.role for role in asha.organisation_roles] == [OrganisationRoleName.MENTOR]


def test_who_comes_back_is_enrolled_where_that_waits_for_them() -> None:
    here = Here()
    asha, course = here.a_person(is_active=False), a_course(here.organisation)
    batch = a_batch(course)
    pending_for(asha.email, course, batch)
    here.reactivate(asha.id)
    assert db.session.get(Participant, (batch.id, asha.id)) is not None


def test_both_are_in_the_audit_log_once_for_all() -> None:
    here = Here()
    people = teachers(here.organisation, 3)
    here.deactivate(*people, "PR-9")
    here.deactivate(*people)
    here.reactivate(people[0])
    entries = db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.counts) for entry in entries] == [
        ("person-deactivated", {"deactivated": 3}),
        ("person-reactivated", {"reactivated": 1}),
    ]
    assert entries[0].people == {"deactivated": [person.hex for person in people]}
    assert (entries[0].organisation_id, entries[0].user_id) == (here.organisation.id, here.admin.id)


def test_it_takes_the_same_queries_for_two_thousand_as_for_two() -> None:
    here = Here()
    people = teachers(here.organisation, 2_002)
    here.deactivate("PR-99999")

    def queries(some: list[uuid.UUID]) -> int:
        with counted() as seen:
            assert {change for change, _reason in here.deactivate(*some)} == {"deactivated"}
            assert {change for change, _reason in here.reactivate(*some)} == {"reactivated"}
            db.session.flush()
        return len(seen)

    assert queries(people[:2]) == queries(people[2:])


def test_of_two_admins_who_deactivate_each_other_at_once_one_stays(app: Flask) -> None:
    here = Here()
    second = here.a_person("second@here.test", admin_of=here.organisation)
    pair = [(here.rights, here.by, second.id), (here.rights_of(second), BY_NOBODY, here.admin.id)]
    organisation_id, found = here.organisation.id, []

    def deactivate(rights: Rights, by: By, other: uuid.UUID) -> None:
        begin_writing()
        organisation = db.session.get_one(Organisation, organisation_id)
        found.extend(told(deactivating.deactivate(rights, organisation, [str(other)], by)))
        db.session.commit()

    at_once(app, *(lambda one=one: deactivate(*one) for one in pair))
    assert sorted(found) == [("deactivated", None), ("failed", "last_admin")]


def test_whoever_is_enrolled_at_the_very_moment_at_which_accounts_are_reactivated_is_no_obstacle(app: Flask) -> None:
    here, batch_id = Here(), an_open_batch_waits_for("asha@here.test")
    rights, by, organisation_id, asha_id = here.rights, here.by, here.organisation.id, here.a_person(is_active=False).id
    is_held = threading.Event()

    def reactivate() -> None:
        is_held.wait(10)
        begin_writing()
        deactivating.reactivate(rights, db.session.get_one(Organisation, organisation_id), [str(asha_id)], by)
        db.session.commit()

    at_once(app, lambda: enrol_slowly(batch_id, asha_id, is_held), reactivate)
    assert db.session.get_one(User, asha_id).is_active
    assert db.session.get_one(Batch, batch_id).participant_count == 1


def test_one_is_deactivated_and_reactivated_or_told_why_not() -> None:
    here = Here()
    asha = here.a_person()
    deactivating.deactivate_one(here.rights, asha, here.by)
    with pytest.raises(ConflictError, match="deactivated already"):
        deactivating.deactivate_one(here.rights, asha, here.by)
    deactivating.reactivate_one(here.rights, asha, here.by)
    with pytest.raises(ConflictError, match="open already"):
        deactivating.reactivate_one(here.rights, asha, here.by)


def test_an_admin_elsewhere_too_is_held_up_by_nobody_else(app: Flask) -> None:
    here, elsewhere = Here(), an_organisation("elsewhere")
    asha = here.a_person()
    a_role(asha, OrganisationRoleName.ADMIN, elsewhere)
    a_person("other@elsewhere.test", admin_of=elsewhere)
    assert here.deactivate(asha.id) == [("deactivated", None)]
