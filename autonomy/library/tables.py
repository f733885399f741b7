"""Tables as blocks: groups of whole rows, each under the table's header row.

A group is small enough for one passage, so that a number is never quoted without its column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from autonomy.library.normalise import one_line
from autonomy.library.paging import RawBlock
from autonomy.library.parsed import BlockKind

CELL_GAP = " | "
MAX_COLUMNS = 100
# About a passage of figures, which make more tokens per letter than words.
_GROUP_CHARS = 500
_MAX_CELL = 2_000
_FIGURES = re.compile(r"^[\s\d.,:/%$€£¥()+−–-]*$")


def table_blocks(rows: Iterable[Sequence[str]]) -> Iterator[RawBlock]:
    """Blocks of kind TABLE, a row a line, for the cells of a table in order.

    The first row is the header when it holds words and no figures; it opens every block. Empty
    rows and empty columns to the right of everything are left out.
    """
    header = ""
    group: list[str] = []
    size = 0
    for number, row in enumerate(_cleaned(rows)):
        line = CELL_GAP.join(row)
        if number == 0 and is_header(row):
            header = line
            continue
        if group and size + len(line) > _GROUP_CHARS:
            yield _block(header, group)
            group, size = [], 0
        group.append(line)
        size += len(line) + 1
    if group or header:
        yield _block(header, group)


def is_header(row: Sequence[str]) -> bool:
    """Whether the cells can be the names of columns: words or years, short, most of them there."""
    filled = [cell for cell in row if cell]
    worded = [cell for cell in filled if not _FIGURES.match(cell)]
    return (
        len(filled) >= max(1, len(row) // 2)
        and all(len(cell) <= 120 for cell in filled)
        and len(worded) * 2 >= len(filled)
    )


def _cleaned(rows: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    for row in rows:
        cells = [one_line(cell)[:_MAX_CELL] for cell in row[:MAX_COLUMNS]]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield cells


def _block(header: str, group: list[str]) -> RawBlock:
    return RawBlock("\n".join(([header] if header else []) + group), BlockKind.TABLE)
