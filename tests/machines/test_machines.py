"""Several machines are as good as one: whichever web process somebody comes to, whichever worker is first."""

import json
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError

import pytest
from sqlalchemy import text

from tests.machines.conftest import DUE, Site
from tests.processes import Visitor, poll
from tests.worker.sending import UPLOADER, a_file, addresses
from tests.worker.smtp import MailServer

BATCHES = "/api/v1/courses/course-v1:pradesh+FLN101+2026/batches"
SOON = 60.0


@pytest.fixture(scope="module")
def busy(site: Site) -> Site:
    """Three workers have started at the same moment, with a thousand invitations to make and much that was due."""
    visitor = signed_in(site)
    press(visitor, addresses(1_000))
    for machine in site.workers:
        machine.start("worker")
    expected = 1_000 + 2 * DUE
    assert poll(lambda: len(site.mail_server.accepted) >= expected, 2 * SOON), "the mails do not come"
    assert poll(lambda: is_at_rest(site), SOON), "the work is not done"
    return site


def signed_in(site: Site, email: str = UPLOADER) -> Visitor:
    """At the first web process."""
    visitor = Visitor(site.webs[0].port)
    visitor.sign_in(email)
    return visitor


def press(visitor: Visitor, invitees: list[str]) -> str:
    """Upload, and press *Process*. Answers the path of the upload."""
    path = visitor.upload(a_file(invitees))
    visitor.send(f"{path}/process")
    return path


def is_at_rest(site: Site) -> bool:
    in_work = "SELECT count(*) FROM uploads WHERE state <> 'done'"
    waiting = "SELECT count(*) FROM outbox WHERE state = 'waiting'"
    return number(site, in_work) == number(site, waiting) == 0


def number(site: Site, query: str) -> int:
    with site.engine.connect() as connection:
        return int(connection.scalar(text(query)) or 0)


def mails_by_recipient(server: MailServer, beginning: str) -> Counter[str]:
    return Counter(address for address in server.recipients if address.startswith(beginning))


def status_of(work: Callable[[], object]) -> int:
    with pytest.raises(HTTPError) as refusal:
        work()
    return refusal.value.code


def test_whoever_signs_in_at_one_goes_on_at_the_other(site: Site) -> None:
    visitor = signed_in(site)
    visitor.go_to(site.webs[1].port)
    assert UPLOADER in visitor.page("/account")


def test_a_form_of_one_may_be_sent_to_the_other(site: Site) -> None:
    visitor = signed_in(site, "member@harderwijk.test")
    token = visitor.token()
    visitor.go_to(site.webs[1].port)
    assert visitor.send("/account/name", csrf_token=token, name="Member Elsewhere") == "/account"


def test_a_password_changed_at_one_ends_the_sessions_at_the_other(site: Site) -> None:
    email, old, new = "admin@otherland.test", "muster-demo", "another-password"
    here, there = signed_in(site, email), signed_in(site, email)
    there.go_to(site.webs[1].port)
    here.send("/account/password", current=old, password=new)
    assert email in here.page("/account")
    assert email not in there.page("/account")


def test_failed_sign_ins_are_counted_by_both_together(site: Site) -> None:
    visitors = [Visitor(web.port) for web in site.webs]
    attempts = [
        status_of(lambda visitor=visitors[turn % 2]: visitor.sign_in("mentor@pradesh.test", "wrong"))  # type: ignore[misc]
        for turn in range(11)
    ]
    assert attempts == [422] * 10 + [429]


def test_a_call_that_is_sent_to_both_at_once_is_done_once(site: Site) -> None:
    with ThreadPoolExecutor() as threads:
        here, there = threads.map(lambda web: create_batch(web.port, site.key), site.webs)
    assert here == there
    assert number(site, "SELECT count(*) FROM batches WHERE name = 'Sent twice'") == 1


def create_batch(port: int, key: str) -> bytes:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Idempotency-Key": "sent twice"}
    body: dict[str, Any] = {"name": "Sent twice", "start_date": "2099-01-01"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{BATCHES}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=SOON) as answer:
        return bytes(answer.read())


def test_a_thousand_invitations_are_made_and_sent_once_by_three_workers(busy: Site) -> None:
    assert mails_by_recipient(busy.mail_server, "person") == Counter(addresses(1_000))
    assert number(busy, "SELECT count(*) FROM invitations WHERE email LIKE 'person%'") == 1_000


def test_what_is_due_is_done_once_by_three_workers(busy: Site) -> None:
    for letters in ("reminded", "told"):
        due = Counter(f"{letters}{number}@example.org" for number in range(DUE))
        assert mails_by_recipient(busy.mail_server, letters) == due
    assert number(busy, "SELECT count(*) FROM memberships WHERE ended_because = 'expired'") == DUE
    assert number(busy, "SELECT count(*) FROM audit_entries WHERE action = 'memberships-expired'") == 1
    assert "Traceback" not in busy.log


def test_a_file_from_one_is_processed_and_its_result_seen_at_the_other(busy: Site) -> None:
    visitor = signed_in(busy)
    path = press(visitor, ["elsewhere@example.org"])
    assert poll(lambda: "elsewhere@example.org" in busy.mail_server.recipients, SOON)
    visitor.go_to(busy.webs[1].port)
    assert poll(lambda: "Done:" in visitor.page(path), SOON)


@pytest.mark.parametrize("site", ["redis"], indirect=True)
def test_while_redis_is_away_pages_are_answered_and_work_is_done(busy: Site) -> None:
    assert busy.redis is not None
    busy.redis.kill()
    assert status_of(lambda: Visitor(busy.webs[0].port).sign_in("admin@harderwijk.test", "wrong")) == 422
    press(signed_in(busy), ["without-redis@example.org"])
    busy.workers[0].kill("worker")
    busy.workers[0].start("worker")  # a sweep, which is made every minute too
    assert poll(lambda: "without-redis@example.org" in busy.mail_server.recipients, SOON)
