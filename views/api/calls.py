"""What every call of our own API has: a body and a query that are checked by their types, an answer, one commit.

The types are pydantic's. The document at `/api/openapi.json` is written from the same ones (`views.api.openapi`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Response, request
from pydantic import BaseModel, ConfigDict, ValidationError

from models import db
from views.api import idempotency

#: People in one call. Twice what anybody has; without an end, ten megabytes of commas would keep a machine busy.
MOST_PEOPLE = 200_000


class Given(BaseModel):
    """What a client sends. A field that is not known is a mistake: it is said, not passed over."""

    model_config = ConfigDict(extra="forbid")


class MalformedError(Exception):
    """The request is not what the call takes; `errors` and `code`: as of `blueprint.Refusal`."""

    def __init__(self, status: int, sentence: str, errors: list[dict[str, str]] | None = None, code: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.errors = errors or []
        self.code = code


@dataclass(frozen=True, slots=True)
class Call:
    """What a call takes and answers."""

    summary: str
    description: str = ""
    body: type[BaseModel] | None = None
    #: `application/json`, or `multipart/form-data` with a `file`, which the view takes from the request.
    media_type: str = "application/json"
    query: type[BaseModel] | None = None
    #: Empty: what the view says.
    answer: type[BaseModel] | None = None
    #: Where it is not JSON.
    answer_media_type: str = "application/json"
    status: int = 200
    #: It takes an `Idempotency-Key`.
    creates: bool = False
    #: Statuses of the refusals that it knows besides 401, 403 and 404.
    refusals: tuple[int, ...] = ()
    #: In which the same body may be sent, too.
    other_media_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that says more than its body."""

    body: BaseModel | None
    status: int = 200
    location: str | None = None


def call(
    summary: str,
    description: str = "",
    *,
    body: type[BaseModel] | None = None,
    media_type: str = "application/json",
    query: type[BaseModel] | None = None,
    answer: type[BaseModel] | None = None,
    answer_media_type: str = "application/json",
    status: int = 200,
    creates: bool = False,
    refusals: tuple[int, ...] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """The view gets `body` and `query`, checked, where the call has them. It returns an `answer`, an `Answer` or a
    response of its own. What it did is committed once, with what is kept of the answer for an `Idempotency-Key`.
    """
    spec = Call(summary, description, body, media_type, query, answer, answer_media_type, status, creates, refusals)

    def decorate(view: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(view)
        def called(**kwargs: Any) -> Response:
            if query is not None:
                kwargs["query"] = _checked_query(query)
            if body is not None:
                kwargs["body"] = _checked_body(body, media_type)
            if creates and (given := idempotency.given_before()) is not None:
                return given
            response = _response(view(**kwargs), status)
            if request.method not in {"GET", "HEAD"}:
                idempotency.keep(response)
                db.session.commit()
            return response

        called.api_call = spec  # type: ignore[attr-defined]
        return called

    return decorate


def described(spec: Call) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Only says what the call takes and answers. The view reads, checks and answers in its own family's way."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        view.api_call = spec  # type: ignore[attr-defined]
        return view

    return decorate


def _response(answer: Any, status: int) -> Response:
    if isinstance(answer, Response):
        return answer
    if not isinstance(answer, Answer):
        answer = Answer(answer, status)
    if answer.body is None:
        return Response(status=204)
    response = Response(answer.body.model_dump_json(), answer.status, mimetype="application/json")
    if answer.location:
        response.headers["Location"] = answer.location
    return response


def _checked_query(kind: type[BaseModel]) -> BaseModel:
    try:
        return kind.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise MalformedError(422, "The query is not what this call takes.", _told(error, "?")) from None


def _checked_body(kind: type[BaseModel], media_type: str) -> BaseModel:
    if request.mimetype != media_type:
        raise MalformedError(415, f"This call takes {media_type}.")
    try:
        if media_type == "multipart/form-data":
            return kind.model_validate(request.form.to_dict())
        return kind.model_validate_json(request.get_data())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise MalformedError(400, f"The body is no JSON: {first['msg']}.") from None
        raise MalformedError(422, "The body is not what this call takes.", _told(error, "/")) from None


#: Of more errors than these nobody reads the rest.
_MOST_ERRORS = 100
#: Sentences, where they stand together.
_MOST_TOLD = 5


def _told(error: ValidationError, before: str) -> list[dict[str, str]]:
    found = error.errors(include_url=False, include_input=False, include_context=False)[:_MOST_ERRORS]
    return [{"pointer": before + "/".join(map(_escaped, one["loc"])), "message": one["msg"]} for one in found]


def malformed(problems: Mapping[str, Iterable[str]]) -> MalformedError:
    """What is wrong with a body that is well-formed: sentences, by the fields that they are about."""
    found = [
        {"pointer": f"/{field}", "message": sentence} for field, sentences in problems.items() for sentence in sentences
    ]
    sentences = [error["message"] for error in found[:_MOST_TOLD]]
    return MalformedError(422, " ".join(sentences), found[:_MOST_ERRORS])


def _escaped(part: int | str) -> str:
    """RFC 6901, 3."""
    return str(part).replace("~", "~0").replace("/", "~1")
