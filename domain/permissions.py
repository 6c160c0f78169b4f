"""Who may do what: the whole policy, as predicates over plain facts.

Pages, API and background work ask here and nowhere else. A predicate takes the person's `Rights` and
the thing it is about; it asks no database.
"""

import uuid
from collections.abc import Set
from dataclasses import dataclass
from typing import Protocol

from models.upload import UploadKind

NOBODY: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person is, everywhere: loaded once (`domain.people.rights_of`), then asked about many things."""

    user_id: uuid.UUID
    is_platform_admin: bool = False
    #: Organisations.
    admin_of: frozenset[uuid.UUID] = NOBODY
    #: Organisations that the person manages as a whole.
    manager_of: frozenset[uuid.UUID] = NOBODY
    #: Organisations in which the person manages only units.
    unit_manager_in: frozenset[uuid.UUID] = NOBODY
    #: Units.
    manages_units: frozenset[uuid.UUID] = NOBODY
    #: Organisations.
    mentor_in: frozenset[uuid.UUID] = NOBODY
    #: Collaborations.
    admin_of_collaborations: frozenset[uuid.UUID] = NOBODY
    member_of_collaborations: frozenset[uuid.UUID] = NOBODY
    #: Batches that the person is named on as a mentor, and those that they take part in.
    mentors_batches: frozenset[uuid.UUID] = NOBODY
    takes_part_in: frozenset[uuid.UUID] = NOBODY
    #: The organisations of those collaborations and batches, and the person's own.
    guest_in: frozenset[uuid.UUID] = NOBODY
    #: Organisations that are suspended, in which the person would be any of this; none for platform admins.
    suspended_in: frozenset[uuid.UUID] = NOBODY
    #: The API key whose rights these are; empty: the person's own.
    api_key_id: uuid.UUID | None = None

    @property
    def manages_in(self) -> frozenset[uuid.UUID]:
        """Organisations in which the person may invite to at least some collaborations."""
        return self.admin_of | self.manager_of | self.unit_manager_in


class KeyFacts(Protocol):
    @property
    def user_id(self) -> uuid.UUID: ...
    @property
    def organisation_id(self) -> uuid.UUID | None: ...


class OrganisationFacts(Protocol):
    @property
    def id(self) -> uuid.UUID: ...


class RoleFacts(Protocol):
    """What somebody is in an organisation, or is invited to be."""

    @property
    def organisation_id(self) -> uuid.UUID: ...
    @property
    def role(self) -> str: ...


class IdentityFacts(Protocol):
    @property
    def user_id(self) -> uuid.UUID: ...


class CollaborationFacts(Protocol):
    @property
    def id(self) -> uuid.UUID: ...
    @property
    def organisation_id(self) -> uuid.UUID: ...
    @property
    def unit_ids(self) -> Set[uuid.UUID]: ...


class CourseFacts(Protocol):
    @property
    def organisation_id(self) -> uuid.UUID: ...


class BatchFacts(Protocol):
    @property
    def id(self) -> uuid.UUID: ...
    @property
    def organisation_id(self) -> uuid.UUID: ...
    @property
    def created_by_id(self) -> uuid.UUID | None: ...
    @property
    def is_open(self) -> bool: ...


class UploadFacts(Protocol):
    @property
    def kind(self) -> UploadKind: ...
    @property
    def user_id(self) -> uuid.UUID: ...
    @property
    def organisation_id(self) -> uuid.UUID | None: ...
    @property
    def api_key_id(self) -> uuid.UUID | None: ...


def knows_organisation(rights: Rights, organisation_id: uuid.UUID) -> bool:
    """Whether the organisation exists for this person: what is in it may be refused, but not hidden."""
    theirs = rights.manages_in | rights.mentor_in | rights.guest_in
    return rights.is_platform_admin or organisation_id in theirs


def may_upload_invitations(rights: Rights) -> bool:
    return rights.is_platform_admin or bool(rights.manages_in)


def may_invite_in_bulk(rights: Rights, collaboration: CollaborationFacts) -> bool:
    return (
        rights.is_platform_admin
        or collaboration.organisation_id in rights.admin_of | rights.manager_of
        or not rights.manages_units.isdisjoint(collaboration.unit_ids)
    )


def may_invite(rights: Rights, collaboration: CollaborationFacts) -> bool:
    """Invite one by one, resend, revoke; change what a member is, and remove one."""
    return may_invite_in_bulk(rights, collaboration) or collaboration.id in rights.admin_of_collaborations


def may_see_collaboration(rights: Rights, collaboration: CollaborationFacts) -> bool:
    return may_invite(rights, collaboration) or collaboration.id in rights.member_of_collaborations


def may_create_collaborations(rights: Rights) -> bool:
    """Whether there is any organisation that the person may create them in."""
    return rights.is_platform_admin or bool(rights.admin_of | rights.manager_of)


def may_create_collaborations_in(rights: Rights, organisation: OrganisationFacts) -> bool:
    return rights.is_platform_admin or organisation.id in rights.admin_of | rights.manager_of


def may_edit_collaboration(rights: Rights, collaboration: CollaborationFacts) -> bool:
    """Its names and units; archive and restore it. Its units are what unit managers manage by: not theirs to change."""
    return rights.is_platform_admin or collaboration.organisation_id in rights.admin_of | rights.manager_of


def may_label(rights: Rights, collaboration: CollaborationFacts) -> bool:
    return may_invite_in_bulk(rights, collaboration)


def may_edit_groups(rights: Rights, collaboration: CollaborationFacts) -> bool:
    """Make, change and delete those of the collaboration."""
    return may_invite(rights, collaboration)


def may_see_member_details(rights: Rights, collaboration: CollaborationFacts) -> bool:
    """Addresses, expiry, groups and invitations; plain members see names only."""
    return may_invite(rights, collaboration)


def may_see_upload(rights: Rights, upload: UploadFacts) -> bool:
    return rights.is_platform_admin or upload.organisation_id in rights.admin_of or _has_brought(rights, upload)


def may_process_upload(rights: Rights, upload: UploadFacts) -> bool:
    """Only who brought the file: what it does is done in their name and with their rights."""
    if upload.kind is UploadKind.INVITATIONS:
        still_may = may_upload_invitations(rights)
    else:
        still_may = rights.is_platform_admin or upload.organisation_id in rights.admin_of
    return _has_brought(rights, upload) and still_may


def _has_brought(rights: Rights, upload: UploadFacts) -> bool:
    """Of what its owner has brought by other ways, an API key knows only what is of its organisation."""
    is_within = (
        rights.is_platform_admin
        or rights.api_key_id in {None, upload.api_key_id}
        or upload.organisation_id in rights.manages_in
    )
    return rights.user_id == upload.user_id and is_within


# Courses and batches.


def may_see_course(rights: Rights, course: CourseFacts) -> bool:
    return knows_organisation(rights, course.organisation_id)


def may_create_courses(rights: Rights) -> bool:
    """Whether there is any organisation that the person may create them in."""
    return rights.is_platform_admin or bool(rights.admin_of | rights.manager_of)


def may_create_courses_in(rights: Rights, organisation: OrganisationFacts) -> bool:
    return rights.is_platform_admin or organisation.id in rights.admin_of | rights.manager_of


def may_edit_course(rights: Rights, course: CourseFacts) -> bool:
    """Its name and description: its key stays."""
    return rights.is_platform_admin or course.organisation_id in rights.admin_of | rights.manager_of


def may_create_batch(rights: Rights, course: CourseFacts) -> bool:
    organisations = rights.admin_of | rights.manager_of | rights.mentor_in
    return rights.is_platform_admin or course.organisation_id in organisations


def may_edit_batch(rights: Rights, batch: BatchFacts) -> bool:
    """Edit it; see its dashboard; download its participants' progress."""
    created_it = batch.created_by_id == rights.user_id and batch.organisation_id in rights.mentor_in
    return (
        rights.is_platform_admin
        or batch.organisation_id in rights.admin_of | rights.manager_of
        or batch.id in rights.mentors_batches
        or created_it
    )


