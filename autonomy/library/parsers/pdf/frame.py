"""From coordinates along the text to fractions of the page that a viewer shows."""

from __future__ import annotations

from dataclasses import dataclass

Rectangle = tuple[float, float, float, float]
"""Left, top, width and height."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The page behind a `PageText`, whose coordinates run along the reading direction."""

    width: float
    """Of the page along the reading direction, in points."""
    height: float
    turn: int
    """Quarter turns of the text, counterclockwise, on the page as it is stored."""
    rotation: int
    """Quarter turns, clockwise, by which a viewer turns the stored page."""

    def rectangle(self, x0: float, y0: float, x1: float, y1: float) -> Rectangle:
        """Fractions of the shown page, kept inside it, for a rectangle along the text."""
        turns = (self.rotation - self.turn) % 4
        left, right = sorted((_share(x0, self.width), _share(x1, self.width)))
        top, bottom = sorted((_share(y0, self.height), _share(y1, self.height)))
        for _ in range(turns):
            # A quarter turn clockwise takes the top edge to the right.
            left, right, top, bottom = 1 - bottom, 1 - top, left, right
        return (
            round(left, 5),
            round(top, 5),
            round(right - left, 5),
            round(bottom - top, 5),
        )


def _share(value: float, whole: float) -> float:
    return min(max(value / whole, 0.0), 1.0) if whole > 0 else 0.0
