"""Open edX's bulk enrolment: its clients work unchanged.

Fields, shapes and sentences are Open edX's (`lms/djangoapps/bulk_enroll`), and Django REST framework's, on which it
stands; so they are the same in every language.
"""

import json
import math
import time
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from flask import Response, abort, request
from limits import RateLimitItemPerMinute
from pydantic import ValidationError
from pydantic_core import to_json

from domain import bulk_enrolment
from domain.bulk_enrolment import Order, State, UnknownCohortError, UnknownCourseError
from domain.permissions import may_enrol_in_bulk
from models import db
from views import access, callers
from views.api.blueprint import ApiBlueprint, Refusal
from views.api.calls import Call, MalformedError, described
from views.api.openedx_types import BulkEnrolment, Enrolled, Failure, names_in
from views.extensions import is_within, limiter

#: What is said by the status alone.
_SENTENCES = {
    403: "You do not have permission to perform this action.",
    404: "Not found.",
}
#: Of a credential (Open edX: `openedx/core/lib/api/authentication.py`).
_TOKEN_ERRORS = {
    "token_nonexistent": "The provided access token does not match any valid tokens.",
    "token_not_provided": "Invalid token header. No credentials provided.",
    "token_malformed": "Invalid token header. Token string should not contain spaces.",
}


def tell(refusal: Refusal) -> Response:
    answer = Response(json.dumps(_body(refusal)), refusal.status, refusal.headers, mimetype="application/json")
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="api"'
    if refusal.status == 405:
        answer.headers["Allow"] = "POST, OPTIONS"
    return answer


def _body(refusal: Refusal) -> dict[str, Any]:
    if refusal.status == 401 and (code := _token_error(refusal.code)) is not None:
        return {"error_code": code, "developer_message": _TOKEN_ERRORS[code]}
    if refusal.status == 401:
        return {"detail": "Authentication credentials were not provided."}
    if refusal.status == 405:
        return {"detail": f'Method "{request.method}" not allowed.'}
    if refusal.errors:
        return {error["pointer"].removeprefix("/"): [error["message"]] for error in refusal.errors}
    return {"detail": _SENTENCES.get(refusal.status, refusal.sentence)}


def _token_error(code: str) -> str | None:
    """Nothing where no credential was sent."""
    if code != callers.MISSING:
        return "token_nonexistent" if len(_credential()) < 3 else "token_malformed"
    return "token_not_provided" if len(_credential()) == 1 else None


def _credential() -> list[str]:
    return request.headers.get("Authorization", "").split()


bp = ApiBlueprint("openedx", tell, Failure, url_prefix="/api/bulk_enroll/v1")

_CALL = Call(
    "Enrol or unenrol people in bulk",
    "Open edX's call: with and without a slash at the end; JSON, a form, or `multipart/form-data`. An identifier that "
    "names nobody stops none of the others. 40 requests a minute, 120 for platform admins.",
    body=BulkEnrolment,
    answer=Enrolled,
    refusals=(400, 405, 413, 415, 429),
    other_media_types=("application/x-www-form-urlencoded", "multipart/form-data"),
)
_FORMS = {*_CALL.other_media_types}

#: For one person, whichever keys and methods they use (Open edX: `EnrollmentUserThrottle`).
STAFF_RATE = RateLimitItemPerMinute(120)
RATE = RateLimitItemPerMinute(40)


def throttled(view: Callable[..., Any]) -> Callable[..., Any]:
    """Counts a request before it is asked whether the person may."""

    @wraps(view)
    def counted(*args: Any, **kwargs: Any) -> Any:
        rate = STAFF_RATE if may_enrol_in_bulk(access.my_rights()) else RATE
        whose = "bulk_enroll", str(access.me().id)
        if is_within(rate, *whose):
            return view(*args, **kwargs)
        wait = max(1, math.ceil(limiter.limiter.get_window_stats(rate, *whose).reset_time - time.time()))
        sentence = f"Request was throttled. Expected available in {wait} second{'' if wait == 1 else 's'}."
        return tell(Refusal(429, "", sentence, headers={"Retry-After": str(wait)}))

    return counted


