"""The start page: what waits for whom, and what to do where nothing does."""

import pytest

from models import Upload, db, now
from models.upload import UploadState
from tests.clients import Client
from tests.invitees import YODA, collaboration, newcomer, person

pytestmark = pytest.mark.usefixtures("world")


def test_a_manager_sees_the_uploads_to_finish_and_what_they_look_after(client: Client) -> None:
    uploader = person(YODA).id
    db.session.add(Upload(user_id=uploader, file_name="a.csv", content=b"", state=UploadState.ERRORS, error_count=3))
    db.session.add(Upload(user_id=uploader, file_name="b.csv", content=b"", state=UploadState.READY, to_do=1200))
    db.session.add(Upload(user_id=uploader, file_name="c.csv", content=b"", state=UploadState.DONE))
    page = client.sign_in(YODA).page("/")
    assert "3 errors to correct" in next(row for row in page.rows() if row.startswith("a.csv"))
    assert "1,200 invitations ready to be sent" in next(row for row in page.rows() if row.startswith("b.csv"))
    assert "c.csv" not in page
    assert "Cumulus research group cumulusgrp" in page.rows()


def test_a_manager_for_whom_nothing_waits_is_led_to_the_schema(client: Client) -> None:
    page = client.sign_in(YODA).page("/")
    assert "No upload is waiting" in page
    assert "/invitations/schema" in {link.get("href") for link in page.all("a")}


def test_a_member_sees_what_they_are_in_and_no_uploads(client: Client) -> None:
    page = client.sign_in("member@harderwijk.test").page("/")
    assert "Collaborations that you are in" in page
    assert "pload" not in page


def test_archived_collaborations_are_not_looked_after_but_members_see_that_they_are(client: Client) -> None:
    collaboration().archived_at = now()
    assert "Cumulus" not in client.sign_in(YODA).page("/")
    page = client.sign_in("member@harderwijk.test").page("/")
    assert any(row.startswith("Cumulus research group Archived Member") for row in page.rows())


def test_who_is_in_nothing_is_told_how_collaborations_are_joined(client: Client) -> None:
    newcomer("ann@example.org").password_hash = person(YODA).password_hash
    assert "Once you have accepted an invitation" in client.sign_in("ann@example.org").page("/")
