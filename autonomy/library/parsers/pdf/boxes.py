"""Where the lines of a block stand on the page that a viewer shows."""

from __future__ import annotations

from autonomy.library.parsed import LineBox
from autonomy.library.parsers.pdf.blocks import TextBlock
from autonomy.library.parsers.pdf.frame import Frame

# Capitals and ascenders end about this far above the baseline, descenders below it, in font sizes.
_ASCENT, _DESCENT = 0.76, 0.22


def line_boxes(block: TextBlock, frame: Frame) -> tuple[LineBox, ...]:
    """The boxes of `block`, in the order of its text; a line in which a sentence ends has several.

    Offsets are in `block.text`; they leave out the spaces between lines.
    """
    found: list[LineBox] = []
    length = len(block.text)
    for line, begin in zip(block.lines, block.starts, strict=True):
        top, bottom = line.y - _ASCENT * line.size, line.y + _DESCENT * line.size
        for start, end, x0, x1 in line.pieces():
            # A hyphen that joining took away, or a bullet, is no longer part of the text.
            first, last = max(begin + start, 0), min(begin + end, length)
            if first < last:
                found.append(LineBox(first, last, *frame.rectangle(x0, top, x1, bottom)))
    # Where a line's end was taken away its box ends with the text that is left.
    for index in range(len(found) - 1):
        if found[index].char_end > found[index + 1].char_start:
            found[index] = found[index]._replace(char_end=found[index + 1].char_start)
    return tuple(box for box in found if box.char_start < box.char_end)
