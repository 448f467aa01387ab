"""The API as an OpenAPI 3.1 document, made of the contract alone; the functions serve it at /api/openapi.json.

It says of every operation what it takes, what it can answer and who may do it. What the gateway answers before a
function is asked (no token, too many requests) is part of that: a client meets both.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel

from studentdb.contract.export import ExportError, schema_of
from studentdb.contract.models import Problem, RequestModel, ResponseModel
from studentdb.contract.operation import Operation
from studentdb.contract.operations import operations

PROBLEM = "application/problem+json"
JSON = "application/json"
IDEMPOTENCY_KEY = "Idempotency-Key"

_ABOUT = """\
The API of one studentdb deployment; names and terms follow OneRoster 1.2.

* Errors are problem+json (RFC 9457). `type` is `urn:studentdb:problem:` and a word; `errors` names the fields by path.
  What the gateway answers itself is `{"message": ...}`.
* A path that there is not is answered with 404, a method that a path does not have with 405 and the header `Allow`;
  without a token both are 401. A record that the caller may not see is answered as if it were not there: 404.
* `version` counts the writes of a record. A change names the version that it was decided on; where somebody was faster
  the answer is 409 with the current one, and nothing is written.
* Lists come in pages. `nextCursor` is the `cursor` of the next page, and null on the last one. A cursor belongs to one
  list and to what its caller may see of it.
* `x-permissions` is the operation's row of the permission matrix: whose records a role may do it with (`self`,
  `own class`, `any`). `account` is everybody who is signed in, `visitor` everybody.
"""

_MEANINGS = {
    400: "The request breaks a rule of the contract; `errors` says which fields and why.",
    401: "No access token that is valid, or a disabled account.",
    403: "The caller's role may not do this.",
    404: "There is no such record, or none that the caller may see.",
    409: "A unique value is taken (`errors[].holder`), the record has another `version`, or others refer to it "
    "(`referrers`). Nothing was written.",
    413: "The body is larger than 64 KB.",
    422: "The Idempotency-Key was used for another request.",
    429: "Too many requests at once: wait and try again.",
    503: "Too much is happening at once: try again.",
}
# The gateway gives these as well, before or instead of a function.
_OF_THE_GATEWAY = frozenset({401, 413, 429, 503})
_HEADERS = {401: ("WWW-Authenticate", "How to sign in."), 503: ("Retry-After", "Seconds to wait.")}
_GATEWAY_MESSAGE = {
    "type": "object",
    "description": "What the gateway says itself.",
    "properties": {"message": {"type": ["string", "null"]}},
    "required": ["message"],
}
_FIELD = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    schemas: dict[str, Any] = {"GatewayMessage": _GATEWAY_MESSAGE}
    _add_answer(schemas, Problem)
    paths: dict[str, Any] = {}
    for each in operations():
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "studentdb", "version": "1", "description": _ABOUT},
        # From the document's own address, whether it was read at the site or at the gateway's stage.
        "servers": [{"url": ".."}],
        "tags": [{"name": name} for name in dict.fromkeys(map(tag, operations()))],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": {str(status): _failure(status) for status in _MEANINGS},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of the deployment's user pool; an ID token is refused.",
                }
            },
        },
    }


def rendered() -> str:
    """The text of openapi.json."""
    return json.dumps(document(), indent=1, ensure_ascii=True) + "\n"


def tag(operation: Operation) -> str:
    """The noun: `students` for everything below /api/students."""
    return operation.path.split("/")[2].partition(".")[0]


def permissions(operation: Operation) -> dict[str, str]:
    """The operation's row of the permission matrix: who -> whose records."""
    if operation.public:
        return {"visitor": "any"}
    return {"account": "self"} if operation.signed_in else dict(operation.allowed.items())


def creates(operation: Operation) -> bool:
    """Whether a record is made, so that a repeat must not make a second one."""
    return operation.method == "POST" and operation.status == 201


def failures(operation: Operation) -> list[int]:
    """The statuses, beside success, that the operation can have."""
    records = operation.parameters.model_fields or set(permissions(operation).values()) != {"any"}
    can = {
        400: True,
        401: not operation.public,
        403: bool(operation.allowed),
        404: bool(records),
        409: operation.method != "GET",
        413: operation.body is not None,
        422: creates(operation),
        429: True,
        503: True,
    }
    return [status for status, possible in can.items() if possible]


