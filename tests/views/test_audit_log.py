"""The audit log's pages: what they tell, whom they are narrowed to, and their files."""

import csv
import io

import pytest
from flask import Flask

from domain import participants
from domain.audit import By
from models import AuditEntry, db, now
from models.audit import AuditAction, Through
from tests.clients import Client
from tests.pages import Page
from tests.people import add, an_invitation, the_collaboration, the_person
from tests.programs import Program, a_key
from tests.teaching import MENTOR, STATE_ADMIN, batch, fill, more, pradesh

pytestmark = pytest.mark.usefixtures("world")

PLATFORM = "platform@muster.test"


@pytest.fixture
def admin(client: Client) -> Client:
    return client.sign_in(STATE_ADMIN)


def path(rest: str = "") -> str:
    return f"/organisations/{pradesh().id}/audit-log{rest}"


def links(page: Page, words: str) -> list[str]:
    return [link.get("href") or "" for link in page.all("a") if words in "".join(link.itertext())]


def lines(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return [*csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))]


def remove(identifiers: list[str], by: By) -> None:
    participants.withdraw(batch(), [*participants.find(batch(), identifiers).values()], by)
    db.session.commit()


def test_it_tells_who_did_what_on_what_through_what_and_from_where(admin: Client) -> None:
    fill(3)
    remove(["PR-00001", "PR-00002"], By(the_person(STATE_ADMIN).id, Through.PAGE, address="192.0.2.7"))
    _head, newest, oldest = admin.page(path()).rows()
    assert "2 participants removed Pilot Sarita Deshmukh 192.0.2.7 on a page Download the list" in newest
    assert "3 participants added Pilot the operator by a command" in oldest


def test_what_is_done_to_nobody_has_no_list_of_people(admin: Client) -> None:
    admin.send(f"/organisations/{pradesh().id}/units/new", name="North")
    row = admin.page(path()).rows()[1]
    assert "Unit made North" in row
    assert "Download the list" not in row


def test_what_is_done_on_a_page_is_told_with_its_address(admin: Client) -> None:
    fill(1)
    teacher = the_person("teacher00001@pradesh.test")
    admin.send(f"/batches/{batch().id}/edit/remove", participant=str(teacher.id))
    assert "Sarita Deshmukh 127.0.0.1" in admin.page(path()).rows()[1]


def test_a_call_is_told_with_its_address_and_the_name_of_its_key(world: Flask, admin: Client) -> None:
    (person,) = more(1)
    key = a_key(STATE_ADMIN, name="Nightly sync")
    Program(world, key.secret).post(f"/api/v1/batches/{batch().id}/participants", json={"identifiers": [str(person)]})
    _head, newest, made = admin.page(path()).rows()
    assert "Sarita Deshmukh 127.0.0.1 through the API key “Nightly sync”" in newest
    assert "API key made for 1 person For the tests Nightly sync the operator" in made


def test_who_accepts_an_invitation_is_told_with_their_address(world: Flask, client: Client) -> None:
    invitation = an_invitation("new@example.org", the_collaboration("cumulusgrp"), the_person(PLATFORM))
    token = world.extensions["link_tokens"].join.make(invitation.id, invitation.link_number)
    client.send(f"/join/{token}/account", name="New One", password="a long password")
    entry = db.session.scalars(db.select(AuditEntry).where(AuditEntry.action == AuditAction.MEMBER_JOINED)).one()
    assert entry.address == "127.0.0.1"


def test_platform_admins_see_every_organisation_and_what_is_of_none(client: Client) -> None:
    fill(1)
    add(AuditEntry(action=AuditAction.PLATFORM_ADMIN_MADE, through=Through.COMMAND, counts={"made": 1}, people={}))
    _head, newest, oldest = client.sign_in(PLATFORM).page("/platform/audit-log").rows()
    assert "1 platform admin made the platform the operator" in newest
    assert "1 participant added Pilot Pradesh State Education the operator" in oldest


def test_people_are_looked_up_by_any_name(admin: Client) -> None:
    fill(2)
    remove(["PR-00001"], By(the_person(STATE_ADMIN).id, Through.PAGE))
    assert len(admin.page(path("?q=PR-00001")).rows()) == 3
    page = admin.page(path("?q=PR-00002"))
    assert len(page.rows()) == 2
    assert "What Teacher 00002 did, and what was done to them." in page
    assert len(admin.page(path("?q=Sarita")).rows()) == 2


