"""The command line: another door to the same rooms."""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from domain import demo, people
from domain.errors import RefusalError
from models import begin_writing, db
from views.extensions import password_hasher
from worker.queue import run_worker


def register(app: Flask) -> None:
    for command in (fill_demo, is_demo, work, users):
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


@click.group("users")
def users() -> None:
    """People."""


@users.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@click.option("--platform-admin", is_flag=True, help="May do everything, everywhere.")
@with_appcontext
def create_user(email: str, name: str, password: str, platform_admin: bool) -> None:
    """Make an account for EMAIL."""
    begin_writing()
    try:
        user = people.create_account(password_hasher(), email=email, name=name, password=password)
    except RefusalError as refusal:
        raise click.ClickException(str(refusal)) from None
    user.is_platform_admin = platform_admin
    db.session.commit()
    click.echo(f"Made {user.email} with the user ID {user.id}.")


@click.command("is-demo")
@with_appcontext
def is_demo() -> None:
    """Exit with 0 in demo mode, else with 1."""
    raise SystemExit(0 if current_app.config["DEMO"] else 1)
