"""Bringing people from a file, on its page and on those of its upload."""

import csv
import io

import pytest
from flask import Flask
from sqlalchemy import select

from models import Upload, db
from models.upload import UploadState
from tests.clients import Client
from tests.pages import Page
from tests.people import a_person, the_person
from tests.people_files import a_file_of, brought, numbered, people
from tests.queries import counted
from tests.teaching import STATE_ADMIN, pradesh
from worker.tasks import do_what_waits

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def admin(client: Client) -> Client:
    return client.sign_in(STATE_ADMIN)


def here() -> str:
    return f"/organisations/{pradesh().id}/directory/import"


def upload(client: Client, content: str | bytes, **form: str) -> Page:
    file = io.BytesIO(content.encode() if isinstance(content, str) else content), "people.csv"
    answer = client.post(here(), data={"file": file, **form}, content_type="multipart/form-data", follow_redirects=True)
    assert answer.status_code == 200
    page = Page(answer.text)
    page.path = answer.request.path
    return page


def path_of(upload: Upload) -> str:
    return f"/uploads/{upload.id}"


def process(client: Client, path: str) -> Page:
    client.send(f"{path}/process")
    do_what_waits()
    return client.page(path)


# The page.


def test_the_page_says_what_the_file_is_like(admin: Client, world: Flask) -> None:
    world.config["PEOPLE_MAX_LINES"] = 1_234
    page = admin.page(here())
    assert page.heading == "Import people"
    assert "1,234 lines" in page
    assert [row.split()[:2] for row in page.rows()[1:4]] == [["name", "yes"], ["email", "yes"], ["state_id", "no"]]


def test_the_sample_is_ready_as_it_is(admin: Client) -> None:
    page = upload(admin, admin.get(f"{here()}/sample.csv").data)
    assert page.heading == "Ready: 3 people"


def test_without_a_file_the_page_asks_for_one(admin: Client) -> None:
    answer = admin.post(here())
    assert answer.status_code == 422
    assert "Choose a file first." in Page(answer.text)


def test_a_file_may_have_so_many_lines(admin: Client, world: Flask) -> None:
    world.config["PEOPLE_MAX_LINES"] = 2
    assert upload(admin, a_file_of(*numbered(1, 3))).heading == "This file cannot be read as a list"


# Checked.


def test_a_ready_file_says_how_many_it_adds_and_updates(admin: Client) -> None:
    a_person("p1@pradesh.test", name="Person 1", organisation=pradesh(), state_id="N-1")
    a_person("p2@pradesh.test", name="Person 2", organisation=pradesh(), state_id="N-2")
    a_person("taken@pradesh.test", user_name="taken")
    lines = [*numbered(1, 1), *numbered(2, 4, district="North"), *numbered(5, 5, user_name="taken")]
    page = upload(admin, a_file_of(*lines))
    assert page.heading == "Ready: 3 people"
    assert "Nobody of Pradesh State Education has been added or updated yet." in page
    assert "Process 3 people" in page.buttons()
    assert page.rows()[1:] == [
        "2 Person 1 p1@pradesh.test N-1 Will be skipped Nothing is new about this person.",
        "3 Person 2 p2@pradesh.test N-2 North Will be updated district",
        "4 Person 3 p3@pradesh.test N-3 North Will be added",
        "5 Person 4 p4@pradesh.test N-4 North Will be added",
        "6 Person 5 p5@pradesh.test N-5 Will fail This user name is taken: write another, or none.",
    ]
    assert "2 people to add" not in page
    assert "people to add 2" in page
    assert "person to update 1" in page
    assert admin.page(f"{page.path}?show=failures").rows()[1:] == [
        "6 p5@pradesh.test This user name is taken: write another, or none."
    ]


def test_who_is_taken_in_is_told(admin: Client) -> None:
    a_person("p1@pradesh.test", name="Person 1")
    page = upload(admin, a_file_of(*numbered(1, 1)))
    assert page.rows()[1].endswith("Will be updated becomes one of the organisation, state ID")


def test_errors_say_what_to_mend_and_the_mended_file_takes_the_place_of_the_faulty_one(admin: Client) -> None:
    page = upload(admin, a_file_of(*numbered(1, 1), {"name": "X", "email": "x@@pradesh.test"}))
    assert page.heading == "1 error in the file: nobody can be added or updated yet"
    assert "Correct 1 e-mail address" in page
    (form,) = [form for form in page.all("form") if form.get("enctype")]
    assert form.get("action") == here()
    faulty = db.session.scalars(select(Upload)).one()
    assert upload(admin, a_file_of(*numbered(1, 1)), replaces=str(faulty.id)).heading == "Ready: 1 person"
    assert faulty.state is UploadState.DISCARDED


