"""From a file to its check page, to Process, to the result: as the uploader sees it."""

import csv
import io
import re

import pytest
from flask import Flask
from sqlalchemy import select

from models import Invitation, Upload, db
from tests.clients import Client
from tests.pages import Page
from tests.queries import counted
from tests.sheets import sheet
from worker.tasks import do_what_waits

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def yoda(client: Client) -> Client:
    return client.sign_in("yoda@harderwijk.test")


def process(client: Client, page: Page) -> Page:
    client.send(f"{page.path}/process")
    do_what_waits()
    return client.page(page.path)


def download(client: Client, path: str) -> list[list[str]]:
    answer = client.get(path)
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_schema_page_describes_every_column_and_shows_the_example(yoda: Client) -> None:
    page = yoda.page("/invitations/schema")
    for column in ("short_names", "labels", "intended_role", "invitees", "groups", "message", "sender_name"):
        assert column in page
    assert "r.doe@example.org" in page


def test_the_sample_uploaded_as_it_is_is_ready(yoda: Client) -> None:
    page = yoda.upload(yoda.get("/invitations/sample.csv").data, "invitations-sample.csv")
    assert page.heading == "Ready: 6 invitations"


def test_the_upload_page_says_the_limits(yoda: Client) -> None:
    page = yoda.page("/invitations/upload")
    assert "up to 10 MB and 10,000 lines" in page


def test_without_a_file_the_form_asks_for_one(yoda: Client) -> None:
    assert "Choose a file first." in yoda.send("/invitations/upload", 422)


def test_a_ready_file_shows_what_each_line_means(yoda: Client) -> None:
    page = yoda.upload(sheet("two-lines.csv"), "two-lines.csv")
    assert page.heading == "Ready: 5 invitations"
    line_2, line_3 = page.rows()[1:3]
    assert "Cumulus research group cumulusgrp Group: researchers admin r.doe@example.org" in line_2
    assert "Accept by 30 June 2027 Member until 30 June 2028" in line_2
    assert "Cirrus analysis group cirrusgrp Group: analysts member" in line_3
    assert line_3.endswith("4")


def test_the_button_states_its_count(yoda: Client) -> None:
    assert "Process 5 invitations" in yoda.upload(sheet("two-lines.csv")).buttons()
    assert "Process 1 invitation" in yoda.upload(sheet("will-fail.csv")).buttons()


def test_errors_are_shown_line_by_line_with_what_to_do_and_no_button(yoda: Client) -> None:
    page = yoda.upload(sheet("many-errors.csv"), "many-errors.csv")
    assert page.heading == "8 errors in the file: nothing can be sent yet"
    assert "Correct 1 e-mail address" in page
    assert page.rows()[4] == (
        "5 invitees bad@@example.org “bad@@example.org”, number 2 of 2, is not an e-mail address: "
        "it has more than one @."
    )
    assert not any("Process" in button for button in page.buttons())


def test_a_file_with_errors_cannot_be_processed_by_a_hand_made_request(yoda: Client) -> None:
    page = yoda.upload(sheet("many-errors.csv"))
    yoda.send(f"{page.path}/process")
    do_what_waits()
    assert db.session.scalar(select(Invitation)) is None


def test_a_file_with_errors_comes_back_with_a_column_that_names_them(yoda: Client) -> None:
    page = yoda.upload(sheet("many-errors.csv"), "many-errors.csv")
    rows = download(yoda, f"{page.path}/errors.csv")
    assert rows[0][-1] == "errors"
    assert rows[1][-1].startswith("short_names: No collaboration is named")
    assert rows[4][2] == "good@example.org, bad@@example.org"
    assert len(rows) == 10


def test_uploading_the_mended_file_puts_the_faulty_one_away(yoda: Client) -> None:
    page = yoda.upload(sheet("many-errors.csv"))
    upload_id = page.path.rpartition("/")[2]
    data = {"file": (io.BytesIO(sheet("two-lines.csv")), "mended.csv"), "replaces": upload_id}
    yoda.post("/invitations/upload", data=data, content_type="multipart/form-data")
    assert yoda.page(page.path).heading.startswith("Discarded")


def test_a_file_that_is_no_list_is_said_to_be_none(yoda: Client) -> None:
    page = yoda.upload(b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "holiday.png")
    assert page.heading == "This file cannot be read as a list"
    assert "image" in page


def test_a_file_without_a_required_column_names_it(yoda: Client) -> None:
    page = yoda.upload("short_names,role\ncumulusgrp,member\n")
    assert page.heading == "This file cannot be read as a list"
    assert "invitees" in page


def test_failures_foreseen_are_shown_with_their_reasons(yoda: Client) -> None:
    page = yoda.upload(sheet("will-fail.csv"))
    failures = yoda.page(f"{page.path}?show=failures")
    assert "5 invitations will fail" in page
    assert "2 a@example.org cumulusgroup You manage no collaboration “cumulusgroup”." in failures.rows()[1]


def test_a_file_with_nothing_to_send_says_so_without_a_button(yoda: Client) -> None:
    page = yoda.upload("short_names,invitees\nnosuchgrp,a@example.org\n")
    assert page.heading == "Nothing to send"
    assert not any("Process" in button for button in page.buttons())


def test_processing_sends_and_shows_what_became_of_each(yoda: Client) -> None:
    page = process(yoda, yoda.upload(sheet("will-fail.csv"), "will-fail.csv"))
    assert page.heading == "Done: 1 invitation sent"
    assert "6 e@example.org cirrusgrp member Failed There is no group “nosuchgroup”" in page.rows()[5]
    assert "7 fine@example.org cirrusgrp analysts member Sent" in page.rows()[6]


