"""An upload as its page and its downloads show it."""

import csv
import io
from collections.abc import Iterable, Sequence

import pytest

from domain import csv_files, uploads
from domain.upload_view import errors_file, meanings, result_file, tasks
from models import Upload, UploadLine, db
from models.upload import Level, UploadState
from tests.domain.receiving import file_of, found, received
from tests.people import an_invitation, the_collaboration, the_person
from worker.tasks import process_uploads

pytestmark = pytest.mark.usefixtures("world")

HEADER = "short_names,invitees,intended_role,invitation_expiry_date,message,groups"


def wordings(*lines: str) -> list[str]:
    return [task.text for task in tasks(received(file_of(*lines, header=HEADER)))]


def test_tasks_are_verbs_and_counts_the_most_frequent_first() -> None:
    assert wordings(
        "cumulusgrp,a@", 'cumulusgrp,"b@, c@"', ",d@example.org", "cumulusgrp", "cumulusgrp,e@example.org,owner"
    ) == ["Correct 3 e-mail addresses", "Fill in 2 missing values", "Correct 1 role"]


def test_every_kind_of_error_has_a_task_of_its_own() -> None:
    one_of_each = (
        "cumulusgrp,a@",
        "cumulusgrp,a@example.org,owner",
        "cumulusgrp,a@example.org,,soon",
        "cumulusgrp,a@example.org,,2020-01-01",
        "cumulusgrp,a@example.org,,,,,Hello",
        f"cumulusgrp,a@example.org,,,{'x' * 4_001}",
        "cumulusgrp,a@example.org,,,,a\x07",
        "cumulusgrp,",
        "cumulusgrp,b@example.org",
        "cumulusgrp,b@example.org,admin",
    )
    assert sorted(wordings(*one_of_each)) == [
        "Choose between 1 pair of lines that contradict each other",
        "Correct 1 e-mail address",
        "Correct 1 role",
        "Fill in 1 missing value",
        "Put quotes around values on 1 line",
        "Replace 1 date that is past",
        "Rewrite 1 date",
        "Shorten 1 value",
        "Type 1 value again",
    ]


def test_a_file_that_is_too_much_is_to_be_split() -> None:
    everybody = ",".join(f"p{number}@example.org" for number in range(500))
    nowhere = ",".join(f"co{number}" for number in range(500))
    assert wordings(f'"{nowhere}","{everybody}"') == ["Split the file into smaller ones"]


def test_each_line_is_told_as_it_was_understood() -> None:
    upload = received(
        file_of('"cumulusgrp,cirrusgrp","a@example.org,b@example.org",Admin,2038-06-30,,researchers', header=HEADER)
    )
    (meaning,) = meanings(upload, page_of(upload))
    assert (meaning.line.number, meaning.invitations) == (2, 4)
    assert [(hit.place.name, [group.short_name for group in hit.groups]) for hit in meaning.targets.hits] == [
        ("Cumulus research group", ["researchers"]),
        ("Cirrus analysis group", []),
    ]


def test_lines_with_errors_have_no_meaning_and_what_fails_has_its_reason() -> None:
    upload = received(file_of("cumulusgrp,a@", "stratusgrp,b@example.org", header=HEADER))
    (meaning,) = meanings(upload, page_of(upload))
    assert (meaning.line.number, meaning.invitations) == (3, 1)
    assert [miss.reason for miss in meaning.targets.misses] == ["not_allowed"]


def page_of(upload: Upload) -> Sequence[UploadLine]:
    return db.session.scalars(uploads.lines(upload)).all()


# Files to download.


def opened(rows: Iterable[Sequence[object]]) -> list[list[str]]:
    """The download as a spreadsheet opens it."""
    return list(csv.reader(io.StringIO(csv_files.whole(rows).decode("utf-8-sig"), newline="")))


def test_the_file_with_its_errors_has_them_in_a_column_of_their_own() -> None:
    upload = received("E-mail;Kamer;short_names\na@;12;\nb@example.org;;cumulusgrp\nc@example.org\n")
    assert opened(errors_file(upload)) == [
        ["E-mail", "Kamer", "short_names", "errors"],
        [
            "a@",
            "12",
            "",
            "invitees: “a@” is not an e-mail address: the part after the @ has no dot, as in example.org. "
            "short_names: No collaboration is named: write one or more short names, or a label.",
        ],
        ["b@example.org", "", "cumulusgrp", ""],
        ["c@example.org", "", "", "short_names: No collaboration is named: write one or more short names, or a label."],
    ]