def _operation(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.name.replace("_", " ").capitalize(),
        "description": _description(operation),
        "tags": [tag(operation)],
        "security": [] if operation.public else [{"token": []}],
        "x-permissions": permissions(operation),
    }
    parameters = [*_parameters("path", operation.parameters), *_parameters("query", operation.query)]
    if creates(operation):
        parameters.append(_idempotency_key())
    if parameters:
        made["parameters"] = parameters
    if operation.body:
        _add(schemas, operation.body.__name__, _described(operation.body, schema_of(operation.body)))
        made["requestBody"] = {"required": True, "content": {JSON: {"schema": _reference(operation.body.__name__)}}}
    made["responses"] = {str(operation.status): _success(operation, schemas)} | {
        str(status): {"$ref": f"#/components/responses/{status}"} for status in failures(operation)
    }
    return made


def _description(operation: Operation) -> str:
    sentences = [_words(model) for model in (operation.body, operation.query) if model and model.model_fields]
    if operation.body and "version" in operation.body.model_fields:
        sentences.append("Where the record has another `version` by now: 409, and nothing is written.")
    return "\n\n".join(sentences)


def _parameters(place: str, model: type[RequestModel]) -> list[dict[str, Any]]:
    schema = schema_of(model)
    found = []
    for name, value in schema["properties"].items():
        rule = {key: each for key, each in value.items() if key != "description"}
        parameter = {"name": name, "in": place, "required": name in schema.get("required", ()), "schema": rule}
        found.append(parameter | ({"description": value["description"]} if "description" in value else {}))
    return found


def _idempotency_key() -> dict[str, Any]:
    return {
        "name": IDEMPOTENCY_KEY,
        "in": "header",
        "required": False,
        "description": "1 to 255 visible ASCII characters, such as a UUID. A repeat with the same key and body makes "
        "nothing new and is answered with what the first one made; with another body it is refused (422).",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    }


def _success(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    if operation.response is None:
        return {"description": "Done."}
    _add_answer(schemas, operation.response)
    answer: dict[str, Any] = {"description": _words(operation.response)}
    if creates(operation):
        answer["headers"] = {"Location": {"description": "Path of the new record.", "schema": {"type": "string"}}}
    return answer | {"content": {JSON: {"schema": _reference(operation.response.__name__)}}}


def _failure(status: int) -> dict[str, Any]:
    content = {PROBLEM: {"schema": _reference(Problem.__name__)}}
    if status in _OF_THE_GATEWAY:
        content[JSON] = {"schema": _reference("GatewayMessage")}
    answer: dict[str, Any] = {"description": _MEANINGS[status], "content": content}
    if status in _HEADERS:
        name, meaning = _HEADERS[status]
        answer["headers"] = {name: {"description": meaning, "schema": {"type": "string"}}}
    return answer


# ---- schemas


def _add_answer(schemas: dict[str, Any], model: type[ResponseModel]) -> None:
    raw = model.model_json_schema(by_alias=True)
    for name, schema in {**raw.pop("$defs", {}), model.__name__: raw}.items():
        _add(schemas, name, _shape(schema))


def _add(schemas: dict[str, Any], name: str, schema: dict[str, Any]) -> None:
    if schemas.setdefault(name, schema) != schema:
        raise ExportError(f"{name}: two models of the contract have this name")


def _described(model: type[RequestModel], schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": _words(model), **schema}


def _shape(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of what is answered, in an order that does not depend on the version of pydantic."""
    if "$ref" in schema:
        return _reference(schema["$ref"].rpartition("/")[2])
    kept = {key: schema[key] for key in sorted(schema) if key != "title" and (key, schema[key]) != ("default", None)}
    if "description" in kept:
        kept["description"] = _on_the_wire(kept["description"])
    if "properties" in kept:
        kept["properties"] = {name: _shape(each) for name, each in kept["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            kept[key] = _shape(kept[key])
    if "anyOf" in kept:
        kept["anyOf"] = [_shape(each) for each in kept["anyOf"]]
    return kept


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _words(model: type[RequestModel | ResponseModel]) -> str:
    """The model's docstring, with the fields as they are called on the wire."""
    return _on_the_wire(inspect.cleandoc(model.__doc__ or ""))


def _on_the_wire(text: str) -> str:
    return _FIELD.sub(lambda found: f"`{to_camel(found[1])}`", " ".join(text.split()))
