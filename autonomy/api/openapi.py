"""What ninja leaves out of the OpenAPI document: the errors each operation can give."""

from __future__ import annotations

from typing import Any, TypeVar

from autonomy.api.problems import MEDIA_TYPE, Problem

_DESCRIPTIONS = {
    400: "The request cannot be read",
    401: "Not signed in",
    403: "The CSRF token is missing or wrong (session cookie only)",
    404: "There is no such thing, or it is not yours",
    409: "The state of the thing does not allow it",
    413: "Too large",
    422: "A field cannot be accepted as it is",
    429: "Too many requests; see Retry-After",
    500: "Unexpected error, logged under `trace_id`",
}

S = TypeVar("S", bound=dict[str, Any])


def complete(schema: S) -> S:
    """Add each operation's problems to `schema`, which is changed and returned."""
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components.update(problem.pop("$defs", {}))
    components["Problem"] = problem
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            for status in _statuses(path, method, operation):
                operation["responses"].setdefault(
                    status,
                    {
                        "description": _DESCRIPTIONS[status],
                        "content": {
                            MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}
                        },
                    },
                )
    return schema


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[int]:
    """Which problems the operation can give, read off what it takes."""
    found = [500]
    if operation.get("security"):
        found += [401, 429]
    if "{" in path:
        found.append(404)
    if operation.get("parameters") or operation.get("requestBody"):
        found.append(422)
    if method != "get":
        found += [403, 409] if operation.get("security") else []
        if operation.get("requestBody"):
            found += [400, 413]
    return sorted(found)
