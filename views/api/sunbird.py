"""Sunbird's (DIKSHA's) three calls about the users of a batch, in its envelope: its clients work unchanged.

Field names, codes and sentences are Sunbird's own (`course-mw`, `CourseBatchManagement`).
"""

import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from flask import Response, request
from pydantic import BaseModel, Field, ValidationError

from domain import participants
from domain.participants import Outcome
from domain.permissions import may_manage_participants
from models import Batch, db, now
from views import access
from views.api.blueprint import ApiBlueprint, Refusal
from views.api.calls import MOST_PEOPLE, Call, MalformedError, described


class UserIds(BaseModel):
    userIds: list[str] = Field(  # noqa: N815  # theirs
        description="User IDs, or state IDs.", examples=[["PR-05501", "PR-05502"]], min_length=1, max_length=MOST_PEOPLE
    )


class UsersRequest(BaseModel):
    request: UserIds


class BatchOfList(BaseModel):
    batchId: str  # noqa: N815  # theirs
    active: bool | None = Field(None, description="False: those who were removed. Null: as if left out.")


class ListOfBatch(BaseModel):
    batch: BatchOfList


class ListRequest(BaseModel):
    request: ListOfBatch


class Params(BaseModel):
    resmsgid: str | None = None
    msgid: str = Field(description="New for each answer.")
    err: str | None = Field(description="The code of an error.")
    status: str = Field(description="`success`, or the code of an error.")
    errmsg: str | None = Field(description="Of an error, a sentence.")


class Envelope(BaseModel):
    id: str = Field(examples=["api.course.batch.users.add"])
    ver: str = Field(examples=["v1"])
    ts: str = Field(examples=["2026-11-25 12:00:00:000+0000"])
    params: Params
    responseCode: str = Field(  # noqa: N815  # theirs
        description="`OK`, `CLIENT_ERROR`, `RESOURCE_NOT_FOUND`, `UNAUTHORIZED` or `SERVER_ERROR`."
    )


class Users(Envelope):
    result: dict[str, str] = Field(description="For each identifier, as it was sent, `SUCCESS` or a sentence.")


class Batches(BaseModel):
    count: int
    participants: list[str] = Field(description="User IDs.")


class Listed(BaseModel):
    batch: Batches


class Participants(Envelope):
    result: Listed


class Failed(Envelope):
    result: dict[str, str] = Field(description="Empty.")


ADD, REMOVE, LIST = "api.course.batch.users.add", "api.course.batch.users.remove", "api.course.batch.participants.list"
_IDS = {"user/add": ADD, "user/remove": REMOVE}

#: By status, the code, the sentence and the response code.
_REFUSALS = {
    401: ("UNAUTHORIZED_USER", "You are not authorized.", "UNAUTHORIZED"),
    403: ("UNAUTHORIZED_USER", "You are not authorized.", "UNAUTHORIZED"),
    404: ("INVALID_COURSE_BATCH_ID", "Invalid course batch id ", "CLIENT_ERROR"),
    409: ("ENROLLMENT_TYPE_VALIDATION", "Enrollment type should be invite-only.", "CLIENT_ERROR"),
}
_NO_BATCH = "Mandatory parameter batchId is missing."
#: What it is answered with here; a batch that one cannot see is a mistake in the request.
_STATUS = {403: 401, 404: 400, 409: 400}


def tell(refusal: Refusal) -> Response:
    kind = "SERVER_ERROR" if refusal.status >= 500 else "CLIENT_ERROR"
    code, sentence, response_code = _REFUSALS.get(
        refusal.status, (refusal.code or "INVALID_REQUESTED_DATA", refusal.sentence, kind)
    )
    answer = _answer(_id_here(), {}, response_code, err=code, status=code, errmsg=sentence)
    answer.status_code = _STATUS.get(refusal.status, refusal.status)
    answer.headers.extend(refusal.headers)
    return answer


bp = ApiBlueprint("sunbird", tell, Failed, url_prefix="/api/course/v1/batch")


def _id_here() -> str:
    """What the call is called in its envelope."""
    place = request.path.removeprefix(f"{bp.url_prefix}/")
    return next((call_id for path, call_id in _IDS.items() if place.startswith(path)), LIST)


