"""Collaborations, members and invitations by our own API: what the Members tab shows and does."""

import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from models import Invitation, db, now
from models.collaboration import Role
from models.invitation import InvitationStatus
from models.outbox import LetterKind
from tests.invitees import (
    MEREL,
    YESTERDAY,
    YODA,
    collaboration,
    invited,
    letters,
    member,
    newcomer,
    person,
    reload,
)
from tests.people import a_collaboration
from tests.programs import Program, a_key, program
from tests.queries import counted

HERE = "/api/v1/collaborations"
RESEARCHERS = "301ee8e6-b5d1-40b5-a27e-47611f803371"


@pytest.fixture
def yoda(world: Flask) -> Program:
    return program(world, YODA)


def path(tab: str, of: str = "cumulusgrp") -> str:
    return f"{HERE}/{collaboration(of).id}/{tab}"


def invite(caller: Program, *invitees: str, to: str = "cumulusgrp", **given: Any) -> TestResponse:
    return caller.post(path("invitations", of=to), json={"invitees": invitees, **given})


def problems(answer: TestResponse) -> dict[str, str]:
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    return {error["pointer"]: error["message"] for error in answer.json["errors"]}


# Collaborations.


def test_the_list_shows_what_the_key_may_see_and_no_more(yoda: Program) -> None:
    answer = yoda.get(HERE).json
    assert [item["short_name"] for item in answer["items"]] == ["cirrusgrp", "cumulusgrp"]
    assert answer["items"][1] == {
        "id": str(collaboration().id),
        "short_name": "cumulusgrp",
        "name": "Cumulus research group",
        "labels": ["climate", "yoda"],
        "organisation": "uniharderwijk",
        "units": ["Yoda data management"],
        "groups": [{"id": RESEARCHERS, "short_name": "researchers", "name": "Researchers"}],
    }


def test_the_list_is_searched_and_paged(yoda: Program) -> None:
    assert [item["short_name"] for item in yoda.get(f"{HERE}?search=climate").json["items"]] == ["cumulusgrp"]
    first = yoda.get(f"{HERE}?limit=1").json
    second = yoda.get(f"{HERE}?limit=1&cursor={first['next']}").json
    assert [page["items"][0]["short_name"] for page in (first, second)] == ["cirrusgrp", "cumulusgrp"]
    assert second["next"] is None


# Members.


def test_members_are_listed_the_newest_first_with_their_details(yoda: Program) -> None:
    ann = member(newcomer("ann@example.org", "Ann"), role=Role.ADMIN, groups=("researchers",))
    answer = yoda.get(path("members")).json
    assert [item["name"] for item in answer["items"]] == ["Ann", "Merel Bakker"]
    assert answer["items"][0] == {
        "id": str(ann.id),
        "name": "Ann",
        "role": "admin",
        "user_id": str(ann.user_id),
        "email": "ann@example.org",
        "groups": [{"id": RESEARCHERS, "short_name": "researchers", "name": "Researchers"}],
        "joined_at": answer["items"][0]["joined_at"],
        "expires_at": None,
    }


def test_members_come_page_by_page(yoda: Program) -> None:
    for number in range(4):
        member(newcomer(f"m{number}@example.org", f"M{number}"))
    first = yoda.get(f"{path('members')}?limit=3").json
    second = yoda.get(f"{path('members')}?limit=3&cursor={first['next']}").json
    names = [item["name"] for page in (first, second) for item in page["items"]]
    assert names == ["M3", "M2", "M1", "M0", "Merel Bakker"]


def test_a_plain_member_sees_names_only_and_finds_nobody_by_address(world: Flask) -> None:
    """A key of somebody who manages elsewhere, and is a member here."""
    key = a_key(YODA)
    in_stratus = member(person(YODA), of="stratusgrp")
    in_stratus.role = Role.MEMBER
    member(newcomer("ann@example.org", "Ann"), of="stratusgrp")
    db.session.execute(db.text("DELETE FROM api_key_units"))  # the key is for all that its owner may do there
    caller = Program(world, key.secret)
    ann, *_others = caller.get(path("members", of="stratusgrp")).json["items"]
    assert (ann["name"], ann["email"], ann["groups"]) == ("Ann", None, None)
    assert caller.get(path("members", of="stratusgrp") + "?search=ann@").json["items"] == []
    assert caller.get(path("invitations", of="stratusgrp")).status_code == 403
    assert invite(caller, "bob@example.org", to="stratusgrp").status_code == 403


