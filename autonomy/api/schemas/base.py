"""What all schemas of the API rest on."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


class Input(BaseModel):
    """Input: unknown fields are refused, so that a misspelt setting is never silently dropped."""

    model_config = ConfigDict(extra="forbid")


def _storable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("The text holds a NUL character; remove it.")
    return value


Text = Annotated[str, AfterValidator(_storable)]
"""Text that PostgreSQL can keep; refused here, it never gets into the log of a failed statement."""
