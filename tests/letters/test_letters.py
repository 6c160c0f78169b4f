"""Every mail as its reader reads it: see `snapshots/`. To renew them: UPDATE_SNAPSHOTS=1 pytest tests/letters"""

from datetime import UTC, datetime

import pytest

from models.collaboration import Role
from models.organisation import OrganisationRoleName
from models.outbox import LetterKind
from models.upload import UploadKind
from tests.letters.makers import (
    FAR_AWAY,
    a_collaboration,
    a_course,
    a_failure,
    a_group,
    a_membership,
    a_role_invitation,
    an_account,
    an_id,
    an_invitation,
    an_organisation,
    an_upload,
    the_failure_mail,
    the_invitation_mail,
    the_mail_about,
    the_mail_about_a_long_upload,
    the_mail_about_a_password,
    the_mail_about_the_end_of,
    the_mail_of_a_role,
    the_mail_of_failures,
    the_mail_to_a_new_address,
    the_mail_to_the_address_before,
    the_mail_to_the_inviter,
    the_mail_to_who_offered,
)
from tests.letters.reading import assert_reads_as


def test_an_invitation_says_who_what_as_what_until_when_and_where_to_answer() -> None:
    helpdesk = an_organisation(contact_email="help@harderwijk.test")
    invitation = an_invitation(
        collaboration=a_collaboration(organisation=helpdesk),
        role=Role.ADMIN,
        groups=[a_group("Researchers"), a_group("Analysts")],
        membership_expires_at=FAR_AWAY.replace(year=3000),
        message="Dear colleague,\n\nplease join us:\n- data & storage\n- 5 < 6",
    )
    assert_reads_as("invitation", the_invitation_mail(invitation))


def test_a_bare_invitation_leaves_out_what_it_does_not_have() -> None:
    assert_reads_as("invitation_bare", the_invitation_mail(an_invitation()))


def test_an_invitation_that_ends_within_a_day_says_the_minute() -> None:
    noon = datetime(2999, 6, 30, 12, 0, tzinfo=UTC)
    mail = the_invitation_mail(an_invitation(expires_at=noon))
    assert mail is not None
    assert "You can answer until 30 June 2999, 12:00 UTC." in mail.text


def test_a_failure_names_line_invitee_and_collaboration_with_reason_and_remedy() -> None:
    assert_reads_as("failure", the_failure_mail(a_failure(3, groups="researchers")))


def test_a_refused_address_comes_with_what_its_mail_server_said() -> None:
    refused = a_failure(
        reason="address_refused",
        message="Address refused by its mail server: 550 5.1.1 No such user here.",
        collaboration="cumulusgrp",
    )
    assert_reads_as("failure_address_refused", the_failure_mail(refused))


def test_failures_together_are_counted_by_reason_and_listed_in_a_file() -> None:
    failures = [a_failure(number) for number in (101, 102)]
    failures.append(a_failure(103, reason="not_allowed", message="You may not invite to “stratusgrp”."))
    assert_reads_as("failures_together", the_mail_of_failures(failures))


def test_a_single_failure_beyond_the_limit_is_told_in_the_singular() -> None:
    assert_reads_as("failures_together_one", the_mail_of_failures([a_failure(2)]))


def test_failures_that_all_come_together_do_not_speak_of_earlier_mails() -> None:
    mail = the_mail_of_failures([a_failure(1), a_failure(2)])
    assert mail is not None
    assert "other" not in mail.text


def test_an_acceptance_names_the_account_which_may_have_another_address() -> None:
    invitation = an_invitation(groups=[a_group("Researchers")])
    acceptor = an_account(email="jane@home.test")
    mail = the_mail_to_the_inviter(LetterKind.ACCEPTED, invitation, acceptors={invitation.id: acceptor})
    assert_reads_as("accepted", mail)


def test_a_refusal_is_told_to_the_inviter() -> None:
    assert_reads_as("declined", the_mail_to_the_inviter(LetterKind.DECLINED, an_invitation()))


def test_an_undelivered_invitation_comes_with_what_the_mail_server_said() -> None:
    invitation = an_invitation()
    answers = {invitation.id: "550 5.1.1 No such user here"}
    assert_reads_as("undelivered", the_mail_to_the_inviter(LetterKind.UNDELIVERED, invitation, answers=answers))


def test_an_invitation_to_a_role_says_who_where_as_what_until_when_and_where_to_answer() -> None:
    helpdesk = an_organisation(contact_email="help@harderwijk.test")
    invitation = a_role_invitation("Medicine", "Yoda", organisation=helpdesk, message="Dear colleague,\n\nwelcome.")
    assert_reads_as("role_invitation", the_mail_of_a_role(invitation))


