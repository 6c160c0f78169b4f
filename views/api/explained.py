"""The document of the API as a page tells it: values one by one, and an example of each call for a shell."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from views.api.openapi import FAMILIES

#: Of values within values, as a path: what stands deeper is told by its type alone.
_DEEPEST = 4

#: What an example names as the beginning of the page does.
_VARIABLES = {
    "batch": "BATCH",
    "batch_id": "BATCH",
    "batchId": "BATCH",
    "client_id": "KEY_ID",
    "client_secret": "KEY",
    "collaboration_id": "COLLABORATION",
    "group_id": "GROUP",
    "invitation_id": "INVITATION",
    "key": "COURSE",
    "membership_id": "MEMBERSHIP",
    "organisation": "ORGANISATION",
    "person": "PERSON",
    "role_id": "ROLE",
    "role_invitation_id": "ROLE_INVITATION",
    "unit_id": "UNIT",
    "upload_id": "UPLOAD",
}
_CREDENTIALS = {"client_id", "client_secret"}
_VARIABLE = re.compile(rf"\$({'|'.join(sorted(_VARIABLES.values(), key=len, reverse=True))})\b")
_FILES = {"file": "@invitations.csv"}


@dataclass(frozen=True, slots=True)
class Value:
    """One that a call takes or answers. `name`: with those that it is within: `results[].outcome`."""

    name: str
    #: `path`, `query`, `header` or `body`; empty: of an answer.
    where: str
    kind: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Explained:
    id: str
    method: str
    path: str
    summary: str
    description: str
    takes: list[Value]
    #: Empty: JSON in no other way.
    media_types: list[str]
    status: str
    answer_media_type: str
    answers: list[Value]
    #: Status and what it is called.
    refusals: list[tuple[str, str]]
    example: str


@dataclass(frozen=True, slots=True)
class ExplainedFamily:
    id: str
    name: str
    description: str
    calls: list[Explained]


def explain(document: dict[str, Any]) -> list[ExplainedFamily]:
    page = _Page(document)
    calls = [
        (operation["tags"][0], page.explained(path, method, operation))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return [
        ExplainedFamily(
            family.name.lower().replace(" ", "-"),
            family.name,
            family.description,
            [call for name, call in calls if name == family.name],
        )
        for family in FAMILIES
    ]


class _Page:
    def __init__(self, document: dict[str, Any]) -> None:
        self._types = document["components"]["schemas"]
        self._address = document["servers"][0]["url"].rstrip("/")

    def explained(self, path: str, method: str, operation: dict[str, Any]) -> Explained:
        status, answer = next(iter(operation["responses"].items()))
        media_type, content = next(iter(answer.get("content", {"": {}}).items()))
        return Explained(
            id=operation["operationId"],
            method=method.upper(),
            path=path,
            summary=operation["summary"],
            description=operation["description"],
            takes=[*self._parameters(operation), *self._body(operation)],
            media_types=[*operation.get("requestBody", {}).get("content", ())],
            status=status,
            answer_media_type=media_type,
            answers=[*self._values([content.get("schema", {})], "", "")],
            refusals=[(code, told["description"]) for code, told in [*operation["responses"].items()][1:]],
            example=self._example(path, method, operation),
        )

    # What it takes and answers.

    def _parameters(self, operation: dict[str, Any]) -> Iterator[Value]:
        for one in operation["parameters"]:
            kind = self._kind(one["schema"])
            yield Value(one["name"], one["in"], kind, one.get("required", False), one.get("description", ""))

    def _body(self, operation: dict[str, Any]) -> Iterator[Value]:
        content = operation.get("requestBody", {}).get("content", {})
        for media_type in [*content][:1]:
            yield from self._values([content[media_type]["schema"]], "", "body")

    def _values(self, schemas: Iterable[dict[str, Any]], before: str, where: str) -> Iterator[Value]:
        """Of objects that are alternatives to each other, what any of them holds."""
        named: dict[str, list[dict[str, Any]]] = {}
        required: set[str] = set()
        for kind in (one for schema in schemas for one in self._objects(schema)):
            required |= {*kind.get("required", ())}
            for name, about in kind.get("properties", {}).items():
                named.setdefault(name, []).append(about)
        for name, abouts in named.items():
            kinds = dict.fromkeys(map(self._kind, abouts))
            yield Value(before + name, where, ", ".join(kinds), name in required, abouts[0].get("description", ""))
            if before.count(".") < _DEEPEST:
                within, holds = [*map(self._within, abouts)], self._holds(abouts[0])
                yield from self._values(within, f"{before}{name}{holds}.", where)

    def _within(self, about: dict[str, Any]) -> dict[str, Any]:
        """What a list or a mapping holds; an object itself."""
        schema = self._plain(about)
        others = schema.get("additionalProperties")
        within: dict[str, Any] = schema.get("items") or (others if isinstance(others, dict) else schema)
        return within

    def _holds(self, about: dict[str, Any]) -> str:
        schema = self._plain(about)
        return "[]" if "items" in schema else ".*" if isinstance(schema.get("additionalProperties"), dict) else ""

    def _objects(self, schema: dict[str, Any]) -> list[dict[str, Any]]:
        plain = self._plain(schema)
        return [self._plain(one) for one in plain.get("oneOf", plain.get("anyOf", [plain]))]

    def _plain(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Without the null that it may be instead, and what it refers to."""
        if "$ref" in schema:
            return self._plain(self._types[schema["$ref"].rpartition("/")[2]])
        others = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
        return self._plain(others[0]) if len(others) == 1 else schema

    def _kind(self, about: dict[str, Any]) -> str:
        schema = self._plain(about)
        may_be_null = any(one.get("type") == "null" for one in about.get("anyOf", ()))
        kind = self._kind_of_plain(schema)
        return str(_("%(kind)s or null", kind=kind)) if may_be_null else kind

    def _kind_of_plain(self, schema: dict[str, Any]) -> str:
        words = schema.get("enum", [schema["const"]] if "const" in schema else ())
        if words:
            return ", ".join(f"`{word}`" for word in words)
        if "items" in schema:
            return str(_("list: %(kind)s", kind=self._kind(schema["items"])))
        formats = {"uuid": _("ID"), "date": _("day"), "date-time": _("time"), "binary": _("file")}
        types = {
            "string": _("text"),
            "integer": _("whole number"),
            "number": _("number"),
            "boolean": _("true or false"),
        }
        return str(formats.get(schema.get("format", "")) or types.get(schema.get("type", ""), _("object")))

    # An example.

    def _example(self, path: str, method: str, operation: dict[str, Any]) -> str:
        """For a shell in which the variables are set."""
        for name, variable in _VARIABLES.items():
            path = path.replace(f"{{{name}}}", f"${variable}")
        lines = [
            f'curl "{self._address}{path}"' if method == "get" else f'curl -X {method.upper()} "{self._address}{path}"'
        ]
        if operation.get("security") != []:
            lines.append('-H "Authorization: Bearer $KEY"')
        content = operation.get("requestBody", {}).get("content", {})
        for media_type, about in [*content.items()][:1]:
            lines += self._sent(media_type, about["schema"])
        return " \\\n  ".join(lines)

    def _sent(self, media_type: str, schema: dict[str, Any]) -> list[str]:
        example = self._value(schema)
        if media_type == "application/json":
            return ["-H 'Content-Type: application/json'", f"-d {_quoted(json.dumps(example, ensure_ascii=False))}"]
        option = "-F" if media_type == "multipart/form-data" else "-d"
        return [f"{option} {_quoted(f'{name}={value}')}" for name, value in example.items()]

    def _value(self, about: dict[str, Any], name: str = "") -> Any:
        schema = self._plain(about)
        if name in _VARIABLES and "properties" not in schema:
            return f"${_VARIABLES[name]}"
        for one in (about, schema):
            if "examples" in one:
                return one["examples"][0]
        if "properties" in schema:
            return {key: self._value(value, key) for key, value in self._in_an_example(schema)}
        if "items" in schema:
            return [self._value(schema["items"])]
        return _FILES.get(name) or next(iter(schema.get("enum", ())), schema.get("default", ""))

    def _in_an_example(self, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """What there must be, and what its type shows an example of; of what may all be left out, the first."""
        required = schema.get("required", ())
        first = next(iter(schema["properties"]))
        for name, about in schema["properties"].items():
            shows = name in _CREDENTIALS or ("examples" in about if required else name == first)
            if name in required or shows:
                yield name, about


def _quoted(text: str) -> str:
    """For a shell, with its variables filled in."""
    return _VARIABLE.sub("""'"$\\1"'""", shlex.quote(text)).removesuffix("''")
