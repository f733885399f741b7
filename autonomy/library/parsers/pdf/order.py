"""Reading order: columns and bands of a page, found from the white space between lines."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from autonomy.library.parsers.pdf.lines import Line

_MIN_COLUMN_LINES = 4
_MAX_DEPTH = 3


def reading_order(lines: list[Line]) -> list[Line]:
    """`lines` as a person reads them; `Line.region` numbers the column or band of each."""
    ordered: list[Line] = []
    for number, region in enumerate(_regions(lines, 0)):
        for line in region:
            line.region = number
            ordered.append(line)
    return ordered


def _regions(lines: list[Line], depth: int) -> list[list[Line]]:
    gutter = _gutter(lines) if depth < _MAX_DEPTH else None
    if gutter is None:
        rows = _rows(lines)
        return [rows] if rows else []
    regions: list[list[Line]] = []
    left: list[Line] = []
    right: list[Line] = []
    across: list[Line] = []

    def flush_columns() -> None:
        for column in (left, right):
            regions.extend(_regions(column, depth + 1))
            column.clear()

    def flush_across() -> None:
        if across:
            regions.append(_rows(across))
            across.clear()

    for line in sorted(lines, key=lambda item: item.y):
        if across and _ends_paragraph(across[-1], line, lines):
            across.append(line)
        elif line.x1 <= gutter + 1:
            flush_across()
            left.append(line)
        elif line.x0 >= gutter - 1:
            flush_across()
            right.append(line)
        else:
            flush_columns()
            across.append(line)
    flush_columns()
    flush_across()
    return regions


def _ends_paragraph(above: Line, line: Line, lines: list[Line]) -> bool:
    """Whether `line` is the short last line of a paragraph that runs across the columns."""
    return (
        abs(line.size - above.size) < 0.05 * line.size
        and 0.8 * line.size < line.y - above.y < 1.4 * line.size
        and abs(line.x0 - above.x0) < 0.3 * line.size
        and not any(
            other is not line and abs(other.y - line.y) < 0.5 * line.size for other in lines
        )
    )


def _gutter(lines: list[Line]) -> float | None:
    """The x of the white strip between two columns, or None for one column.

    A strip counts when few lines cross it, and both sides are columns of text: several lines, wide
    enough to be prose, most of them starting at one margin, side by side on the page.
    """
    if len(lines) < 2 * _MIN_COLUMN_LINES:
        return None
    x_min, x_max = min(line.x0 for line in lines), max(line.x1 for line in lines)
    width = x_max - x_min
    # Lines that begin left of the strip, less those that end there too, run across it.
    wide = [line for line in lines if line.x1 - line.x0 > 2]
    starts, ends = sorted(line.x0 for line in wide), sorted(line.x1 for line in wide)
    best: tuple[float, float] | None = None
    x = x_min + 0.25 * width
    while x < x_min + 0.75 * width:
        crossing = bisect_left(starts, x - 1) - bisect_right(ends, x + 1)
        if (best is None or crossing < best[0]) and _columns(lines, x, width):
            best = (crossing, x)
        x += 2.0
    if best is None:
        return None
    beside = len(lines) - best[0]
    return best[1] if best[0] <= 0.8 * beside else None


def _columns(lines: list[Line], x: float, width: float) -> bool:
    """Whether prose stands on both sides of `x`. Cells and labels around it do not count."""
    sides: list[list[Line]] = []
    for side in (
        [line for line in lines if line.x1 <= x + 1],
        [line for line in lines if line.x0 >= x - 1],
    ):
        prose = [line for line in side if line.x1 - line.x0 > 0.27 * width]
        if len(prose) < _MIN_COLUMN_LINES:
            return False
        margin = min(line.x0 for line in prose)
        if sum(line.x0 < margin + 1.5 * line.size for line in prose) < 0.6 * len(prose):
            return False
        sides.append(prose)
    top = max(min(line.y for line in side) for side in sides)
    bottom = min(max(line.y for line in side) for side in sides)
    beside = sum(top - 2 <= line.y <= bottom + 2 for side in sides for line in side)
    return beside >= 2 * _MIN_COLUMN_LINES - 2


def _rows(lines: list[Line]) -> list[Line]:
    """Top to bottom; within a row, left to right."""
    ordered: list[Line] = []
    row: list[Line] = []
    for line in sorted(lines, key=lambda item: item.y):
        if row and line.y - row[0].y > 0.4 * max(line.size, row[0].size):
            ordered.extend(sorted(row, key=lambda item: item.x0))
            row = []
        row.append(line)
    ordered.extend(sorted(row, key=lambda item: item.x0))
    return ordered
