"""What Open edX's bulk enrolment takes and answers. What is wrong is said in Django REST framework's words."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self, cast

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from views.api.calls import MOST_PEOPLE

#: As `opaque_keys` has them; those with slashes are of old, and name no course here.
_COURSE_KEY = re.compile(r"course-v1:[\w~.:-]+(?:\+[\w~.:-]+){2}|[\w~.:-]+(?:/[\w~.:-]+){2}")
_BOOLEANS = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1", 1), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0", 0), False),
}
_SURROGATE = re.compile("[\ud800-\udfff]")


def _wrong(sentence: str) -> PydanticCustomError:
    """It may repeat what was sent, which may be no text that can be sent back."""
    return PydanticCustomError("wrong", "{sentence}", {"sentence": sentence.encode(errors="replace").decode()})


def _there(value: Any) -> Any:
    if value is None:
        raise _wrong("This field may not be null.")
    return value


def _string(value: Any) -> str:
    if not isinstance(_there(value), str):
        raise _wrong("Not a valid string.")
    return cast(str, value)


def _text(value: Any) -> str:
    if "\0" in _string(value):
        raise _wrong("Null characters are not allowed.")
    if odd := _SURROGATE.search(value):
        raise _wrong(f"Surrogate characters are not allowed: U+{ord(odd[0]):X}.")
    return cast(str, value)


def _present(value: Any) -> str:
    if not _text(value).strip():
        raise _wrong("This field may not be blank.")
    return cast(str, value)


def _listed(value: Any, read: Callable[[Any], str]) -> list[str]:
    """What stands between commas, untrimmed; nothing of what is empty."""
    texts = [*map(read, value)] if isinstance(value, list) else [read(value)]
    return [part for text in texts for part in text.split(",")] if any(texts) else []


def _course_keys(value: Any) -> list[str]:
    keys = _listed(value, _string)
    if not keys:
        raise _wrong("This field may not be blank.")
    for key in keys:
        if not _COURSE_KEY.fullmatch(key):
            raise _wrong(f"Course key not valid: {key}")
    return keys


def _identifiers(value: Any) -> str:
    text = _present(value)
    if len(names_in(text)) > MOST_PEOPLE:
        raise _wrong(f"Ensure this field has no more than {MOST_PEOPLE} identifiers.")
    return text


def names_in(identifiers: str) -> list[str]:
    """They stand between commas or any white space."""
    return identifiers.replace(",", " ").split()


def _cohorts(value: Any) -> list[str]:
    return _listed(value, _text)


def _action(value: Any) -> str:
    if str(_there(value)) not in {"enroll", "unenroll"}:
        raise _wrong(f'"{value}" is not a valid choice.')
    return str(value)


def _boolean(value: Any) -> bool:
    key = value.lower() if isinstance(_there(value), str) else value
    if isinstance(key, list | dict) or key not in _BOOLEANS:
        raise _wrong("Must be a valid boolean.")
    return _BOOLEANS[key]


def _reason(value: Any) -> str:
    return "" if value is None else _text(value)


Text = WithJsonSchema({"type": "string"})
Boolean = Annotated[bool, BeforeValidator(_boolean)]


class BulkEnrolment(BaseModel):
    """Fields that are not known are passed over."""

    identifiers: Annotated[str, BeforeValidator(_identifiers)] = Field(
        description="User names, e-mail addresses and state IDs, between commas or white space.",
        examples=["asha@example.org, PR-05501"],
    )
    courses: Annotated[list[str], BeforeValidator(_course_keys), Text] = Field(
        description="Course keys, between commas without spaces; in JSON a list, too.",
        examples=["course-v1:pradesh+FLN101+2026"],
    )
    action: Annotated[Literal["enroll", "unenroll"], BeforeValidator(_action)]
    cohorts: Annotated[list[str], BeforeValidator(_cohorts), Text] = Field(
        default_factory=list,
        description="Names of batches, between commas: one of each course, in their order. Only with `enroll`.",
        examples=["Pilot"],
    )
    auto_enroll: Boolean = Field(False, description="Enrol addresses without an account as soon as they have one.")
    email_students: Boolean = Field(False, description="Write to those who are enrolled, are to be, or are no more.")
    reason: Annotated[str, BeforeValidator(_reason)] = Field("", description="Kept in the audit log.")

    @model_validator(mode="after")
    def _check_cohorts(self) -> Self:
        if self.cohorts and self.action != "enroll":
            raise _wrong("Cohorts can only be used for enrollments.")
        if self.cohorts and len(self.cohorts) != len(self.courses):
            raise _wrong("If provided, the cohorts and courses should have equal number of items.")
        return self


class State(BaseModel):
    enrollment: bool = Field(description="The person is in the course.")
    auto_enroll: bool = Field(description="What is pending becomes an enrolment by itself.")
    user: bool = Field(description="There is an account.")
    allowed: bool = Field(description="An enrolment is pending for the address.")
    cohort: str | None = Field(None, description="Only where cohorts were named.")


class Result(BaseModel):
    """Of one identifier: what was before and is after, or why nothing was done."""

    identifier: str = Field(description="As it was sent.")
    before: State | None = None
    after: State | None = None
    invalidIdentifier: bool | None = Field(  # noqa: N815  # theirs
        None, description="True: neither somebody who is known nor an e-mail address."
    )
    error: bool | None = Field(None, description="True: has completed the course, and stays in it as they are.")


class CourseResults(BaseModel):
    action: str
    auto_enroll: bool
    results: list[Result] = Field(description="In the order of the identifiers; one that is repeated has two.")


class Enrolled(BaseModel):
    auto_enroll: bool
    email_students: bool
    action: str
    courses: dict[str, CourseResults] = Field(description="By course key, as it was sent.")


class Failure(BaseModel):
    """Of a request that is not well-formed: for each field, or `non_field_errors`, a list of sentences instead."""

    detail: str | None = Field(None, description="A sentence.")
    error_code: str | None = Field(None, description="Of a credential.", examples=["token_nonexistent"])
    developer_message: str | None = Field(None, description="Of a credential, a sentence.")
