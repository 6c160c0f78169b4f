"""A file of participants on the pages of its upload, as the state admin sees it."""

import csv
import io

import pytest
from flask import Flask
from sqlalchemy import select

from models import Participant, Upload, User, db, now
from models.upload import UploadKind
from tests.clients import Client
from tests.pages import Page
from tests.participant_files import ADD, REMOVE, a_list, brought, participants, some_teachers, state_ids
from tests.people import a_person, enrolled
from tests.queries import counted
from tests.teaching import MENTOR, STATE_ADMIN, batch, completed, fill, pradesh
from worker.tasks import do_what_waits

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def admin(client: Client) -> Client:
    return client.sign_in(STATE_ADMIN)


def path_of(upload: Upload) -> str:
    return f"/uploads/{upload.id}"


def process(client: Client, upload: Upload) -> Page:
    path = path_of(upload)
    client.send(f"{path}/process")
    do_what_waits()
    return client.page(path)


def links(page: Page) -> dict[str, str]:
    return {" ".join("".join(link.itertext()).split()): link.get("href", "") for link in page.all("a")}


# Checked.


def test_a_ready_file_says_how_many_it_adds_to_which_batch(admin: Client) -> None:
    page = admin.page(path_of(brought(a_list([*some_teachers(3), "PR-00001", "PR-99999"]))))
    assert page.heading == "Ready: 3 people to add"
    assert "“list.csv” has no errors. Nobody has been added to Pilot yet." in page
    assert links(page)["Pilot"] == f"/batches/{batch().id}/participants"
    assert "Add 3 people" in page.buttons()
    assert "1 line will fail" in page
    assert " sent" not in page


def test_one_to_remove_is_said_in_the_singular(admin: Client) -> None:
    fill(1)
    page = admin.page(path_of(brought(a_list(["PR-00001"]), REMOVE)))
    assert page.heading == "Ready: 1 person to remove"
    assert "Nobody has been removed from Pilot yet." in page
    assert "Remove 1 person" in page.buttons()


def test_each_line_says_whom_it_names_and_what_will_happen(admin: Client) -> None:
    some_teachers(2)
    enrolled(batch(), db.session.scalars(select(User.id).where(User.state_id == "PR-00002")))
    page = admin.page(path_of(brought(a_list(["pr-00001", "PR-00002", "PR-99999"]))))
    assert page.rows()[1:] == [
        "2 pr-00001 Teacher 00001 te*****@pradesh.test Will be added",
        "3 PR-00002 Teacher 00002 te*****@pradesh.test Will be skipped This person is a participant already.",
        "4 PR-99999 nobody Will fail Nobody of this organisation has this user ID or state ID.",
    ]


def test_who_was_removed_before_will_be_added_again(admin: Client) -> None:
    (user_id,) = fill(1)
    db.session.get_one(Participant, (batch().id, user_id)).removed_at = now()
    upload = brought(a_list(["PR-00001"]))
    assert "Will be added again" in admin.page(path_of(upload)).rows()[1]
    assert process(admin, upload).rows()[1] == "2 PR-00001 Added again"


def test_failures_and_skips_have_tabs_of_their_own(admin: Client) -> None:
    path = path_of(brought(a_list([*some_teachers(1), "PR-00001", "PR-99999"])))
    assert admin.page(f"{path}?show=failures").rows()[1:] == [
        "4 PR-99999 Nobody of this organisation has this user ID or state ID."
    ]
    assert admin.page(f"{path}?show=skips").rows()[1:] == ["3 PR-00001 The same person stands on line 2 already."]


@pytest.mark.parametrize(("kind", "heading"), [(ADD, "Nobody to add"), (REMOVE, "Nobody to remove")])
def test_a_file_with_nothing_to_do_says_so_without_a_button(admin: Client, kind: UploadKind, heading: str) -> None:
    page = admin.page(path_of(brought(a_list(["PR-99999"]), kind)))
    assert page.heading == heading
    assert not any(button.startswith(("Add", "Remove")) for button in page.buttons())
    assert "Nothing will be skipped" in admin.page(f"{path_of_only()}?show=skips")


def path_of_only() -> str:
    return path_of(db.session.scalars(select(Upload)).one())


def test_errors_say_what_to_mend_and_the_mended_file_goes_back_to_its_batch(admin: Client) -> None:
    some_teachers(1)
    page = admin.page(path_of(brought("identifier,name\nPR-00001,Asha\n,Bose\n", REMOVE)))
    assert page.heading == "1 error in the file: nobody can be removed yet"
    assert "Fill in 1 missing value" in page
    assert "3 identifier empty Nobody is named: write a user ID or a state ID." in page.rows()
    assert again(page) == (f"/batches/{batch().id}/participants", "remove", path_of_only().rpartition("/")[2])


def again(page: Page) -> tuple[str | None, str | None, str | None]:
    """Of the form for the mended file, where it goes, and what it says about itself."""
    (form,) = [form for form in page.all("form") if form.get("enctype")]
    fields = {field.get("name"): field.get("value") for field in form.iter("input")}
    return form.get("action"), fields["action"], fields["replaces"]


def test_a_file_that_is_no_list_is_said_to_be_none(admin: Client) -> None:
    page = admin.page(path_of(brought("user_id,state_id\n,PR-00001\n")))
    assert page.heading == "This file cannot be read as a list"
    assert "These columns of the file are one and the same" in page
    assert "Nobody of “list.csv” has been added to Pilot" in page
    assert again(page) == (f"/batches/{batch().id}/participants", "add", path_of_only().rpartition("/")[2])


