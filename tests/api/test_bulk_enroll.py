"""Open edX's bulk enrolment over HTTP, on both databases: each row of its contract, to the letter."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from domain import courses
from domain.people import create_account
from models import AuditEntry, Batch, Letter, Participant, PendingEnrolment, User, db, now
from models.audit import AuditAction
from tests.conftest import CHEAP
from tests.people import a_batch, a_person, an_organisation, enrolled, teachers
from tests.programs import Program, program
from tests.teaching import STATE_ADMIN, batch, completed, course, pradesh

PATH = "/api/bulk_enroll/v1/bulk_enroll"
KEY = "course-v1:pradesh+FLN101+2026"
OTHER = "course-v1:pradesh+MATH1+2026"
PERSON = "teacher00001@pradesh.test"
NEWCOMER = "somebody.new@example.org"


@pytest.fixture
def staff(world: Flask) -> Program:
    courses.create(pradesh(), key=OTHER, name="Mathematics")
    teachers(pradesh(), 3)
    return program(world, "platform@muster.test")


def state(*words: str, **cohort: str | None) -> dict[str, Any]:
    """A state in which these are true."""
    return {name: name in words for name in ("enrollment", "auto_enroll", "user", "allowed")} | cohort


def order(**given: Any) -> dict[str, Any]:
    return {"identifiers": PERSON, "courses": KEY, "action": "enroll", **given}


def results(answer: TestResponse, key: str = KEY) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["courses"][key]["results"]
    return found


def change(answer: TestResponse) -> tuple[dict[str, Any], dict[str, Any]]:
    """Before and after of the only identifier."""
    (result,) = results(answer)
    return result["before"], result["after"]


def transitions() -> list[dict[str, int]]:
    """What the audit log says of courses, the oldest first."""
    query = db.select(AuditEntry.counts).where(AuditEntry.action == AuditAction.ENROLMENTS_CHANGED)
    return [*db.session.scalars(query.order_by(AuditEntry.id))]


def the_teacher(number: int = 1) -> User:
    return db.session.scalars(db.select(User).where(User.email == f"teacher{number:05}@pradesh.test")).one()


def batches_of(user: User) -> set[str]:
    query = db.select(Batch.name).join(Participant, Participant.batch_id == Batch.id)
    return {*db.session.scalars(query.where(Participant.user_id == user.id, Participant.is_active))}


def deactivate() -> None:
    the_teacher().is_active = False


def register(email: str = NEWCOMER) -> User:
    return create_account(CHEAP, email=email, name="Somebody", password=None)


def letters() -> list[tuple[str, str]]:
    query = db.select(Letter.kind, Letter.to_address).order_by(Letter.to_address, Letter.id)
    return [(kind, address) for kind, address in db.session.execute(query)]


# The request: three kinds of body, and what is answered.

Send = Callable[[dict[str, Any]], TestResponse]


@pytest.fixture(params=["json", "form", "multipart"])
def send(request: pytest.FixtureRequest, staff: Program) -> Send:
    kinds = {"form": "application/x-www-form-urlencoded", "multipart": "multipart/form-data"}

    def sent(body: dict[str, Any]) -> TestResponse:
        if request.param == "json":
            return staff.post(PATH, json=body)
        texts = {name: str(value) for name, value in body.items()}
        return staff.post(PATH, data=texts, content_type=kinds[request.param])

    return sent


def test_each_kind_of_body_is_answered_alike(send: Send) -> None:
    identifiers = f"{PERSON},  {NEWCOMER}\nnobody pr-00002\t{PERSON}"
    answer = send(order(identifiers=identifiers, courses=f"{KEY},{OTHER}", auto_enroll=True, email_students=False))
    assert answer.mimetype == "application/json"
    enrolled_now = {"before": state("user"), "after": state("user", "enrollment")}
    told = [
        {"identifier": PERSON, **enrolled_now},
        {"identifier": NEWCOMER, "before": state(), "after": state("auto_enroll", "allowed")},
        {"identifier": "nobody", "invalidIdentifier": True},
        {"identifier": "pr-00002", **enrolled_now},
        {"identifier": PERSON, "before": state("user", "enrollment"), "after": state("user", "enrollment")},
    ]
    assert answer.json == {
        "auto_enroll": True,
        "email_students": False,
        "action": "enroll",
        "courses": {key: {"action": "enroll", "auto_enroll": True, "results": told} for key in (KEY, OTHER)},
    }


@pytest.mark.parametrize("path", [PATH, PATH + "/"])
def test_it_answers_with_and_without_a_slash_at_the_end(staff: Program, path: str) -> None:
    assert staff.post(path, json=order()).status_code == 200


def test_without_anything_else_both_switches_are_off(staff: Program) -> None:
    answer = staff.post(PATH, json=order()).json
    assert (answer["auto_enroll"], answer["email_students"]) == (False, False)


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "t", "T", "yes", "y", "on", "1", 1, True])
def test_these_say_yes(staff: Program, word: object) -> None:
    assert staff.post(PATH, json=order(auto_enroll=word)).json["auto_enroll"] is True


@pytest.mark.parametrize("word", ["false", "False", "f", "no", "N", "off", "0", 0, False])
def test_these_say_no(staff: Program, word: object) -> None:
    assert staff.post(PATH, json=order(email_students=word)).json["email_students"] is False


def test_in_json_courses_may_be_a_list_of_which_all_is_used(staff: Program) -> None:
    assert [*staff.post(PATH, json=order(courses=[KEY, OTHER])).json["courses"]] == [KEY, OTHER]


def test_the_media_type_may_be_in_any_case(staff: Program) -> None:
    answer = staff.post(PATH, data=json.dumps(order()), content_type="Application/JSON; charset=UTF-8")
    assert answer.status_code == 200


def test_a_form_may_leave_its_switches_empty(staff: Program) -> None:
    answer = staff.post(PATH, data=order(auto_enroll="", email_students="", cohorts=""))
    assert (answer.status_code, answer.json["auto_enroll"]) == (200, False)


@pytest.mark.parametrize("name", ["PRADESH00001", "Teacher00001@Pradesh.Test", "Pr-00001"])
def test_a_person_is_found_by_user_name_address_and_state_id_in_any_case(staff: Program, name: str) -> None:
    (result,) = results(staff.post(PATH, json=order(identifiers=name)))
    assert (result["identifier"], result["after"]) == (name, state("user", "enrollment"))


def test_a_state_id_of_another_organisation_names_nobody(staff: Program) -> None:
    teachers(an_organisation("elsewhere"), 1, first=7)
    assert results(staff.post(PATH, json=order(identifiers="PR-00007"))) == [
        {"identifier": "PR-00007", "invalidIdentifier": True}
    ]


# Each case: before, after, audit.


def test_enrolling_somebody_with_an_active_account(staff: Program) -> None:
    assert change(staff.post(PATH, json=order())) == (state("user"), state("enrollment", "user"))
    assert transitions() == [{"from unenrolled to enrolled": 1}]
    assert batches_of(the_teacher()) == {"Open batch"}


def test_enrolling_somebody_who_is_enrolled_already(staff: Program) -> None:
    enrolled(batch(), [the_teacher().id])
    there = state("enrollment", "user")
    assert change(staff.post(PATH, json=order())) == (there, there)
    assert transitions() == [{"from enrolled to enrolled": 1}]
    assert batches_of(the_teacher()) == {"Pilot"}


@pytest.mark.parametrize("flag", [True, False])
def test_enrolling_an_address_without_an_account(staff: Program, flag: bool) -> None:
    answer = staff.post(PATH, json=order(identifiers=NEWCOMER, auto_enroll=flag))
    assert change(answer) == (state(), state("allowed") | {"auto_enroll": flag})
    assert transitions() == [{"from unenrolled to allowed to enroll": 1}]


def test_enrolling_an_address_again_takes_the_newer_request(staff: Program) -> None:
    staff.post(PATH, json=order(identifiers=NEWCOMER, auto_enroll=True))
    answer = staff.post(PATH, json=order(identifiers=NEWCOMER.upper(), auto_enroll=False))
    assert change(answer) == (state("allowed", "auto_enroll"), state("allowed"))
    assert transitions()[1] == {"from unenrolled to allowed to enroll": 1}


@pytest.mark.parametrize("flag", [True, False])
def test_enrolling_somebody_whose_account_is_not_activated(staff: Program, flag: bool) -> None:
    deactivate()
    answer = staff.post(PATH, json=order(auto_enroll=flag))
    assert change(answer) == (state("user"), state("user", "allowed") | {"auto_enroll": flag})
    assert transitions() == [{"N/A": 1}]
    assert batches_of(the_teacher()) == set()


def test_enrolling_a_pending_address_that_has_registered_since(staff: Program) -> None:
    staff.post(PATH, json=order(identifiers=NEWCOMER))
    register()
    answer = staff.post(PATH, json=order(identifiers=NEWCOMER))
    assert change(answer) == (state("user", "allowed"), state("enrollment", "user", "allowed"))
    assert transitions()[1] == {"from allowed to enroll to enrolled": 1}


def test_unenrolling_somebody_who_is_enrolled(staff: Program) -> None:
    enrolled(batch(), [the_teacher().id])
    enrolled(batch("Open batch"), [the_teacher().id])
    answer = staff.post(PATH, json=order(action="unenroll"))
    assert change(answer) == (state("enrollment", "user"), state("user"))
    assert transitions() == [{"from enrolled to unenrolled": 1}]
    assert batches_of(the_teacher()) == set()


def test_unenrolling_a_pending_address(staff: Program) -> None:
    staff.post(PATH, json=order(identifiers=NEWCOMER))
    answer = staff.post(PATH, json=order(identifiers=NEWCOMER, action="unenroll"))
    assert change(answer) == (state("allowed"), state())
    assert transitions()[1] == {"from allowed to enroll to unenrolled": 1}
    assert db.session.scalars(db.select(PendingEnrolment)).all() == []


def test_unenrolling_who_is_neither(staff: Program) -> None:
    answer = staff.post(PATH, json=order(identifiers=NEWCOMER, action="unenroll"))
    assert change(answer) == (state(), state())
    assert transitions() == [{"from unenrolled to unenrolled": 1}]


def test_something_that_is_neither_a_person_nor_an_address_stops_none_of_the_rest(staff: Program) -> None:
    names = ["nobody", "a@@b.org", "@", PERSON]
    found = results(staff.post(PATH, json=order(identifiers=",".join(names))))
    assert [result.get("invalidIdentifier", False) for result in found] == [True, True, True, False]


@pytest.mark.parametrize("asked", [{"action": "unenroll"}, {"cohorts": "Autumn"}])
def test_who_has_completed_the_course_stays_and_the_others_go_on(staff: Program, asked: dict[str, str]) -> None:
    a_batch(course(), "Autumn")
    enrolled(batch(), [the_teacher(1).id, the_teacher(2).id])
    completed(the_teacher(1).id)
    found = results(staff.post(PATH, json=order(identifiers="PR-00001 PR-00002", **asked)))
    assert found[0] == {"identifier": "PR-00001", "error": True}
    assert batches_of(the_teacher(1)) == {"Pilot"}
    assert batches_of(the_teacher(2)) == ({"Autumn"} if "cohorts" in asked else set())


def test_an_identifier_that_is_repeated_is_gone_through_again(staff: Program) -> None:
    found = results(staff.post(PATH, json=order(identifiers=f"{NEWCOMER} {NEWCOMER} PR-00001 {PERSON}")))
    assert [result["before"] for result in found] == [
        state(), state("allowed"), state("user"), state("enrollment", "user")
    ]  # fmt: skip
    assert transitions()[0]["from unenrolled to allowed to enroll"] == 2


def test_who_was_enrolled_before_comes_back_with_their_progress(staff: Program) -> None:
    enrolled(batch("Open batch"), [the_teacher().id])
    staff.post(PATH, json=order(action="unenroll"))
    db.session.get_one(Participant, (batch("Open batch").id, the_teacher().id)).percent = 40
    staff.post(PATH, json=order())
    participant = db.session.get_one(Participant, (batch("Open batch").id, the_teacher().id))
    assert (participant.percent, participant.removed_at) == (40, None)


def test_the_audit_log_names_people_addresses_reason_and_key(staff: Program) -> None:
    staff.post(PATH, json=order(identifiers=f"{PERSON} {NEWCOMER}", reason="Term begins"))
    entry = db.session.scalars(db.select(AuditEntry).where(AuditEntry.course_id == course().id)).all()[-1]
    assert (entry.note, entry.through, entry.through_key.name) == ("Term begins", "api", "For the tests")
    assert entry.people == {
        "from unenrolled to enrolled": [the_teacher().id.hex],
        "from unenrolled to allowed to enroll": [NEWCOMER],
    }


# Cohorts.


def test_somebody_new_was_in_no_cohort(staff: Program) -> None:
    answer = staff.post(PATH, json=order(cohorts="Pilot"))
    assert change(answer) == (state("user", cohort=None), state("enrollment", "user", cohort="Pilot"))
    assert batches_of(the_teacher()) == {"Pilot"}


def test_somebody_of_the_open_batch_was_in_no_cohort_and_leaves_it(staff: Program) -> None:
    enrolled(batch("Open batch"), [the_teacher().id])
    before, after = change(staff.post(PATH, json=order(cohorts="Pilot")))
    assert (before["cohort"], after["cohort"]) == (None, "Pilot")
    assert batches_of(the_teacher()) == {"Pilot"}


def test_somebody_who_is_moved_shows_the_old_cohort(staff: Program) -> None:
    a_batch(course(), "Autumn")
    enrolled(batch(), [the_teacher().id])
    before, after = change(staff.post(PATH, json=order(cohorts="Autumn")))
    assert (before["cohort"], after["cohort"]) == ("Pilot", "Autumn")
    assert transitions() == [{"from enrolled to enrolled": 1}]
    assert batches_of(the_teacher()) == {"Autumn"}


def test_somebody_who_is_there_already_shows_the_same_in_both(staff: Program) -> None:
    enrolled(batch(), [the_teacher().id])
    before, after = change(staff.post(PATH, json=order(cohorts="Pilot")))
    assert (before["cohort"], after["cohort"]) == ("Pilot", "Pilot")


def test_the_open_batch_may_be_named_too(staff: Program) -> None:
    enrolled(batch(), [the_teacher().id])
    before, after = change(staff.post(PATH, json=order(cohorts="Open batch")))
    assert (before["cohort"], after["cohort"]) == ("Pilot", "Open batch")
    assert batches_of(the_teacher()) == {"Open batch"}


def test_a_pending_address_has_its_cohort_kept_for_it(staff: Program) -> None:
    staff.post(PATH, json=order(identifiers=NEWCOMER, cohorts="Pilot"))
    before, after = change(staff.post(PATH, json=order(identifiers=NEWCOMER, cohorts="Open batch")))
    assert (before["cohort"], after["cohort"]) == ("Pilot", "Open batch")


def test_each_course_has_the_cohort_of_its_place(staff: Program) -> None:
    answer = staff.post(PATH, json=order(courses=f"{OTHER},{KEY}", cohorts="Open batch,Pilot"))
    assert [results(answer, key)[0]["after"]["cohort"] for key in (OTHER, KEY)] == ["Open batch", "Pilot"]


# E-mails.


def test_nobody_is_written_to_unless_asked_for(staff: Program) -> None:
    staff.post(PATH, json=order(identifiers=f"{PERSON} {NEWCOMER}"))
    assert letters() == []


def test_each_is_written_to_once_for_each_course(staff: Program) -> None:
    asked = order(identifiers=f"{PERSON} {NEWCOMER} PR-00001 {NEWCOMER} nobody", courses=f"{KEY},{OTHER},{KEY}")
    staff.post(PATH, json=asked | {"email_students": True})
    assert letters() == [("to_register", NEWCOMER)] * 2 + [("enrolled", PERSON)] * 2


def test_those_are_told_who_are_unenrolled_and_what_is_taken_back(staff: Program) -> None:
    staff.post(PATH, json=order(identifiers=f"{PERSON} {NEWCOMER}"))
    staff.post(PATH, json=order(identifiers=f"{PERSON} {NEWCOMER} PR-00002", action="unenroll", email_students=True))
    assert letters() == [("unenrolled", NEWCOMER), ("unenrolled", PERSON)]


def test_who_was_enrolled_already_is_not_told_again(staff: Program) -> None:
    staff.post(PATH, json=order())
    staff.post(PATH, json=order(email_students=True))
    assert letters() == []


# Refusals.


def refused(answer: TestResponse, status: int = 400) -> Any:
    assert (answer.status_code, answer.mimetype) == (status, "application/json"), answer.text
    return answer.json


def test_fields_that_are_missing_are_all_told(send: Send) -> None:
    required = ["This field is required."]
    assert refused(send({})) == {"identifiers": required, "courses": required, "action": required}
    assert refused(send({"reason": "none"})) == {"identifiers": required, "courses": required, "action": required}


@pytest.mark.parametrize("field", ["identifiers", "courses"])
@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", "This field may not be blank."),
        (None, "This field may not be null."),
        (7, "Not a valid string."),
        ({}, "Not a valid string."),
        (True, "Not a valid string."),
    ],
)
def test_blank_null_or_not_a_string(staff: Program, field: str, value: object, sentence: str) -> None:
    assert refused(staff.post(PATH, json=order(**{field: value}))) == {field: [sentence]}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("identifiers", " \n", "This field may not be blank."),
        ("identifiers", ["a"], "Not a valid string."),
        ("identifiers", "a," * 200_001, "Ensure this field has no more than 200000 identifiers."),
        ("identifiers", "a\0b", "Null characters are not allowed."),
        ("identifiers", "a\ud800", "Surrogate characters are not allowed: U+D800."),
        ("courses", [], "This field may not be blank."),
        ("courses", [7], "Not a valid string."),
        ("courses", "x\0", "Course key not valid: x\0"),
        ("courses", "x\ud800", "Course key not valid: x?"),
        ("action", "\ud800", '"?" is not a valid choice.'),
        ("cohorts", None, "This field may not be null."),
        ("cohorts", 7, "Not a valid string."),
        ("action", None, "This field may not be null."),
        ("auto_enroll", None, "This field may not be null."),
        ("reason", 7, "Not a valid string."),
    ],
)
def test_other_values_that_are_none(staff: Program, field: str, value: object, sentence: str) -> None:
    assert refused(staff.post(PATH, json=order(**{field: value}))) == {field: [sentence]}


@pytest.mark.parametrize("action", ["x", "Enroll", ""])
def test_another_action(send: Send, action: str) -> None:
    assert refused(send(order(action=action))) == {"action": [f'"{action}" is not a valid choice.']}


@pytest.mark.parametrize("value", ["maybe", "2", " true"])
def test_what_is_not_a_boolean(send: Send, value: str) -> None:
    assert refused(send(order(auto_enroll=value))) == {"auto_enroll": ["Must be a valid boolean."]}


@pytest.mark.parametrize("value", [[], {}, 2, ""])
def test_what_is_not_a_boolean_in_json(staff: Program, value: object) -> None:
    assert refused(staff.post(PATH, json=order(email_students=value))) == {
        "email_students": ["Must be a valid boolean."]
    }


@pytest.mark.parametrize(("courses", "key"), [("zz", "zz"), (f"{KEY}, {OTHER}", f" {OTHER}"), (f"{KEY},", "")])
def test_a_malformed_course_key(send: Send, courses: str, key: str) -> None:
    assert refused(send(order(courses=courses))) == {"courses": [f"Course key not valid: {key}"]}


def test_all_fields_are_told_at_once(staff: Program) -> None:
    asked = {"identifiers": "", "courses": "zz", "action": "x", "auto_enroll": "?"}
    assert refused(staff.post(PATH, json=asked)) == {
        "identifiers": ["This field may not be blank."],
        "courses": ["Course key not valid: zz"],
        "action": ['"x" is not a valid choice.'],
        "auto_enroll": ["Must be a valid boolean."],
    }


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"cohorts": "Pilot,x", "action": "unenroll"}, "Cohorts can only be used for enrollments."),
        ({"cohorts": "x,y"}, "If provided, the cohorts and courses should have equal number of items."),
        ({"cohorts": "pilot"}, f"cohort pilot not found in course {KEY}."),
        ({"cohorts": "Pilot,Pilot", "courses": f"{KEY},{OTHER}"}, f"cohort Pilot not found in course {OTHER}."),
    ],
)
def test_cohorts_are_checked_by_action_count_and_existence(send: Send, asked: dict[str, str], sentence: str) -> None:
    assert refused(send(order(**asked))) == {"non_field_errors": [sentence]}
    assert transitions() == []


def test_without_such_a_course_nothing_is_done_and_no_mail_sent(send: Send) -> None:
    answer = send(order(courses=f"{KEY},course-v1:pradesh+NONE+2026", email_students=True))
    assert refused(answer, 404) == {"detail": "Not found."}
    assert (batches_of(the_teacher()), letters(), transitions()) == (set(), [], [])


def test_bad_json(staff: Program) -> None:
    answer = staff.post(PATH, data="{", content_type="application/json")
    sentence = "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    assert refused(answer) == {"detail": f"JSON parse error - {sentence}"}


@pytest.mark.parametrize("body", [b'{"a": NaN}', b"\xff", b"[" * 100_000])
def test_other_bad_json(staff: Program, body: bytes) -> None:
    answer = refused(staff.post(PATH, data=body, content_type="application/json"))
    assert answer["detail"].startswith("JSON parse error - ")


@pytest.mark.parametrize(("body", "kind"), [([], "list"), ("text", "str"), (7, "int")])
def test_json_that_is_no_object(staff: Program, body: object, kind: str) -> None:
    sentence = f"Invalid data. Expected a dictionary, but got {kind}."
    assert refused(staff.post(PATH, json=body)) == {"non_field_errors": [sentence]}


def test_another_media_type(staff: Program) -> None:
    answer = staff.post(PATH, data="text", content_type="text/plain")
    assert refused(answer, 415) == {"detail": 'Unsupported media type "text/plain" in request.'}


def test_no_credentials(world: Flask) -> None:
    answer = Program(world, None).post(PATH, json=order())
    assert refused(answer, 401) == {"detail": "Authentication credentials were not provided."}
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    ("credential", "code"),
    [
        ("Bearer muster_unknown", "token_nonexistent"),
        ("JWT not.a.token", "token_nonexistent"),
        ("Bearer", "token_not_provided"),
        ("Bearer two words", "token_malformed"),
    ],
)
def test_bad_credentials(world: Flask, credential: str, code: str) -> None:
    answer = Program(world, None).post(PATH, json=order(), headers={"Authorization": credential})
    told = refused(answer, 401)
    assert (told["error_code"], told.keys()) == (code, {"error_code", "developer_message"})
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    ("email", "organisation"), [(STATE_ADMIN, None), ("platform@muster.test", "pradesh")], ids=["admin", "narrowed key"]
)
def test_who_is_not_global_staff(world: Flask, email: str, organisation: str | None) -> None:
    answer = program(world, email, organisation).post(PATH, json=order())
    assert refused(answer, 403) == {"detail": "You do not have permission to perform this action."}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_after_credentials_and_permission(staff: Program, world: Flask, method: str) -> None:
    answer = staff.open(PATH, method=method)
    assert refused(answer, 405) == {"detail": f'Method "{method}" not allowed.'}
    assert answer.headers["Allow"] == "POST, OPTIONS"
    assert Program(world, None).open(PATH, method=method).status_code == 401
    assert program(world, STATE_ADMIN).open(PATH + "/", method=method).status_code == 403


def test_a_body_that_is_too_large(staff: Program) -> None:
    answer = staff.post(PATH, data=b"x" * (10 * 1024 * 1024 + 70 * 1024), content_type="application/json")
    sentence = "Nothing of it has been stored. Send it in several parts, one after the other."
    assert refused(answer, 413) == {"detail": sentence}


def test_too_often_for_staff(staff: Program) -> None:
    with time_machine.travel(now(), tick=False):
        assert {staff.post(PATH, json={}).status_code for _ in range(120)} == {400}
        answer = staff.get(PATH + "/")
    assert refused(answer, 429) == {"detail": "Request was throttled. Expected available in 60 seconds."}
    assert answer.headers["Retry-After"] == "60"


def test_too_often_for_others_who_are_counted_before_they_are_refused(staff: Program, world: Flask) -> None:
    one, same = program(world, STATE_ADMIN), program(world, STATE_ADMIN)
    with time_machine.travel(now(), tick=False) as clock:
        assert {one.post(PATH, json={}).status_code for _ in range(40)} == {403}
        assert same.post(PATH, json={}).status_code == 429
        assert staff.post(PATH, json={}).status_code == 400
        clock.shift(59)
        answer = one.post(PATH, json={})
        assert refused(answer, 429) == {"detail": "Request was throttled. Expected available in 1 second."}
        clock.shift(1)
        assert one.post(PATH, json={}).status_code == 403


def test_people_of_any_organisation_may_be_enrolled(staff: Program) -> None:
    a_person("guest@elsewhere.test", user_name="guest", organisation=an_organisation("elsewhere"))
    assert change(staff.post(PATH, json=order(identifiers="guest")))[1] == state("enrollment", "user")
