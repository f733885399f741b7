"""Who made something that a run shows."""

from __future__ import annotations

from enum import StrEnum


class Author(StrEnum):
    """Who made a plan, a section or a verdict. Rule output is never shown as model output."""

    MODEL = "model"
    RULE = "rule"
    HUMAN = "human"
