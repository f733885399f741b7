"""Tables and figures that were computed: where the text places them, and how they are captioned.

A section places one by an image of its own scheme in a paragraph of its own: `![Figure 1](exhibit:ID)`.
Pictures of any other address are never shown.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from pydantic import Field

from autonomy.core.analysis import Provenance, ResultColumn
from autonomy.core.value import Value
from autonomy.export import nodes
from autonomy.export.pandoc import Node

SCHEME = "exhibit:"
FOLDER = "figures"
"""Of the pictures beside a text that refers to them."""
PLACED = re.compile(
    r"^!\[(?P<label>[^\]\n]*)\]\(exhibit:(?P<id>[a-z0-9-]{1,80})\)[ \t]*$", re.MULTILINE
)
_DPI = 200
"""Of the figures' pixels."""
_MOST_CM = 15.9
"""The text's width on A4 with its usual margins."""
PROGRAM_STARTS = re.compile(r"^# \d+ columns, \d+ rows\.", re.MULTILINE)
"""Where the part of a program begins that is of this analysis alone."""
LISTED_LINES = 60
"""Longest part of a program that a document prints, about a page and a half; what is longer would be
most of a short report, and is named by its checksum."""


class Exhibit(Value):
    """One table or figure of a document."""

    id: str
    kind: Literal["figure", "table"]
    number: int = Field(ge=1)
    """Among those of its kind, in reading order."""
    title: str
    note: str = ""
    alt: str = ""
    columns: tuple[ResultColumn, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    artifact_id: str = ""
    """Of the figure's picture, or of the analysis that a table is from."""
    png: bytes = Field(default=b"", exclude=True, repr=False)
    """The picture. Never stored here: whoever renders puts it in."""
    url: str = Field(default="", exclude=True)
    """Where a page may load it from; as `png`."""

    @property
    def label(self) -> str:
        return f"{self.kind.capitalize()} {self.number}"

    @property
    def file_name(self) -> str:
        return f"{self.kind}-{self.number}.png"

    @property
    def caption(self) -> str:
        """As it stands under the figure or over the table, label included."""
        return " ".join(f"{self.label}. {self.title.rstrip('.')}. {self.note}".split())


def placing(exhibit_id: str, label: str) -> str:
    """The line of Markdown that places it."""
    return f"![{label}]({SCHEME}{exhibit_id})"


def placed(blocks: Iterable[Node], exhibits: Sequence[Exhibit]) -> list[Node]:
    """The blocks with the tables and figures where the text places them. One that the document does
    not hold leaves nothing."""
    known = {exhibit.id: exhibit for exhibit in exhibits}
    out: list[Node] = []
    for block in blocks:
        named = [n["c"] for n in block["c"] if n["t"] == "Exhibit"] if block["t"] == "Para" else []
        if not named:
            out.append(block)
            continue
        rest = [n for n in block["c"] if n["t"] not in ("Exhibit", "Space")]
        if rest:
            out.append(nodes.para([n for n in block["c"] if n["t"] != "Exhibit"]))
        out += [_block(known[name]) for name in named if name in known]
    return out


def _block(exhibit: Exhibit) -> Node:
    caption = nodes.text(exhibit.caption)
    if exhibit.kind == "table":
        aligns = ["right" if column.numeric else "left" for column in exhibit.columns]
        head = [nodes.text(f"{c.name} ({c.unit})" if c.unit else c.name) for c in exhibit.columns]
        rows = [[nodes.text(cell) for cell in row] for row in exhibit.rows]
        return nodes.table(aligns, head, rows, caption=caption)
    if not exhibit.png and not exhibit.url:
        return nodes.para([nodes.styled("Emph", nodes.text(f"{exhibit.caption} {exhibit.alt}"))])
    width = f"{_width_cm(exhibit.png):.1f}cm" if exhibit.png else ""
    return nodes.figure(f"{SCHEME}{exhibit.id}", exhibit.alt, caption, width=width)


def _width_cm(png: bytes) -> float:
    pixels = struct.unpack(">I", png[16:20])[0] if len(png) >= 24 else 0
    return min(max(pixels / _DPI * 2.54, 4.0), _MOST_CM)


def addressed(blocks: list[Node], address: Callable[[str], str]) -> list[Node]:
    """The blocks with the addresses of their figures as a format needs them.

    Args:
        address: exhibit id to the address of its picture.
    """

    def change(value: object) -> object:
        if isinstance(value, dict):
            if value.get("t") == "Image" and str(value["c"][2][0]).startswith(SCHEME):
                attributes, alt, (url, title) = value["c"]
                return {"t": "Image", "c": [attributes, alt, [address(url[len(SCHEME) :]), title]]}
            return {key: change(item) for key, item in value.items()}
        if isinstance(value, list):
            return [change(item) for item in value]
        return value

    return [block for block in map(change, blocks) if isinstance(block, dict)]


def data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


# ----------------------------------------------------------------------------- provenance


def computed_blocks(provenance: Sequence[Provenance]) -> list[Node]:
    """The appendix "How this was computed": data, versions and program; nothing without."""
    if not provenance:
        return []
    heading = nodes.attr("how-computed", ["unnumbered"])
    blocks = [nodes.header(1, nodes.text("How this was computed"), heading)]
    for one in provenance:
        versions = ", ".join(f"{name} {version}" for name, version in one.versions.items())
        sheet = f", sheet “{one.sheet}”" if one.sheet else ""
        by = {"model": "a language model"}.get(one.author, "rule")
        own = own_part(one.program)
        listed = len(own.splitlines()) <= LISTED_LINES
        where = (
            "below; the general functions that it begins with are left out here and stand in the "
            "program as it is downloaded"
            if listed
            else "with the checksum below, which is kept with the document and downloaded there under "
            "“How computed”"
        )
        blocks += [
            nodes.para(
                nodes.text(
                    f"The tables and figures from “{one.file_name}”{sheet} were computed on a cleaned "
                    f"copy of the file by the program {where}. It was written by "
                    f"{by}{' (simulated)' if one.simulated else ''} and run without access to anything "
                    f"but the data (sandbox: {one.tier}; {one.seconds:.1f} seconds; {versions})."
                )
            ),
            nodes.bullets(
                [
                    [nodes.para([*nodes.text(f"{name}: "), nodes.code(digest)], tight=True)]
                    for name, digest in (
                        ("SHA-256 of the file", one.source_sha256),
                        ("SHA-256 of the cleaned copy", one.data_sha256),
                        ("SHA-256 of the program", one.program_sha256),
                    )
                    if digest
                ]
            ),
        ]
        blocks += [nodes.code_block(own)] if listed else []
    return blocks


def own_part(program: str) -> str:
    """A program without the functions that all begin with."""
    start = PROGRAM_STARTS.search(program)
    return nodes.printable(program[start.start() :] if start else program).strip()
