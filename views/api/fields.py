"""Fields that the bodies of several calls have."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from views.forms.typed import typed, typed_on_a_line

Name = Annotated[str, AfterValidator(typed_on_a_line), Field(description="Of at most 255 characters.")]
Description = Annotated[str, AfterValidator(typed), Field(description="Of at most 4,000 characters.")]


def left_out(**more: Any) -> Any:
    """A field that has no value where it is not sent, and no default to tell of."""
    return Field(None, json_schema_extra=_take_out_default, **more)


def _take_out_default(schema: dict[str, Any]) -> None:
    del schema["default"]
