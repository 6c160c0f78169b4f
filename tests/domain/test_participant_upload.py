"""Files of participants: received for a batch, checked as a whole, pressed once, shown."""

import csv
import io
import uuid
from collections.abc import Iterable, Sequence

import pytest
from sqlalchemy import select

from domain import csv_files, upload_view, uploads
from domain.errors import ConflictError, NotAllowedError
from domain.people import rights_of
from domain.permissions import may_process_upload, may_see_upload
from domain.table import Limits, Record
from models import Participant, Upload, UploadFinding, User, db, now
from models.batch import EnrolmentType
from models.upload import Level, UploadKind, UploadState
from tests.participant_files import ADD, REMOVE, a_list, brought, found, participants, some_teachers
from tests.people import a_person, an_organisation, enrolled, the_person
from tests.queries import counted
from tests.teaching import MENTOR, STATE_ADMIN, batch, completed, fill, pradesh
from worker.tasks import process_uploads

pytestmark = pytest.mark.usefixtures("world")


def test_a_ready_file_is_counted_and_belongs_to_its_batch() -> None:
    upload = brought(a_list([*some_teachers(3), "PR-00001", "PR-99999"]))
    assert (upload.kind, upload.batch, upload.organisation_id) == (ADD, batch(), pradesh().id)
    assert (upload.state, upload.lines, upload.error_count) == (UploadState.READY, 5, 0)
    assert (upload.to_do, upload.people, upload.collaborations) == (3, 3, 0)
    assert (upload.will_fail, upload.will_skip) == (1, 1)
    assert participants() == {}


def test_user_ids_and_state_ids_are_mixed_freely_in_any_case_and_trimmed() -> None:
    some_teachers(3)
    user_id = db.session.scalars(select(User.id).where(User.state_id == "PR-00003")).one()
    upload = brought(f"user_id\n PR-00001 \npr-00002\n{str(user_id).upper()}\n")
    assert (upload.to_do, upload.will_fail) == (3, 0)
    assert uploads.stored_records(upload)[0] == Record(2, ["PR-00001"])


def test_one_column_without_a_header_line_will_do_and_is_said() -> None:
    some_teachers(2)
    upload = brought("PR-00001\nPR-00002\n")
    assert (upload.state, upload.lines, upload.to_do) == (UploadState.READY, 2, 2)
    assert [notice["code"] for notice in upload.notices] == ["no_header"]


def test_other_columns_are_ignored_with_a_notice() -> None:
    some_teachers(1)
    upload = brought("name;state id\nAsha;PR-00001\n")
    assert (upload.state, upload.to_do) == (UploadState.READY, 1)
    assert [notice["code"] for notice in upload.notices] == ["delimiter", "unknown_column"]


def test_of_an_added_file_each_failure_and_each_skip_has_its_line_and_reason() -> None:
    fill(2)
    a_person("closed@pradesh.test", organisation=pradesh(), state_id="PR-C", is_active=False)
    stranger = a_person("x@elsewhere.test", organisation=an_organisation("elsewhere"), state_id="EL-1")
    upload = brought(a_list(["PR-00001", "PR-C", "EL-1", str(stranger.id), str(uuid.uuid4()), "pr-c", "PR-00001"]))
    nobody = "Nobody of this organisation has this user ID or state ID."
    assert found(upload, Level.FAILURE) == [
        (3, "deactivated", "This person's account is deactivated."),
        *((line, "not_found", nobody) for line in (4, 5, 6)),
    ]
    assert found(upload, Level.SKIP) == [
        (2, "already_present", "This person is a participant already."),
        (7, "repeated", "The same person stands on line 3 already."),
        (8, "repeated", "The same person stands on line 2 already."),
    ]