def test_a_file_can_be_discarded(admin: Client) -> None:
    path = path_of(brought(a_list(some_teachers(1))))
    assert "“list.csv” has not been processed, and will not be." in admin.page(f"{path}/discard")
    assert "has been discarded" in admin.send(f"{path}/discard")
    page = admin.page(path)
    assert "Nobody of “list.csv” has been added to Pilot" in page
    assert links(page)["Upload another file"] == f"/batches/{batch().id}/participants"


# Processed.


def test_processing_adds_and_shows_what_became_of_each(admin: Client) -> None:
    page = process(admin, brought(a_list([*some_teachers(3), "PR-00001", "PR-99999"])))
    assert page.heading == "Done: 3 people added"
    assert page.rows()[1:] == [
        "2 PR-00001 Added",
        "3 PR-00002 Added",
        "4 PR-00003 Added",
        "5 PR-00001 Skipped The same person stands on line 2 already.",
        "6 PR-99999 Failed Nobody of this organisation has this user ID or state ID.",
    ]
    assert list(participants()) == state_ids(3)


def test_each_outcome_has_a_tab(admin: Client) -> None:
    first, *_others = fill(3)
    completed(first)
    upload = brought(a_list(state_ids(4)), REMOVE)
    assert process(admin, upload).heading == "Done: 2 people removed"
    rows = {name: len(admin.page(f"{path_of(upload)}?show={name}").rows()) - 1 for name in ("removed", "failed")}
    assert rows == {"removed": 2, "failed": 2}
    assert "No line of this file ended like this." in admin.page(f"{path_of(upload)}?show=skipped")


def test_the_progress_says_what_is_going_on_until_it_is_done(admin: Client) -> None:
    path = path_of(brought(a_list(some_teachers(3))))
    admin.post(f"{path}/process")
    page = admin.page(path)
    assert page.heading == "Processing “list.csv”"
    assert "3 people are being added, all at once; you can leave this page." in page
    headers = {"HX-Request": "true", "HX-Target": "progress"}
    assert 'hx-trigger="every 2s"' in admin.get(path, headers=headers).text
    do_what_waits()
    done = admin.get(path, headers=headers).text
    assert "hx-trigger" not in done
    assert "Done." in done


def test_the_result_can_be_downloaded(admin: Client) -> None:
    upload = brought(a_list([*some_teachers(1), "PR-99999"]))
    process(admin, upload)
    answer = admin.get(f"{path_of(upload)}/result.csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == ["line", "identifier", "outcome", "reason", "message"]
    assert [row[:4] for row in rows[1:]] == [["2", "PR-00001", "added", ""], ["3", "PR-99999", "failed", "not_found"]]


# Listed.


def test_the_history_says_what_each_file_is(admin: Client) -> None:
    identifiers = some_teachers(2)
    process(admin, brought(a_list(identifiers), name="add.csv"))
    brought(a_list(identifiers), REMOVE, name="remove.csv")
    admin.upload("short_names,invitees\nnosuch,a@example.org\n", "invite.csv")
    what = {row.split(" ")[0]: row for row in admin.page("/uploads").rows()[1:]}
    assert "Add to “Pilot”" in what["add.csv"]
    assert what["add.csv"].endswith("Done 2 2 0 0")
    assert "Remove from “Pilot”" in what["remove.csv"]
    assert "Invitations" in what["invite.csv"]


def test_the_start_page_shows_what_is_to_finish(admin: Client) -> None:
    brought(a_list(some_teachers(2)), name="add.csv")
    brought(a_list(["PR-00001"]), REMOVE, name="remove.csv")
    rows = {row.split(" ")[0]: row for row in admin.page("/").rows()}
    assert "Add to “Pilot”" in rows["add.csv"]
    assert rows["add.csv"].endswith("2 people ready to be added")
    assert rows["remove.csv"].endswith("Nobody to remove")


# For whom.


def test_another_admin_sees_it_but_cannot_process_it(admin: Client, world: Flask) -> None:
    upload = brought(a_list(some_teachers(1)))
    colleague = a_person("other@pradesh.test", admin_of=pradesh(), password_hash=password_hash())
    other = Client(world).sign_in(colleague.email)
    page = other.page(path_of(upload))
    assert "Participants are added and removed under the name of who brought the file." in page
    assert "Add 1 person" not in page.buttons()
    other.send(f"{path_of(upload)}/process", 403)


def password_hash() -> str | None:
    return db.session.scalars(select(User.password_hash).where(User.email == STATE_ADMIN)).one()


@pytest.mark.parametrize(("email", "status"), [(MENTOR, 403), ("admin@otherland.test", 404)])
def test_it_is_not_for_others(world: Flask, email: str, status: int) -> None:
    path = path_of(brought(a_list(some_teachers(1))))
    other = Client(world).sign_in(email)
    assert [other.get(path).status_code, other.post(f"{path}/process").status_code] == [status, status]


def test_the_pages_cost_the_same_for_few_lines_and_for_many(admin: Client) -> None:
    identifiers = some_teachers(2_000)
    few, many = brought(a_list(identifiers[:60])), brought(a_list(identifiers[60:]))
    for show in ("lines", "skips"):
        assert queries(admin, f"{path_of(few)}?show={show}") == queries(admin, f"{path_of(many)}?show={show}")
    process(admin, few)
    process(admin, many)
    assert queries(admin, path_of(few)) == queries(admin, path_of(many))


def queries(client: Client, path: str) -> int:
    with counted() as statements:
        client.get(path)
    return len(statements)
