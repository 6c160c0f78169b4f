"""What programs prove who they are with: keys, and the tokens that they are exchanged for."""

import json
import logging
import time
from base64 import b64encode, urlsafe_b64encode
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, insert, select, text, update
from werkzeug.test import TestResponse

from domain.access_tokens import AccessTokens
from domain.api_keys import NewKey
from models import ApiKey, OrganisationRole, User, db, now
from models.organisation import manager_units
from tests.people import a_batch, a_course, a_person, an_organisation, the_collaboration, the_person
from tests.programs import Program, a_key, key_called
from tests.teaching import STATE_ADMIN, batch

TOKENS = "/oauth2/access_token"


@pytest.fixture
def key(world: Flask) -> NewKey:
    return a_key(STATE_ADMIN)


def ask(app: Flask, key: NewKey | None = None, path: str = TOKENS, **form: str) -> TestResponse:
    """For a token, as the form says; `None` in it takes something out."""
    plain = {"grant_type": "client_credentials"}
    if key:
        plain |= {"client_id": str(key.key.id), "client_secret": key.secret}
    return Program(app, None).post(path, data={name: value for name, value in (plain | form).items() if value})


def token_for(app: Flask, key: NewKey, **form: str) -> str:
    return str(ask(app, key, **form).json["access_token"])


def call(app: Flask, credential: str | None, scheme: str = "Bearer") -> TestResponse:
    """Something that the key may do: an empty request, which is told to be one."""
    path = f"/api/v1/batches/{batch().id}/participants?dry_run=true"
    return Program(app, credential, scheme).post(path, json={"identifiers": ["PR-00001"]})


def refused(answer: TestResponse) -> tuple[int, str]:
    """By our own API: the status, and what it asks for."""
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == answer.status_code
    return answer.status_code, answer.headers["WWW-Authenticate"]


NOTHING = (401, 'Bearer realm="Muster"')
NO_GOOD = (401, 'Bearer realm="Muster", error="invalid_token"')


# Keys.


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "JWT"])
def test_a_key_is_recognised(world: Flask, key: NewKey, scheme: str) -> None:
    assert call(world, key.secret, scheme).status_code == 200


def test_without_a_key_one_is_asked_for(world: Flask) -> None:
    assert refused(call(world, None)) == NOTHING
    assert refused(call(world, "state@pradesh.test:muster-demo", "Basic")) == NOTHING
    assert refused(call(world, " ")) == NOTHING


@pytest.mark.parametrize("credential", ["muster_unknown", "muster_", "nonsense", "a.b.c", "é.ü.ö", "muster_\xff"])
def test_an_unknown_one_is_refused(world: Flask, credential: str) -> None:
    assert refused(call(world, credential)) == NO_GOOD


def test_one_that_is_revoked_is_refused_with_its_tokens(world: Flask, key: NewKey) -> None:
    token = token_for(world, key)
    key.key.revoked_at = now()
    assert refused(call(world, key.secret)) == refused(call(world, token)) == NO_GOOD
    assert ask(world, key).status_code == 401


def test_one_that_has_expired_is_refused_with_its_tokens(world: Flask, key: NewKey) -> None:
    with time_machine.travel(now() + timedelta(days=30), tick=False):
        token = token_for(world, key)
        assert call(world, key.secret).status_code == call(world, token).status_code == 200
    key.key.expires_at = now() + timedelta(minutes=1)
    token = token_for(world, key)
    with time_machine.travel(now() + timedelta(minutes=2), tick=False):
        assert refused(call(world, key.secret)) == refused(call(world, token)) == NO_GOOD
        assert ask(world, key).status_code == 401


def test_one_of_a_deactivated_account_is_refused_with_its_tokens(world: Flask, key: NewKey) -> None:
    token = token_for(world, key)
    db.session.execute(update(User).where(User.email == STATE_ADMIN).values(is_active=False))
    assert refused(call(world, key.secret)) == refused(call(world, token)) == NO_GOOD
    assert ask(world, key).status_code == 401


def test_a_role_that_is_lost_is_felt_at_once(world: Flask, key: NewKey) -> None:
    token = token_for(world, key)
    db.session.execute(delete(OrganisationRole).where(OrganisationRole.user_id == the_person(STATE_ADMIN).id))
    assert call(world, key.secret).status_code == call(world, token).status_code == 403


