"""Files by our own API: exactly the check that the page makes, and the outcome that the samples document."""

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from models import ApiKey, AuditEntry, Invitation, Letter, Upload, db, now
from models.organisation import OrganisationRoleName
from models.outbox import LetterKind
from tests.clients import Client
from tests.people import a_role, the_collaboration, the_person
from tests.programs import Program, a_key, program
from tests.queries import counted
from tests.sheets import sheet
from tests.teaching import STATE_ADMIN, batch, more
from tests.worker.runs import process_all
from worker.tasks import do_what_waits

YODA = "yoda@harderwijk.test"
HERE = "/api/v1/uploads"


@pytest.fixture
def yoda(world: Flask) -> Program:
    return program(world, YODA)


@pytest.fixture
def state(world: Flask) -> Program:
    return program(world, STATE_ADMIN)


def send(caller: Program, content: bytes | str, name: str = "list.csv", **form: str) -> TestResponse:
    content = content.encode() if isinstance(content, str) else content
    data = {"kind": "invitations", **form, "file": (io.BytesIO(content), name)}
    return caller.post(HERE, data=data, content_type="multipart/form-data")


def participants(caller: Program, content: bytes | str, kind: str = "participants-add", **form: str) -> TestResponse:
    return send(caller, content, **{"kind": kind, "batch": str(batch().id), **form})


def process(caller: Program, upload: dict[str, Any]) -> dict[str, Any]:
    """Pressed and done; the upload as it is then."""
    assert caller.post(f"{HERE}/{upload['id']}/process").status_code == 200
    do_what_waits()
    answer: dict[str, Any] = caller.get(f"{HERE}/{upload['id']}").json
    return answer


# Checking.


def test_a_file_is_checked_and_the_check_is_answered(yoda: Program) -> None:
    answer = send(yoda, sheet("two-lines.csv"), "two-lines.csv")
    assert answer.status_code == 201
    there = f"http://muster.test/api/v1/uploads/{answer.json['id']}"
    assert answer.headers["Location"] == there
    assert answer.json == {
        "id": answer.json["id"],
        "kind": "invitations",
        "file_name": "two-lines.csv",
        "state": "ready",
        "counts": {
            "lines": 2,
            "invitations": 5,
            "people": 3,
            "collaborations": 2,
            "will_fail": 0,
            "skipped": 0,
            "sent": 0,
            "failed": 0,
            "waiting": 0,
        },
        "kept_until": answer.json["kept_until"],
        "gone_at": None,
        "errors": [],
        "foreseen": [],
        "skips": [],
        "notices": [],
        "links": {
            "self": there,
            "page": f"http://muster.test/uploads/{answer.json['id']}",
            "process": f"{there}/process",
            "result": f"{there}/result.csv",
        },
    }
    assert yoda.get(f"{HERE}/{answer.json['id']}").json == answer.json


@pytest.mark.parametrize(
    ("name", "invitations", "codes"),
    [
        ("two-lines.csv", 5, set()),
        ("excel-dutch.csv", 2, {"encoding", "delimiter", "unknown_column"}),
        ("no-header.csv", 5, {"no_header"}),
        ("by-label.csv", 5, set()),
    ],
)
def test_the_samples_are_ready_with_the_documented_counts(
    yoda: Program, name: str, invitations: int, codes: set[str]
) -> None:
    upload = send(yoda, sheet(name), name).json
    assert (upload["state"], upload["counts"]["invitations"]) == ("ready", invitations)
    assert codes <= {notice["code"] for notice in upload["notices"]}


def test_every_error_is_answered_with_line_column_and_value(yoda: Program) -> None:
    upload = send(yoda, sheet("many-errors.csv")).json
    assert upload["state"] == "errors"
    assert [(error["line"], error["column"]) for error in upload["errors"]] == [
        (2, "short_names"),
        (3, "invitees"),
        (4, "intended_role"),
        (5, "invitees"),
        (6, "invitation_expiry_date"),
        (7, "invitation_expiry_date"),
        (8, None),
        (10, None),
    ]
    assert upload["errors"][3]["value"] == "bad@@example.org"


def test_a_file_that_is_no_list_is_unreadable_and_says_why(yoda: Program) -> None:
    upload = send(yoda, b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "holiday.png").json
    assert upload["state"] == "unreadable"
    [error] = upload["errors"]
    assert (error["line"], error["column"]) == (None, None)
    assert "image" in error["message"]


def test_what_will_fail_is_foreseen_with_its_reasons(yoda: Program) -> None:
    upload = send(yoda, sheet("will-fail.csv")).json
    assert (upload["counts"]["invitations"], upload["counts"]["will_fail"]) == (1, 5)
    assert [(found["line"], found["reason"]) for found in upload["foreseen"]] == [
        (2, "collaboration_not_found"),
        (3, "not_allowed"),
        (4, "collaboration_not_found"),
        (5, "group_not_found"),
        (6, "group_not_found"),
    ]
    assert {*upload["foreseen"][0]} == {"line", "invitee", "collaboration", "reason", "message"}
    assert "Did you mean “cumulusgrp”?" in upload["foreseen"][0]["message"]
    assert "Aurora" not in str(upload["foreseen"])