def test_of_several_people_one_is_chosen(admin: Client) -> None:
    fill(2)
    page = admin.page(path("?q=Teacher&action=participants-added"))
    assert "Several people fit “Teacher”." in page
    assert page.rows() == []
    assert "Teacher 00001 te*****@pradesh.test, PR-00001" in page
    chosen = admin.page(links(page, "Teacher 00001")[0])
    assert "What Teacher 00001 did" in chosen
    assert len(chosen.rows()) == 2


def test_nobody_is_found_by_a_name_that_nobody_has(admin: Client) -> None:
    fill(1)
    assert "Nobody found" in admin.page(path("?q=Aaltje"))
    assert admin.get(path(".csv?q=Aaltje")).status_code == 404


def test_it_is_narrowed_by_action_and_days(admin: Client) -> None:
    fill(1)
    today = now().astimezone().date()
    assert len(admin.page(path("?action=participants-added&from=2026-01-01")).rows()) == 2
    assert "Nothing fits what you ask for." in admin.page(path("?action=member-joined"))
    assert "Nothing fits what you ask for." in admin.page(path(f"?to={today.replace(year=today.year - 1)}"))


@pytest.mark.parametrize("query", ["?from=x&to=0001-01-01", "?to=9999-12-31", "?action=nonsense", "?after=x", "?q=%00"])
def test_what_cannot_be_asked_for_is_passed_over(admin: Client, query: str) -> None:
    fill(1)
    assert len(admin.page(path(query)).rows()) == 2


def test_pages_are_turned_from_the_newest_to_the_oldest(admin: Client) -> None:
    for number in range(120):
        plain = {"action": AuditAction.MEMBER_JOINED, "through": Through.PAGE, "counts": {"joined": 1}, "people": {}}
        add(AuditEntry(organisation_id=pradesh().id, note=f"no. {number}", **plain))
    page = admin.page(path("?action=member-joined"))
    assert "no. 119" in page.rows()[1]
    page = admin.page(links(page, "Next")[0])
    assert "no. 69" in page.rows()[1]
    page = admin.page(links(page, "Last")[0])
    assert "no. 0" in page.rows()[-1]
    assert links(page, "Next") == []


def test_what_is_shown_is_downloaded(admin: Client) -> None:
    fill(2)
    remove(["PR-00001"], By(the_person(STATE_ADMIN).id, Through.PAGE, address="192.0.2.7"))
    page = admin.page(path("?action=participants-removed"))
    (line,) = lines(admin, links(page, "Download as CSV")[0])
    assert (line["Name"], line["Address"], line["Batch"]) == ("Sarita Deshmukh", "192.0.2.7", "Pilot")
    assert len(lines(admin, path(".csv"))) == 2


def test_a_note_is_no_formula_in_the_file(admin: Client) -> None:
    plain = {"action": AuditAction.MEMBER_JOINED, "through": Through.PAGE, "counts": {}, "people": {}}
    add(AuditEntry(organisation_id=pradesh().id, note="=HYPERLINK()", **plain))
    assert lines(admin, path(".csv"))[0]["Note"] == "'=HYPERLINK()"


def test_the_people_of_an_entry_are_a_file(admin: Client) -> None:
    fill(2)
    page = admin.page(path())
    people = lines(admin, links(page, "Download the list")[0])
    assert [(line["External ID"], line["Outcome"]) for line in people] == [("PR-00001", "added"), ("PR-00002", "added")]


def test_an_entry_of_another_organisation_is_not_there(client: Client) -> None:
    fill(1)
    entry = db.session.scalars(db.select(AuditEntry)).one()
    otto = client.sign_in("admin@otherland.test")
    otherland = the_person("admin@otherland.test").organisation_id
    assert otto.get(f"/organisations/{otherland}/audit-log/{entry.id}.csv").status_code == 404
    assert "Pilot" not in otto.page("/audit-log")


def test_whoever_may_read_one_log_goes_there_from_the_menu(admin: Client) -> None:
    assert admin.page("/").all("a", href="/audit-log")
    assert admin.page("/audit-log").heading == "Audit log of Pradesh State Education"


def test_platform_admins_choose_whose(client: Client) -> None:
    page = client.sign_in(PLATFORM).page("/audit-log")
    assert links(page, "Whole platform") == ["/platform/audit-log"]
    assert links(page, "Pradesh State Education") == [path()]


def test_who_may_read_none_is_shown_no_way_there(client: Client) -> None:
    assert not client.sign_in(MENTOR).page("/").all("a", href="/audit-log")
