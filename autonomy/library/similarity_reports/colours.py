"""Colours of highlights, compared by hue: the same colour is solid in one place and light in another."""

from __future__ import annotations

import colorsys
from typing import NewType

Hue = NewType("Hue", float)
"""From 0 to 1, round the circle."""
SAME = 0.045
"""Hues that are no further apart are one colour."""
_LEAST_COLOUR = 0.06
_STRONG = 0.35


def hue(colour: tuple[float, float, float]) -> Hue | None:
    """None for black, white and grey."""
    turn, saturation, value = colorsys.rgb_to_hsv(*colour)
    return Hue(turn) if saturation >= _LEAST_COLOUR and value > 0.15 else None


def is_strong(colour: tuple[float, float, float]) -> bool:
    """Solid enough for white letters on it."""
    return colorsys.rgb_to_hsv(*colour)[1] >= _STRONG


def distance(one: Hue, other: Hue) -> float:
    apart = abs(one - other)
    return min(apart, 1 - apart)
