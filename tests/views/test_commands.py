"""The command line: files that operators bring, and what they are told of them."""

import uuid
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from domain import organisations
from domain.api_keys import find
from domain.people import check_password, find_by_email
from models import ApiKey, AuditEntry, Batch, Participant, User, db, now
from models.audit import AuditAction
from tests.conftest import CHEAP
from tests.domain.workbooks import workbook
from tests.people import a_batch, a_course, an_organisation, enrolled, teachers

PEOPLE = "name,email,state_id,district\nJane Doe,jane@example.org,PR-1,North\nJoe Roe,joe@example.org,PR-2,North\n"


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Path:
    """Where the files are; in the database there is `pradesh`."""
    an_organisation("pradesh", time_zone="Asia/Kolkata")
    db.session.commit()
    return tmp_path


def run(app: Flask, *words: object, input: str | None = None) -> Result:
    arguments = [str(word) for word in words]
    db.session.rollback()  # a command begins with a transaction of its own
    result = app.test_cli_runner().invoke(args=arguments, input=input)
    db.session.expire_all()
    return result


def told(result: Result) -> tuple[int, list[str], list[str]]:
    """The exit code, and the lines on standard output and on standard error."""
    return result.exit_code, result.stdout.splitlines(), result.stderr.splitlines()


# People.


def import_people(app: Flask, folder: Path, content: str, organisation: str = "pradesh") -> Result:
    file = folder / "people.csv"
    file.write_text(content)
    return run(app, "users", "import", file, "--organisation", organisation)


def test_people_are_imported_and_imported_again(app: Flask, folder: Path) -> None:
    assert told(import_people(app, folder, PEOPLE)) == (0, ["2 lines: 2 added."], [])
    again = PEOPLE.replace("Joe Roe", "Joe Doe") + "Jim,jim@example.org,,\n"
    assert told(import_people(app, folder, again)) == (0, ["3 lines: 1 added, 1 updated and 1 unchanged."], [])
    joe = find_by_email("joe@example.org")
    assert joe is not None
    assert (joe.name, joe.organisation and joe.organisation.short_name) == ("Joe Doe", "pradesh")


def test_with_an_error_in_the_file_nobody_is_imported(app: Flask, folder: Path) -> None:
    result = import_people(app, folder, PEOPLE + ",joe@example.org,,\n")
    assert told(result) == (
        1,
        [],
        [
            "Line 4, name: The name is missing.",
            "Line 4, email: This address is on line 3 already.",
            "Error: 2 errors: nothing was imported. Mend the file, and import it again.",
        ],
    )
    assert User.query.count() == 0


def test_a_line_that_fails_is_told_and_the_others_are_imported(app: Flask, folder: Path) -> None:
    an_organisation("elsewhere")
    db.session.commit()
    import_people(app, folder, "name,email\nThere,joe@example.org\n", "elsewhere")
    assert told(import_people(app, folder, PEOPLE)) == (
        0,
        ["2 lines: 1 added and 1 failed."],
        ["Line 3: This address cannot be used: ask your platform admin."],
    )


def test_what_was_noticed_about_the_file_is_told(app: Flask, folder: Path) -> None:
    result = import_people(app, folder, "name;email;shoes\nJane;jane@example.org;38\n")
    assert told(result)[2] == [
        "The values in the file are separated by semicolons.",
        "The column “shoes” is not known and is ignored.",
    ]


def test_an_organisation_that_is_not_there_has_no_people(app: Flask, folder: Path) -> None:
    assert told(import_people(app, folder, PEOPLE, "nowhere")) == (
        1,
        [],
        ["Error: There is no organisation “nowhere”."],
    )
    assert told(import_people(app, folder, PEOPLE, "PRADESH"))[0] == 0


# Progress.


@pytest.fixture
def batch(folder: Path) -> Batch:
    """With three teachers: `PR-00001`, `PR-00002`, `PR-00003`."""
    return a_batch_of("FLN101", first=1)


def a_batch_of(course: str, first: int) -> Batch:
    organisation = organisations.find("pradesh")
    assert organisation is not None
    made = a_batch(a_course(organisation, course))
    enrolled(made, teachers(organisation, 3, first))
    db.session.commit()
    return made


def import_progress(app: Flask, folder: Path, content: str, *options: object) -> Result:
    file = folder / "progress.csv"
    file.write_text(content)
    return run(app, "progress", "import", file, *options)


def percentages() -> list[int]:
    """By state ID."""
    query = select(Participant.percent).join(Participant.user).order_by(User.state_id)
    return [*db.session.scalars(query)]


def test_progress_of_a_batch_is_imported_in_whatever_order(app: Flask, folder: Path, batch: Batch) -> None:
    content = "External ID,Progress,Last activity\nPR-00002,45%,2026-05-01\nPR-00001,100,\nPR-00002,30,\n"
    assert told(import_progress(app, folder, content, "--batch", batch.id)) == (
        0,
        ["3 lines: 2 updated and 1 skipped."],
        ["Line 4: This person was further before, and the progress is kept."],
    )
    assert percentages() == [100, 45, 0]


