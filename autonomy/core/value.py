"""The base of every value that crosses a boundary: state, events, API, storage, subprocesses."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen model that refuses fields it does not know. Its fields are JSON-able, so what one
    process writes another can read, and each is published as JSON Schema without further work.

    Raises:
        pydantic.ValidationError: on construction from a field that is unknown or of another type,
            and on any assignment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
