"""How our own calls are refused: `application/problem+json` (RFC 9457)."""

import json

from flask import Response
from pydantic import BaseModel, Field

from views.api.blueprint import Refusal
from views.callers import MISSING


class FieldProblem(BaseModel):
    """What is wrong with one value of the request."""

    pointer: str = Field(
        description="Where in the body (RFC 6901), or `?name`: of the query.", examples=["/identifiers"]
    )
    message: str = Field(examples=["Field required"])


class Problem(BaseModel):
    """Why a call was not done. Nothing of it was."""

    type: str = Field(default="about:blank", description="Always `about:blank`: the status says what kind it is.")
    title: str = Field(examples=["There is nothing here"])
    status: int = Field(examples=[404])
    detail: str = Field(description="A sentence for people.")
    errors: list[FieldProblem] = Field(default_factory=list, description="Of a request that is not well-formed.")


def challenge(refusal: Refusal) -> str:
    """RFC 6750, 3: it says of a credential that it is no good, and of none nothing."""
    return 'Bearer realm="Muster"' + (', error="invalid_token"' if refusal.code != MISSING else "")


def tell(refusal: Refusal) -> Response:
    problem = Problem(
        type="about:blank",
        title=refusal.title,
        status=refusal.status,
        detail=refusal.sentence,
        errors=[FieldProblem(**error) for error in refusal.errors],
    )
    told = problem.model_dump(exclude={"errors"} if not refusal.errors else set())
    answer = Response(json.dumps(told, ensure_ascii=False), refusal.status, refusal.headers)
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = challenge(refusal)
    answer.content_type = "application/problem+json"
    return answer