def test_outside_its_units_a_key_is_refused_and_elsewhere_nothing_exists(yoda: Program) -> None:
    for short_name, status in (("stratusgrp", 403), ("nimbusgrp", 403), ("auroragrp", 404)):
        assert yoda.get(path("members", of=short_name)).status_code == status
        assert invite(yoda, "ann@example.org", to=short_name).status_code == status
    assert db.session.scalar(select(Invitation)) is None


# Invited.


def test_open_invitations_are_listed_with_their_state(yoda: Program) -> None:
    invited("ann@example.org", expires_at=now() + YESTERDAY)
    bob = invited("bob@example.org", groups=("researchers",))
    ann, answer = *yoda.get(path("invitations")).json["items"][1:], yoda.get(path("invitations")).json
    assert (ann["email"], ann["state"]) == ("ann@example.org", "expired")
    told = answer["items"][0]
    assert (told["id"], told["state"], told["role"]) == (str(bob.id), "open", "member")
    assert (told["invited_by"], told["groups"][0]["short_name"]) == ("Yolanda Damen", "researchers")
    assert yoda.get(path("invitations") + "?search=bob").json["items"] == [told]


def test_several_are_invited_each_with_a_mail(yoda: Program) -> None:
    answer = invite(
        yoda,
        "Ann@example.org",
        "bob@example.org",
        intended_role="admin",
        groups=["Researchers"],
        invitation_expiry_date="2998-05-01",
        membership_expiry_date="2999-05-01",
        message="Hi,\nyou",
        sender_name="Us",
    )
    assert answer.status_code == 200
    assert [made["email"] for made in answer.json["made"]] == ["Ann@example.org", "bob@example.org"]
    assert letters(LetterKind.INVITATION) == ["Ann@example.org", "bob@example.org"]
    ann = db.session.scalars(select(Invitation).where(Invitation.email_key == "ann@example.org")).one()
    assert str(ann.id) == answer.json["made"][0]["id"]
    assert (ann.role, ann.message, ann.sender_name) == (Role.ADMIN, "Hi,\nyou", "Us")
    assert ([group.short_name for group in ann.groups], ann.expires_at.year) == (["researchers"], 2998)


def test_what_is_left_out_is_as_the_organisation_says(yoda: Program) -> None:
    collaboration().organisation.default_message = "Welcome."
    invite(yoda, "ann@example.org")
    invite(yoda, "bob@example.org", message="")
    made = db.session.scalars(select(Invitation).order_by(Invitation.email_key)).all()
    assert [(one.message, one.sender_name) for one in made] == [("Welcome.", "Yolanda Damen"), ("", "Yolanda Damen")]


def test_who_is_invited_or_a_member_already_is_skipped_with_the_reason(yoda: Program) -> None:
    invited("ann@example.org")
    answer = invite(yoda, "ann@example.org", MEREL, "bob@example.org", "BOB@example.org").json
    assert [(one["email"], one["reason"]) for one in answer["skipped"]] == [
        ("ann@example.org", "already_invited"),
        (MEREL, "already_member"),
    ]
    assert answer["skipped"][0]["message"].startswith("Invited on")
    assert len(answer["made"]) == 1


def test_every_problem_is_told_at_once_in_the_words_of_the_file_and_nobody_is_invited(yoda: Program) -> None:
    answer = invite(
        yoda,
        "ann@example.org",
        "bob\0",
        groups=["analysts"],
        membership_expiry_date="2020-01-01",
        sender_name="x" * 256,
        message="a\0",
    )
    told = problems(answer)
    assert {*told} == {"/invitees", "/groups", "/membership_expiry_date", "/sender_name", "/message"}
    assert told["/groups"] == "There is no group “analysts” (looked in: cumulusgrp)."
    assert told["/membership_expiry_date"].startswith("1 January 2020 is past.")
    assert db.session.scalar(select(Invitation)) is None


