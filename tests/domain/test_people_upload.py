"""Files of people: received for an organisation, checked as a whole, shown line by line."""

import csv
import io

import pytest

from domain import csv_files, directory, people_sheet, upload_view, uploads
from domain.errors import NotAllowedError
from domain.people import rights_of
from domain.permissions import may_process_upload, may_see_upload
from domain.table import Limits
from models import Upload, db
from models.upload import Level, UploadKind, UploadState
from tests.participant_files import found
from tests.people import a_person, an_organisation, the_person
from tests.people_files import a_file_of, brought, numbered
from tests.queries import counted
from tests.teaching import MENTOR, STATE_ADMIN, pradesh
from worker.tasks import process_uploads

pytestmark = pytest.mark.usefixtures("world")

ASHA = {"name": "Asha Rao", "email": "asha@pradesh.test", "state_id": "N-1", "district": "North"}
BOSE = {"name": "Bose Das", "email": "bose@pradesh.test", "state_id": "N-2"}


def there(person: dict[str, str]) -> None:
    a_person(person["email"], organisation=pradesh(), **{name: person[name] for name in person if name != "email"})


def test_a_ready_file_counts_whom_it_adds_updates_leaves_and_fails() -> None:
    there(ASHA)
    there(BOSE)
    a_person("taken@pradesh.test", user_name="taken")
    upload = brought(
        a_file_of(*numbered(5, 7), ASHA, BOSE | {"district": "South"}, numbered(9, 9, user_name="Taken")[0])
    )
    assert (upload.kind, upload.organisation, upload.batch_id) == (UploadKind.PEOPLE, pradesh(), None)
    assert (upload.state, upload.lines, upload.error_count) == (UploadState.READY, 6, 0)
    assert (upload.to_do, upload.people, upload.will_skip, upload.will_fail) == (4, 3, 1, 1)
    assert found(upload, Level.SKIP) == [(5, "unchanged", "Nothing is new about this person.")]
    assert found(upload, Level.FAILURE) == [(7, "user_name_taken", "This user name is taken: write another, or none.")]


def test_every_error_is_told_by_line_and_column_with_what_to_mend() -> None:
    upload = brought(a_file_of(ASHA | {"email": "bad@@pradesh.test"}, BOSE | {"name": ""}, BOSE | {"user_name": "b d"}))
    assert (upload.state, upload.error_count) == (UploadState.ERRORS, 5)
    assert [(line, reason) for line, reason, _message in found(upload, Level.ERROR)] == [
        (2, "not_an_address"),
        (3, "missing"),
        (4, "not_a_user_name"),
        (4, "repeated"),
        (4, "repeated"),
    ]
    assert [task.text for task in upload_view.tasks(upload)] == [
        "Change 2 values that stand on a line before, too",
        "Fill in 1 missing value",
        "Correct 1 user name",
        "Correct 1 e-mail address",
    ]
    assert not uploads.press_process(upload)


def test_looking_ends_after_very_many_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_sheet, "MOST_ERRORS", 3)
    upload = brought(a_file_of(*({"name": "", "email": ""} | {"state_id": f"N-{n}"} for n in range(10))))
    assert [(line, reason) for line, reason, _message in found(upload, Level.ERROR)][-1] == (3, "too_much")
    assert "Split the file into smaller ones" in [task.text for task in upload_view.tasks(upload)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n", "not_a_table"),
        (b"name,email\nAsha\x00,a@b.c\n", "not_a_table"),
        (b"name,email\n", "empty"),
        (b"name,state_id\nAsha,N-1\n", "missing_column"),
        (b"name,email,e-mail\nAsha,a@b.c,\n", "duplicate_column"),
        (b"name,email\n" + b"Asha,a@b.c\n" * 11, "too_many_lines"),
    ],
)
def test_a_file_that_is_no_list_is_unreadable(content: bytes, reason: str) -> None:
    admin = the_person(STATE_ADMIN)
    whose = (admin, rights_of(admin))
    upload = uploads.receive(*whose, "x.csv", content, Limits(max_lines=10), UploadKind.PEOPLE, pradesh())
    assert upload.state is UploadState.UNREADABLE
    assert [each for _line, each, _message in found(upload, Level.ERROR)] == [reason]