# Processing.


def test_processing_ends_as_the_page_would_show_it(yoda: Program) -> None:
    upload = process(yoda, send(yoda, sheet("will-fail.csv")).json)
    assert upload["state"] == "done"
    counts = upload["counts"]
    assert (counts["sent"], counts["failed"], counts["skipped"], counts["waiting"]) == (1, 5, 0, 0)
    to_uploader = select(Letter.to_address).where(Letter.kind == LetterKind.FAILURE)
    assert db.session.scalars(to_uploader).all() == [YODA] * 5


def test_a_file_may_be_processed_at_once(yoda: Program) -> None:
    upload = send(yoda, sheet("two-lines.csv"), process="true").json
    assert (upload["state"], upload["counts"]["waiting"]) == ("processing", 5)
    do_what_waits()
    assert yoda.get(upload["links"]["self"]).json["counts"]["sent"] == 5


def test_what_was_sent_before_is_skipped(yoda: Program) -> None:
    process(yoda, send(yoda, sheet("two-lines.csv")).json)
    again = send(yoda, sheet("two-lines.csv"), process="true").json
    assert (again["state"], again["counts"]["skipped"]) == ("ready", 5)
    assert {skip["reason"] for skip in again["skips"]} == {"already_invited"}
    answer = yoda.post(again["links"]["process"])
    assert (answer.status_code, answer.json["detail"]) == (409, "There is nothing to do in this file.")


def test_nothing_of_a_file_with_errors_is_processed(yoda: Program) -> None:
    upload = send(yoda, sheet("many-errors.csv"), process="true").json
    assert upload["state"] == "errors"
    answer = yoda.post(upload["links"]["process"])
    assert (answer.status_code, answer.json["detail"]) == (409, "This file has errors. Mend it, and upload it again.")
    do_what_waits()
    assert db.session.scalar(select(Invitation)) is None


def test_processing_a_second_time_changes_nothing_and_answers_the_same(yoda: Program) -> None:
    upload = send(yoda, sheet("two-lines.csv"), process="true").json
    assert yoda.post(upload["links"]["process"]).json == upload
    done = process(yoda, upload)
    assert process(yoda, upload) == done
    assert len(db.session.scalars(select(Invitation)).all()) == 5


def test_the_result_is_the_pages(yoda: Program, world: Flask) -> None:
    upload = send(yoda, sheet("two-lines.csv")).json
    assert yoda.get(upload["links"]["result"]).status_code == 409
    process(yoda, upload)
    answer = yoda.get(upload["links"]["result"])
    page = Client(world).sign_in(YODA).get(f"/uploads/{upload['id']}/result.csv")
    assert (answer.mimetype, answer.data) == ("text/csv", page.data)


# Participants.


def test_the_sample_of_participants_has_its_documented_outcomes(whole_world: Flask) -> None:
    state = program(whole_world, STATE_ADMIN)
    upload = participants(state, sheet("participants.csv")).json
    counts = upload["counts"]
    assert (counts["lines"], counts["people"], counts["will_fail"], counts["skipped"]) == (5, 3, 1, 1)
    [missing], [repeated] = upload["foreseen"], upload["skips"]
    assert {*missing} == {"line", "identifier", "reason", "message"}
    assert (missing["identifier"], missing["reason"]) == ("PR-99999", "not_found")
    assert (repeated["identifier"], repeated["reason"]) == ("PR-00001", "repeated")
    done = process(state, upload)["counts"]
    assert (done["sent"], done["failed"], done["skipped"], done["waiting"]) == (3, 1, 1, 0)


def test_participants_are_removed_likewise(state: Program) -> None:
    more(2)
    process(state, participants(state, "identifier\nPR-50001\nPR-50002\n").json)
    upload = participants(state, "identifier\nPR-50001\n", "participants-remove").json
    assert (upload["kind"], process(state, upload)["counts"]["sent"]) == ("participants-remove", 1)
    assert batch().participant_count == 1


def test_the_audit_log_names_the_key_that_a_file_came_by(state: Program) -> None:
    more(1)
    process(state, participants(state, "identifier\nPR-50001\n").json)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.batch_id == batch().id)).one()
    assert (entry.through, entry.through_key.name) == ("upload", "For the tests")


# What is refused.


def refusal(answer: TestResponse) -> tuple[int, str, list[str]]:
    assert answer.mimetype == "application/problem+json"
    pointers = [error["pointer"] for error in answer.json.get("errors", [])]
    return answer.status_code, answer.json["detail"], pointers


def test_a_form_that_is_not_well_formed_is_told_field_by_field(yoda: Program) -> None:
    named = str(batch().id)
    assert refusal(send(yoda, "", kind="courses"))[::2] == (422, ["/kind"])
    assert refusal(send(yoda, "", kind="participants-add"))[::2] == (422, ["/batch"])
    assert refusal(send(yoda, "", batch=named))[::2] == (422, ["/batch"])
    assert refusal(send(yoda, "", batch="pilot"))[::2] == (422, ["/batch"])
    assert refusal(send(yoda, "", procces="true"))[::2] == (422, ["/procces"])
    assert refusal(send(yoda, "", process="perhaps"))[::2] == (422, ["/process"])
    without = yoda.post(HERE, data={"kind": "invitations"}, content_type="multipart/form-data")
    assert refusal(without) == (422, "Choose a file first.", ["/file"])
    assert yoda.post(HERE, json={"kind": "invitations"}).status_code == 415


