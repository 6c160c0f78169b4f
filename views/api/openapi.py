"""The document that describes the API (OpenAPI 3.1), written from its routes and the types that validate requests."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from domain.access_tokens import LIFETIME
from views.api import problems
from views.api.blueprint import ApiBlueprint, Refusal
from views.api.calls import Call
from views.api.idempotency import HEADER, LONGEST


@dataclass(frozen=True, slots=True)
class Family:
    """Calls that belong together: a tag of the document."""

    name: str
    prefix: str
    description: str


FAMILIES = (
    Family(
        "Muster",
        "/api/v1/",
        "This application's own calls: what its pages do, with the same rules and the same words. Bodies and answers "
        'are JSON. A list is `{"items": […], "next": …}`; `next` is the `cursor` of the page that follows, or null. A '
        "refusal is `application/problem+json` (RFC 9457), with every mistake of a request and where it stands.",
    ),
    Family(
        "Open edX",
        "/api/bulk_enroll/",
        "For clients of Open edX's bulk enrolment, unchanged: fields, answers and refusals are as there. The owner of "
        "the key must be a platform admin.",
    ),
    Family(
        "Sunbird",
        "/api/course/",
        "For clients of Sunbird's (DIKSHA's) batch API, unchanged: every answer is in its envelope. The owner of the "
        "key must be a state admin of the batch's organisation, or a platform admin.",
    ),
    Family(
        "Access tokens",
        "/oauth2/",
        "For clients that know OAuth 2: a key is exchanged for a token that works for an hour. Others send the key "
        "itself, and need no token.",
    ),
)

_PLACE = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
_KINDS: dict[str, dict[str, Any]] = {"uuid": {"type": "string", "format": "uuid"}, "int": {"type": "integer"}}

#: What a body, a query and an `Idempotency-Key` can be refused for, in our own family.
_OF_A_BODY, _OF_A_QUERY, _OF_A_KEY = {400, 413, 415, 422}, {422}, {422}
_OF_WHOM = {401, 403, 404}


@dataclass(frozen=True, slots=True)
class Route:
    path: str
    method: str
    endpoint: str
    is_public: bool
    #: By name, their kinds in Flask's words.
    places: dict[str, str]
    family: ApiBlueprint
    call: Call


def document(app: Flask, base_url: str) -> dict[str, Any]:
    """Of all calls that say what they take and answer. Needs a request, in which a family tells how it refuses."""
    routes = [*_routes(app)]
    schemas = _Schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Muster",
            "version": "1",
            "summary": "Brings people into groups in bulk.",
            "description": "Three families of calls, one set of operations behind them.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": base_url}],
        "security": [{"key": []}, {"token": []}],
        "tags": [{"name": family.name, "description": family.description} for family in FAMILIES],
        "paths": paths,
        "components": {"schemas": schemas.of_bodies_and_answers(), "securitySchemes": _SECURITY_SCHEMES},
    }


_SECURITY_SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, or a token that one was exchanged for. `JWT` instead of `Bearer` is taken, too.",
    },
    "token": {
        "type": "oauth2",
        "description": f"Client credentials: the ID of a key, and the key. {LIFETIME.seconds // 60} minutes each.",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "/oauth2/access_token",
                "scopes": {"read": "Read what the key may.", "write": "Change what the key may."},
            }
        },
    },
}


# Routes.


def _routes(app: Flask) -> Iterator[Route]:
    for rule in sorted(app.url_map.iter_rules(), key=_place_in_the_document):
        family = app.blueprints.get(rule.endpoint.rpartition(".")[0])
        view = app.view_functions[rule.endpoint]
        call: Call | None = getattr(view, "api_call", None)
        if not isinstance(family, ApiBlueprint) or call is None or rule.defaults:
            continue
        places = {name: kind or "string" for kind, name in _PLACE.findall(rule.rule)}
        is_public = getattr(view, "access_rule", None) == "public"
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path = _PLACE.sub(r"{\2}", rule.rule)
            yield Route(path, method, rule.endpoint, is_public, places, family, call)


def _place_in_the_document(rule: Rule) -> tuple[int, str, str]:
    return FAMILIES.index(family_of(rule.rule)), rule.rule, min(rule.methods or {""})


def family_of(path: str) -> Family:
    return next((family for family in FAMILIES if path.startswith(family.prefix)), FAMILIES[0])


# Types.


class _Schemas:
    """What bodies and answers are made of, by short names where no two types share one."""

    def __init__(self, routes: list[Route]) -> None:
        taken = {kind: True for route in routes for kind in (route.call.body, route.call.query) if kind}
        told = {kind: True for route in routes for kind in (route.call.answer, _shape_of(route.family)) if kind}
        wanted: list[Any] = [(kind, "validation") for kind in taken] + [(kind, "serialization") for kind in told]
        references, written = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
        names = {name: _short(name) for name in written["$defs"]}
        self.definitions: dict[str, Any] = {
            names[name]: _renamed(schema, names) for name, schema in written["$defs"].items()
        }
        self._references: dict[Any, dict[str, Any]] = {
            kind: _renamed(reference, names) for kind, reference in references.items()
        }
        queries = {route.call.query for route in routes if route.call.query}
        self._queries = {self.taken(query)["$ref"].rpartition("/")[2] for query in queries}
        for route in routes:
            if route.call.media_type == "multipart/form-data" and route.call.body:
                self._add_file(self.taken(route.call.body))

    def taken(self, kind: type[BaseModel]) -> dict[str, Any]:
        return self._references[(kind, "validation")]

    def told(self, kind: type[BaseModel]) -> dict[str, Any]:
        return self._references[(kind, "serialization")]

    def of(self, reference: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.definitions[reference["$ref"].rpartition("/")[2]]
        return found

    def of_bodies_and_answers(self) -> dict[str, Any]:
        """Without those of queries, which stand parameter by parameter where they are."""
        return {name: schema for name, schema in self.definitions.items() if name not in self._queries}

    def _add_file(self, reference: dict[str, Any]) -> None:
        """The view takes it from the request: it is none of the type's own fields."""
        schema = self.of(reference)
        schema["properties"]["file"] = {"type": "string", "format": "binary", "description": "The file itself."}
        schema["required"] = [*schema.get("required", []), "file"]