def test_fifty_at_once_and_no_more(yoda: Program) -> None:
    many = [f"a{number}@example.org" for number in range(51)]
    sentence = "These are 51 addresses; at most 50 can be invited at once here."
    assert problems(invite(yoda, *many)) == {"/invitees": sentence}
    assert len(invite(yoda, *many[:50]).json["made"]) == 50


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/invitees"),
        ({"invitees": []}, "/invitees"),
        ({"invitees": [" "]}, "/invitees"),
        ({"invitees": ["a@example.org"], "intended_role": "owner"}, "/intended_role"),
        ({"invitees": ["a@example.org"], "invitation_expiry_date": "9" * 400}, "/invitation_expiry_date"),
        ({"invitees": ["a@example.org"], "invitation_expiry_date": "0000-00-00"}, "/invitation_expiry_date"),
        ({"invitees": ["a@example.org"], "groups": ["\0", "x" * 9999]}, "/groups"),
        ({"invitees": ["a@example.org"], "short_names": "stratusgrp"}, "/short_names"),
    ],
)
def test_a_body_that_is_not_well_formed_is_refused(yoda: Program, body: dict[str, Any], pointer: str) -> None:
    assert pointer in problems(yoda.post(path("invitations"), json=body))
    assert db.session.scalar(select(Invitation)) is None


def test_any_number_of_names_that_are_no_groups_holds_up_nobody(yoda: Program) -> None:
    began = time.monotonic()
    answer = invite(yoda, "a@example.org", groups=[f"nothing{number}" for number in range(50_000)])
    assert problems(answer).keys() == {"/groups"}
    assert time.monotonic() - began < 15


# Sent again, revoked.


def test_an_invitation_is_sent_again_with_a_new_link(yoda: Program) -> None:
    ann = invited(expires_at=now() + YESTERDAY)
    answer = yoda.post(f"/api/v1/invitations/{ann.id}/resend")
    assert (answer.status_code, answer.json["state"]) == (200, "open")
    assert reload(ann).link_number == 2
    assert letters(LetterKind.INVITATION) == ["ann@example.org"] * 2


def test_an_invitation_is_revoked_once(yoda: Program) -> None:
    ann = invited()
    there = f"/api/v1/invitations/{ann.id}"
    assert (yoda.delete(there).status_code, reload(ann).status) == (204, InvitationStatus.REVOKED)
    again = yoda.delete(there)
    assert (again.status_code, again.json["detail"]) == (409, "This invitation has been answered or closed already.")
    assert yoda.post(f"{there}/resend").status_code == 409


def test_another_units_invitation_is_not_touched(yoda: Program) -> None:
    other = invited(to="stratusgrp")
    assert yoda.delete(f"/api/v1/invitations/{other.id}").status_code == 403
    assert yoda.post(f"/api/v1/invitations/{other.id}/resend").status_code == 403
    assert (reload(other).status, other.link_number) == (InvitationStatus.OPEN, 1)


def test_lists_cost_the_same_queries_for_few_and_for_many(yoda: Program) -> None:
    places = (HERE, path("members"), path("invitations"))

    def queries() -> list[int]:
        counts = []
        for there in places:
            with counted() as statements:
                assert yoda.get(there).status_code == 200
            counts.append(len(statements))
        return counts

    invited("first@example.org", groups=("researchers",))
    member(newcomer("one@example.org"), groups=("researchers",))
    queries()
    few = queries()
    here = collaboration()
    for number in range(20):
        member(newcomer(f"m{number}@example.org"), groups=("researchers",))
        invited(f"i{number}@example.org", groups=("researchers",))
        a_collaboration(here.organisation, f"co{number}", units=here.units, labels=["l"], groups=["g"])
    assert queries() == few
