"""Files in the OpenAPI document: bodies that ninja cannot read off a signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
ANY_FILE = "application/octet-stream"


def file_answer(description: str, media_type: str = ANY_FILE) -> dict[str, Any]:
    """One status of `responses`: the answer is a file."""
    return {"description": description, "content": {media_type: {"schema": BINARY}}}


def takes_form(
    fields: Mapping[str, Any], required: tuple[str, ...] = (), *, json: dict[str, Any] | None = None
) -> dict[str, Any]:
    """`requestBody` of an operation that takes a multipart form.

    Args:
        fields: JSON Schema of each.
        json: schema of a JSON body that may be sent instead.
    """
    schema: dict[str, Any] = {"type": "object", "properties": dict(fields)}
    if required:
        schema["required"] = list(required)
    content: dict[str, Any] = {"multipart/form-data": {"schema": schema}}
    if json is not None:
        content["application/json"] = {"schema": json}
    return {"requestBody": {"required": True, "content": content}}