def test_progress_goes_backwards_where_that_is_asked_for(app: Flask, folder: Path, batch: Batch) -> None:
    content = "identifier,percent\nPR-00001,50\nPR-00001,20\n"
    result = import_progress(app, folder, content, "--batch", batch.id, "--allow-decrease")
    assert told(result) == (0, ["2 lines: 2 updated."], [])
    assert percentages() == [20, 0, 0]


def test_progress_of_several_batches_comes_in_one_file(app: Flask, folder: Path, batch: Batch) -> None:
    other = a_batch_of("ICT201", first=4)
    lines = [(other.id, "PR-00004", "3,12"), (batch.id, "PR-00001", "6,12"), (other.id, "PR-00001", "1,1")]
    content = "".join(f"{batch_id},{identifier},{units}\n" for batch_id, identifier, units in lines)
    result = import_progress(app, folder, "batch,identifier,completed_units,total_units\n" + content)
    assert told(result) == (
        0,
        ["3 lines: 2 updated and 1 failed."],
        ["Line 4: This person is no participant of the batch."],
    )
    assert percentages() == [50, 0, 0, 25, 0, 0]


def test_a_batch_that_is_not_there_fails_its_lines_alone(app: Flask, folder: Path, batch: Batch) -> None:
    nowhere = uuid.uuid4()
    content = f"batch,identifier,percent\n{nowhere},PR-00001,5\n,PR-00001,7\n"
    result = import_progress(app, folder, content, "--batch", batch.id)
    assert told(result)[1:] == (["2 lines: 1 updated and 1 failed."], ["Line 2: There is no batch with this ID."])
    assert percentages() == [7, 0, 0]
    assert told(import_progress(app, folder, content, "--batch", nowhere)) == (
        1,
        [],
        [f"Error: There is no batch with the ID {nowhere}."],
    )


def test_with_an_error_in_the_file_no_progress_is_imported(app: Flask, folder: Path, batch: Batch) -> None:
    content = "identifier,percent,completed_at\nPR-00001,50,\n,half,\nPR-00002,90,2026-05-01\nPR-00003,101,1/5/2026\n"
    assert told(import_progress(app, folder, content, "--batch", batch.id)) == (
        1,
        [],
        [
            "Line 3, percent: “half” is not a percentage. Write it like 45 or 45%.",
            "Line 3, identifier: Nobody is named: write a user ID or a state ID.",
            "Line 4, completed_at: Who has completed has 100 %: leave out the completion, or write that.",
            "Line 5, completed_at: “1/5/2026” is not how a date is written here. Write it as 2026-05-01 or 2026-01-05.",
            "Error: 4 errors: nothing was imported. Mend the file, and import it again.",
        ],
    )
    assert percentages() == [0, 0, 0]


def test_without_a_batch_each_line_needs_one(app: Flask, folder: Path, batch: Batch) -> None:
    result = import_progress(app, folder, "identifier,percent\nPR-00001,50\n")
    assert result.stderr.splitlines()[0].startswith("The file has no column “batch”.")
    result = import_progress(app, folder, f"batch,identifier,percent\n{batch.id},PR-00001,5\n,PR-00001,7\n")
    assert result.stderr.splitlines()[0] == "Line 3, batch: No batch is named: write its ID."


def test_a_workbook_is_taken_too(app: Flask, folder: Path, batch: Batch) -> None:
    file = folder / "progress.xlsx"
    done = datetime(2026, 5, 1, 23, 30)
    file.write_bytes(
        workbook(["identifier", "percent", "completed at"], ["PR-00001", 100, done], ["PR-00002", 45, None])
    )
    assert told(run(app, "progress", "import", file, "--batch", batch.id)) == (0, ["2 lines: 2 updated."], [])
    completed = db.session.scalars(select(Participant).where(Participant.percent == 100)).one()
    assert completed.completed_on == done.date()


def test_a_file_without_header_has_the_documented_order(app: Flask, folder: Path, batch: Batch) -> None:
    result = import_progress(app, folder, "PR-00001,3,12\n", "--batch", batch.id)
    assert told(result)[:2] == (0, ["1 line: 1 updated."])
    assert result.stderr.startswith("The file has no header line")
    assert percentages() == [25, 0, 0]


def test_a_file_that_is_not_there_is_told(app: Flask, folder: Path) -> None:
    assert run(app, "progress", "import", folder / "nowhere.csv").exit_code == 2


# Accounts.


JANE = ("users", "create", "jane@example.org", "--name", "Jane", "--password-stdin")


