"""The command line: another door to the same rooms."""

import sqlite3
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from domain import api_keys, backup, demo, organisations, people, people_import, platform_admins, progress_import
from domain.addresses import problem_of
from domain.audit import By
from domain.cells import CellError, one_line
from domain.errors import RefusalError
from domain.findings import Finding, Notice
from domain.language import gettext as _
from domain.language import listing, ngettext
from domain.table import Limits
from models import Batch, begin_writing, db, now
from models.audit import Through
from views import providers
from views.extensions import password_hasher
from worker.queue import run_worker

#: For files that an operator brings, who knows what the machine can bear.
LARGE = Limits(max_bytes=200 * 1024 * 1024, max_lines=1_000_000)

a_lifetime = click.IntRange(0, api_keys.MOST_DAYS)
a_file = click.Path(exists=True, dir_okay=False, path_type=Path)


def register(app: Flask) -> None:
    for command in (fill_demo, is_demo, work, back_up, users, api_key_commands, progress_commands):
        app.cli.add_command(command)


@click.command("demo")
@with_appcontext
def fill_demo() -> None:
    """Fill an empty database with the demo world."""
    begin_writing()
    if not demo.is_empty():
        click.echo("There are people in the database already; the demo world is for an empty one.")
        return
    demo.fill(password_hasher())
    db.session.commit()
    click.echo(f"The demo world is there. All passwords: {demo.PASSWORD}")
    for account in demo.ACCOUNTS:
        click.echo(f"  {account.email:<28} {account.role}")


@click.command("worker")
@with_appcontext
def work() -> None:
    """Process uploads and deliver mail until stopped."""
    run_worker(current_app._get_current_object())  # type: ignore[attr-defined]  # the application, not its proxy


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def back_up(file: Path) -> None:
    """Copy the database into FILE while Muster runs (SQLite); of PostgreSQL, say the command that does."""
    if db.engine.dialect.name != "sqlite":
        raise click.ClickException("This database is PostgreSQL's to copy:\n" + backup.dump_line(db.engine, file))
    try:
        backup.back_up(db.engine, file)
    except (RefusalError, OSError, sqlite3.Error) as why:
        raise click.ClickException(str(why)) from None
    click.echo(f"The database is copied into {file} ({file.stat().st_size:,} bytes).")


@click.group("users")
def users() -> None:
    """People."""


@users.command("create")
@click.argument("email", required=False)
@click.option("--name", help="As others see it.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--platform-admin", is_flag=True, help="May do everything, everywhere.")
@with_appcontext
def create_user(email: str | None, name: str | None, password_stdin: bool, platform_admin: bool) -> None:
    """Make an account for EMAIL.

    Asks for what is not given. Where people sign in with providers only, there is no password.
    """
    email = _given_or_asked_for(email, "E-mail address", an_address)
    name = _given_or_asked_for(name, "Name", a_name)
    password = _password(password_stdin) if providers.by_password() else None
    begin_writing()
    try:
        user = people.create_account(password_hasher(), email=email, name=name, password=password)
    except RefusalError as refusal:
        raise click.ClickException(str(refusal)) from None
    if platform_admin:
        platform_admins.make(user, By(None, Through.COMMAND))
    db.session.commit()
    click.echo(f"Made {user.email} with the user ID {user.id}.")


def _given_or_asked_for(given: str | None, label: str, read: Callable[[str], str]) -> str:
    return read(given) if given is not None else str(click.prompt(label, value_proc=read))


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return a_password(sys.stdin.readline().rstrip("\r\n"))
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, value_proc=a_password))


def an_address(text: str) -> str:
    if problem := problem_of(text.strip()):
        raise click.BadParameter(problem)
    return text.strip()


def a_name(text: str) -> str:
    try:
        name = one_line(text.strip())
    except CellError as error:
        raise click.BadParameter(str(error)) from None
    if not name:
        raise click.BadParameter(_("Enter a name."))
    return name


def a_password(text: str) -> str:
    if len(text) < people.SHORTEST_PASSWORD:
        raise click.BadParameter(_("Use at least %(number)s characters.", number=people.SHORTEST_PASSWORD))
    return text


@users.command("import")
@click.argument("file", type=a_file)
@click.option("--organisation", "short_name", required=True, metavar="SHORT_NAME", help="Whose people they are.")
@with_appcontext
def import_people(file: Path, short_name: str) -> None:
    """Bring the people of FILE (CSV or .xlsx) into an organisation; who is there already is updated.

    Columns: name, email, state_id, district, school, block, mobile, user_name. The first two are required on every
    line; what is empty stays as it is.
    """
    begin_writing()
    organisation = organisations.find(short_name)
    if organisation is None:
        raise click.ClickException(_("There is no organisation “%(name)s”.", name=short_name))
    try:
        by = By(None, Through.COMMAND)
        result = people_import.import_file(organisation, file.read_bytes(), file.name, LARGE, by)
    except RefusalError as refusal:
        raise click.ClickException(str(refusal)) from None
    _tell_of_file(result.notices, result.errors)
    db.session.commit()
    _tell_of_lines(result.outcomes)
    click.echo(_summary(outcome.state for outcome in result.outcomes))


