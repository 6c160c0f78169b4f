"""Collaborations as those see them who look after them, are in them, or neither; inviting and removing by hand."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from models import Invitation, OrganisationRole, db, now
from models.collaboration import Role
from models.invitation import InvitationStatus
from models.organisation import OrganisationRoleName
from models.outbox import LetterKind
from tests.clients import Client
from tests.invitees import (
    MEREL,
    YESTERDAY,
    YODA,
    collaboration,
    invited,
    letters,
    member,
    membership_of,
    newcomer,
    person,
    reload,
)
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("world")

OTTO = "admin@otherland.test"


@pytest.fixture
def yoda(client: Client) -> Client:
    return client.sign_in(YODA)


@pytest.fixture
def merel(client: Client) -> Client:
    return client.sign_in(MEREL)


def path(tab: str = "", of: str = "cumulusgrp") -> str:
    return f"/collaborations/{collaboration(of).id}{tab}"


def invite_form(invitees: str, **given: str) -> dict[str, str]:
    return {"invitees": invitees, "intended_role": "member", "sender_name": "Yoda team", "message": "", **given}


def open_invitations() -> list[Invitation]:
    return list(db.session.scalars(select(Invitation).order_by(Invitation.email_key)))


def a_mentor(email: str) -> None:
    mentor, here = newcomer(email), collaboration().organisation_id
    mentor.password_hash = person(YODA).password_hash
    db.session.add(OrganisationRole(organisation_id=here, user_id=mentor.id, role=OrganisationRoleName.MENTOR))
    db.session.flush()


# The list.


def test_the_list_shows_what_one_looks_after_and_no_more(yoda: Client) -> None:
    page = yoda.page("/collaborations")
    assert "Cumulus research group cumulusgrp Universiteit Harderwijk Yoda data management climate yoda" in page
    assert "Cirrus analysis group" in page
    assert "Stratus" not in page
    assert "Aurora" not in page


def test_the_list_is_searched_by_label(yoda: Client) -> None:
    page = yoda.page("/collaborations?q=climate")
    assert "Cumulus research group" in page
    assert "Cirrus analysis group" not in page


def test_a_search_that_finds_nothing_offers_the_whole_list(yoda: Client) -> None:
    page = yoda.page("/collaborations?q=%3Cb%3Eaurora%00")
    assert "No collaboration is called “<b>aurora”" in page
    assert "Show all collaborations" in page


def test_archived_ones_stand_apart(yoda: Client) -> None:
    assert "Archived" not in yoda.page("/collaborations")
    collaboration().archived_at = now()
    page = yoda.page("/collaborations")
    assert "Cumulus" not in page
    assert page.all("a", href="/collaborations?show=archived")
    page = yoda.page("/collaborations?show=archived")
    assert "Cumulus research group" in page
    assert "Cirrus" not in page


def test_who_sees_archived_ones_only_is_told_so(client: Client) -> None:
    collaboration().archived_at = now()
    assert "No collaborations in use" in client.sign_in(MEREL).page("/collaborations")


def test_an_empty_list_says_what_to_do_by_role(client: Client) -> None:
    db.session.delete(membership_of(MEREL, collaboration().id))
    assert "You are in no collaboration yet" in client.sign_in(MEREL).page("/collaborations")


# One collaboration.


def test_about_tells_the_facts(yoda: Client) -> None:
    collaboration().description = "Clouds.\n<b>All of them.</b>"
    page = yoda.page(path())
    assert page.heading == "Cumulus research group: About"
    for fact in (
        "Clouds. <b>All of them.</b>",
        "cumulusgrp",
        str(collaboration().id),
        "Yoda data management",
        "1 group",
    ):
        assert fact in page


@pytest.mark.parametrize("tab", ["", "/members", "/groups", "/invite"])
def test_another_tenants_collaboration_does_not_exist(yoda: Client, tab: str) -> None:
    assert "Aurora" not in yoda.page(path(tab, of="auroragrp"), 404)


@pytest.mark.parametrize("tab", ["", "/members", "/groups", "/invite"])
def test_outside_ones_units_one_is_told_that_it_is_not_allowed(yoda: Client, tab: str) -> None:
    yoda.page(path(tab, of="stratusgrp"), 403)
    yoda.page(path(tab, of="nimbusgrp"), 403)


def test_nobody_is_invited_to_an_archived_collaboration(yoda: Client) -> None:
    invitation = invited("bob@example.org")
    collaboration().archived_at = now()
    again = f"/invitations/{invitation.id}/resend"
    for page in (yoda.page(path("/invite"), 409), yoda.send(path("/invite"), 409), yoda.send(again, 409)):
        assert "“Cumulus research group” is archived: nobody can be invited to it" in page
    assert "Send again" not in yoda.page(path("/members"))


# Members.


def test_the_members_tab_says_who_was_reminded(yoda: Client) -> None:
    invited("bob@example.org").reminded_at = datetime(2026, 6, 30, 12, tzinfo=UTC)
    assert "reminded on 30 June 2026" in yoda.page(path("/members"))


def test_the_members_tab_shows_members_and_invited(yoda: Client) -> None:
    member(newcomer("ann@example.org", "Ann"), role=Role.ADMIN, groups=("researchers",))
    invited("bob@example.org", groups=("researchers",))
    page = yoda.page(path("/members"))
    ann = next(row for row in page.rows() if row.startswith("Ann"))
    bob = next(row for row in page.rows() if row.startswith("bob"))
    assert re.match(r"Ann ann@example.org Admin Researchers \d+ \w+ \d{4} no end date Change Ann Remove Ann", ann)
    assert re.match(r"bob@example.org Member Researchers \d+ \w+ \d{4} by Yolanda Damen Invited \d+ \w+ \d{4}", bob)


def test_an_expired_invitation_is_shown_as_such(yoda: Client) -> None:
    invited("bob@example.org").expires_at = now() + YESTERDAY
    assert "Expired" in next(row for row in yoda.page(path("/members")).rows() if row.startswith("bob"))


def test_answered_invitations_are_not_shown(yoda: Client) -> None:
    invited("bob@example.org").status = InvitationStatus.DECLINED
    page = yoda.page(path("/members"))
    assert "bob@example.org" not in page
    assert "No open invitations" in page


def test_a_plain_member_sees_names_and_roles_only(merel: Client) -> None:
    member(newcomer("ann@example.org", "Ann"), groups=("researchers",))
    invited("bob@example.org")
    page = merel.page(path("/members") + "?show=invited")
    assert page.rows() == ["Name Role", "Ann Member", "Merel Bakker Member"]
    assert "example.org" not in page
    assert "Invite people" not in page


def test_a_plain_member_finds_nobody_by_their_address(merel: Client) -> None:
    member(newcomer("ann@example.org", "Ann"))
    assert "No member fits “example.org”." in merel.page(path("/members") + "?q=example.org")
    assert "Ann" in merel.page(path("/members") + "?q=an")


def test_both_lists_are_searched_at_once(yoda: Client) -> None:
    invited("bob@example.org")
    page = yoda.page(path("/members") + "?q=MEREL")
    assert "Merel Bakker" in page
    assert "No open invitation fits “MEREL”." in page


def test_long_lists_are_shown_in_part_and_paged_one_at_a_time(yoda: Client) -> None:
    for number in range(60):
        invited(f"invitee{number}@example.org")
    page = yoda.page(path("/members"))
    assert "Show all who are invited" in page
    assert len(page.rows()) == 2 + 1 + 25
    second = yoda.page(path("/members") + "?show=invited&page=2")
    assert len(second.rows()) == 1 + 10
    assert "Merel" not in second


def test_the_members_tab_asks_as_many_queries_for_many_as_for_few(yoda: Client) -> None:
    few, many = path("/members", of="cirrusgrp"), path("/members")
    fill("cirrusgrp", 2)
    fill("cumulusgrp", 20)
    with counted() as for_few:
        yoda.page(few)
    with counted() as for_many:
        yoda.page(many)
    assert len(for_many) == len(for_few)


def fill(short_name: str, number: int) -> None:
    for place in range(number):
        member(newcomer(f"member{place}@{short_name}.test"), of=short_name)
        invited(f"invitee{place}@{short_name}.test", to=short_name)


# Inviting by form.


def test_the_form_proposes_what_the_organisation_says(yoda: Client) -> None:
    collaboration().organisation.default_message = "Welcome to Harderwijk."
    page = yoda.page(path("/invite"))
    assert "Welcome to Harderwijk." in page
    [expiry] = page.all("input", name="invitation_expiry_date")
    assert expiry.get("value") == (now() + timedelta(days=30)).date().isoformat()


def test_several_are_invited_each_with_a_mail(yoda: Client) -> None:
    group = str(collaboration().groups[0].id)
    form = invite_form("Ann@example.org, bob@example.org;\ncees@example.org", groups=group, message="Hi,\r\nyou")
    page = yoda.send(path("/invite"), **form)
    assert page.heading == "Cumulus research group: Members"
    assert "3 people are invited; the mails are on their way." in page
    assert letters(LetterKind.INVITATION) == ["Ann@example.org", "bob@example.org", "cees@example.org"]
    ann = open_invitations()[0]
    assert (ann.message, ann.sender_name, len(ann.groups)) == ("Hi,\nyou", "Yoda team", 1)


def test_the_dates_are_those_of_the_form(yoda: Client) -> None:
    form = invite_form("ann@example.org", invitation_expiry_date="2998-05-01", membership_expiry_date="2999-05-01")
    yoda.send(path("/invite"), **form)
    [invitation] = open_invitations()
    assert invitation.expires_at.isoformat() == "2998-05-01T23:59:59+00:00"
    assert str(invitation.membership_expires_at) == "2999-05-01 23:59:59+00:00"


def test_what_is_left_empty_is_taken_from_the_defaults(yoda: Client) -> None:
    yoda.send(path("/invite"), **invite_form("ann@example.org", sender_name="", invitation_expiry_date=""))
    [invitation] = open_invitations()
    assert invitation.sender_name == "Yolanda Damen"
    assert (invitation.expires_at.date() - now().date()).days == 30


def test_who_is_invited_or_a_member_already_is_skipped_and_named(yoda: Client) -> None:
    invited("ann@example.org")
    page = yoda.send(path("/invite"), **invite_form(f"ann@example.org, {MEREL}, bob@example.org, BOB@example.org"))
    assert "1 person is invited; the mail is on its way." in page
    assert "2 addresses were skipped." in page
    assert "ann@example.org: Invited on" in page
    assert f"{MEREL}: A member since" in page


def test_every_problem_is_named_at_once_and_nobody_is_invited(yoda: Client) -> None:
    wrong = invite_form("ann@example.org, bob, c d@x.org", membership_expiry_date="2020-01-01", sender_name="x" * 256)
    page = yoda.send(path("/invite"), 422, **wrong)
    assert "4 things to correct" in page
    assert "“bob”, number 2 of 3, is not an e-mail address: it has no @." in page
    assert "1 January 2020 is past." in page
    assert "The value has 256 characters; at most 255 fit." in page
    assert open_invitations() == []


def test_without_an_address_the_form_asks_for_one(yoda: Client) -> None:
    assert "Nobody is invited: write one or more e-mail addresses." in yoda.send(path("/invite"), 422)


def test_fifty_at_once_and_no_more(yoda: Client) -> None:
    fifty = ",".join(f"a{number}@example.org" for number in range(50))
    page = yoda.send(path("/invite"), 422, **invite_form(fifty + ",one@too.many"))
    assert "These are 51 addresses; at most 50 can be invited at once here." in page
    yoda.send(path("/invite"), **invite_form(fifty))
    assert len(open_invitations()) == 50


def test_a_message_of_four_thousand_characters_fits_with_its_line_breaks(yoda: Client) -> None:
    longest = "\r\n".join(["x" * 99] * 40)
    yoda.send(path("/invite"), **invite_form("ann@example.org", message=longest))
    assert len(open_invitations()[0].message) == 99 * 40 + 39
    assert "4,001 characters" in yoda.send(path("/invite"), 422, **invite_form("b@example.org", message="x" * 4001))


@pytest.mark.parametrize("group", ["not-a-uuid", "412ee9e8-b6d2-51b6-a38e-58722f914482"])
def test_another_collaborations_group_cannot_be_named_by_a_hand_made_request(yoda: Client, group: str) -> None:
    yoda.send(path("/invite"), 422, **invite_form("ann@example.org", groups=group))
    assert open_invitations() == []


@pytest.mark.parametrize("short_name", ["stratusgrp", "nimbusgrp"])
def test_nobody_is_invited_outside_ones_units_by_a_hand_made_request(yoda: Client, short_name: str) -> None:
    yoda.send(path("/invite", of=short_name), 403, **invite_form("ann@example.org"))
    assert open_invitations() == []


def test_an_admin_of_the_collaboration_invites_and_is_offered_no_upload(merel: Client) -> None:
    merel_in = membership_of(MEREL, collaboration().id)
    assert merel_in
    merel_in.role = Role.ADMIN
    assert "upload a file" not in merel.page(path("/invite"))
    assert "1 person is invited" in merel.send(path("/invite"), **invite_form("ann@example.org"))


# Sending again, revoking, removing.


def test_sending_again_says_that_only_the_new_link_works(yoda: Client) -> None:
    invitation = invited()
    page = yoda.send(f"/invitations/{invitation.id}/resend")
    assert "Sent again to ann@example.org. Only the link in the new mail works." in page
    assert reload(invitation).link_number == 2


def test_revoking_asks_first(yoda: Client) -> None:
    invitation = invited()
    assert yoda.page(f"/invitations/{invitation.id}/revoke").heading == "Revoke the invitation"
    assert reload(invitation).is_open
    assert "The invitation of ann@example.org is revoked." in yoda.send(f"/invitations/{invitation.id}/revoke")
    assert reload(invitation).status is InvitationStatus.REVOKED


def test_revoking_what_has_been_answered_says_so(yoda: Client) -> None:
    invitation = invited()
    invitation.status = InvitationStatus.DECLINED
    assert "answered or closed already" in yoda.send(f"/invitations/{invitation.id}/revoke", 409)


def test_removing_asks_first(yoda: Client) -> None:
    membership = member(newcomer())
    page = yoda.page(f"/memberships/{membership.id}/remove")
    assert "Ann (ann@example.org) will no longer be a member of Cumulus research group" in page
    assert "Ann is no longer a member." in yoda.send(f"/memberships/{membership.id}/remove")
    assert membership_of("ann@example.org", collaboration().id) is None


def test_an_admin_who_removes_themselves_comes_to_their_list(merel: Client) -> None:
    merel_in = membership_of(MEREL, collaboration().id)
    assert merel_in
    merel_in.role = Role.ADMIN
    assert merel.send(f"/memberships/{merel_in.id}/remove").heading == "Collaborations"


@pytest.mark.parametrize(("email", "status"), [(MEREL, 403), ("mentor@example.org", 403), (OTTO, 404)])
def test_who_may_not_invite_may_not_send_again_revoke_or_remove(client: Client, email: str, status: int) -> None:
    invitation, membership = invited(), member(newcomer())
    a_mentor("mentor@example.org")
    client.sign_in(email)
    for action in (f"/invitations/{invitation.id}/resend", f"/invitations/{invitation.id}/revoke"):
        client.send(action, status)
    client.send(f"/memberships/{membership.id}/remove", status)
    assert reload(invitation).link_number == 1


def test_what_does_not_exist_is_not_found(yoda: Client) -> None:
    nowhere = "00000000-0000-7000-8000-000000000000"
    for action in (f"/invitations/{nowhere}/revoke", f"/memberships/{nowhere}/remove", f"/collaborations/{nowhere}"):
        yoda.page(action, 404)
