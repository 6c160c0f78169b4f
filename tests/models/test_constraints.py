"""What the tables refuse by themselves, on both databases, whatever the code above them believes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Enum, UniqueConstraint, insert, text
from sqlalchemy.exc import IntegrityError

from models import (
    ApiKey,
    AuditEntry,
    AuditRetention,
    Batch,
    BatchTally,
    Course,
    Identity,
    Letter,
    Participant,
    PendingEnrolment,
    Upload,
    UploadFinding,
    UploadOutcome,
    User,
    db,
    now,
)
from models.audit import AuditAction, Through
from models.batch import EnrolmentType, TallyKind
from models.collaboration import collaboration_units, group_memberships
from models.invitation import invitation_groups
from models.organisation import OrganisationRoleName, manager_units
from models.outbox import LetterKind
from models.role_invitation import role_invitation_units
from models.upload import Level, OutcomeState, UploadKind, UploadState
from tests.conftest import without_the_audit_guard
from tests.people import (
    a_batch,
    a_collaboration,
    a_course,
    a_group,
    a_membership,
    a_person,
    a_role,
    a_role_invitation,
    a_unit,
    add,
    an_invitation,
    an_organisation,
)

pytestmark = pytest.mark.usefixtures("app")


def an_upload(**given: Any) -> Upload:
    user = User.query.first() or a_person("uploader@example.org")
    plain = {"user_id": user.id, "file_name": "list.csv", "content": b"", "state": UploadState.READY}
    made: Upload = add(Upload(**plain | given))
    return made


def an_outcome(upload: Upload, number: int = 0, **given: Any) -> UploadOutcome:
    plain = {"line": 2, "invitee": "a@example.org", "collaboration": "co", "role": "member"}
    made: UploadOutcome = add(
        UploadOutcome(upload_id=upload.id, number=number, **{**plain, "state": OutcomeState.WAITING, **given})
    )
    return made


def a_letter(once: str = "once") -> None:
    add(Letter(kind=LetterKind.ACCEPTED, once=once, to_address="a@example.org"))


def a_participant(**given: Any) -> None:
    at = now()
    batch, user = a_batch(a_course(an_organisation())), a_person("a@example.org")
    add(Participant(batch_id=batch.id, user_id=user.id, enrolled_at=at, enrolled_on=at.date(), **given))


def twice(make: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    make(*args, **kwargs)
    make(*args, **kwargs)


# One function a constraint: each breaks that one and no other.


def two_organisations_of_one_short_name() -> None:
    twice(an_organisation, "one")


def an_organisation_in_capitals() -> None:
    an_organisation("One")


def an_organisation_that_invites_for_no_day() -> None:
    an_organisation(invitation_days=0)


def an_organisation_that_reminds_for_no_day() -> None:
    an_organisation(reminder_days=0)


def two_units_of_one_name() -> None:
    twice(a_unit, an_organisation(), "North")


def the_same_role_twice() -> None:
    twice(a_role, a_person("a@example.org"), OrganisationRoleName.MENTOR, an_organisation())


def two_people_of_one_address() -> None:
    a_person("a@example.org", user_name="a")
    a_person("A@Example.org", user_name="b")


def two_people_of_one_user_name() -> None:
    a_person("a@example.org", user_name="a")
    a_person("b@example.org", user_name="A")


def a_person_without_address() -> None:
    a_person(" ", user_name="a")


def a_person_without_user_name() -> None:
    a_person("a@example.org", user_name=" ")


def a_deleted_account_that_is_open() -> None:
    a_person("a@example.org", deleted_at=now())


def the_same_identity_twice() -> None:
    user = a_person("a@example.org")
    twice(lambda: add(Identity(user=user, issuer="https://id.example.org", subject="1")))


def two_open_invitations_to_a_role() -> None:
    organisation, inviter = an_organisation(), a_person("yoda@example.org")
    twice(a_role_invitation, "a@example.org", organisation, inviter)


def two_people_of_one_state_id() -> None:
    organisation = an_organisation()
    a_person("a@example.org", organisation=organisation, state_id="PR-1")
    a_person("b@example.org", organisation=organisation, state_id="pr-1")


def a_state_id_of_no_organisation() -> None:
    a_person("a@example.org", state_id="PR-1")


def a_state_id_that_is_compared_but_not_written() -> None:
    a_person("a@example.org", organisation=an_organisation(), state_id_key="pr-1")


def two_courses_of_one_key() -> None:
    twice(a_course, an_organisation())


def a_course_without_key() -> None:
    a_course(an_organisation(), key="")


def a_batch_without_name() -> None:
    a_batch(a_course(an_organisation()), "")


def a_batch_of_some_days(start: int, end: int | None, enrolment_end: int | None = None) -> Batch:
    """From today, in days."""
    today = now().date()
    days = {"start_date": start, "end_date": end, "enrolment_end_date": enrolment_end}
    given = {name: None if day is None else today + timedelta(days=day) for name, day in days.items()}
    return a_batch(a_course(an_organisation()), **given)


def a_batch_that_ends_on_its_first_day() -> None:
    a_batch_of_some_days(1, 1)


def enrolment_that_ends_before_the_batch_starts() -> None:
    a_batch_of_some_days(1, 5, 0)


def enrolment_that_ends_after_the_batch() -> None:
    a_batch_of_some_days(1, 5, 6)


def fewer_participants_than_none() -> None:
    a_batch(a_course(an_organisation()), participant_count=-1)


def an_open_batch_of_a_course_that_is_invite_only() -> None:
    a_batch(a_course(an_organisation()), is_default=True)


def two_open_batches_of_a_course() -> None:
    twice(a_batch, a_course(an_organisation()), is_default=True, enrolment_type=EnrolmentType.OPEN)


def more_progress_than_all() -> None:
    a_participant(percent=101)


def more_units_than_there_are() -> None:
    a_participant(completed_units=3, total_units=2)


def all_done_and_not_completed() -> None:
    a_participant(percent=100)


def a_completion_without_its_day() -> None:
    a_participant(percent=100, completed_at=now())


def somebody_removed_who_has_completed() -> None:
    at = now()
    a_participant(percent=100, completed_at=at, completed_on=at.date(), removed_at=at)


def an_upload_of_participants_of_no_batch() -> None:
    an_upload(kind=UploadKind.PARTICIPANTS_ADD)


def an_upload_of_people_of_no_organisation() -> None:
    an_upload(kind=UploadKind.PEOPLE)


def two_collaborations_of_one_short_name() -> None:
    twice(a_collaboration, an_organisation(), "one")


def a_collaboration_in_capitals() -> None:
    a_collaboration(an_organisation(), "One")


def a_label_in_capitals() -> None:
    a_collaboration(an_organisation(), labels=["Yoda"])


def two_groups_of_one_short_name() -> None:
    twice(a_group, a_collaboration(an_organisation()), "readers")


def a_group_in_capitals() -> None:
    a_group(a_collaboration(an_organisation()), "Readers")


def two_current_memberships() -> None:
    twice(a_membership, a_person("a@example.org"), a_collaboration(an_organisation()))


def a_membership_that_ended_without_a_cause() -> None:
    a_membership(a_person("a@example.org"), a_collaboration(an_organisation()), ended_at=now())


def two_open_invitations() -> None:
    collaboration, inviter = a_collaboration(an_organisation()), a_person("yoda@example.org")
    an_invitation("a@example.org", collaboration, inviter)
    an_invitation("A@Example.org", collaboration, inviter)


def an_accepted_invitation_without_membership() -> None:
    inviter = a_person("yoda@example.org")
    an_invitation("a@example.org", a_collaboration(an_organisation()), inviter, status="accepted")


def an_upload_with_errors_that_is_ready() -> None:
    an_upload(error_count=1)


def an_upload_that_did_more_than_it_planned() -> None:
    an_upload(planned=2, done=1, failed=1, skipped=1)


def an_upload_that_is_gone_before_it_is_over() -> None:
    an_upload(gone_at=now())


def an_upload_that_is_emptied_before_it_is_gone() -> None:
    an_upload(state=UploadState.DONE, emptied_at=now())


def a_second_time_of_the_audit_log() -> None:
    add(AuditRetention(id=2, kept_since=now() - timedelta(days=400)))


def a_failure_without_number() -> None:
    an_outcome(an_upload(), state=OutcomeState.FAILED)


def two_outcomes_of_one_invitation() -> None:
    inviter = a_person("yoda@example.org")
    invitation = an_invitation("a@example.org", a_collaboration(an_organisation()), inviter)
    upload = an_upload()
    an_outcome(upload, 0, invitation_id=invitation.id)
    an_outcome(upload, 1, invitation_id=invitation.id)


def an_api_key(**given: Any) -> None:
    owner = User.query.first() or a_person("a@example.org")
    plain = {"user_id": owner.id, "name": "Sync", "secret_hash": "0" * 64, "expires_at": now() + timedelta(days=1)}
    add(ApiKey(**plain | given))


def an_api_key_without_name() -> None:
    an_api_key(name="")


def an_api_key_that_never_works() -> None:
    at = now()
    an_api_key(created_at=at, expires_at=at)


def two_api_keys_that_are_the_same() -> None:
    twice(an_api_key)


def a_pending_enrolment(email: str = "a@example.org") -> None:
    course = Course.query.first() or a_course(an_organisation())
    add(PendingEnrolment(course_id=course.id, email=email, email_key=email, auto_enrol=True))


def a_pending_enrolment_of_nobody() -> None:
    a_pending_enrolment("")


def the_same_pending_enrolment_twice() -> None:
    twice(a_pending_enrolment)


def the_same_letter_twice() -> None:
    twice(a_letter)


#: By the name of the constraint or unique index.
BREACHES: dict[str, Callable[[], None]] = {
    "uq_organisations_short_name": two_organisations_of_one_short_name,
    "ck_organisations_short_name_lower": an_organisation_in_capitals,
    "ck_organisations_invitation_days_positive": an_organisation_that_invites_for_no_day,
    "ck_organisations_reminder_days_positive": an_organisation_that_reminds_for_no_day,
    "uq_units_organisation_id_name": two_units_of_one_name,
    "uq_organisation_roles_user_id_organisation_id_role": the_same_role_twice,
    "uq_users_email_key": two_people_of_one_address,
    "uq_users_user_name_key": two_people_of_one_user_name,
    "ck_users_email_present": a_person_without_address,
    "ck_users_user_name_present": a_person_without_user_name,
    "ck_users_deleted_is_closed": a_deleted_account_that_is_open,
    "uq_identities_issuer_subject": the_same_identity_twice,
    "uq_role_invitations_open": two_open_invitations_to_a_role,
    "uq_users_state_id": two_people_of_one_state_id,
    "ck_users_state_id_of_an_organisation": a_state_id_of_no_organisation,
    "ck_users_state_id_has_its_key": a_state_id_that_is_compared_but_not_written,
    "uq_collaborations_organisation_id_short_name": two_collaborations_of_one_short_name,
    "ck_collaborations_short_name_lower": a_collaboration_in_capitals,
    "ck_collaboration_labels_lower": a_label_in_capitals,
    "uq_groups_collaboration_id_short_name": two_groups_of_one_short_name,
    "ck_groups_short_name_lower": a_group_in_capitals,
    "uq_memberships_current": two_current_memberships,
    "ck_memberships_end_has_a_cause": a_membership_that_ended_without_a_cause,
    "uq_invitations_open": two_open_invitations,
    "ck_invitations_accepted_has_membership": an_accepted_invitation_without_membership,
    "uq_courses_key": two_courses_of_one_key,
    "ck_courses_key_present": a_course_without_key,
    "ck_batches_name_present": a_batch_without_name,
    "ck_batches_ends_after_start": a_batch_that_ends_on_its_first_day,
    "ck_batches_enrolment_ends_after_start": enrolment_that_ends_before_the_batch_starts,
    "ck_batches_enrolment_ends_before_end": enrolment_that_ends_after_the_batch,
    "ck_batches_participants_counted": fewer_participants_than_none,
    "ck_batches_default_is_open": an_open_batch_of_a_course_that_is_invite_only,
    "uq_batches_default": two_open_batches_of_a_course,
    "ck_participants_percent": more_progress_than_all,
    "ck_participants_units": more_units_than_there_are,
    "ck_participants_completed_at_100": all_done_and_not_completed,
    "ck_participants_completed_on_a_day": a_completion_without_its_day,
    "ck_participants_completed_stay": somebody_removed_who_has_completed,
    "ck_uploads_participants_of_a_batch": an_upload_of_participants_of_no_batch,
    "ck_uploads_people_of_an_organisation": an_upload_of_people_of_no_organisation,
    "ck_uploads_no_errors_processed": an_upload_with_errors_that_is_ready,
    "ck_uploads_counts_within_plan": an_upload_that_did_more_than_it_planned,
    "ck_uploads_gone_when_over": an_upload_that_is_gone_before_it_is_over,
    "ck_uploads_emptied_when_gone": an_upload_that_is_emptied_before_it_is_gone,
    "ck_audit_retention_one_row": a_second_time_of_the_audit_log,
    "ck_upload_outcomes_failures_are_numbered": a_failure_without_number,
    "uq_upload_outcomes_invitation_id": two_outcomes_of_one_invitation,
    "ck_api_keys_name_present": an_api_key_without_name,
    "ck_api_keys_expires_later": an_api_key_that_never_works,
    "uq_api_keys_secret_hash": two_api_keys_that_are_the_same,
    "ck_pending_enrolments_email_present": a_pending_enrolment_of_nobody,
    "uq_pending_enrolments_course_id_email_key": the_same_pending_enrolment_twice,
    "uq_outbox_once": the_same_letter_twice,
}


@pytest.mark.parametrize("name", BREACHES)
def test_the_table_refuses(name: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        BREACHES[name]()
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        assert refused.value.orig.diag.constraint_name == name  # type: ignore[union-attr]
    elif name.startswith("ck_"):
        assert f"CHECK constraint failed: {name}" in str(refused.value.orig)
    else:
        assert "UNIQUE constraint failed" in str(refused.value.orig)


def test_every_rule_of_the_tables_is_tried_here() -> None:
    tried = {*BREACHES, *(f"ck_{column.table.name}_{column.type.name}" for column in columns_of_a_few_words())}
    assert {name for table in db.metadata.sorted_tables for name in rules_of(table)} == tried


def rules_of(table: Any) -> set[str]:
    """Without those that only let other tables refer to a pair: no row can break them and keep its primary key."""
    key = {column.name for column in table.primary_key}
    rules = {
        str(rule.name)
        for rule in table.constraints
        if isinstance(rule, CheckConstraint)
        or (isinstance(rule, UniqueConstraint) and not key <= {column.name for column in rule.columns})
    }
    return rules | {str(index.name) for index in table.indexes if index.unique}


# What may stand beside another, and what is not closed for ever.


def test_what_has_ended_makes_room_for_what_begins() -> None:
    collaboration, user = a_collaboration(an_organisation()), a_person("a@example.org")
    a_membership(user, collaboration, ended_at=now(), ended_because="removed")
    a_membership(user, collaboration, ended_at=now(), ended_because="expired")
    a_membership(user, collaboration)
    for status in ("declined", "revoked", "replaced", "undelivered", "open"):
        an_invitation("a@example.org", collaboration, user, now() - timedelta(days=1), status=status)


def test_names_are_unique_in_their_own_house_only() -> None:
    houses = [an_organisation("one"), an_organisation("other")]
    for house in houses:
        a_unit(house, "North")
        a_collaboration(house, "same", labels=["yoda"], groups=["readers"])
        a_person(f"a@{house.short_name}.example.org", organisation=house, state_id="PR-1")


def test_people_without_state_id_stand_beside_each_other() -> None:
    organisation = an_organisation()
    for name in ("a", "b"):
        a_person(f"{name}@example.org", organisation=organisation)


# What must lie in one organisation, or in one collaboration.


def test_a_collaboration_belongs_to_units_of_its_own_organisation() -> None:
    one, other = an_organisation("one"), an_organisation("other")
    collaboration, unit = a_collaboration(one), a_unit(other)
    for organisation in (one, other):
        row = {"collaboration_id": collaboration.id, "unit_id": unit.id, "organisation_id": organisation.id}
        refuse(collaboration_units, row)


def test_a_manager_manages_units_of_the_organisation_of_the_role() -> None:
    one, other = an_organisation("one"), an_organisation("other")
    user, unit = a_person("a@example.org", manager_of=one), a_unit(other)
    (role,) = user.organisation_roles
    for organisation in (one, other):
        refuse(manager_units, {"role_id": role.id, "unit_id": unit.id, "organisation_id": organisation.id})


def test_a_member_joins_groups_of_their_own_collaboration() -> None:
    organisation = an_organisation()
    one, other = a_collaboration(organisation, "one"), a_collaboration(organisation, "other")
    membership, group = a_membership(a_person("a@example.org"), one), a_group(other, "readers")
    for collaboration in (one, other):
        row = {"membership_id": membership.id, "group_id": group.id, "collaboration_id": collaboration.id}
        refuse(group_memberships, row)


def test_an_invitation_to_a_role_is_to_units_of_its_own_organisation() -> None:
    one, other = an_organisation("one"), an_organisation("other")
    invitation, unit = a_role_invitation("a@example.org", one, a_person("b@example.org")), a_unit(other)
    for organisation in (one, other):
        row = {"invitation_id": invitation.id, "unit_id": unit.id, "organisation_id": organisation.id}
        refuse(role_invitation_units, row)


def test_an_invitation_is_to_groups_of_its_own_collaboration() -> None:
    organisation = an_organisation()
    one, other = a_collaboration(organisation, "one"), a_collaboration(organisation, "other")
    invitation, group = an_invitation("a@example.org", one, a_person("b@example.org")), a_group(other, "readers")
    for collaboration in (one, other):
        row = {"invitation_id": invitation.id, "group_id": group.id, "collaboration_id": collaboration.id}
        refuse(invitation_groups, row)


def test_a_batch_lies_in_the_organisation_of_its_course() -> None:
    one, other = an_organisation("one"), an_organisation("other")
    row = {"course_id": a_course(one).id, "organisation_id": other.id, "name": "Pilot"}
    started = {"start_date": now().date(), "enrolment_type": EnrolmentType.OPEN}
    refuse(Batch, row | started)


def refuse(table: Any, row: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), db.session.begin_nested():
        db.session.execute(insert(table), row)


def test_a_role_takes_its_units_along_when_it_goes() -> None:
    organisation = an_organisation()
    a_person("a@example.org", manages=[a_unit(organisation)])
    db.session.execute(text("DELETE FROM organisation_roles"))
    assert db.session.execute(text("SELECT count(*) FROM manager_units")).scalar() == 0


# Columns of a few words.


def columns_of_a_few_words() -> list[Any]:
    columns = [column for table in db.metadata.sorted_tables for column in table.columns]
    return [column for column in columns if isinstance(column.type, Enum)]


def test_columns_of_a_few_words_take_no_others() -> None:
    a_row_in_every_table_with_words()
    with without_the_audit_guard(db.session.connection()):
        for column in columns_of_a_few_words():
            statement = f'UPDATE {column.table.name} SET "{column.name}" = :word'
            with pytest.raises(IntegrityError, match=f"ck_{column.table.name}_"), db.session.begin_nested():
                db.session.execute(text(statement), {"word": "nonsense"})


def a_row_in_every_table_with_words() -> None:
    organisation = an_organisation()
    user, collaboration = a_person("a@example.org", admin_of=organisation), a_collaboration(organisation)
    a_membership(user, collaboration, ended_at=now(), ended_because="removed")
    an_invitation("b@example.org", collaboration, user)
    a_role_invitation("b@example.org", organisation, user)
    upload = an_upload()
    an_outcome(upload)
    add(UploadFinding(upload_id=upload.id, number=0, level=Level.SKIP, reason="repeated", message="Again."))
    a_letter()
    batch = a_batch(a_course(organisation))
    add(BatchTally(batch_id=batch.id, kind=TallyKind.PERCENT, key="0", count=0))
    told = {"action": AuditAction.MEMBER_JOINED, "through": Through.PAGE, "counts": {}, "people": {}}
    add(AuditEntry(organisation_id=organisation.id, batch_id=batch.id, **told))