def test_another_organisations_batch_does_not_exist(yoda: Program, state: Program) -> None:
    assert participants(yoda, "identifier\nPR-1\n").status_code == 404
    unknown = send(state, "", kind="participants-add", batch="0192f0c1-2b7a-7c3d-9e4f-5a6b7c8d9e0f")
    assert unknown.status_code == 404


def test_an_open_batch_takes_no_file(state: Program) -> None:
    answer = participants(state, "identifier\nPR-1\n", batch=str(batch("Open batch").id))
    assert refusal(answer)[:2] == (409, "Enrollment type should be invite-only.")


def test_who_may_not_bring_a_file_any_more_is_refused(yoda: Program) -> None:
    db.session.execute(db.text("DELETE FROM manager_units"))
    db.session.execute(db.text("DELETE FROM organisation_roles"))
    answer = send(yoda, sheet("two-lines.csv"))
    assert refusal(answer)[:2] == (403, "Your roles do not include inviting people by a file.")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(yoda: Program) -> None:
    answer = send(yoda, b"x" * (10 * 1024 * 1024 + 70 * 1024))
    assert refusal(answer)[:2] == (413, "Nothing of it has been stored. Send it in several parts, one after the other.")
    assert db.session.scalar(select(Upload)) is None


def test_a_file_name_is_only_a_name(yoda: Program) -> None:
    upload = send(yoda, sheet("two-lines.csv"), "../<b>é\x00" + "x" * 300 + ".csv").json
    assert len(upload["file_name"]) == 255


# A key's narrower rights.


def test_a_file_is_processed_with_no_more_than_the_rights_of_its_key(world: Flask) -> None:
    """Its owner may invite to more than the key may."""
    key = a_key(YODA)
    a_role(the_person(YODA), OrganisationRoleName.ADMIN, the_collaboration("auroragrp").organisation)
    upload = send(
        Program(world, key.secret), "short_names,invitees\nauroragrp,a@example.org\ncumulusgrp,b@example.org\n"
    ).json
    assert [found["reason"] for found in upload["foreseen"]] == ["collaboration_not_found"]
    Client(world).sign_in(YODA).send(f"/uploads/{upload['id']}/process")
    do_what_waits()
    assert db.session.scalars(select(Invitation.email)).all() == ["b@example.org"]


def test_what_its_owner_brought_is_processed_by_a_key_with_no_more_than_its_own_rights(world: Flask) -> None:
    key = a_key(YODA)
    a_role(the_person(YODA), OrganisationRoleName.ADMIN, the_collaboration("cumulusgrp").organisation)
    page = (
        Client(world).sign_in(YODA).upload("short_names,invitees\nstratusgrp,a@example.org\ncumulusgrp,b@example.org\n")
    )
    assert page.heading == "Ready: 2 invitations"
    done = process(Program(world, key.secret), {"id": page.path.rpartition("/")[2]})
    assert (done["counts"]["sent"], done["counts"]["failed"]) == (1, 1)
    assert db.session.scalars(select(Invitation.email)).all() == ["b@example.org"]


def test_nothing_is_done_for_a_key_that_was_revoked_meanwhile(world: Flask) -> None:
    key = a_key(YODA)
    send(Program(world, key.secret), sheet("two-lines.csv"), process="true")
    db.session.get_one(ApiKey, key.key.id).revoked_at = now()
    db.session.commit()
    process_all("here/1/one")
    assert db.session.scalar(select(Invitation)) is None


def test_a_key_does_not_know_what_its_owner_brought_for_others(world: Flask) -> None:
    key = a_key(YODA)
    a_role(the_person(YODA), OrganisationRoleName.ADMIN, the_collaboration("auroragrp").organisation)
    page = Client(world).sign_in(YODA).upload("short_names,invitees\nauroragrp,a@example.org\n")
    program_of_the_unit = Program(world, key.secret)
    there = f"{HERE}/{page.path.rpartition('/')[2]}"
    assert program_of_the_unit.get(there).status_code == 404
    assert program_of_the_unit.post(f"{there}/process").status_code == 404


def test_an_upload_costs_the_same_queries_for_few_lines_and_for_many(yoda: Program) -> None:
    def queries(first: str, count: int) -> int:
        lines = [f"cumulusgrp,{first}{number}@example.org" for number in range(count)]
        lines += [f"nosuchgrp,{first}{number}@example.org" for number in range(count)]
        with counted() as statements:
            upload = send(yoda, "\n".join(["short_names,invitees", *lines])).json
            yoda.get(upload["links"]["self"])
        return len(statements)

    queries("z", 1)
    assert queries("a", 3) == queries("b", 600)
