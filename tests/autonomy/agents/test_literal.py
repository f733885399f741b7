"""What a source says reads in a document as it stands in the source, whatever signs it has."""

from __future__ import annotations

import pytest

from autonomy.agents.literal import in_cell, in_prose
from autonomy.export import nodes
from autonomy.export.reader import markers, read_section

TEXTS = (
    "removing the [Expand] action and the [Search](https://example.org) token",
    r"a cost of $5 and $6, \(x\) and \[y\], 2 * 3 * 4",
    "f_1 < f_2 & g > h, `code`, ~~gone~~, x^2^ | y",
    "&#91; and &amp; and &copy; as they are printed",
    "[[p:01a22d40-bd99-746e-a311-9a8537560614]] is nobody's citation",
    "# no heading",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_quotation_reads_as_its_source(text: str) -> None:
    prose = read_section(f"Lee writes: “{in_prose(text)}”.", typographic=False)
    table = read_section(f"| A | B |\n|---|---|\n| x | “{in_cell(text)}” |", typographic=False)

    assert [nodes.plain(line) for line in nodes.inline_lists(prose)] == [f"Lee writes: “{text}”."]
    assert nodes.plain(list(nodes.inline_lists(table))[-1]) == f"“{text}”"
    assert not list(markers([*prose, *table]))
