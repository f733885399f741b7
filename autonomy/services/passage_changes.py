"""What was done about flagged passages, as people read it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence

from autonomy.core.csl import families, in_short, year_of
from autonomy.core.markers import MARKER
from autonomy.memory.ids import uuids
from autonomy.models import Passage, PassageChange, Run

_CITATION = re.compile(rf"(?P<space>\s*){MARKER.pattern}")
_BETWEEN = re.compile(r"(?<!\\)\|")
"""Between two cells of a table's row."""
_ESCAPED = re.compile(r"\\([\\`*$~_\]<>|^#])")


def passage_changes(
    run: Run, cycle_id: uuid.UUID | None = None
) -> list[tuple[PassageChange, str, str]]:
    """Each change with its wording before and after, citations written out in short."""
    rows = PassageChange.objects.filter(cycle__run=run).select_related("cycle")
    if cycle_id is not None:
        rows = rows.filter(cycle_id=cycle_id)
    found = list(rows.order_by("cycle__number", "ordinal"))
    named = _names(text for row in found for text in (row.before, row.after))
    shown = [(row, *_cells(row.before, row.after)) for row in found]
    return [(row, readable(before, named), readable(after, named)) for row, before, after in shown]


def _cells(before: str, after: str) -> tuple[str, str]:
    """Of a row of a table what it is about and the cells that changed; other text as it is."""
    old, new = _row(before), _row(after)
    if not old or (after and len(new) != len(old)):
        return before, after
    if not new:
        return ". ".join(old), ""
    changed = [at for at in range(1, len(old)) if old[at] != new[at]] or list(range(1, len(old)))

    def shown(cells: Sequence[str]) -> str:
        return ": ".join(filter(None, [cells[0], "; ".join(cells[at] for at in changed)]))

    return shown(old), shown(new)


def _row(text: str) -> list[str]:
    """The cells of a row of a table; empty for anything else."""
    line = text.strip()
    if not (len(line) > 1 and line.startswith("|") and line.endswith("|")) or "\n" in line:
        return []
    return [cell.strip() for cell in _BETWEEN.split(line[1:-1])]


def read_out(texts: Sequence[str]) -> list[str]:
    """Stretches of sections as people read them, citations written out in short."""
    named = _names(texts)
    return [readable(text, named) for text in texts]


def _names(texts: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Passage id to how its source is named: (authors, year)."""
    ids = {match["id"] for text in texts for match in MARKER.finditer(text)}
    rows = Passage.objects.filter(pk__in=uuids(sorted(ids))).select_related("source")
    return {
        str(row.pk): (
            in_short(families(row.source.csl)) or str(row.source.csl.get("title") or "the source"),
            str(year_of(row.source.csl) or "n.d."),
        )
        for row in rows
    }


def readable(markdown: str, named: Mapping[str, tuple[str, str]]) -> str:
    """A passage without marks of Markdown, its citations as “(Lee, 2020)” or “Lee (2020)”."""

    def cited(match: re.Match[str]) -> str:
        who, year = named.get(match["id"], ("a source", "n.d."))
        said = f"{who} ({year})" if match["kind"] == "n" else f"({who}, {year})"
        return f"{match['space'] or (' ' if match['kind'] == 'p' else '')}{said}"

    text = _ESCAPED.sub(r"\1", _CITATION.sub(cited, markdown))
    return " ".join(text.replace("&#91;", "[").replace("&#40;", "(").replace("*", "").split())
