"""Every call of the API x every key: allowed, 403 within its own organisation, 404 elsewhere, 401 without a key.

A call that is allowed answers 200 or 201, or says that an empty request is not what it takes (400, 415 or 422).
"""

import pytest
from flask import Flask, url_for

from tests.clients import Client
from tests.house.test_access import api_families, places_of, things
from tests.house.test_access import rows as rows_of
from tests.programs import Program, program

__all__ = ["things"]  # a fixture

KEYS = {
    "platform": "platform@muster.test",
    "admin": "admin@harderwijk.test",
    "yoda": "yoda@harderwijk.test",
    "other": "admin@otherland.test",
    "state": "state@pradesh.test",
}

#                                            none  platf admin yoda  other state
TABLE = """
api_oauth.access_token        POST           ok    ok    ok    ok    ok    ok
api_uploads.create            POST           401   ok    ok    ok    ok    ok
api_uploads.show              GET    ready   401   ok    ok    ok    404   404
api_uploads.process           POST   ready   401   403   403   ok    404   404
api_uploads.result            GET    pressed 401   ok    ok    ok    404   404
api_batches.index             GET            401   ok    ok    ok    ok    ok
api_courses.create            POST           401   ok    ok    403   ok    ok
api_courses.change            PATCH  literacy 401  ok    404   404   404   ok
api_batches.of_course         GET    literacy 401  ok    404   404   404   ok
api_batches.create            POST   literacy 401  ok    404   404   404   ok
api_batches.show              GET    pilot   401   ok    404   404   404   ok
api_batches.show              GET    open_batch 401 ok   404   404   404   ok
api_batches.change            PATCH  pilot   401   ok    404   404   404   ok
api_participants.index        GET    pilot   401   ok    404   404   404   ok
api_participants.add          POST   pilot   401   ok    404   404   404   ok
api_participants.remove       DELETE pilot   401   ok    404   404   404   ok
api_people.index              GET    its_person 401 ok   ok    403   404   404
api_people.show               GET    its_person 401 ok   ok    403   404   404
api_people.deactivate         POST   its_person 401 ok   ok    403   404   404
api_people.reactivate         POST   its_person 401 ok   ok    403   404   404
api_roles.index               GET    its_person 401 ok   ok    403   404   404
api_roles.change              PATCH  yodas_role 401 ok   ok    403   404   404
api_roles.take                DELETE a_mentor 401  ok    ok    403   404   404
api_role_invitations.index    GET    its_person 401 ok   ok    403   404   404
api_role_invitations.invite   POST   its_person 401 ok   ok    403   404   404
api_role_invitations.resend   POST   to_manage 401 ok    ok    403   404   404
api_role_invitations.revoke   DELETE to_manage 401 ok    ok    403   404   404
api_units.index               GET    its_person 401 ok   ok    403   404   404
api_units.create              POST   its_person 401 ok   ok    403   404   404
api_units.show                GET    yodas_unit 401 ok   ok    403   404   404
api_units.change              PATCH  yodas_unit 401 ok   ok    403   404   404
api_units.delete              DELETE yodas_unit 401 409  409   403   404   404
api_progress.report           PATCH  pilot   401   ok    404   404   404   ok
api_collaborations.index      GET            401   ok    ok    ok    ok    ok
api_collaboration_settings.create POST       401   ok    ok    403   ok    ok
api_collaboration_settings.show GET  cumulus 401   ok    ok    ok    404   404
api_collaboration_settings.show GET  stratus 401   ok    ok    403   404   404
api_collaboration_settings.change PATCH cumulus 401 ok   ok    ok    404   404
api_collaboration_settings.change PATCH stratus 401 ok   ok    403   404   404
api_collaboration_settings.archive POST cirrus 401 ok    ok    403   404   404
api_collaboration_settings.restore POST cirrus 401 ok    ok    403   404   404
api_groups.index              GET    cumulus 401   ok    ok    ok    404   404
api_groups.index              GET    stratus 401   ok    ok    403   404   404
api_groups.create             POST   cumulus 401   ok    ok    ok    404   404
api_groups.create             POST   stratus 401   ok    ok    403   404   404
api_groups.show               GET    researchers 401 ok  ok    ok    404   404
api_groups.change             PATCH  researchers 401 ok  ok    ok    404   404
api_groups.delete             DELETE researchers 401 ok  ok    ok    404   404
api_memberships.change        PATCH  in_cumulus 401 ok   ok    ok    404   404
api_memberships.change        PATCH  in_stratus 401 ok   ok    403   404   404
api_collaborations.members    GET    cumulus 401   ok    ok    ok    404   404
api_collaborations.invited    GET    cumulus 401   ok    ok    ok    404   404
api_collaborations.invite     POST   cumulus 401   ok    ok    ok    404   404
api_collaborations.members    GET    stratus 401   ok    ok    403   404   404
api_collaborations.invited    GET    stratus 401   ok    ok    403   404   404
api_collaborations.invite     POST   stratus 401   ok    ok    403   404   404
api_collaborations.members    GET    nimbus  401   ok    ok    403   404   404
api_collaborations.invite     POST   nimbus  401   ok    ok    403   404   404
api_collaborations.members    GET    aurora  401   ok    404   404   ok    404
api_collaborations.invited    GET    aurora  401   ok    404   404   ok    404
api_collaborations.invite     POST   aurora  401   ok    404   404   ok    404
api_collaborations.resend     POST   to_cumulus 401 ok   ok    ok    404   404
api_collaborations.revoke     DELETE to_cumulus 401 ok   ok    ok    404   404
api_collaborations.resend     POST   to_stratus 401 ok   ok    403   404   404
api_collaborations.revoke     DELETE to_stratus 401 ok   ok    403   404   404
api_memberships.remove        DELETE in_cumulus 401 ok   ok    ok    404   404
api_memberships.remove        DELETE in_stratus 401 ok   ok    403   404   404
openedx.bulk_enroll           POST           401   ok    403   403   403   403
openedx.refuse                GET            401   405   403   403   403   403
openedx.refuse                PUT            401   405   403   403   403   403
openedx.refuse                PATCH          401   405   403   403   403   403
openedx.refuse                DELETE         401   405   403   403   403   403
sunbird.add                   POST   pilot   401   ok    404   404   404   ok
sunbird.remove                POST   pilot   401   ok    404   404   404   ok
sunbird.list_participants     POST           401   ok    ok    ok    ok    ok
"""
ROWS = rows_of(TABLE, 1 + len(KEYS))


