"""Citation styles."""

from __future__ import annotations

from uuid import UUID

from ninja import Schema


class StyleOut(Schema):
    id: str
    """To be given wherever a style is asked for."""
    title: str
    own: bool
    uuid: UUID | None = None
    """Of a style of your own: names it for removal."""


class StylesOut(Schema):
    own: list[StyleOut]
    bundled: list[StyleOut]