def test_an_account_is_made_once(app: Flask) -> None:
    for_admin = (*JANE, "--platform-admin")
    assert run(app, *for_admin, input="muster-demo\n").stdout.startswith("Made jane@example.org with the user ID ")
    jane = find_by_email("jane@example.org")
    assert jane is not None
    assert (jane.is_platform_admin, jane.search_text) == (True, "jane\njane@example.org\n")
    assert check_password(CHEAP, jane, "muster-demo")
    refused = run(app, *for_admin, input="muster-demo\n")
    assert refused.stderr.startswith("Error: There is an account for jane@example.org already")


def test_what_is_not_given_is_asked_for_until_it_can_be(app: Flask) -> None:
    typed = ("jane", "jane@example.org", " ", "Jane Doe", "short", "muster-demo", "muster-demo")
    result = run(app, "users", "create", input="".join(f"{line}\n" for line in typed))
    assert result.exit_code == 0
    for sentence in ("This is no e-mail address", "Enter a name.", "Use at least 10 characters."):
        assert sentence in result.output
    assert "muster-demo" not in result.output
    jane = find_by_email("jane@example.org")
    assert jane is not None
    assert (jane.name, jane.is_platform_admin) == ("Jane Doe", False)


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        (("jane", "--name", "Jane", "--password-stdin"), "muster-demo", "This is no e-mail address"),
        (("jane@example.org", "--name", "", "--password-stdin"), "muster-demo", "Enter a name."),
        (("jane@example.org", "--name", "x" * 256, "--password-stdin"), "muster-demo", "at most 255 fit"),
        (("jane@example.org", "--name", "Jane", "--password-stdin"), "short", "Use at least 10 characters."),
    ],
)
def test_what_is_given_and_cannot_be_is_refused(app: Flask, words: tuple[str, ...], typed: str, sentence: str) -> None:
    result = run(app, "users", "create", *words, input=typed)
    assert (result.exit_code, sentence in result.stderr) == (2, True)
    assert User.query.count() == 0


def test_that_somebody_was_made_a_platform_admin_is_in_the_audit_log(app: Flask) -> None:
    run(app, *JANE, "--platform-admin", input="muster-demo")
    run(app, "users", "create", "joe@example.org", "--name", "Joe", "--password-stdin", input="muster-demo")
    jane, entry = find_by_email("jane@example.org"), db.session.scalars(select(AuditEntry)).one()
    assert jane is not None
    assert (entry.action, entry.through, entry.people) == ("platform-admin-made", "command", {"made": [jane.id.hex]})


# API keys.


def make_key(app: Flask, *words: str) -> tuple[int, list[str], list[str]]:
    return told(run(app, "api-key", "create", *words))


def keys() -> list[ApiKey]:
    return [*db.session.scalars(select(ApiKey).order_by(ApiKey.id))]


def test_a_key_is_made_for_where_its_owner_may_have_one(world: Flask) -> None:
    for email in ("state@pradesh.test", "yoda@harderwijk.test", "platform@muster.test"):
        code, (line,), _errors = make_key(world, email, "--name", "Nightly sync")
        key_id, secret = line.split()
        assert (code, find(secret), str(keys()[-1].id)) == (0, keys()[-1], key_id)
    places = [(key.organisation and key.organisation.short_name, [unit.name for unit in key.units]) for key in keys()]
    assert places == [("pradesh", []), ("uniharderwijk", ["Yoda data management"]), (None, [])]


def test_a_platform_admins_key_may_be_for_one_organisation_and_for_some_days(world: Flask) -> None:
    make_key(world, "platform@muster.test", "--name", "Sync", "--organisation", "Pradesh", "--days", "3")
    (key,) = keys()
    assert key.organisation
    assert key.organisation.short_name == "pradesh"
    assert key.expires_at.date() == now().date() + timedelta(days=3)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nobody@example.org", "--name", "Sync"], "There is no account for nobody@example.org."),
        (["member@harderwijk.test", "--name", "Sync"], "Your roles include no API keys for this."),
        (["state@pradesh.test", "--name", "Sync", "--organisation", "otherland"], "Your roles include no API keys"),
        (["state@pradesh.test", "--name", ""], "Give the key a name of at most 100 characters."),
    ],
)
def test_a_key_that_is_not_made_is_told_why(world: Flask, words: list[str], sentence: str) -> None:
    code, output, (error,) = make_key(world, *words)
    assert (code, output) == (1, [])
    assert sentence in error
    assert keys() == []


@pytest.mark.parametrize("days", ["-1", "1096", "9999999999", "soon"])
def test_a_key_works_for_three_years_at_most(world: Flask, days: str) -> None:
    code, _output, errors = make_key(world, "state@pradesh.test", "--name", "Sync", "--days", days)
    assert (code, keys()) == (2, [])
    assert "--days" in errors[-1]


def test_a_key_made_by_command_is_in_the_audit_log(world: Flask) -> None:
    make_key(world, "state@pradesh.test", "--name", "Sync")
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.through, entry.user_id, entry.api_key_id) == (
        AuditAction.API_KEY_MADE,
        "command",
        None,
        keys()[0].id,
    )
