"""A suspended organisation on pages, by links, through the API, and in what the worker does."""

import pytest
from flask import Flask
from sqlalchemy import select

from domain import suspending
from domain.permissions import Rights
from models import Batch, Course, Organisation, UploadOutcome, db, new_id
from models.upload import OutcomeState, UploadState
from tests.clients import Client
from tests.invitees import collaboration, invited, join_path, role_path
from tests.people import BY_NOBODY, a_role_invitation, pending_for, the_person
from tests.programs import Program, program
from tests.worker.runs import a_run, process
from tests.worker.sending import a_file, addresses, pressed

pytestmark = pytest.mark.usefixtures("world")

AALTJE, PAULA, YODA, MEREL = (
    "admin@harderwijk.test",
    "platform@muster.test",
    "yoda@harderwijk.test",
    "member@harderwijk.test",
)
HEADING = "This organisation is suspended"
WORDS = "Until Universiteit Harderwijk is resumed, nobody can use what is in it. Nothing is lost. Ask servicedesk@"


def organisation(short_name: str = "uniharderwijk") -> Organisation:
    return db.session.scalars(select(Organisation).where(Organisation.short_name == short_name)).one()


def suspend(short_name: str = "uniharderwijk") -> None:
    suspending.suspend(Rights(new_id(), is_platform_admin=True), organisation(short_name), BY_NOBODY)
    db.session.commit()


def path(rest: str = "") -> str:
    return f"/organisations/{organisation().id}{rest}"


# Suspending and resuming.


def test_a_platform_admin_suspends_and_resumes_each_after_a_question(client: Client) -> None:
    paula = client.sign_in(PAULA)
    assert paula.page(path()).all("a", href=path("/suspend"))
    assert "nobody but platform admins can do anything in Universiteit Harderwijk" in paula.page(path("/suspend"))
    page = paula.send(path("/suspend"))
    assert "Universiteit Harderwijk is suspended." in page
    assert "Suspended since" in page
    assert "Suspended" in paula.page("/organisations")
    assert paula.page(path("/settings")).heading == "Universiteit Harderwijk: Settings"
    assert "suspended already" in paula.send(path("/suspend"), 409)
    assert "Its people, API keys and links work again at once" in paula.page(path("/resume"))
    assert "Universiteit Harderwijk is resumed." in paula.send(path("/resume"))
    assert "Suspended" not in paula.page("/organisations")


def test_an_admin_of_the_organisation_is_shown_no_way_to_suspend_it(client: Client) -> None:
    assert not client.sign_in(AALTJE).page(path()).all("a", href=path("/suspend"))


# Its people, and others.


@pytest.mark.parametrize("email", [AALTJE, YODA, MEREL])
def test_its_people_are_told_that_it_is_suspended_and_whom_to_ask(client: Client, email: str) -> None:
    cumulus = f"/collaborations/{collaboration().id}"
    client.sign_in(email)
    suspend()
    for where in (cumulus, f"{cumulus}/members", path(), path("/people")):
        page = client.page(where, 403)
        assert page.heading == HEADING
        assert WORDS in page
    page = client.page("/")
    assert "Universiteit Harderwijk is suspended" in page
    assert "Cumulus" not in page
    assert "Cumulus" not in client.page("/collaborations")


def test_strangers_know_nothing_of_it(client: Client) -> None:
    suspend()
    client.sign_in("admin@otherland.test")
    client.page(path(), 404)
    client.page(f"/collaborations/{collaboration().id}", 404)


def test_a_platform_admin_works_in_it_as_ever(client: Client) -> None:
    suspend()
    paula = client.sign_in(PAULA)
    assert paula.page(f"/collaborations/{collaboration().id}").heading == "Cumulus research group: About"


def test_links_in_mails_lead_to_a_page_that_says_so(app: Flask, client: Client) -> None:
    course = db.session.scalars(select(Course).where(Course.key.contains("FLN101"))).one()
    a_role_invitation("ann@example.org", organisation(), the_person(AALTJE))
    pending = pending_for("new@example.org", course)
    links = [
        (join_path(app, invited()), "accept"),
        (role_path(app, "ann@example.org"), "accept"),
        ("/register/" + app.extensions["link_tokens"].register.make(pending.id), ""),
    ]
    suspend()
    suspend("pradesh")
    for link, action in links:
        assert client.page(link, 403).heading == HEADING
        assert client.send(f"{link}/{action}".rstrip("/"), 403).heading == HEADING


def test_an_open_batch_leads_to_a_page_that_says_so_and_another_stays_hidden(client: Client) -> None:
    batches = {
        one.name: one.id for one in db.session.scalars(select(Batch).join(Course).where(Course.key.contains("FLN101")))
    }
    suspend("pradesh")
    client.sign_in(MEREL)
    for do in (client.page, lambda where, status: client.send(f"{where}/join", status)):
        assert do(f"/batches/{batches['Open batch']}", 403).heading == HEADING
        do(f"/batches/{batches['Pilot']}", 404)


# Programs.


def refusal(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json["detail"]  # type: ignore[attr-defined]


def test_a_key_of_it_is_told_in_its_familys_words(app: Flask) -> None:
    yoda, state = program(app, YODA), program(app, "state@pradesh.test")
    pilot = db.session.scalars(select(Batch.id).where(Batch.name == "Pilot")).one()
    suspend()
    suspend("pradesh")
    status, detail = refusal(yoda.get(f"/api/v1/collaborations/{collaboration().id}/members"))
    assert (status, detail.startswith(WORDS)) == (403, True)
    assert yoda.get("/api/v1/collaborations").json["items"] == []
    assert refusal(state.get(f"/api/v1/batches/{pilot}"))[0] == 403
    answer = state.post(f"/api/course/v1/batch/user/add/{pilot}", json={"request": {"userIds": ["PR-00001"]}})
    assert answer.status_code == 401  # as Sunbird refuses whoever may not
    assert answer.json["params"]["errmsg"] == "You are not authorized."


def test_a_key_of_another_organisation_and_a_platform_admins_work(app: Flask) -> None:
    otto, paula = program(app, "admin@otherland.test"), program(app, PAULA)
    suspend()
    assert [item["short_name"] for item in otto.get("/api/v1/collaborations").json["items"]] == ["auroragrp"]
    assert otto.get(f"/api/v1/collaborations/{collaboration().id}/members").status_code == 404
    assert isinstance(paula, Program)
    assert paula.get(f"/api/v1/collaborations/{collaboration().id}/members").status_code == 200


# The worker.


def test_what_remains_of_a_running_upload_fails() -> None:
    upload = pressed(a_file(addresses(600)))
    run = a_run(upload)
    first, *rest = run.chunks()
    assert process(run, first)
    suspend()
    for lines in rest:
        process(run, lines)
    query = select(UploadOutcome).where(UploadOutcome.upload_id == upload.id).order_by(UploadOutcome.number)
    outcomes = db.session.scalars(query.offset(len(first))).all()
    assert {(outcome.state, outcome.reason) for outcome in outcomes} == {(OutcomeState.FAILED, "not_allowed")}
    assert outcomes[0].message == "You may not invite to “cumulusgrp”: its organisation is suspended."
    assert upload.state is UploadState.PROCESSING  # until the mails of the first have gone out
