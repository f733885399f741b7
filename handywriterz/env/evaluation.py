"""Deployments that are only there to be evaluated."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Evaluation(BaseModel):
    # -- evaluation
    evaluation: Literal["off", "on"] = Field(
        default="off",
        description="For deployments that only `make evaluate` uses: people whom staff put into a group “Evaluation: without …” have that behaviour switched off in their runs, and their worker may be killed. Never in production.",
    )
