"""The invitee's page: from the link to the membership, and every end where a link leads no further."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from domain import collaborations, invitations
from models import Invitation, Membership, User, db, now
from models.collaboration import Role
from models.invitation import InvitationStatus
from models.outbox import LetterKind
from tests.clients import Client
from tests.invitees import (
    MEREL,
    TOMORROW,
    YESTERDAY,
    YODA,
    auto_provisioned,
    collaboration,
    invited,
    join_path,
    letters,
    membership_of,
    newcomer,
    person,
    reload,
)
from tests.people import BY_NOBODY

pytestmark = pytest.mark.usefixtures("world")

ANN = "ann@example.org"
ACCOUNT = {"name": "Ann Smit", "password": "long enough"}
ASKED = ("Yolanda Damen: yoda@harderwijk.test", "Universiteit Harderwijk: servicedesk@harderwijk.test")


def members() -> int:
    return db.session.scalar(select(func.count()).select_from(Membership)) or 0


# What the page says.


def test_the_page_says_what_by_whom_as_what_and_until_when(app: Flask, client: Client) -> None:
    auto_provisioned("Everyone")
    page = client.page(join_path(app, invited(groups=("researchers",), message="Hello,\n<b>Ann</b>!")))
    assert page.heading == "Invitation to Cumulus research group"
    for words in (
        "Yoda team invites you to become a member of this collaboration.",
        "Organisation Universiteit Harderwijk",
        "Invited by Yoda team (Yolanda Damen)",
        "Your role Member (you take part",
        "Groups Everyone, Researchers",
        "Membership without an end date",
        "Message Hello, <b>Ann</b>!",
        "Answer by",
    ):
        assert words in page


def test_an_invitation_to_be_an_admin_says_so(app: Flask, client: Client) -> None:
    page = client.page(join_path(app, invited(role=Role.ADMIN)))
    assert "invites you to become an admin" in page
    assert "Your role Admin (you also invite people" in page


@pytest.mark.parametrize("token", [None, "not-a-token"])
def test_these_pages_stay_out_of_caches_search_engines_and_referrers(
    app: Flask, client: Client, token: str | None
) -> None:
    headers = client.get(f"/join/{token}" if token else join_path(app, invited())).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"


def test_looking_at_the_page_changes_nothing(app: Flask, client: Client) -> None:
    invitation = invited()
    client.page(join_path(app, invitation))
    assert reload(invitation).is_open


# With a new account.


def test_somebody_new_makes_an_account_and_is_a_member_at_once(app: Flask, client: Client) -> None:
    path = join_path(app, invited("Ann@example.org", groups=("researchers",)))
    page = client.send(f"{path}/account", **ACCOUNT)
    assert page.heading == "Cumulus research group: About"
    assert "You have joined Cumulus research group." in page
    assert "Signed in as Ann@example.org" in page
    assert person(ANN).name == "Ann Smit"
    assert letters(LetterKind.ACCEPTED) == [YODA]


def test_the_new_account_signs_in_with_its_password(app: Flask, client: Client) -> None:
    client.send(f"{join_path(app, invited())}/account", **ACCOUNT)
    client.send("/logout")
    assert "What waits for you, Ann Smit." in client.sign_in(ANN, "long enough").page("/")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "  \t "}, "Enter your name."),
        ({"name": "\u200b"}, "with at least one letter in it"),
        ({"name": "x" * 256}, "at most 255 characters"),
        ({"password": ""}, "Choose a password."),
        ({"password": "too short"}, "Use at least 10 characters."),
        ({"password": "x" * 1001}, "Use at most 1000 characters."),
    ],
)
def test_what_makes_no_account(app: Flask, client: Client, form: dict[str, str], words: str) -> None:
    invitation = invited()
    page = client.send(f"{join_path(app, invitation)}/account", 422, **ACCOUNT | form)
    assert "One thing to correct" in page
    assert words in page
    assert reload(invitation).is_open


def test_a_name_in_any_script_makes_an_account(app: Flask, client: Client) -> None:
    client.send(f"{join_path(app, invited())}/account", **ACCOUNT | {"name": " ശ്രീ\u200dലക്ഷ്മി\x00\u202e "})
    assert person(ANN).name == "ശ്രീ\u200dലക്ഷ്മി"


def test_an_address_with_an_account_gets_no_second_one(app: Flask, client: Client) -> None:
    invitation = invited(MEREL)
    page = client.send(f"{join_path(app, invitation)}/account", 409, **ACCOUNT)
    assert f"There is an account for {MEREL} already: sign in with it." in page
    assert reload(invitation).is_open
    assert db.session.scalar(select(func.count()).select_from(User).where(User.email_key == MEREL)) == 1


def test_the_account_is_for_the_invited_address_whatever_the_form_says(app: Flask, client: Client) -> None:
    client.send(f"{join_path(app, invited())}/account", **ACCOUNT, email="admin@harderwijk.test")
    assert membership_of(ANN, collaboration().id)


# Signed in.


def test_who_has_an_account_is_asked_to_sign_in_and_comes_back(app: Flask, client: Client) -> None:
    path = join_path(app, invited(MEREL, to="cirrusgrp"))
    page = client.page(path)
    assert f"There is an account for {MEREL}." in page
    assert not page.all("input", name="password")
    [link] = [link for link in page.all("a") if link.text == "Sign in to accept"]
    sign_in = client.get(link.get("href", ""))
    assert f'value="{MEREL}"' in sign_in.text
    assert f'value="{path}"' in sign_in.text


def test_the_invited_person_accepts(app: Flask, client: Client) -> None:
    client.sign_in(MEREL)
    path = join_path(app, invited(MEREL, to="cirrusgrp"))
    assert client.page(path).buttons()[-2:] == ["Accept", "Decline"]
    page = client.send(f"{path}/accept")
    assert page.heading == "Cirrus analysis group: About"
    assert "You have joined Cirrus analysis group." in page


def test_accepting_twice_or_in_two_tabs_makes_one_membership_and_the_same_page(app: Flask, client: Client) -> None:
    client.sign_in(MEREL)
    path, before = join_path(app, invited(MEREL, to="cirrusgrp")), members()
    pages = [client.send(f"{path}/accept") for _tab in range(2)]
    assert [page.heading for page in pages] == ["Cirrus analysis group: About"] * 2
    assert "You have joined Cirrus analysis group." in pages[1]
    assert members() == before + 1


def test_accepting_twice_at_the_same_moment_makes_one_membership(app: Flask) -> None:
    tabs = [Client(app).sign_in(MEREL) for _tab in range(4)]
    path, before = join_path(app, invited(MEREL, to="cirrusgrp")), members()
    db.session.commit()
    with ThreadPoolExecutor(len(tabs)) as pool:
        answers = list(pool.map(lambda tab: FlaskClient.open(tab, f"{path}/accept", method="POST"), tabs))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert members() == before + 1


def test_two_who_take_the_same_link_at_the_same_moment_become_one_member(app: Flask) -> None:
    path, before = join_path(app, invited()), members()
    db.session.commit()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _tab: app.test_client().post(f"{path}/account", data=ACCOUNT), range(4)))
    assert sorted(answer.status_code for answer in answers)[0] == 303
    assert all(answer.status_code in {409, 410} for answer in answers if answer.status_code != 303)
    assert members() == before + 1


def test_following_the_link_again_leads_to_the_collaboration(app: Flask, client: Client) -> None:
    client.sign_in(MEREL)
    path = join_path(app, invited(MEREL, to="cirrusgrp"))
    client.send(f"{path}/accept")
    assert client.page(path).heading == "Cirrus analysis group: About"
    assert client.send(f"{path}/decline").heading == "Cirrus analysis group: About"


def test_who_is_signed_in_with_another_address_is_told_so_and_may_accept(app: Flask, client: Client) -> None:
    client.sign_in(MEREL)
    path = join_path(app, invited(ANN, to="cirrusgrp"))
    page = client.page(path)
    assert f"The invitation was sent to {ANN}, and you are signed in as {MEREL}." in page
    assert page.buttons()[-3:] == [f"Accept as {MEREL}", "Sign out", "Decline"]
    client.send(f"{path}/accept")
    assert membership_of(MEREL, collaboration("cirrusgrp").id)


def test_signing_out_leads_back_to_the_invitation(app: Flask, client: Client) -> None:
    client.sign_in(MEREL)
    page = client.send(f"{join_path(app, invited())}/sign-out")
    assert page.heading == "Invitation to Cumulus research group"
    assert "Create account and accept" in page.buttons()


def test_a_member_is_told_what_accepting_adds(app: Flask, client: Client) -> None:
    client.sign_in(MEREL)
    assert "You are in this collaboration already" in client.page(join_path(app, invited(MEREL)))


def test_nobody_accepts_without_an_account(app: Flask, client: Client) -> None:
    invitation = invited()
    page = client.send(f"{join_path(app, invitation)}/accept")
    assert page.heading == "Invitation to Cumulus research group"
    assert reload(invitation).is_open


# Declining.


def test_declining_needs_no_account_and_tells_the_inviter(app: Flask, client: Client) -> None:
    page = client.send(f"{join_path(app, invited())}/decline", 410)
    assert page.heading == "This invitation has been declined"
    assert letters(LetterKind.DECLINED) == [YODA]


def test_declining_twice_is_declining_once(app: Flask, client: Client) -> None:
    path = join_path(app, invited())
    for _time in range(2):
        client.send(f"{path}/decline", 410)
    assert letters(LetterKind.DECLINED) == [YODA]


# Where links lead no further.


def closed(status: InvitationStatus) -> Invitation:
    invitation = invited()
    invitation.status, invitation.answered_at = status, now()
    return invitation


def expired() -> Invitation:
    invitation = invited()
    invitation.expires_at = now() + YESTERDAY
    return invitation


def over() -> Invitation:
    return invited(membership_expires_at=now() + YESTERDAY)


def sent_again() -> Invitation:
    invitation = invited()
    invitations.resend(invitation.id, 30)
    return invitation


def archived() -> Invitation:
    invitation = expired()
    invitation.collaboration.archived_at = now()
    return invitation


def accepted() -> Invitation:
    invitation = invited()
    invitations.accept(invitation.id, newcomer("other@example.org"))
    return invitation


ENDED = {
    "This invitation has been declined": lambda: closed(InvitationStatus.DECLINED),
    "This invitation has been withdrawn": lambda: closed(InvitationStatus.REVOKED),
    "There is a newer invitation": lambda: closed(InvitationStatus.REPLACED),
    "This invitation has been closed": lambda: closed(InvitationStatus.UNDELIVERED),
    "This invitation has expired": expired,
    "This membership is over": over,
    "This collaboration is archived": archived,
    "There is a newer link": sent_again,
    "This invitation has been accepted": accepted,
}


@pytest.mark.parametrize("heading", ENDED)
def test_every_dead_end_says_what_has_happened_and_whom_to_ask(app: Flask, client: Client, heading: str) -> None:
    path = join_path(app, ENDED[heading](), number=1)
    page = client.page(path, 410)
    assert page.heading == heading
    for asked in ASKED:
        assert asked in page
    assert {link.get("href") for link in page.all("a")} >= {f"mailto:{YODA}", "mailto:servicedesk@harderwijk.test"}


def test_a_link_to_a_collaboration_that_is_restored_works_again(app: Flask, client: Client) -> None:
    invitation = invited()
    invitation.collaboration.archived_at = now()
    path = join_path(app, invitation)
    assert client.page(path, 410).heading == "This collaboration is archived"
    collaboration().archived_at = None
    assert client.page(path).heading == "Invitation to Cumulus research group"


@pytest.mark.parametrize("heading", ENDED)
@pytest.mark.parametrize("action", ["accept", "decline", "account"])
def test_no_request_answers_what_has_ended(app: Flask, client: Client, heading: str, action: str) -> None:
    invitation = ENDED[heading]()
    status, before = invitation.status, members()
    client.sign_in(MEREL)
    assert client.send(f"{join_path(app, invitation, number=1)}/{action}", 410, **ACCOUNT).heading == heading
    assert (reload(invitation).status, members()) == (status, before)


@pytest.mark.parametrize("token", ["x", "%F0%9F%8C%A7", "a.b", "AaIEzDUGeF-o1NMBLZZiBwAAAAE.x"])
@pytest.mark.parametrize("action", ["", "/accept", "/decline", "/account"])
def test_a_link_that_is_not_ours_is_said_to_be_incomplete(client: Client, token: str, action: str) -> None:
    path = f"/join/{token}{action}"
    page = client.send(path, 404) if action else client.page(path, 404)
    assert page.heading == "This link is incomplete or mistyped"


def test_a_link_of_which_the_end_was_lost_is_not_ours(app: Flask, client: Client) -> None:
    client.page(join_path(app, invited())[:-1], 404)


def test_what_somebody_else_accepted_is_not_shown_as_ones_own(app: Flask, client: Client) -> None:
    client.sign_in(MEREL)
    page = client.page(join_path(app, accepted()), 410)
    assert f"with another account than {MEREL}" in page
    assert "other@example.org" not in page


def test_who_has_left_since_is_told_so(app: Flask, client: Client) -> None:
    client.sign_in(MEREL)
    invitation = invited(MEREL, to="cirrusgrp")
    collaborations.remove_member(invitations.accept(invitation.id, person(MEREL)), BY_NOBODY)
    for page in (
        client.page(join_path(app, invitation), 410),
        client.send(join_path(app, invitation) + "/accept", 410),
    ):
        assert page.heading == "Your membership has ended"


def test_the_newest_link_of_an_invitation_sent_again_works(app: Flask, client: Client) -> None:
    client.send(f"{join_path(app, sent_again())}/account", **ACCOUNT)
    assert membership_of(ANN, collaboration().id)


def test_guessing_is_throttled(app: Flask, client: Client) -> None:
    statuses = [client.post("/join/guessed/accept").status_code for _attempt in range(51)]
    assert statuses == [404] * 50 + [429]


def test_a_fault_of_ours_counts_as_no_attempt(app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("the database is away"))

    app.config.update(PROPAGATE_EXCEPTIONS=False, TESTING=False)
    monkeypatch.setattr("domain.joining.follow", away)
    statuses = {client.post("/join/anything/accept").status_code for _attempt in range(51)}
    assert statuses == {503}


def test_a_whole_class_may_accept_from_one_network(app: Flask, client: Client) -> None:
    for number in range(55):
        invited(f"a{number}@example.org", membership_expires_at=now() + TOMORROW)
    for invitation in db.session.scalars(select(Invitation)).all():
        answer = client.post(f"{join_path(app, invitation)}/account", data=ACCOUNT)
        assert answer.status_code == 303
        client.post("/logout")


# From the start page.


def test_the_start_page_leads_to_the_invitations_to_oneself(app: Flask, client: Client) -> None:
    invitation = invited(MEREL, to="cirrusgrp")
    page = client.sign_in(MEREL).page("/")
    assert "Cirrus analysis group Yoda team Member" in page
    assert join_path(app, invitation) in {link.get("href") for link in page.all("a")}


def test_the_start_page_does_not_show_invitations_to_others(client: Client) -> None:
    invited(ANN, to="cirrusgrp")
    assert "Cirrus" not in client.sign_in(MEREL).page("/")


def test_the_start_page_does_not_show_invitations_to_archived_collaborations(client: Client) -> None:
    invited(MEREL, to="cirrusgrp").collaboration.archived_at = now()
    assert "Cirrus" not in client.sign_in(MEREL).page("/")
