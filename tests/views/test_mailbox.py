"""The development mailbox in the browser."""

import pytest
from flask import Flask

from tests.clients import Client
from tests.letters.makers import an_id, an_invitation, the_invitation_mail
from worker.mime import compose


@pytest.fixture
def name(app: Flask) -> str:
    """Of a mail in the mailbox of a demo."""
    app.config["DEMO"] = True
    mail = the_invitation_mail(an_invitation(message="<script>alert(1)</script>"))
    assert mail is not None
    app.extensions["mailbox"].put(str(an_id(9)), compose(an_id(9), mail, "Muster <muster@localhost>").content)
    return str(app.extensions["mailbox"].list().items[0].name)


def test_the_mails_are_listed_and_searched_by_recipient(client: Client, name: str) -> None:
    assert "Yoda team invites you to Cumulus research group" in client.page("/mailbox")
    assert "Yoda team invites you" in client.page("/mailbox?search=j.doe")
    assert "No mail found" in client.page("/mailbox?search=nobody")


def test_a_mail_shows_its_headers_and_on_demand_its_text(client: Client, name: str) -> None:
    assert "j.doe@example.org" in client.page(f"/mailbox/{name}")
    assert "> <script>alert(1)</script>" in client.page(f"/mailbox/{name}?as=text")


def test_the_html_of_a_mail_may_do_nothing_but_be_left_by_its_link(app: Flask, name: str) -> None:
    answer = app.test_client().get(f"/mailbox/{name}/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "frame-ancestors 'self'" in policy
    assert "allow-scripts" not in policy
    assert '<base target="_top">' in answer.text


def test_every_other_page_stays_out_of_frames(client: Client, name: str) -> None:
    policy = client.get(f"/mailbox/{name}").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy


@pytest.mark.parametrize("path", ["nonsense", "..%2Fsecret_key", "{name}x", "{name}/attachments/0", "nonsense/html"])
def test_what_is_not_there_is_not_found(client: Client, name: str, path: str) -> None:
    assert client.get(f"/mailbox/{path.format(name=name)}").status_code == 404


def test_outside_demo_mode_it_asks_to_sign_in(app: Flask, client: Client, name: str) -> None:
    app.config["DEMO"] = False
    answer = client.get(f"/mailbox/{name}/html")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/login?next=/mailbox/{name}/html")


@pytest.mark.parametrize(("email", "status"), [("platform@muster.test", 200), ("admin@harderwijk.test", 403)])
def test_outside_demo_mode_it_is_for_platform_admins(world: Flask, client: Client, email: str, status: int) -> None:
    world.config["DEMO"] = False
    assert client.sign_in(email).get("/mailbox").status_code == status


def test_with_a_mail_server_there_is_no_mailbox(app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "mailbox", None)
    app.config["DEMO"] = True
    assert client.get("/mailbox").status_code == 404