def test_only_the_organisations_admins_and_the_platforms_may_bring_one() -> None:
    for email in (MENTOR, "admin@otherland.test"):
        with pytest.raises(NotAllowedError):
            brought(a_file_of(ASHA), by=email)
    assert db.session.scalars(db.select(Upload)).all() == []
    assert brought(a_file_of(ASHA), by="platform@muster.test").to_do == 1


def test_it_is_seen_by_the_organisations_admins_and_processed_by_its_uploader_alone() -> None:
    upload = brought(a_file_of(ASHA))
    other = rights_of(a_person("other@pradesh.test", admin_of=pradesh()))
    own, mentors = rights_of(the_person(STATE_ADMIN)), rights_of(the_person(MENTOR))
    assert [may_see_upload(rights, upload) for rights in (own, other, mentors)] == [True, True, False]
    assert [may_process_upload(rights, upload) for rights in (own, other, mentors)] == [True, False, False]


def test_whoever_is_something_elsewhere_is_taken_in_by_a_platform_admin_alone() -> None:
    elsewhere = an_organisation("elsewhere")
    a_person("boss@elsewhere.test", admin_of=elsewhere)
    line = a_file_of({"name": "Boss", "email": "boss@elsewhere.test"})
    assert [reason for _line, reason, _message in found(brought(line), Level.FAILURE)] == ["address_unusable"]
    assert brought(line, by="platform@muster.test").to_do == 1


def test_a_check_takes_as_many_queries_for_two_thousand_lines_as_for_ten() -> None:
    there(ASHA)
    brought(a_file_of(ASHA))
    few, many = (queries([ASHA, *numbered(2, last)]) for last in (10, 2_000))
    assert few == many


def queries(lines: list[dict[str, str]]) -> int:
    with counted() as seen:
        brought(a_file_of(*lines))
    return len(seen)


# As its page shows it.


def shown(upload: Upload) -> list[tuple[object, ...]]:
    page = db.session.scalars(uploads.lines(upload)).all()
    return [
        (each.line.number, each.line.name, each.state.value, each.news, each.message)
        for each in upload_view.bringings(upload, page)
    ]


def test_each_line_says_whom_it_brings_and_what_becomes_of_them() -> None:
    there(ASHA)
    there(BOSE)
    a_person("dev@pradesh.test", name="Dev")
    upload = brought(
        a_file_of(
            ASHA,
            BOSE | {"district": "South", "name": "Bose Dass", "state_id": ""},
            {"name": "Dev", "email": "dev@pradesh.test"},
            {"name": "New", "email": "new@pradesh.test"},
            {"name": "Eva", "email": STATE_ADMIN, "state_id": "N-2"},
        )
    )
    assert shown(upload) == [
        (2, "Asha Rao", "skipped", (), "Nothing is new about this person."),
        (3, "Bose Dass", "updated", ("name", "district"), None),
        (4, "Dev", "updated", ("organisation_id",), None),
        (5, "New", "added", (), None),
        (6, "Eva", "failed", (), "The state ID is one person's, the address another's."),
    ]


def opened(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_result_has_a_row_for_each_line_in_the_files_order() -> None:
    there(ASHA)
    there(BOSE)
    upload = brought(a_file_of(*numbered(5, 5), ASHA, BOSE | {"email": "new@pradesh.test"}))
    uploads.press_process(upload)
    db.session.commit()
    process_uploads()
    assert opened(csv_files.whole(upload_view.result_file(upload))) == [
        ["line", "email", "outcome", "reason", "message"],
        ["2", "p5@pradesh.test", "added", "", ""],
        ["3", "asha@pradesh.test", "skipped", "unchanged", "Nothing is new about this person."],
        ["4", "new@pradesh.test", "updated", "", ""],
    ]


def test_the_list_brought_back_as_it_was_downloaded_changes_nothing() -> None:
    there(ASHA | {"mobile": "+91 98765"})
    db.session.commit()
    upload = brought(csv_files.whole(directory.file_of(pradesh())))
    assert (upload.state, upload.to_do, upload.will_fail) == (UploadState.READY, 0, 0)