def test_of_a_removed_file_likewise() -> None:
    first, *_others = fill(3)
    completed(first)
    upload = brought(a_list(["PR-00001", "PR-00002", "PR-00002", "PR-99999", str(the_person(MENTOR).id)]), REMOVE)
    assert (upload.to_do, upload.will_fail, upload.will_skip) == (1, 3, 1)
    assert [(line, reason) for line, reason, _message in found(upload, Level.FAILURE)] == [
        (2, "completed"),
        (5, "not_found"),
        (6, "not_a_participant"),
    ]


def test_a_finding_names_the_identifier_as_the_file_writes_it() -> None:
    brought(a_list(["pr-Unknown"]))
    finding = db.session.scalars(select(UploadFinding)).one()
    assert (finding.invitee, finding.collaboration, finding.column) == ("pr-Unknown", None, None)


def test_errors_hold_the_whole_file_back_and_the_rest_is_foreseen_all_the_same() -> None:
    some_teachers(1)
    upload = brought("identifier,name\nPR-00001,Asha\n,Bose\nPR-00001,Das,x\nPR-99999\n")
    assert (upload.state, upload.error_count, upload.to_do, upload.will_fail) == (UploadState.ERRORS, 2, 1, 1)
    assert [(line, reason) for line, reason, _message in found(upload, Level.ERROR)] == [
        (3, "missing"),
        (4, "too_many_values"),
    ]
    assert not uploads.press_process(upload)
    tasks = [task.text for task in upload_view.tasks(upload)]
    assert sorted(tasks) == ["Fill in 1 missing value", "Put quotes around values on 1 line"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n", "not_a_table"),
        (b"identifier\nPR\x0000001\n", "not_a_table"),
        (b"identifier\n", "empty"),
        (b"user_id,state_id\n,PR-00001\n", "duplicate_column"),
        (b"identifier\n" + b"PR-00001\n" * 11, "too_many_lines"),
    ],
)
def test_a_file_that_is_no_list_is_unreadable(content: bytes, reason: str) -> None:
    admin = the_person(STATE_ADMIN)
    upload = uploads.receive(admin, rights_of(admin), "x.csv", content, Limits(max_lines=10), ADD, batch())
    assert (upload.state, upload.lines) == (UploadState.UNREADABLE, 0)
    assert [each for _line, each, _message in found(upload, Level.ERROR)] == [reason]


@pytest.mark.parametrize("identifier", ["PR\x01", "\u0130" * 36, "{" * 32, "'; --", "x" * 100_000, "\U0001f600"])
def test_whatever_else_an_identifier_is_it_is_only_not_found(identifier: str) -> None:
    upload = brought(a_list([identifier]))
    assert [reason for _line, reason, _message in found(upload, Level.FAILURE)] == ["not_found"]


def test_only_state_admins_may_bring_such_a_file_and_only_for_an_invite_only_batch() -> None:
    for email in (MENTOR, "admin@otherland.test"):
        with pytest.raises(NotAllowedError):
            brought(a_list(["PR-00001"]), by=email)
    batch().enrolment_type = EnrolmentType.OPEN
    db.session.flush()
    with pytest.raises(ConflictError, match="should be invite-only"):
        brought(a_list(["PR-00001"]))
    assert db.session.scalars(select(Upload)).all() == []


def test_it_is_seen_by_the_organisations_admins_and_processed_by_its_uploader_alone() -> None:
    upload = brought(a_list(some_teachers(1)))
    other = rights_of(a_person("other@pradesh.test", admin_of=pradesh()))
    own, mentors = rights_of(the_person(STATE_ADMIN)), rights_of(the_person(MENTOR))
    assert [may_see_upload(rights, upload) for rights in (own, other, mentors)] == [True, True, False]
    assert [may_process_upload(rights, upload) for rights in (own, other, mentors)] == [True, False, False]


@pytest.mark.parametrize("kind", [ADD, REMOVE])
def test_a_file_with_nothing_to_do_cannot_be_processed(kind: UploadKind) -> None:
    upload = brought(a_list(["PR-99999"]), kind)
    assert (upload.state, upload.to_do) == (UploadState.READY, 0)
    assert not uploads.press_process(upload)