def test_a_key_reads_nothing_of_another_organisation(world: Flask) -> None:
    """Not even where its owner is an admin of both."""
    elsewhere = an_organisation("elsewhere")
    both = a_person("both@example.org", admin_of=elsewhere)
    there = a_batch(a_course(elsewhere))
    db.session.execute(
        update(OrganisationRole).where(OrganisationRole.user_id == the_person(STATE_ADMIN).id).values(user_id=both.id)
    )
    assert call(world, a_key("both@example.org", "pradesh").secret).status_code == 200
    narrowed = a_key("both@example.org", "elsewhere")
    assert call(world, narrowed.secret).status_code == call(world, token_for(world, narrowed)).status_code == 404
    path = f"/api/v1/batches/{there.id}/participants"
    assert Program(world, narrowed.secret).post(path, json={"identifiers": ["1"]}).status_code == 200


def test_a_key_reads_nothing_of_another_unit(world: Flask) -> None:
    """Not even where its owner has come to manage that one, too."""
    yoda = a_key("yoda@harderwijk.test")
    stratus = the_collaboration("stratusgrp")
    role = db.session.scalars(select(OrganisationRole).filter_by(user_id=yoda.key.user_id)).one()
    medicine = {"role_id": role.id, "unit_id": stratus.units[0].id, "organisation_id": stratus.organisation_id}
    db.session.execute(insert(manager_units), medicine)
    later = a_key("yoda@harderwijk.test")
    for key, listed in ((yoda, ["cirrusgrp", "cumulusgrp"]), (later, ["cirrusgrp", "cumulusgrp", "stratusgrp"])):
        program = Program(world, key.secret)
        assert [one["short_name"] for one in program.get("/api/v1/collaborations").json["items"]] == listed
    members = f"/api/v1/collaborations/{stratus.id}/members"
    assert Program(world, yoda.secret).get(members).status_code == 403
    assert Program(world, token_for(world, yoda)).get(members).status_code == 403
    assert Program(world, later.secret).get(members).status_code == 200


def test_a_platform_admins_key_may_be_narrowed_to_an_organisation(world: Flask) -> None:
    assert call(world, a_key("platform@muster.test", "pradesh").secret).status_code == 200
    assert call(world, a_key("platform@muster.test", "otherland").secret).status_code == 404


# Tokens.


@pytest.mark.parametrize("path", [TOKENS, f"{TOKENS}/"])
@pytest.mark.parametrize(
    ("asked", "word"), [("", "Bearer"), ("bearer", "Bearer"), ("jwt", "JWT"), ("JWT", "JWT"), ("Bearer", "Bearer")]
)
def test_a_key_is_exchanged_for_a_token(world: Flask, key: NewKey, path: str, asked: str, word: str) -> None:
    answer = ask(world, key, path, token_type=asked)
    token = answer.json["access_token"]
    assert answer.json == {"access_token": token, "token_type": word, "expires_in": 3600, "scope": "read write"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert call(world, token, word).status_code == 200


def test_a_client_may_use_http_basic(world: Flask, key: NewKey) -> None:
    pair = f"{quote(str(key.key.id))}:{quote(key.secret)}"
    with_header = Program(world, b64encode(pair.encode()).decode(), "Basic")
    assert with_header.post(TOKENS, data={"grant_type": "client_credentials"}).status_code == 200
    both = {"grant_type": "client_credentials", "client_secret": key.secret}
    assert with_header.post(TOKENS, data=both).json["error"] == "invalid_request"


def test_a_token_runs_out_after_an_hour(world: Flask, key: NewKey) -> None:
    token = token_for(world, key)
    with time_machine.travel(now() + timedelta(minutes=59), tick=False):
        assert call(world, token).status_code == 200
    with time_machine.travel(now() + timedelta(minutes=61), tick=False):
        assert refused(call(world, token)) == NO_GOOD


def test_a_token_of_another_secret_or_issuer_is_none(world: Flask, key: NewKey) -> None:
    for tokens in (
        AccessTokens("another secret", world.config["BASE_URL"]),
        AccessTokens(world.config["SECRET_KEY"], "http://elsewhere.test"),
    ):
        assert refused(call(world, tokens.make(key.key.id, now()))) == NO_GOOD


def part(of: object) -> str:
    return urlsafe_b64encode(json.dumps(of).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None", "typ": "JWT"},
        {"alg": "HS512"},
        {"alg": "RS256"},
        {"alg": 1},
        {"alg": ["HS256"]},
        {"alg": "HS256", "crit": 1},
        {"alg": "HS256", "crit": ["b64"], "b64": False},
        {"alg": "HS256", "zip": "DEF"},
        [],
        1,
        None,
    ],
)
def test_a_token_that_is_not_signed_by_us_is_none(world: Flask, key: NewKey, header: object) -> None:
    _header, claims, signature = token_for(world, key).split(".")
    assert refused(call(world, f"{part(header)}.{claims}.")) == NO_GOOD
    assert refused(call(world, f"{part(header)}.{claims}.{signature}")) == NO_GOOD