@bp.post("/bulk_enroll", strict_slashes=False)
@throttled
@access.needs(may_enrol_in_bulk)
@described(_CALL)
def bulk_enroll() -> Response:
    body = _checked(_sent())
    try:
        results = bulk_enrolment.carry_out(access.my_rights(), _order(body), access.by())
    except UnknownCohortError as error:
        raise _malformed("non_field_errors", f"cohort {error.cohort} not found in course {error.course_key}.") from None
    except UnknownCourseError:
        abort(404)
    db.session.commit()
    return Response(to_json(_answer(body, results)), mimetype="application/json")


@bp.route("/bulk_enroll", methods=["GET", "PUT", "PATCH", "DELETE"], strict_slashes=False)
@throttled
@access.needs(may_enrol_in_bulk)
def refuse() -> Response:
    """Open edX says so only to those who may call it."""
    abort(405)


# What is sent.


def _sent() -> Any:
    if request.mimetype in _FORMS:
        return dict(_form_fields())
    content = request.get_data()
    if not content:
        return {}
    if request.mimetype != "application/json":
        raise MalformedError(415, f'Unsupported media type "{request.content_type or ""}" in request.')
    try:
        return json.loads(content.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise MalformedError(400, f"JSON parse error - {error}") from None


def _form_fields() -> Any:
    """A form cannot leave out what it leaves empty."""
    for name, values in request.form.lists():
        if name in {"courses", "cohorts"}:
            yield name, values
        elif values[-1] or name not in {"auto_enroll", "email_students"}:
            yield name, values[-1]


def _no_number(constant: str) -> None:
    raise ValueError(f"Out of range float values are not JSON compliant: {constant!r}")


def _checked(sent: Any) -> BulkEnrolment:
    if sent is None:
        raise _malformed("non_field_errors", "No data provided")
    if not isinstance(sent, dict):
        kind = type(sent).__name__
        raise _malformed("non_field_errors", f"Invalid data. Expected a dictionary, but got {kind}.")
    try:
        return BulkEnrolment.model_validate(sent)
    except ValidationError as error:
        raise MalformedError(400, "", [*map(_told, error.errors(include_url=False))]) from None


def _told(error: Any) -> dict[str, str]:
    field = error["loc"][0] if error["loc"] else "non_field_errors"
    return {"pointer": f"/{field}", "message": _REQUIRED if error["type"] == "missing" else error["msg"]}


_REQUIRED = "This field is required."


def _malformed(field: str, sentence: str) -> MalformedError:
    return MalformedError(400, "", [{"pointer": f"/{field}", "message": sentence}])


def _order(body: BulkEnrolment) -> Order:
    return Order(
        identifiers=names_in(body.identifiers),
        courses=body.courses,
        cohorts=body.cohorts,
        enrols=body.action == "enroll",
        auto_enrol=body.auto_enroll,
        tells_them=body.email_students,
        reason=body.reason,
    )


# What is answered.


def _answer(body: BulkEnrolment, results: dict[str, list[bulk_enrolment.Result]]) -> dict[str, Any]:
    has_cohorts = bool(body.cohorts)
    return {
        "auto_enroll": body.auto_enroll,
        "email_students": body.email_students,
        "action": body.action,
        "courses": {
            key: {
                "action": body.action,
                "auto_enroll": body.auto_enroll,
                "results": [_result(one, has_cohorts=has_cohorts) for one in some],
            }
            for key, some in results.items()
        },
    }


def _result(result: bulk_enrolment.Result, *, has_cohorts: bool) -> dict[str, Any]:
    if result.before and result.after:
        before, after = (_state(state, has_cohorts=has_cohorts) for state in (result.before, result.after))
        return {"identifier": result.identifier, "before": before, "after": after}
    return {"identifier": result.identifier, "error" if result.is_valid else "invalidIdentifier": True}


@lru_cache(maxsize=256)
def _state(state: State, *, has_cohorts: bool) -> dict[str, Any]:
    """Ten thousand people have a handful of states among them."""
    told = state._asdict()
    return told if has_cohorts else {name: value for name, value in told.items() if name != "cohort"}