@pytest.mark.parametrize("kind", [ADD, REMOVE])
def test_a_check_takes_as_many_queries_for_two_thousand_lines_as_for_ten(kind: UploadKind) -> None:
    identifiers = some_teachers(2_000)
    few, many = (queries([*identifiers[:size], "PR-99999", "PR-00001"], kind) for size in (10, 2_000))
    assert few == many


def queries(identifiers: list[str], kind: UploadKind) -> int:
    with counted() as seen:
        brought(a_list(identifiers), kind)
    return len(seen)


# As its page shows it.


def shown(upload: Upload) -> list[tuple[object, ...]]:
    """What the page of its lines says."""
    page = db.session.scalars(uploads.lines(upload)).all()
    return [
        (each.line, each.identifier, each.name, each.masked_email, each.state.value, each.message)
        for each in upload_view.namings(upload, page)
    ]


def test_each_line_says_whom_it_names_and_what_becomes_of_them() -> None:
    _first, second, _third = fill(3)
    db.session.get_one(Participant, (batch().id, second)).removed_at = now()
    upload = brought(a_list(["pr-00001", "PR-00002", "PR-99999", "PR-00002"]))
    assert shown(upload) == [
        (2, "pr-00001", "Teacher 00001", "te*****@pradesh.test", "skipped", "This person is a participant already."),
        (3, "PR-00002", "Teacher 00002", "te*****@pradesh.test", "revived", None),
        (4, "PR-99999", None, None, "failed", "Nobody of this organisation has this user ID or state ID."),
        (
            5,
            "PR-00002",
            "Teacher 00002",
            "te*****@pradesh.test",
            "skipped",
            "The same person stands on line 3 already.",
        ),
    ]


def test_each_line_says_who_will_be_added_or_removed() -> None:
    identifiers = some_teachers(2)
    assert [row[4] for row in shown(brought(a_list(identifiers)))] == ["added", "added"]
    enrolled(batch(), db.session.scalars(select(User.id).where(User.state_id == "PR-00001")))
    assert [row[4] for row in shown(brought(a_list(identifiers), REMOVE))] == ["removed", "failed"]


def test_the_lines_cost_the_same_queries_for_one_and_for_fifty() -> None:
    identifiers = some_teachers(50)
    one, fifty = brought(a_list(identifiers[:1])), brought(a_list(identifiers))
    assert (len(shown(one)), len(shown(fifty))) == (1, 50)
    with counted() as few:
        shown(one)
    with counted() as many:
        shown(fifty)
    assert len(few) == len(many)


def opened(rows: Iterable[Sequence[object]]) -> list[list[str]]:
    """The download as a spreadsheet opens it."""
    return list(csv.reader(io.StringIO(csv_files.whole(rows).decode("utf-8-sig"), newline="")))


def test_the_file_with_its_errors_brought_back_mended_is_ready() -> None:
    some_teachers(2)
    rows = opened(upload_view.errors_file(brought("state_id,name\nPR-00001,Asha\n,Bose\n")))
    assert rows[0] == ["state_id", "name", "errors"]
    assert rows[2] == ["", "Bose", "identifier: Nobody is named: write a user ID or a state ID."]
    rows[2][0] = "PR-00002"
    assert brought(csv_files.whole(rows)).to_do == 2


def test_the_result_has_a_row_for_each_line_in_the_files_order() -> None:
    some_teachers(1)
    upload = brought(a_list(["pr-00001", "=1+1", "PR-00001"]))
    uploads.press_process(upload)
    db.session.commit()
    process_uploads()
    assert opened(upload_view.result_file(upload)) == [
        ["line", "identifier", "outcome", "reason", "message"],
        ["2", "pr-00001", "added", "", ""],
        ["3", "'=1+1", "failed", "not_found", "Nobody of this organisation has this user ID or state ID."],
        ["4", "PR-00001", "skipped", "repeated", "The same person stands on line 2 already."],
    ]
