"""Thirteen types of work and every number of authors, in six styles, as the manuals print them."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from autonomy.core.types import Source
from autonomy.export.nodes import plain
from autonomy.export.pandoc import Node
from autonomy.tools.citations import (
    CitationGroup,
    Cited,
    format_citations,
    references_of,
    resolve_style,
)
from tests.autonomy.tools.goldens.reading import STYLES, Golden, goldens
from tests.autonomy.tools.goldens.works import PEOPLE, WORKS

WORDS = frozenset("learning read graphs study sequences".split())
ALL = [golden for style in STYLES for golden in goldens(style)]


def marked(inlines: list[Node]) -> str:
    """Text with italics between asterisks and notes in [^…]."""
    out = ""
    for node in inlines:
        if node["t"] == "Emph":
            out += f"*{marked(node['c'])}*"
        elif node["t"] in ("Span", "Link"):
            out += marked(node["c"][1])
        elif node["t"] == "Note":
            out += "[^" + " ".join(marked(block["c"]) for block in node["c"]) + "]"
        else:
            out += plain([node])
    return out


@cache
def printed(style: str, authors: bool) -> dict[str, dict[str, str]]:
    works: dict[str, Any] = PEOPLE if authors else WORKS
    references, keys = references_of([Source(id=name, csl=csl) for name, csl in works.items()])
    groups = [CitationGroup((Cited(keys[name], (4,)),)) for name in works]
    groups += [CitationGroup((Cited(keys[name]),), narrative=True) for name in works]
    if authors:
        several = (Cited(keys["two"], (3,)), Cited(keys["one"], (4, 5, 9)))
        groups.append(CitationGroup(several))
    result = format_citations(resolve_style(style), "en", references, groups, WORDS)
    entries = {entry.key: entry for entry in result.entries}
    out = {
        name: {
            "cite": marked(result.citations[at]),
            "narrative": marked(result.citations[at + len(works)]).strip(),
            "entry": f"{marked(entries[keys[name]].label)} {marked(entries[keys[name]].inlines)}".strip(),
        }
        for at, name in enumerate(works)
    }
    if authors:
        out["several"] = {"cite": marked(result.citations[-1])}
    return out


@pytest.mark.parametrize("golden", ALL, ids=lambda golden: f"{golden.style}-{golden.work}")
def test_a_work_is_printed_as_its_manual_says(golden: Golden) -> None:
    got = printed(golden.style, golden.work not in WORKS)[golden.work]
    wanted = dict(golden.lines)
    if "prints" in wanted:
        assert wanted.pop("because")
        manual = wanted.pop("entry")
        wanted["entry"] = wanted.pop("prints")
        assert wanted["entry"] != manual
    assert {name: got[name] for name in wanted} == wanted


@pytest.mark.parametrize("style", STYLES)
def test_every_type_and_number_of_authors_has_a_golden(style: str) -> None:
    assert {golden.work for golden in goldens(style)} == {*WORKS, *PEOPLE, "several"}