@click.group("api-key")
def api_key_commands() -> None:
    """Keys that programs call the API with."""


@api_key_commands.command("create")
@click.argument("email")
@click.option("--name", required=True, help="What it is for.")
@click.option("--organisation", "short_name", metavar="SHORT_NAME", help="Where the person may have keys for several.")
@click.option("--days", type=a_lifetime, default=api_keys.DAYS, show_default=True, help="How long it works.")
@with_appcontext
def create_api_key(email: str, name: str, short_name: str | None, days: int) -> None:
    """Make a key for the account EMAIL, and print its ID and the key itself, which is shown this once.

    An admin's is for their organisation, a unit manager's for their units, a platform admin's for everything.
    """
    begin_writing()
    owner = people.find_by_email(email)
    if owner is None:
        raise click.ClickException(_("There is no account for %(email)s.", email=email))
    rights = people.rights_of(owner)
    until = now().date() + timedelta(days=days)
    if problems := api_keys.problems_of(name, until, now().date()):
        raise click.ClickException(" ".join(sentence for sentences in problems.values() for sentence in sentences))
    try:
        organisation = api_keys.organisation_for(rights, short_name)
        made = api_keys.make(rights, owner, organisation, name, until, By(None, Through.COMMAND))
    except RefusalError as refusal:
        raise click.ClickException(str(refusal)) from None
    db.session.commit()
    click.echo(f"{made.key.id} {made.secret}")


@click.group("progress")
def progress_commands() -> None:
    """How far participants are."""


@progress_commands.command("import")
@click.argument("file", type=a_file)
@click.option("--batch", "batch_id", type=click.UUID, metavar="ID", help="The batch of the lines that name none.")
@click.option("--allow-decrease", is_flag=True, help="Take lower progress too.")
@with_appcontext
def import_progress(file: Path, batch_id: uuid.UUID | None, allow_decrease: bool) -> None:
    """Take the progress that FILE (CSV or .xlsx) tells of participants.

    Columns: batch, identifier (user ID or state ID), completed_units and total_units or percent, completed_at,
    last_activity.
    """
    begin_writing()
    batch = db.session.get(Batch, batch_id) if batch_id else None
    if batch_id and batch is None:
        raise click.ClickException(_("There is no batch with the ID %(id)s.", id=batch_id))
    result = progress_import.import_progress(
        file.read_bytes(), file.name, batch, By(None, Through.COMMAND), LARGE, allow_decrease=allow_decrease
    )
    _tell_of_file(result.notices, result.errors)
    db.session.commit()
    _tell_of_lines(result.outcomes)
    click.echo(_summary(outcome.state for outcome in result.outcomes))


class LineFacts(Protocol):
    @property
    def line(self) -> int: ...
    @property
    def message(self) -> str | None: ...


def _tell_of_file(notices: Iterable[Notice], errors: Collection[Finding]) -> None:
    """Exits with 1 where there are errors."""
    for notice in notices:
        click.echo(notice.message, err=True)
    for error in errors:
        click.echo(_place(error) + error.message, err=True)
    if errors:
        raise click.ClickException(
            ngettext(
                "%(number)s error: nothing was imported. Mend the file, and import it again.",
                "%(number)s errors: nothing was imported. Mend the file, and import it again.",
                len(errors),
            )
        )


def _place(error: Finding) -> str:
    if error.line is None:
        return ""
    if error.column is None:
        return _("Line %(line)s: ", line=error.line)
    return _("Line %(line)s, %(column)s: ", line=error.line, column=error.column)


def _tell_of_lines(outcomes: Iterable[LineFacts]) -> None:
    for outcome in outcomes:
        if message := outcome.message:
            click.echo(_("Line %(line)s: %(sentence)s", line=outcome.line, sentence=message), err=True)


def _summary(states: Iterable[str]) -> str:
    """How many lines there were, and what became of them."""
    counts = Counter(states)
    sentences: dict[str, Callable[[int], str]] = {
        "added": lambda number: ngettext("%(number)s added", "%(number)s added", number),
        "updated": lambda number: ngettext("%(number)s updated", "%(number)s updated", number),
        "unchanged": lambda number: ngettext("%(number)s unchanged", "%(number)s unchanged", number),
        "skipped": lambda number: ngettext("%(number)s skipped", "%(number)s skipped", number),
        "failed": lambda number: ngettext("%(number)s failed", "%(number)s failed", number),
    }
    told = listing(tell(counts[state]) for state, tell in sentences.items() if counts[state])
    lines = sum(counts.values())
    return ngettext("%(number)s line: %(told)s.", "%(number)s lines: %(told)s.", lines, told=told)


@click.command("is-demo")
@with_appcontext
def is_demo() -> None:
    """Exit with 0 in demo mode, else with 1."""
    raise SystemExit(0 if current_app.config["DEMO"] else 1)