@pytest.mark.parametrize("key", ["none", *KEYS])
def test_each_key_may_do_what_the_table_says_and_nothing_else(
    world: Flask, things: dict[str, dict[str, str]], key: str
) -> None:
    caller = Program(world, None) if key == "none" else program(world, KEYS[key])
    place = ["none", *KEYS].index(key)
    found = {row: answer_to(world, caller, row.endpoint, row.method, things[row.thing]) for row in ROWS}
    wrong = {
        f"{row.endpoint} {row.method} {row.thing}": (answer, row.expected[place])
        for row, answer in found.items()
        if answer != row.expected[place]
    }
    assert wrong == {}, "answered, expected"


def answer_to(world: Flask, caller: Program, endpoint: str, method: str, values: dict[str, str]) -> str:
    with world.test_request_context():
        path = url_for(endpoint, **{name: values[name] for name in places_of(world, endpoint)})
    answer = caller.open(path, method=method)
    status = answer.status_code
    if endpoint.startswith("sunbird.") and answer.json["params"]["err"] == "INVALID_COURSE_BATCH_ID":
        status = 404  # as its clients read it
    return "ok" if status in {200, 201, 204, 400, 415, 422} else str(status)


def test_the_table_names_every_call(world: Flask) -> None:
    families = api_families(world)
    calls = {
        (rule.endpoint, method)
        for rule in world.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint.partition(".")[0] in families
    }
    assert calls == {(row.endpoint, row.method) for row in ROWS}


def test_a_session_is_no_credential(world: Flask, things: dict[str, dict[str, str]]) -> None:
    visitor = Client(world).sign_in("state@pradesh.test")
    answer = visitor.post(f"/api/v1/batches/{things['pilot']['batch_id']}/participants", json={"identifiers": ["PR-1"]})
    assert answer.status_code == 401