def test_a_file_with_nothing_new_says_so_without_a_button(admin: Client) -> None:
    a_person("p1@pradesh.test", name="Person 1", organisation=pradesh(), state_id="N-1")
    page = upload(admin, a_file_of(*numbered(1, 1)))
    assert page.heading == "Nobody to add or update"
    assert not any(button.startswith("Process") for button in page.buttons())


def test_a_file_can_be_discarded(admin: Client) -> None:
    path = path_of(brought(a_file_of(*numbered(1, 1))))
    assert "has been discarded" in admin.send(f"{path}/discard")
    assert "Nobody of “people.csv” has been added to Pradesh State Education" in admin.page(path)


# Processed.


def test_processing_brings_them_and_shows_what_became_of_each(admin: Client) -> None:
    a_person("p1@pradesh.test", name="Person", organisation=pradesh(), state_id="N-1")
    path = upload(admin, a_file_of(*numbered(1, 3))).path
    page = process(admin, path)
    assert page.heading == "Done: 3 people added or updated"
    assert page.rows()[1:] == ["2 p1@pradesh.test Updated", "3 p2@pradesh.test Added", "4 p3@pradesh.test Added"]
    rows = {name: len(admin.page(f"{path}?show={name}").rows()) - 1 for name in ("added", "updated")}
    assert rows == {"added": 2, "updated": 1}
    assert [*people()] == ["p1@pradesh.test", "p2@pradesh.test", "p3@pradesh.test"]
    assert "No line of this file ended like this." in admin.page(f"{path}?show=skipped")


def test_the_progress_says_what_is_going_on_until_it_is_done(admin: Client) -> None:
    path = path_of(brought(a_file_of(*numbered(1, 3))))
    admin.post(f"{path}/process")
    page = admin.page(path)
    assert page.heading == "Processing “people.csv”"
    assert "0 of 3 people added or updated; you can leave this page." in page
    headers = {"HX-Request": "true", "HX-Target": "progress"}
    assert 'hx-trigger="every 2s"' in admin.get(path, headers=headers).text
    do_what_waits()
    assert "hx-trigger" not in admin.get(path, headers=headers).text


def test_the_result_can_be_downloaded(admin: Client) -> None:
    path = path_of(brought(a_file_of(*numbered(1, 1))))
    process(admin, path)
    answer = admin.get(f"{path}/result.csv")
    rows = [*csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))]
    assert rows == [["line", "email", "outcome", "reason", "message"], ["2", "p1@pradesh.test", "added", "", ""]]


# Listed.


def test_the_history_and_the_start_page_say_what_the_file_is(admin: Client) -> None:
    upload = brought(a_file_of(*numbered(1, 2)))
    (row,) = [row for row in admin.page("/").rows() if "people.csv" in row]
    assert "People of “Pradesh State Education”" in row
    assert row.endswith("2 people ready to be processed")
    process(admin, path_of(upload))
    (row,) = [row for row in admin.page("/uploads").rows() if "people.csv" in row]
    assert "People of “Pradesh State Education”" in row
    assert row.endswith("Done 2 2 0 0")


# For whom.


def test_another_admin_sees_it_but_cannot_process_it(admin: Client, world: Flask) -> None:
    path = path_of(brought(a_file_of(*numbered(1, 1))))
    hash_of_the_demo = the_person(STATE_ADMIN).password_hash
    colleague = a_person("other@pradesh.test", admin_of=pradesh(), password_hash=hash_of_the_demo)
    other = Client(world).sign_in(colleague.email)
    page = other.page(path)
    assert "People are added and updated under the name of who brought the file." in page
    assert "Process 1 person" not in page.buttons()
    other.send(f"{path}/process", 403)


@pytest.mark.parametrize(("email", "status"), [("mentor@pradesh.test", 403), ("admin@otherland.test", 404)])
def test_it_is_not_for_others(world: Flask, email: str, status: int) -> None:
    path = path_of(brought(a_file_of(*numbered(1, 1))))
    other = Client(world).sign_in(email)
    answers = [other.get(path), other.post(f"{path}/process"), other.get(here()), other.post(here())]
    assert [answer.status_code for answer in answers] == [status] * 4


def test_the_pages_cost_the_same_for_few_lines_and_for_many(admin: Client) -> None:
    few, many = brought(a_file_of(*numbered(1, 60))), brought(a_file_of(*numbered(61, 2_060)))
    assert queries(admin, path_of(few)) == queries(admin, path_of(many))
    process(admin, path_of(few))
    process(admin, path_of(many))
    assert queries(admin, path_of(few)) == queries(admin, path_of(many))


def queries(client: Client, path: str) -> int:
    with counted() as statements:
        client.get(path)
    return len(statements)