def test_an_error_of_the_whole_line_stands_behind_all_of_its_values() -> None:
    rows = opened(errors_file(received(file_of("cumulusgrp,a@example.org,Hello,you"))))
    assert rows[0] == ["short_names", "invitees", "errors"]
    assert rows[1][:4] == ["cumulusgrp", "a@example.org", "Hello", "you"]
    assert rows[1][4].startswith("Line 2 has 4 values, the header has 2 columns")


def test_a_file_without_header_gets_one() -> None:
    rows = opened(errors_file(received("cumulusgrp,owner,a@example.org\n")))
    assert rows[0][:3] == ["short_names", "intended_role", "invitees"]
    assert rows[1][:3] == ["cumulusgrp", "owner", "a@example.org"]
    assert rows[1][-1] == "intended_role: “owner” is not a role. Write admin or member."


FORMULAS = '=1+1,-a@,"@SUM(A1)",+31,\'=quoted'


def test_no_value_is_a_formula_for_a_spreadsheet() -> None:
    rows = opened(errors_file(received(file_of(FORMULAS, header=HEADER))))
    assert rows[1][:5] == ["'=1+1", "'-a@", "'@SUM(A1)", "'+31", "'=quoted"]


def test_the_file_with_its_errors_brought_back_as_it_is_says_the_same() -> None:
    before = received(
        file_of(FORMULAS, 'cumulusgrp,"a@\nb@",,,"one, ""two""\n"', "cirrusgrp,c@example.org", header=HEADER)
    )
    after = received(csv_files.whole(errors_file(before)))
    assert opened(errors_file(after)) == opened(errors_file(before))
    assert told(after) == told(before)


def told(upload: Upload) -> list[tuple[int | None, str | None, str | None, str]]:
    return [(each.line, each.column, each.value, each.message) for each in found(upload, Level.ERROR)]


def test_errors_of_an_earlier_round_do_not_come_back() -> None:
    once = received(file_of("cumulusgrp,a@", "cumulusgrp,b@example.org,Hello,you"))
    twice = received(csv_files.whole(errors_file(once)))
    rows = opened(errors_file(twice))
    assert rows[0] == ["short_names", "invitees", "errors"]
    assert rows[1] == opened(errors_file(once))[1]
    assert rows[2][:4] == ["cumulusgrp", "b@example.org", "Hello", "you"]


def test_a_mended_file_is_ready_and_its_errors_column_ignored() -> None:
    rows = opened(errors_file(received(file_of("cumulusgrp,a@", "cumulusgrp,b@example.org"))))
    rows[1][1] = "a@example.org"
    upload = received(csv_files.whole(rows))
    assert (upload.state, upload.to_do) == (UploadState.READY, 2)
    assert [notice["code"] for notice in upload.notices] == ["unknown_column"]


def test_the_result_has_a_row_for_each_invitation_in_the_files_order() -> None:
    an_invitation("b@example.org", the_collaboration("cumulusgrp"), the_person("yoda@harderwijk.test"))
    upload = received(file_of('"cumulusgrp,=nosuch","a@example.org,b@example.org",Admin,,,researchers', header=HEADER))
    assert uploads.press_process(upload)
    db.session.commit()
    process_uploads()
    rows = opened(result_file(upload))
    assert rows[0] == ["line", "invitee", "collaboration", "groups", "role", "outcome", "reason", "message"]
    assert [row[:7] for row in rows[1:]] == [
        ["2", "a@example.org", "cumulusgrp", "researchers", "admin", "waiting", ""],
        ["2", "a@example.org", "'=nosuch", "", "admin", "failed", "collaboration_not_found"],
        ["2", "b@example.org", "cumulusgrp", "researchers", "admin", "skipped", "already_invited"],
        ["2", "b@example.org", "'=nosuch", "", "admin", "failed", "collaboration_not_found"],
    ]