def may_manage_participants(rights: Rights, batch: BatchFacts) -> bool:
    """Add and remove them in bulk: state admins."""
    return rights.is_platform_admin or batch.organisation_id in rights.admin_of


def may_see_batch(rights: Rights, batch: BatchFacts) -> bool:
    """An open batch is for anybody signed in who has its address, another of the organisation's for nobody else."""
    return batch.is_open or batch.id in rights.takes_part_in or may_edit_batch(rights, batch)


def may_read_batch(rights: Rights, batch: BatchFacts) -> bool:
    """By a program, which has no address of an open batch elsewhere from anybody."""
    return knows_organisation(rights, batch.organisation_id) and may_see_batch(rights, batch)


def may_run_batches(rights: Rights) -> bool:
    """Whether there may be batches that the person creates or edits: the workspace is for them."""
    runs_some = rights.admin_of | rights.manager_of | rights.mentor_in | rights.mentors_batches
    return rights.is_platform_admin or bool(runs_some)


def may_enrol_in_bulk(rights: Rights) -> bool:
    """Open edX's bulk enrolment, into every course: "global staff"."""
    return rights.is_platform_admin


# API keys.


def may_have_api_keys(rights: Rights) -> bool:
    """Whether there is any organisation, or the platform, that the person may have keys for."""
    return rights.is_platform_admin or bool(rights.admin_of | rights.unit_manager_in)


