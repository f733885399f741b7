"""What the confined process says of a file."""

from __future__ import annotations

from pydantic import BaseModel

from autonomy.core.originality import ReadReport


class Outcome(BaseModel):
    """A report, or why there is none."""

    report: ReadReport | None = None
    code: str = ""
    message: str = ""