# How it is refused to exchange one: RFC 6749, 5.2.


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, 400, "unsupported_grant_type"),
        ({"token_type": "mac"}, 400, "invalid_request"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": "00000000-0000-0000-0000-000000000000"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_secret": "muster_\0"}, 401, "invalid_client"),
    ],
)
def test_a_request_that_is_refused_says_why(
    world: Flask, key: NewKey, form: dict[str, str], status: int, error: str
) -> None:
    answer = ask(world, key, **form)
    assert (answer.status_code, answer.json["error"]) == (status, error)
    assert answer.json["error_description"].isascii()
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_a_parameter_is_sent_once(world: Flask) -> None:
    answer = Program(world, None).post(TOKENS, data={"grant_type": ["client_credentials", "client_credentials"]})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("credential", ["x", "", b64encode(b"no colon").decode(), b64encode(b"\xff:\xff").decode()])
def test_a_basic_header_that_says_nothing_is_refused(world: Flask, credential: str) -> None:
    program = Program(world, None)
    headers = {"Authorization": f"Basic {credential}"}
    answer = program.post(TOKENS, data={"grant_type": "client_credentials"}, headers=headers)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_token_is_not_asked_for_by_get_or_as_json(world: Flask) -> None:
    answer = Program(world, None).get(TOKENS)
    assert (answer.status_code, answer.json["error"]) == (405, "invalid_request")
    assert answer.headers["Allow"] == "OPTIONS, POST"
    answer = Program(world, None).post(TOKENS, json={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_failed_attempts_from_one_address_are_throttled(world: Flask, key: NewKey) -> None:
    for _attempt in range(50):
        ask(world, key, client_secret="muster_guessed")
    answer = ask(world, key)
    assert (answer.status_code, answer.json["error"]) == (429, "temporarily_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_what_succeeds_is_not_throttled(world: Flask, key: NewKey) -> None:
    assert [ask(world, key).status_code for _time in range(60)] == [200] * 60


# What is kept.


def test_of_a_key_there_is_only_a_hash_and_of_a_token_nothing(
    world: Flask, key: NewKey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = token_for(world, key)
    call(world, token)
    call(world, key.secret)
    call(world, f"{key.secret}x")
    for secret in (key.secret, token):
        assert secret not in caplog.text
        assert secret not in everything_stored()
    assert key.key.secret_hash in everything_stored()


def everything_stored() -> str:
    tables = db.metadata.sorted_tables
    return "\n".join(str([*db.session.execute(text(f'SELECT * FROM "{table.name}"'))]) for table in tables)


def test_when_a_key_was_last_used_is_kept_to_the_minute(world: Flask, key: NewKey) -> None:
    assert key.key.last_used_at is None
    begun = now()
    with time_machine.travel(begun, tick=False):
        call(world, key.secret)
    with time_machine.travel(begun + timedelta(seconds=30), tick=False):
        call(world, key.secret)
    assert last_used(key) == begun
    later = begun + timedelta(minutes=2)
    with time_machine.travel(later, tick=False):
        call(world, token_for(world, key))
    assert last_used(key) == later


def test_a_call_that_is_refused_is_a_use_too(world: Flask, key: NewKey) -> None:
    Program(world, key.secret).post(f"/api/v1/batches/{batch('Open batch').id}/participants", json={})
    assert last_used(key) is not None


def test_who_only_reads_waits_for_no_writer(world: Flask, key: NewKey) -> None:
    there = f"/api/v1/batches/{batch().id}"
    db.session.commit()
    with db.engine.connect().execution_options(sqlite_begin="IMMEDIATE") as writer, writer.begin():
        began = time.monotonic()
        assert Program(world, key.secret).get(there).status_code == 200
        assert time.monotonic() - began < 10
    Program(world, key.secret).get(there)
    assert last_used(key) is not None


def last_used(key: NewKey) -> object:
    stored: ApiKey = key_called(key.secret)
    db.session.refresh(stored)
    return stored.last_used_at
