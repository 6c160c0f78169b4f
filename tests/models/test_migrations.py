"""The migrations make, on both databases, what the models say; and unmake it."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from models import db
from tests.conftest import ON_BOTH, make_app, new_database


@pytest.fixture(params=ON_BOTH)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application with a database in which nothing is yet."""
    name = tmp_path.name.replace("[", "_").replace("]", "")
    app = make_app(tmp_path, DATABASE_URL=new_database(request.param, name, tmp_path, request))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def told_by_the_database() -> dict[str, Any]:
    """Everything that stands in it, table by table, in an order of its own."""
    look = inspect(db.engine)
    asked = (
        look.get_columns,
        look.get_pk_constraint,
        look.get_foreign_keys,
        look.get_unique_constraints,
        look.get_check_constraints,
        look.get_indexes,
    )
    return {table: [in_order(ask(table)) for ask in asked] for table in sorted(tables())}


def in_order(facts: Any) -> list[str]:
    each = facts if isinstance(facts, list) else [facts]
    return sorted(json.dumps(fact, default=str, sort_keys=True) for fact in each)


def test_all_tables_come_with_upgrading_and_go_with_downgrading(empty: Flask) -> None:
    upgrade()
    assert tables() == set(db.metadata.tables)
    downgrade(revision="base")
    assert tables() == set()
    upgrade()
    assert tables() == set(db.metadata.tables)


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_nothing_is_left_to_be_migrated(empty: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), db.metadata) == []


def test_a_migrated_database_is_the_one_that_the_models_describe(empty: Flask) -> None:
    upgrade()
    migrated = told_by_the_database()
    downgrade(revision="base")
    db.create_all()
    assert migrated == told_by_the_database()


# What people had before is theirs after.


AT = "2026-05-01 12:00:00.000000"


def put(table: str, **row: Any) -> None:
    """By plain SQL: the models know only how the tables are in the end."""
    columns, places = (", ".join(parts) for parts in ([f'"{name}"' for name in row], [f":{name}" for name in row]))
    with db.engine.begin() as connection:
        connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({places})"), row)


def rows(query: str) -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def a_user_an_upload_and_what_became_of_it() -> None:
    organisation, user, upload = (uuid.uuid4().hex for _ in range(3))
    put("organisations", id=organisation, short_name="yoda", name="Yoda", time_zone="UTC", created_at=AT)
    keys = {"email_key": "jane@example.org", "user_name_key": "jane", "session_key": "key", "password_hash": "hash"}
    flags = {"is_platform_admin": False, "is_active": True}
    put("users", id=user, email="Jane@example.org", user_name="Jane", name="Jane Doe", created_at=AT, **keys, **flags)
    for role in ("admin", "mentor"):
        put(
            "organisation_roles",
            id=uuid.uuid4().hex,
            organisation_id=organisation,
            user_id=user,
            role=role,
            created_at=AT,
        )
    counts = {"lines": 7, "error_count": 0, "invitations": 5, "people": 4, "collaborations": 2, "will_fail": 1}
    done = {"will_skip": 1, "planned": 7, "sent": 3, "failed": 1, "skipped": 1, "processed_line": 8}
    put(
        "uploads",
        **{
            "id": upload,
            "kind": "invitations",
            "user_id": user,
            "organisation_id": organisation,
            "state": "processing",
        },
        **{"file_name": "list.csv", "content": b"x", "created_at": AT, "columns": "[]", "notices": "[]"},
        **{"all_lines_processed": True, **counts, **done},
    )
    put("upload_lines", upload_id=upload, number=2, cells="[]")
    outcome = {"line": 2, "invitee": "a@example.org", "collaboration": "co", "groups": "", "role": "member"}
    put("upload_outcomes", upload_id=upload, number=0, state="sent", **outcome)


def what_is_kept() -> list[list[tuple[Any, ...]]]:
    """Of what no migration changes."""
    return [
        rows("SELECT email, email_key, user_name, name, password_hash FROM users"),
        rows("SELECT u.name, r.role FROM organisation_roles r JOIN users u ON u.id = r.user_id ORDER BY r.role"),
        rows("SELECT state, lines, planned, failed, skipped, processed_line FROM uploads"),
        rows("SELECT l.number FROM upload_lines l JOIN uploads u ON u.id = l.upload_id"),
        rows("SELECT o.invitee, o.collaboration, o.role, o.state FROM upload_outcomes o"),
    ]


def test_what_is_in_the_tables_survives_upgrading_and_downgrading(empty: Flask) -> None:
    upgrade(revision="0001")
    a_user_an_upload_and_what_became_of_it()
    before = what_is_kept()
    assert before[1] == [("Jane Doe", "admin"), ("Jane Doe", "mentor")]
    upgrade()
    assert what_is_kept() == before
    assert rows("SELECT to_do, done, batch_id FROM uploads") == [(5, 3, None)]
    assert rows("SELECT search_text, organisation_id, state_id FROM users") == [
        ("jane doe\njane@example.org\n", None, None)
    ]
    downgrade(revision="0001")
    assert what_is_kept() == before
    assert rows("SELECT invitations, sent FROM uploads") == [(5, 3)]


@pytest.mark.parametrize("whither", ["head", "0001"])
def test_foreign_keys_are_minded_again_afterwards(empty: Flask, whither: str) -> None:
    upgrade()
    if whither != "head":
        downgrade(revision=whither)
    lost = {"id": uuid.uuid4().hex, "organisation_id": uuid.uuid4().hex, "user_id": uuid.uuid4().hex}
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        put("organisation_roles", **lost, role="admin", created_at=AT)


@pytest.mark.parametrize("revision", ["0005", "0006"])
def test_the_audit_log_is_guarded_before_it_knows_of_its_time_and_after(empty: Flask, revision: str) -> None:
    upgrade()
    downgrade(revision=revision)
    told = {"action": "member-joined", "through": "page", "counts": "{}", "people": "{}", "note": ""}
    put("audit_entries", id=uuid.uuid4().hex, at=AT, **told)
    for statement in ("DELETE FROM audit_entries", "UPDATE audit_entries SET note = 'otherwise'"):
        with pytest.raises(IntegrityError, match="neither changed nor deleted"), db.engine.begin() as connection:
            connection.execute(text(statement))
    assert rows("SELECT count(*) FROM audit_entries") == [(1,)]