def may_have_platform_keys(rights: Rights) -> bool:
    """Keys that are narrowed to no organisation."""
    return rights.is_platform_admin


def may_have_keys_of(rights: Rights, organisation: OrganisationFacts) -> bool:
    """Admins for the whole organisation, unit managers for their units."""
    return rights.is_platform_admin or organisation.id in rights.admin_of | rights.unit_manager_in


def may_see_all_keys_of(rights: Rights, organisation: OrganisationFacts) -> bool:
    """Those of others too."""
    return rights.is_platform_admin or organisation.id in rights.admin_of


def may_revoke_key(rights: Rights, key: KeyFacts) -> bool:
    return rights.is_platform_admin or key.user_id == rights.user_id or key.organisation_id in rights.admin_of


# One's own account.


def may_unlink(rights: Rights, identity: IdentityFacts) -> bool:
    """What a person signs in with at a provider is nobody else's business."""
    return identity.user_id == rights.user_id


# The audit log.


def may_see_some_audit_log(rights: Rights) -> bool:
    """Whether there is any organisation, or the platform, whose log the person may read."""
    return rights.is_platform_admin or bool(rights.admin_of)


def may_see_whole_audit_log(rights: Rights) -> bool:
    return rights.is_platform_admin


def may_see_audit_log_of(rights: Rights, organisation: OrganisationFacts) -> bool:
    return rights.is_platform_admin or organisation.id in rights.admin_of


# Organisations.


def may_run_organisations(rights: Rights) -> bool:
    """Whether there is any organisation that the person may run, or name the mentors of."""
    return rights.is_platform_admin or bool(rights.admin_of | rights.manager_of)


def may_run_organisation(rights: Rights, organisation: OrganisationFacts) -> bool:
    """Its settings, its units, and who holds which role in it."""
    return rights.is_platform_admin or organisation.id in rights.admin_of


def may_name_mentors(rights: Rights, organisation: OrganisationFacts) -> bool:
    return may_run_organisation(rights, organisation) or organisation.id in rights.manager_of


def may_decide_on_role(rights: Rights, role: RoleFacts) -> bool:
    """Invite to it, change what it includes, take it away."""
    runs = rights.is_platform_admin or role.organisation_id in rights.admin_of
    return runs or (role.role == "mentor" and role.organisation_id in rights.manager_of)


def may_suspend_organisation(rights: Rights, organisation: OrganisationFacts) -> bool:
    """Suspend it, and resume it."""
    return rights.is_platform_admin


def may_name_platform_admins(rights: Rights) -> bool:
    """See who they are, name others, take it away."""
    return rights.is_platform_admin


def may_create_organisations(rights: Rights) -> bool:
    return rights.is_platform_admin