def test_a_bare_invitation_to_a_role_leaves_out_what_it_does_not_have() -> None:
    invitation = a_role_invitation(role=OrganisationRoleName.ADMIN)
    assert_reads_as("role_invitation_bare", the_mail_of_a_role(invitation))


def test_whoever_invited_to_a_role_is_told_who_has_accepted() -> None:
    invitation = a_role_invitation("Medicine")
    acceptors = {invitation.id: an_account()}
    assert_reads_as(
        "role_accepted", the_mail_to_who_offered(LetterKind.ROLE_ACCEPTED, invitation, role_acceptors=acceptors)
    )


def test_whoever_invited_to_a_role_is_told_who_has_declined() -> None:
    invitation = a_role_invitation(role=OrganisationRoleName.MENTOR)
    assert_reads_as("role_declined", the_mail_to_who_offered(LetterKind.ROLE_DECLINED, invitation))


def test_whoever_invited_to_a_role_is_told_what_was_not_delivered_and_why() -> None:
    invitation = a_role_invitation()
    answers = {invitation.id: "550 5.1.1 No such user here"}
    mail = the_mail_to_who_offered(LetterKind.ROLE_UNDELIVERED, invitation, role_answers=answers)
    assert_reads_as("role_undelivered", mail)


def test_whoever_is_enrolled_is_told_in_which_course_and_where_it_is() -> None:
    assert_reads_as("enrolled", the_mail_about(LetterKind.ENROLLED, a_course()))


@pytest.mark.parametrize("auto_enrol", [True, False])
def test_an_address_without_an_account_is_led_to_make_one(auto_enrol: bool) -> None:
    mail = the_mail_about(LetterKind.TO_REGISTER, a_course(), auto_enrol=auto_enrol)
    assert_reads_as("to_register" if auto_enrol else "to_register_and_enrol", mail)


def test_whoever_is_unenrolled_is_told_what_of() -> None:
    assert_reads_as("unenrolled", the_mail_about(LetterKind.UNENROLLED, a_course()))


def test_without_an_address_to_ask_none_is_named() -> None:
    mail = the_mail_about(LetterKind.ENROLLED, a_course(organisation=an_organisation()))
    assert mail is not None
    assert (mail.reply_to, "questions" in mail.text) == (None, False)


def test_whoever_has_asked_for_a_new_password_is_led_to_choose_one() -> None:
    assert_reads_as("password_reset", the_mail_about_a_password(an_account()))


def test_whoever_wants_another_address_is_led_to_confirm_it() -> None:
    assert_reads_as("confirm_address", the_mail_to_a_new_address(an_account()))


def test_whoever_has_the_address_already_is_told_that_nothing_has_changed() -> None:
    assert_reads_as("confirm_address_taken", the_mail_to_a_new_address(an_account(), holder=an_id(60)))


def test_the_address_before_is_told_that_it_was_changed_and_whom_to_ask() -> None:
    helpdesk = an_organisation(contact_email="help@harderwijk.test")
    assert_reads_as("address_changed", the_mail_to_the_address_before(an_account(organisation=helpdesk)))


def test_without_an_organisation_to_ask_its_admins_are_named() -> None:
    mail = the_mail_to_the_address_before(an_account())
    assert mail is not None
    assert "tell an admin of your organisation at once" in mail.text


def test_a_reminder_says_that_there_is_no_answer_yet_and_has_the_same_link() -> None:
    invitation = an_invitation(message="Please join us.")
    reminder = {"kind": LetterKind.REMINDER, "once": f"reminder:{invitation.id}:1"}
    assert_reads_as("reminder", the_invitation_mail(invitation, **reminder))


def test_an_upload_that_took_long_tells_its_counts_and_where_its_page_is() -> None:
    upload = an_upload(kind=UploadKind.INVITATIONS, done=9_950, failed=20, skipped=30)
    assert_reads_as("upload_done", the_mail_about_a_long_upload(upload))


@pytest.mark.parametrize("kind", list(UploadKind))
def test_an_upload_without_failures_leads_to_what_each_line_became(kind: UploadKind) -> None:
    mail = the_mail_about_a_long_upload(an_upload(kind=kind, done=2, failed=0, skipped=0))
    assert mail is not None
    assert "Its page tells what each line became:" in mail.text


def test_a_member_is_told_when_the_membership_ends_and_whom_to_ask() -> None:
    helpdesk = an_organisation(contact_email="help@harderwijk.test")
    ending = a_membership(collaboration=a_collaboration(organisation=helpdesk))
    assert_reads_as("membership_ending", the_mail_about_the_end_of(ending))


def test_without_an_address_to_ask_those_who_look_after_the_collaboration_are_named() -> None:
    assert_reads_as("membership_ending_bare", the_mail_about_the_end_of(a_membership()))