def _answer(call_id: str, result: Any, response_code: str = "OK", **params: str | None) -> Response:
    at = now()
    told = {
        "id": call_id,
        "ver": "v1",
        "ts": f"{at:%Y-%m-%d %H:%M:%S}:{at.microsecond // 1000:03}+0000",
        "params": {
            "resmsgid": None,
            "msgid": str(uuid.uuid4()),
            **{"err": None, "status": "success", "errmsg": None, **params},
        },
        "responseCode": response_code,
        "result": result,
    }
    return Response(json.dumps(told), mimetype="application/json")


# The calls.


@bp.post("/user/add/<batch_id>")
@bp.post("/user/add", defaults={"batch_id": ""}, strict_slashes=False)
@access.signed_in
@described(Call("Add users to a batch", "To an invite-only one.", body=UsersRequest, answer=Users, refusals=(400, 413)))
def add(batch_id: str) -> Response:
    return _change(batch_id, participants.add, _SENTENCES_OF_ADDING)


@bp.post("/user/remove/<batch_id>")
@bp.post("/user/remove", defaults={"batch_id": ""}, strict_slashes=False)
@access.signed_in
@described(
    Call("Remove users from a batch", "From an invite-only one.", body=UsersRequest, answer=Users, refusals=(400, 413))
)
def remove(batch_id: str) -> Response:
    return _change(batch_id, participants.remove, _SENTENCES_OF_REMOVING)


@bp.post("/participants/list")
@access.signed_in
@described(Call("List the participants of a batch", body=ListRequest, answer=Participants, refusals=(400, 413)))
def list_participants() -> Response:
    given = _body(ListRequest, "MANDATORY_PARAMETER_MISSING", _NO_BATCH)
    wanted = given.request.batch
    ids = participants.user_ids(_batch(wanted.batchId), active=wanted.active is not False)
    return _answer(LIST, {"batch": {"count": len(ids), "participants": ids}})


def _change(batch_id: str, do: Callable[..., list[Outcome]], sentences: dict[str | None, str]) -> Response:
    batch = _batch(batch_id)
    given = _body(UsersRequest, "USERID_MISSING", "UserId is mandatory.")
    outcomes = do(access.my_rights(), batch, given.request.userIds, access.by())
    db.session.commit()
    return _answer(_id_here(), _results(outcomes, sentences))


def _batch(batch_id: str) -> Batch:
    if not batch_id:
        raise MalformedError(400, _NO_BATCH, code="MANDATORY_PARAMETER_MISSING")
    try:
        return access.batch_named(uuid.UUID(batch_id), may_manage_participants)
    except ValueError:
        raise MalformedError(404, _REFUSALS[404][1]) from None


def _body(kind: Any, code: str, sentence: str) -> Any:
    """What was sent; clients send more than they must, and not always the media type."""
    try:
        return kind.model_validate_json(request.get_data())
    except ValidationError as error:
        if error.errors(include_url=False, include_input=False)[0]["type"] in {"json_invalid", "too_long"}:
            raise MalformedError(400, "Requested data for this operation is not valid.") from None
        raise MalformedError(400, sentence, code=code) from None


# What became of each, in Sunbird's words.

_STRANGER = "User (ID = {}) not associated to course batch creator root org."
_NOT_IN_IT = "User is not enrolled to given course batch."
_SENTENCES_OF_ADDING: dict[str | None, str] = {"not_found": _STRANGER, "deactivated": _STRANGER}
_SENTENCES_OF_REMOVING: dict[str | None, str] = {
    "not_found": _NOT_IN_IT,
    "not_a_participant": _NOT_IN_IT,
    "completed": "User already completed given course batch.",
}


def _results(outcomes: Iterable[Outcome], sentences: dict[str | None, str]) -> dict[str, str]:
    """Of who is named again, what was said the first time."""
    results: dict[str, str] = {}
    said: dict[object, str] = {}
    for outcome in outcomes:
        sentence = sentences.get(outcome.reason, "SUCCESS").format(outcome.identifier)
        if outcome.person:
            sentence = said.setdefault(outcome.person.stored_id, sentence)
        results[outcome.identifier] = sentence
    return results