def test_the_result_has_a_row_for_each_invitation(yoda: Client) -> None:
    page = yoda.upload(sheet("two-lines.csv"))
    process(yoda, page)
    rows = download(yoda, f"{page.path}/result.csv")
    assert rows[0] == ["line", "invitee", "collaboration", "groups", "role", "outcome", "reason", "message"]
    assert ["3", "joost@example.org", "cirrusgrp", "analysts", "member", "sent", "", ""] in rows
    assert len(rows) == 6


def test_pressing_process_a_second_time_changes_nothing(yoda: Client) -> None:
    page = yoda.upload(sheet("two-lines.csv"))
    process(yoda, page)
    assert process(yoda, page).heading == "Done: 5 invitations sent"
    assert len(db.session.scalars(select(Invitation)).all()) == 5


def test_the_progress_asks_again_until_the_work_is_done(yoda: Client) -> None:
    page = yoda.upload(sheet("two-lines.csv"))
    yoda.post(f"{page.path}/process")
    waiting = yoda.get(page.path, headers={"HX-Request": "true", "HX-Target": "progress"}).text
    assert 'hx-trigger="every 2s"' in waiting
    assert "Sent 0 of 5; you can leave this page." in waiting
    do_what_waits()
    done = yoda.get(page.path, headers={"HX-Request": "true", "HX-Target": "progress"}).text
    assert "hx-trigger" not in done
    assert "Done." in done


def test_without_scripts_the_page_reloads_itself_until_the_work_is_done(yoda: Client) -> None:
    page = yoda.upload(sheet("two-lines.csv"))
    yoda.post(f"{page.path}/process")
    assert '<meta http-equiv="refresh"' in yoda.get(page.path).text
    do_what_waits()
    assert '<meta http-equiv="refresh"' not in yoda.get(page.path).text


def test_the_same_file_again_is_skipped_silently(yoda: Client) -> None:
    process(yoda, yoda.upload(sheet("two-lines.csv")))
    page = yoda.upload(sheet("two-lines.csv"))
    assert page.heading == "Nothing to send"
    skips = yoda.page(f"{page.path}?show=skips")
    assert re.search(r"Invited on .* by Yolanda Damen; the invitation is open through", skips.rows()[1])


def test_an_organisations_admin_sees_its_uploads_but_cannot_process_them(yoda: Client, world: Flask) -> None:
    page = yoda.upload(sheet("two-lines.csv"), "two-lines.csv")
    admin = Client(world).sign_in("admin@harderwijk.test")
    assert "two-lines.csv" in admin.page("/uploads")
    assert "Only Yolanda Damen can process this file" in admin.page(page.path)
    admin.send(f"{page.path}/process", 403)


@pytest.mark.parametrize(
    ("email", "status"),
    [("manager@harderwijk.test", 403), ("member@harderwijk.test", 403), ("admin@otherland.test", 404)],
)
def test_an_upload_is_not_for_others(yoda: Client, world: Flask, email: str, status: int) -> None:
    page = yoda.upload(sheet("two-lines.csv"))
    other = Client(world).sign_in(email)
    for path in (page.path, f"{page.path}/errors.csv", f"{page.path}/result.csv"):
        assert other.get(path).status_code == status
    other.send(f"{page.path}/process", status)


def test_an_upload_can_be_discarded_after_asking(yoda: Client) -> None:
    page = yoda.upload(sheet("two-lines.csv"), "two-lines.csv")
    assert "Discard this upload?" in yoda.page(f"{page.path}/discard")
    assert "has been discarded" in yoda.send(f"{page.path}/discard")
    yoda.send(f"{page.path}/process")
    do_what_waits()
    assert db.session.scalar(select(Invitation)) is None


def test_what_has_been_processed_cannot_be_discarded(yoda: Client) -> None:
    page = yoda.upload(sheet("two-lines.csv"))
    process(yoda, page)
    assert "processed, or discarded, already" in yoda.send(f"{page.path}/discard", 409)


def test_names_that_people_type_are_text_everywhere(yoda: Client) -> None:
    page = yoda.upload("short_names,invitees\n<script>alert(1)</script>,a@example.org\n", "<img src=x>.csv")
    assert "<script>alert" not in page.html
    assert "<img src" not in page.html


def test_a_result_never_holds_a_formula(yoda: Client) -> None:
    page = yoda.upload('short_names,invitees\n"=1+1",a@example.org\ncumulusgrp,b@example.org\n')
    process(yoda, page)
    rows = download(yoda, f"{page.path}/result.csv")
    assert rows[1][2] == "'=1+1"


def test_the_upload_page_costs_the_same_for_few_lines_and_for_many(yoda: Client) -> None:
    few = yoda.upload("short_names,invitees\n" + "".join(f"cumulusgrp,a{n}@example.org\n" for n in range(60)))
    many = yoda.upload("short_names,invitees\n" + "".join(f"cumulusgrp,b{n}@example.org\n" for n in range(3000)))
    assert queries(yoda, few.path) == queries(yoda, many.path)
    assert len(yoda.page(many.path).rows()) == 51


def queries(client: Client, path: str) -> int:
    with counted() as statements:
        client.get(path)
    return len(statements)


def test_the_history_is_ones_own(yoda: Client, world: Flask) -> None:
    yoda.upload(sheet("two-lines.csv"), "two-lines.csv")
    assert "two-lines.csv" in yoda.page("/uploads")
    assert "two-lines.csv" not in Client(world).sign_in("manager@harderwijk.test").page("/uploads")
    assert len(db.session.scalars(select(Upload)).all()) == 1
