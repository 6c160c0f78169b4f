"""Inviting to a role: the form, the list of those invited, and the invitee's page to its every end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from domain import role_invitations
from domain.people import find_by_email, rights_of
from models import Organisation, OrganisationRole, RoleInvitation, Unit, User, db, now
from models.invitation import InvitationStatus
from models.organisation import OrganisationRoleName
from models.outbox import LetterKind
from tests.clients import Client
from tests.invitees import letters, role_path
from tests.pages import Page
from tests.people import a_person, a_role, a_role_invitation, the_person

pytestmark = pytest.mark.usefixtures("world")

AALTJE, MEREL, ANN = "admin@harderwijk.test", "member@harderwijk.test", "ann@example.org"
ACCOUNT = {"name": "Ann Smit", "password": "long enough"}


@pytest.fixture
def aaltje(client: Client) -> Client:
    return client.sign_in(AALTJE)


def harderwijk() -> Organisation:
    return db.session.scalars(select(Organisation).where(Organisation.short_name == "uniharderwijk")).one()


def path(rest: str = "") -> str:
    return f"/organisations/{harderwijk().id}/people{rest}"


def medicine() -> Unit:
    return db.session.scalars(select(Unit).where(Unit.name == "Medicine")).one()


def invite(client: Client, status: int = 200, **form: str) -> Page:
    return client.send(path("/invite"), status, **{"addresses": ANN, "kind": "mentor", **form})


def offered(
    email: str = ANN, role: OrganisationRoleName = OrganisationRoleName.MENTOR, units: tuple[Unit, ...] = ()
) -> RoleInvitation:
    return a_role_invitation(email, harderwijk(), the_person(AALTJE), role, units=units)


# The form.


def test_people_are_invited_and_stand_in_the_list(aaltje: Client) -> None:
    assert aaltje.page(path()).all("a", href=path("/invite"))
    page = invite(aaltje, addresses=f"{ANN}\r\nbob@example.org", kind="unit-manager", units=str(medicine().id))
    assert "2 people are invited; the mails are on their way." in page
    assert page.heading == "Universiteit Harderwijk: People and roles"
    assert "ann@example.org Unit manager Medicine" in page
    assert "by Aaltje de Vries Invited until" in page
    assert letters(LetterKind.ROLE_INVITATION) == [ANN, "bob@example.org"]


def test_who_has_an_account_is_invited_too_and_who_has_the_role_is_skipped(aaltje: Client) -> None:
    page = invite(aaltje, addresses=f"{MEREL}\nyoda@harderwijk.test", kind="manager")
    assert "1 person is invited; the mail is on its way." in page
    assert "1 address was skipped. yoda@harderwijk.test: A manager already" in page


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"addresses": ""}, "E-mail addresses: Enter one or more e-mail addresses"),
        ({"addresses": "nobody\x00"}, "E-mail addresses: “nobody” is not an e-mail address"),
        ({"kind": ""}, "Role: Choose a role."),
        ({"kind": "emperor"}, "Role: Choose a role."),
        ({"kind": "unit-manager"}, "Units: Choose the units that they manage."),
        ({"kind": "unit-manager", "units": "x"}, "Units: "),
        ({"message": "x" * 4_001}, "Message: "),
    ],
)
def test_what_is_wrong_stands_beside_its_field(aaltje: Client, form: dict[str, str], problem: str) -> None:
    assert problem in invite(aaltje, 422, **form)
    assert letters(LetterKind.ROLE_INVITATION) == []


def test_without_units_there_are_no_unit_managers(client: Client) -> None:
    otto = client.sign_in("admin@otherland.test")
    otherland = db.session.scalars(select(Organisation.id).where(Organisation.short_name == "otherland")).one()
    page = otto.page(f"/organisations/{otherland}/people/invite")
    assert "Manager (" in page
    assert "Unit manager" not in page


def test_a_manager_of_everything_invites_mentors_only(client: Client) -> None:
    mehmet = client.sign_in("manager@harderwijk.test")
    page = mehmet.page(path("/invite"))
    assert page.heading == "Invite mentors"
    assert [box.get("value") for box in page.all("input", name="kind")] == ["mentor"]
    assert not page.all("input", name="units")
    assert "1 person is invited" in invite(mehmet)
    assert invite(mehmet, 403, addresses="boss@example.org", kind="admin").heading == "You may not do this"


# The list.


def test_one_is_sent_again_and_revoked_after_a_question(aaltje: Client) -> None:
    invitation = offered()
    here = f"/role-invitations/{invitation.id}"
    assert f"Sent again to {ANN}. Only the link in the new mail works." in aaltje.send(f"{here}/resend")
    asked = aaltje.page(f"{here}/revoke")
    assert f"The link in the mail to {ANN}, to be mentor of Universiteit Harderwijk, will no longer work." in asked
    assert f"The invitation of {ANN} is revoked." in aaltje.send(f"{here}/revoke")
    assert ANN not in aaltje.page(path())
    assert "answered or closed already" in aaltje.send(f"{here}/revoke", 409)


def test_the_list_tells_what_has_become_of_each(aaltje: Client) -> None:
    offered("late@example.org").expires_at = now() - timedelta(days=1)
    for status in (InvitationStatus.DECLINED, InvitationStatus.UNDELIVERED):
        invitation = offered(f"{status}@example.org")
        invitation.status, invitation.answered_at = status, now()
    [*_roles, _head, undelivered, declined, late] = aaltje.page(path()).rows()
    assert "undelivered@example.org" in undelivered
    assert "Not delivered" in undelivered
    assert "Declined" in declined
    assert "Send again" not in declined
    assert "Expired" in late
    assert "Send again" in late


# The invitee's page.


def test_the_page_says_what_by_whom_as_what_and_until_when(app: Flask, client: Client) -> None:
    offered(role=OrganisationRoleName.MANAGER, units=(medicine(),)).message = "Hello,\n<b>Ann</b>!"
    page = client.page(role_path(app, ANN))
    assert page.heading == "Invitation to a role in Universiteit Harderwijk"
    for words in (
        "Aaltje de Vries invites you to be unit manager of Universiteit Harderwijk.",
        "Invited address ann@example.org",
        "Your role Unit manager (you invite people to the collaborations of your units)",
        "Units Medicine",
        "Message Hello, <b>Ann</b>!",
        "Answer by",
        "servicedesk@harderwijk.test",
    ):
        assert words in page


def test_the_page_stays_out_of_caches_and_search_engines(app: Flask, client: Client) -> None:
    offered()
    headers = client.get(role_path(app, ANN)).headers
    assert (headers["Cache-Control"], headers["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")


def test_somebody_new_makes_an_account_and_has_the_role_at_once(app: Flask, client: Client) -> None:
    offered(role=OrganisationRoleName.ADMIN)
    page = client.send(f"{role_path(app, ANN)}/account", **ACCOUNT)
    assert page.heading == "Universiteit Harderwijk: Overview"
    assert "You are now admin of Universiteit Harderwijk." in page
    assert rights_of(the_person(ANN)).admin_of == {harderwijk().id}
    assert letters(LetterKind.ROLE_ACCEPTED) == [AALTJE]


def test_what_makes_no_account_is_told(app: Flask, client: Client) -> None:
    offered()
    page = client.send(f"{role_path(app, ANN)}/account", 422, **ACCOUNT | {"password": "short"})
    assert "Use at least 10 characters." in page
    assert find_by_email(ANN) is None


def test_who_has_an_account_signs_in_and_accepts_with_one_click(app: Flask, client: Client) -> None:
    offered(MEREL, OrganisationRoleName.MANAGER)
    here = role_path(app, MEREL)
    assert f"There is an account for {MEREL}. Sign in with it to accept." in client.page(here)
    page = client.sign_in(MEREL).page(here)
    assert page.buttons()[-2:] == ["Accept", "Decline"]
    page = client.send(f"{here}/accept")
    assert page.heading == "Start"
    assert "You are now manager of Universiteit Harderwijk." in page
    assert rights_of(the_person(MEREL)).manager_of == {harderwijk().id}
    assert "You are now manager of Universiteit Harderwijk." in client.page(here)


def test_nobody_accepts_without_signing_in(app: Flask, client: Client) -> None:
    offered(MEREL)
    assert client.send(f"{role_path(app, MEREL)}/accept").heading == "Invitation to a role in Universiteit Harderwijk"
    assert not rights_of(the_person(MEREL)).mentor_in


def test_who_is_signed_in_with_another_address_is_asked_to_sign_out(app: Flask, client: Client) -> None:
    offered(ANN, OrganisationRoleName.ADMIN)
    here = role_path(app, ANN)
    page = client.sign_in(MEREL).page(here)
    assert f"The invitation was sent to {ANN}, and you are signed in as {MEREL}." in page
    assert page.buttons()[-2:] == ["Sign out", "Decline"]
    assert f"This invitation is for {ANN}" in client.send(f"{here}/accept", 403)
    assert "Create account and accept" in client.send(f"{here}/sign-out").buttons()
    assert not rights_of(the_person(MEREL)).admin_of


def test_a_closed_account_accepts_nothing(app: Flask, client: Client) -> None:
    a_person(ANN, is_active=False)
    offered(ANN)
    assert f"The account of {ANN} is closed" in client.page(role_path(app, ANN))


def test_a_manager_of_units_is_told_what_accepting_adds(app: Flask, client: Client) -> None:
    offered(MEREL, OrganisationRoleName.MANAGER)
    [yoda] = db.session.scalars(select(Unit).where(Unit.name == "Yoda data management"))
    a_role(the_person(MEREL), OrganisationRoleName.MANAGER, harderwijk(), [yoda])
    page = client.sign_in(MEREL).page(role_path(app, MEREL))
    assert "Accepting takes nothing away" in page


def test_two_clicks_at_once_give_the_role_once(app: Flask) -> None:
    offered(MEREL)
    tabs, here = [Client(app).sign_in(MEREL) for _tab in range(3)], role_path(app, MEREL)
    db.session.commit()
    with ThreadPoolExecutor(len(tabs)) as pool:
        answers = list(pool.map(lambda tab: super(Client, tab).open(f"{here}/accept", method="POST"), tabs))
    assert {answer.status_code for answer in answers} == {303}
    assert letters(LetterKind.ROLE_ACCEPTED) == [AALTJE]
    held = select(func.count()).where(OrganisationRole.user_id == the_person(MEREL).id)
    assert db.session.scalar(held) == 1


def test_two_who_take_the_same_link_at_once_make_one_account(app: Flask) -> None:
    offered()
    here = role_path(app, ANN)
    db.session.commit()
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _tab: app.test_client().post(f"{here}/account", data=ACCOUNT), range(3)))
    assert sorted(answer.status_code for answer in answers)[0] == 303
    assert all(answer.status_code in {409, 410} for answer in answers if answer.status_code != 303)
    assert db.session.scalar(select(func.count()).where(User.email_key == ANN)) == 1


# Declining, and where links lead no further.


def test_declining_needs_no_account_and_tells_the_inviter(app: Flask, client: Client) -> None:
    offered()
    for _time in range(2):
        page = client.send(f"{role_path(app, ANN)}/decline", 410)
        assert page.heading == "This invitation has been declined"
    assert letters(LetterKind.ROLE_DECLINED) == [AALTJE]


def closed(status: InvitationStatus) -> None:
    invitation = offered()
    invitation.status, invitation.answered_at = status, now()


def expired() -> None:
    offered().expires_at = now() - timedelta(days=1)


def sent_again() -> None:
    role_invitations.resend(rights_of(the_person(AALTJE)), offered().id, 30)


ENDED = {
    "This invitation has been accepted": lambda: closed(InvitationStatus.ACCEPTED),
    "This invitation has been declined": lambda: closed(InvitationStatus.DECLINED),
    "This invitation has been withdrawn": lambda: closed(InvitationStatus.REVOKED),
    "There is a newer invitation": lambda: closed(InvitationStatus.REPLACED),
    "This invitation has been closed": lambda: closed(InvitationStatus.UNDELIVERED),
    "This invitation has expired": expired,
    "There is a newer link": sent_again,
}


@pytest.mark.parametrize("heading", ENDED)
def test_every_dead_end_says_what_has_happened_and_whom_to_ask(app: Flask, client: Client, heading: str) -> None:
    ENDED[heading]()
    here = role_path(app, ANN, number=1)
    page = client.page(here, 410)
    assert page.heading == heading
    for asked in ("Aaltje de Vries: admin@harderwijk.test", "Universiteit Harderwijk: servicedesk@harderwijk.test"):
        assert asked in page
    client.sign_in(MEREL)
    for action in ("accept", "decline", "account"):
        assert client.send(f"{here}/{action}", 410, **ACCOUNT).heading == heading
    assert not rights_of(the_person(MEREL)).mentor_in


def test_whoever_has_lost_the_role_since_is_told_so(app: Flask, client: Client) -> None:
    invitation = offered(MEREL)
    invitation.status, invitation.answered_at = InvitationStatus.ACCEPTED, now()
    page = client.sign_in(MEREL).page(role_path(app, MEREL), 410)
    assert page.heading == "This role has been taken away"


@pytest.mark.parametrize("action", ["", "/accept", "/decline", "/account"])
def test_a_link_that_is_not_ours_is_said_to_be_incomplete(app: Flask, client: Client, action: str) -> None:
    offered()
    for here in ("/role-invitations/x", role_path(app, ANN).replace("/role-invitations/", "/join/")):
        page = client.send(here + action, 404) if action else client.page(here, 404)
        assert page.heading == "This link is incomplete or mistyped"


# From the start page.


def test_the_start_page_leads_to_the_invitations_to_oneself_and_no_others(app: Flask, client: Client) -> None:
    offered(MEREL)
    offered(ANN, OrganisationRoleName.ADMIN)
    page = client.sign_in(MEREL).page("/")
    assert "Universiteit Harderwijk Aaltje de Vries Mentor" in page
    links = {link.get("href") for link in page.all("a")}
    assert role_path(app, MEREL) in links
    assert role_path(app, ANN) not in links