def _short(name: str) -> str:
    """Pydantic names types that share a name by their modules."""
    module, _underscores, alone = name.rpartition("__")
    return "".join(map(str.title, module.rpartition("__")[2].removesuffix("_types").split("_"))) + alone


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    if isinstance(schema, list):
        return [_renamed(one, names) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _reference(value, names) if _refers(value) else _renamed(value, names) for key, value in schema.items()
    }


def _refers(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("#/components/schemas/")


def _reference(value: str, names: dict[str, str]) -> str:
    before, slash, name = value.rpartition("/")
    return before + slash + names[name]


def _shape_of(family: ApiBlueprint) -> type[BaseModel]:
    return family.shape or problems.Problem


# Operations.


def _operation(route: Route, schemas: _Schemas) -> dict[str, Any]:
    call = route.call
    operation: dict[str, Any] = {
        "operationId": route.endpoint.removeprefix("api_").replace(".", "_"),
        "tags": [family_of(route.path).name],
        "summary": call.summary,
        "description": call.description,
        "parameters": [*_parameters(route, schemas)],
        "responses": {str(call.status): _answer(call, schemas), **_refusals(route, schemas)},
    }
    if call.body:
        schema = schemas.taken(call.body)
        kinds = (call.media_type, *call.other_media_types)
        operation["requestBody"] = {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}
    if route.is_public:
        operation["security"] = []
    return operation


def _parameters(route: Route, schemas: _Schemas) -> Iterator[dict[str, Any]]:
    for name, kind in route.places.items():
        schema = _KINDS.get(kind, {"type": "string"})
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if route.call.query:
        yield from _query_parameters(schemas.of(schemas.taken(route.call.query)))
    if route.call.creates:
        yield {
            "name": HEADER,
            "in": "header",
            "description": "Sent again with the same key, the call is done once, and its first answer given again.",
            "schema": {"type": "string", "maxLength": LONGEST},
        }


def _query_parameters(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, about in schema["properties"].items():
        bare = {key: value for key, value in about.items() if key not in {"title", "description"}}
        required = name in schema.get("required", ())
        yield {
            "name": name,
            "in": "query",
            "required": required,
            "description": about.get("description", ""),
            "schema": bare,
        }


def _answer(call: Call, schemas: _Schemas) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(call.status).phrase}
    if call.status == 201:
        answer["headers"] = {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}
    if call.answer:
        answer["content"] = {call.answer_media_type: {"schema": schemas.told(call.answer)}}
    elif call.status != 204:
        answer["content"] = {call.answer_media_type: {"schema": {"type": "string"}}}
    return answer


def _refusals(route: Route, schemas: _Schemas) -> dict[str, Any]:
    """The family itself tells with which status and media type it refuses."""
    answers = [route.family.tell(Refusal(status, "", "")) for status in sorted(_refused_with(route))]
    schema = {"schema": schemas.told(_shape_of(route.family))}
    return {
        str(answer.status_code): {
            "description": HTTPStatus(answer.status_code).phrase,
            "content": {answer.mimetype: schema},
        }
        for answer in sorted(answers, key=lambda answer: answer.status_code)
    }


def _refused_with(route: Route) -> set[int]:
    call, is_ours = route.call, route.family.shape is None
    return {
        *call.refusals,
        *(() if route.is_public else _OF_WHOM),
        *(_OF_A_BODY if is_ours and call.body else ()),
        *(_OF_A_QUERY if is_ours and call.query else ()),
        *(_OF_A_KEY if call.creates else ()),
    }
