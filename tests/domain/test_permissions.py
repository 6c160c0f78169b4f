"""Who may do what, row by row of the table of roles, asked for everybody of the demo world and a few more."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from domain import permissions
from domain.people import rights_of
from domain.permissions import Rights
from models.collaboration import Role
from models.upload import UploadKind
from tests.people import a_membership, a_person, a_unit, an_organisation, the_collaboration, the_person

PLATFORM, ADMIN, MANAGER, UNIT_MANAGER, CO_ADMIN, MEMBER, MENTOR, STRANGER, NOBODY = (
    "platform@muster.test",
    "admin@harderwijk.test",
    "manager@harderwijk.test",
    "yoda@harderwijk.test",
    "co-admin@harderwijk.test",  # of cumulusgrp
    "member@harderwijk.test",  # of cumulusgrp
    "mentor@harderwijk.test",
    "admin@otherland.test",
    "nobody@example.org",
)
EVERYBODY = {PLATFORM, ADMIN, MANAGER, UNIT_MANAGER, CO_ADMIN, MEMBER, MENTOR, STRANGER, NOBODY}
MANAGERS = {PLATFORM, ADMIN, MANAGER}


@pytest.fixture
def cast(world: object) -> dict[str, Rights]:
    cumulus = the_collaboration("cumulusgrp")
    a_membership(a_person(CO_ADMIN), cumulus, Role.ADMIN)
    a_person(MENTOR, mentor_in=cumulus.organisation)
    a_person(NOBODY)
    return {email: rights_of(the_person(email)) for email in EVERYBODY}


def those_who(cast: dict[str, Rights], may: Callable[..., bool], *about: Any) -> set[str]:
    return {email for email, rights in cast.items() if may(rights, *about)}


#: Of each predicate, who may, by CO: one of the unit manager's unit, one of another unit, one without unit, and one
#: of another organisation.
TABLE: dict[Callable[..., bool], dict[str, set[str]]] = {
    permissions.may_invite_in_bulk: {
        "cumulusgrp": MANAGERS | {UNIT_MANAGER},
        "stratusgrp": MANAGERS,
        "nimbusgrp": MANAGERS,
        "auroragrp": {PLATFORM, STRANGER},
    },
    permissions.may_invite: {
        "cumulusgrp": MANAGERS | {UNIT_MANAGER, CO_ADMIN},
        "stratusgrp": MANAGERS,
        "nimbusgrp": MANAGERS,
        "auroragrp": {PLATFORM, STRANGER},
    },
    permissions.may_label: {
        "cumulusgrp": MANAGERS | {UNIT_MANAGER},
        "stratusgrp": MANAGERS,
        "nimbusgrp": MANAGERS,
        "auroragrp": {PLATFORM, STRANGER},
    },
    permissions.may_edit_groups: {
        "cumulusgrp": MANAGERS | {UNIT_MANAGER, CO_ADMIN},
        "stratusgrp": MANAGERS,
        "nimbusgrp": MANAGERS,
        "auroragrp": {PLATFORM, STRANGER},
    },
    permissions.may_edit_collaboration: {
        "cumulusgrp": MANAGERS,
        "stratusgrp": MANAGERS,
        "nimbusgrp": MANAGERS,
        "auroragrp": {PLATFORM, STRANGER},
    },
    permissions.may_see_collaboration: {
        "cumulusgrp": MANAGERS | {UNIT_MANAGER, CO_ADMIN, MEMBER},
        "stratusgrp": MANAGERS,
        "nimbusgrp": MANAGERS,
        "auroragrp": {PLATFORM, STRANGER},
    },
    permissions.may_see_member_details: {
        "cumulusgrp": MANAGERS | {UNIT_MANAGER, CO_ADMIN},
        "stratusgrp": MANAGERS,
        "nimbusgrp": MANAGERS,
        "auroragrp": {PLATFORM, STRANGER},
    },
}


@pytest.mark.parametrize("may", TABLE, ids=lambda may: may.__name__)
def test_who_may_do_what_with_a_collaboration(cast: dict[str, Rights], may: Callable[..., bool]) -> None:
    for short_name, expected in TABLE[may].items():
        assert those_who(cast, may, the_collaboration(short_name)) == expected, short_name


def test_who_may_upload_invitations(cast: dict[str, Rights]) -> None:
    assert those_who(cast, permissions.may_upload_invitations) == MANAGERS | {UNIT_MANAGER, STRANGER}


def test_collaborations_and_courses_are_made_by_those_who_manage_the_organisation(cast: dict[str, Rights]) -> None:
    harderwijk = the_collaboration("cumulusgrp").organisation
    for may in (permissions.may_create_collaborations_in, permissions.may_create_courses_in):
        assert those_who(cast, may, harderwijk) == MANAGERS
    for may_anywhere in (permissions.may_create_collaborations, permissions.may_create_courses):
        assert those_who(cast, may_anywhere) == MANAGERS | {STRANGER}


def test_a_course_is_changed_by_admins_and_managers_of_its_organisation(cast: dict[str, Rights]) -> None:
    assert those_who(cast, permissions.may_edit_course, the_collaboration("cumulusgrp")) == MANAGERS


def test_an_organisation_exists_for_those_with_a_role_in_it_and_for_no_one_else(cast: dict[str, Rights]) -> None:
    harderwijk = the_collaboration("cumulusgrp").organisation_id
    otherland = the_collaboration("auroragrp").organisation_id
    assert those_who(cast, permissions.knows_organisation, harderwijk) == EVERYBODY - {STRANGER, NOBODY}
    assert those_who(cast, permissions.knows_organisation, otherland) == {PLATFORM, STRANGER}


@dataclass
class AnUpload:
    user_id: uuid.UUID
    organisation_id: uuid.UUID | None
    kind: UploadKind = UploadKind.INVITATIONS
    #: Empty: it came by the page.
    api_key_id: uuid.UUID | None = None


def test_an_upload_is_seen_by_its_uploader_and_its_organisations_admins(cast: dict[str, Rights]) -> None:
    upload = AnUpload(cast[UNIT_MANAGER].user_id, the_collaboration("cumulusgrp").organisation_id)
    assert those_who(cast, permissions.may_see_upload, upload) == {PLATFORM, ADMIN, UNIT_MANAGER}


def test_an_upload_of_no_one_organisation_is_seen_by_its_uploader_alone(cast: dict[str, Rights]) -> None:
    upload = AnUpload(cast[MANAGER].user_id, None)
    assert those_who(cast, permissions.may_see_upload, upload) == {PLATFORM, MANAGER}


def test_an_upload_is_processed_by_its_uploader_alone(cast: dict[str, Rights]) -> None:
    upload = AnUpload(cast[UNIT_MANAGER].user_id, the_collaboration("cumulusgrp").organisation_id)
    assert those_who(cast, permissions.may_process_upload, upload) == {UNIT_MANAGER}


def test_who_may_invite_no_more_cannot_process_what_they_brought(cast: dict[str, Rights]) -> None:
    upload = AnUpload(cast[MEMBER].user_id, None)
    assert those_who(cast, permissions.may_see_upload, upload) == {PLATFORM, MEMBER}
    assert those_who(cast, permissions.may_process_upload, upload) == set()


@pytest.mark.parametrize("kind", [UploadKind.PARTICIPANTS_ADD, UploadKind.PARTICIPANTS_REMOVE, UploadKind.PEOPLE])
def test_an_upload_of_participants_or_people_is_processed_by_its_uploader_while_they_are_state_admin(
    cast: dict[str, Rights], kind: UploadKind
) -> None:
    harderwijk = the_collaboration("cumulusgrp").organisation_id
    for email, may in ((ADMIN, {ADMIN}), (PLATFORM, {PLATFORM}), (MANAGER, set()), (STRANGER, set())):
        upload = AnUpload(cast[email].user_id, harderwijk, kind)
        assert those_who(cast, permissions.may_process_upload, upload) == may, email
        assert those_who(cast, permissions.may_see_upload, upload) == {PLATFORM, ADMIN, email}


def test_a_key_knows_what_it_brought_and_what_its_owner_brought_for_its_organisation(cast: dict[str, Rights]) -> None:
    rights = replace(cast[UNIT_MANAGER], api_key_id=uuid.uuid4())
    harderwijk = the_collaboration("cumulusgrp").organisation_id
    by_page, by_key = AnUpload(rights.user_id, None), AnUpload(rights.user_id, None, api_key_id=rights.api_key_id)
    of_its_organisation = AnUpload(rights.user_id, harderwijk, api_key_id=uuid.uuid4())
    for may in (permissions.may_see_upload, permissions.may_process_upload):
        assert [may(rights, upload) for upload in (by_page, by_key, of_its_organisation)] == [False, True, True]


def test_an_organisation_is_run_by_its_admins_and_made_by_platform_admins(cast: dict[str, Rights]) -> None:
    harderwijk = the_collaboration("cumulusgrp").organisation
    assert those_who(cast, permissions.may_run_organisation, harderwijk) == {PLATFORM, ADMIN}
    assert those_who(cast, permissions.may_run_organisations) == {PLATFORM, ADMIN, MANAGER, STRANGER}
    assert those_who(cast, permissions.may_create_organisations) == {PLATFORM}
    assert those_who(cast, permissions.may_suspend_organisation, harderwijk) == {PLATFORM}
    assert those_who(cast, permissions.may_name_platform_admins) == {PLATFORM}


@dataclass
class ARole:
    organisation_id: uuid.UUID
    role: str


def test_mentors_are_named_by_managers_too_and_other_roles_given_by_admins(cast: dict[str, Rights]) -> None:
    harderwijk = the_collaboration("cumulusgrp").organisation
    assert those_who(cast, permissions.may_name_mentors, harderwijk) == MANAGERS
    for role, may in (("mentor", MANAGERS), ("manager", {PLATFORM, ADMIN}), ("admin", {PLATFORM, ADMIN})):
        assert those_who(cast, permissions.may_decide_on_role, ARole(harderwijk.id, role)) == may, role


def test_several_roles_add_up(world: object) -> None:
    cumulus, aurora = the_collaboration("cumulusgrp"), the_collaboration("auroragrp")
    unit = a_unit(an_organisation("delta"), "North")
    rights = rights_of(a_person("both@example.org", manager_of=cumulus.organisation, manages=[unit]))
    assert permissions.may_invite_in_bulk(rights, cumulus)
    assert not permissions.may_invite_in_bulk(rights, aurora)
    assert rights.manages_in == {cumulus.organisation_id, unit.organisation_id}
