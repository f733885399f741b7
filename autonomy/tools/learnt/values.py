"""Arguments and results of learnt tools in a registry of typed tools: any JSON, checked against the
tool's own schemas."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class LearntInput(BaseModel):
    """The arguments, by name."""

    model_config = ConfigDict(extra="allow")

    def arguments(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class LearntOutput(BaseModel):
    """What the tool gave back."""

    value: Any = None
