"""PDF through Typst, set in its embedded fonts so that it looks the same on every machine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

from autonomy.export import nodes
from autonomy.export.dates import long_date, parse_date
from autonomy.export.document import Document
from autonomy.export.exhibits import FOLDER, addressed
from autonomy.export.pandoc import Node, PandocError, write_tree
from autonomy.export.reference_docx import paper_of
from autonomy.export.render import Rendered, render

TIMEOUT_SECONDS = 60.0
_MEMORY_BYTES = 2_000_000_000
"""Address space of the compiler; its own code and fonts already map several hundred MB."""

_LITERAL = frozenset({"Str", "Space", "Code", "Math", "LineBreak", "RawInline"})
"""Inlines that typst writes without calling a function."""


class PdfError(RuntimeError):
    """The PDF could not be made; the message carries the compiler's words."""


def write_pdf(document: Document) -> bytes:
    """The document as tagged PDF with title, notice, page numbers and references.

    Raises:
        PdfError: the compiler failed or ran out of time or memory.
        DanglingCitation, UnknownStyle, PandocError: as `render`.
    """
    rendered = render(document)
    pictures = {f"{FOLDER}/{figure.file_name}": figure.png for figure in rendered.figures}
    return compile_typst(typst_source(rendered), pictures)


def typst_source(rendered: Rendered) -> str:
    """The whole Typst file of a rendered document."""
    language, _, region = rendered.language.partition("-")
    day = parse_date(rendered.date)
    settings = {
        "title": rendered.title,
        "date": long_date(rendered.date, rendered.language) if rendered.date else "",
        "notice": rendered.notice,
        "language": language.lower() if language.isalpha() and len(language) in (2, 3) else "en",
        "region": region.upper() if region.isalpha() and len(region) == 2 else "",
        "paper": {"a4": "a4", "letter": "us-letter"}[paper_of(rendered.language)],
        "references": rendered.references_heading,
        "day": [day.year, day.month, day.day] if day else [],
    }
    # JSON inside a Typst string: both escape backslash and quote in the same way.
    data = json.dumps(json.dumps(settings, ensure_ascii=False), ensure_ascii=False)
    return "\n".join(
        [
            f"#let doc = json(bytes({data}))",
            _TEMPLATE,
            _with_figures(rendered),
            _references(rendered),
            _typst(rendered.appendix) if rendered.appendix else "",
        ]
    )


def _with_figures(rendered: Rendered) -> str:
    """The body, its pictures described for those who do not see them: pandoc leaves that out."""
    names = {figure.id: figure.file_name for figure in rendered.figures}
    source = _typst(addressed(rendered.body, lambda name: f"{FOLDER}/{names[name]}"))
    for figure in rendered.figures:
        call = f'image("{FOLDER}/{figure.file_name}"'
        alt = json.dumps(nodes.printable(" ".join(figure.alt.split())), ensure_ascii=False)
        source = source.replace(call, f"{call}, alt: {alt}", 1)
    return source


def _typst(blocks: list[Node]) -> str:
    closed = nodes.map_inlines(nodes.without_spans(blocks), _closed)
    # Quotes and dashes are in place already: typst must not make its own.
    return write_tree(closed, {}, ["-t", "typst-smart", "--wrap=none"]).decode()


def _closed(inlines: list[Node]) -> list[Node]:
    """End calls that running text would continue: in `#emph[x].y` typst looks for a field y, a
    case that pandoc leaves open."""
    out: list[Node] = []
    for node, following in zip_longest(inlines, inlines[1:]):
        out.append(node)
        if (
            node["t"] not in _LITERAL
            and following is not None
            and following["t"] == "Str"
            and re.match(r"\.\w", following["c"])
        ):
            out.append({"t": "RawInline", "c": ["typst", ";"]})
    return out


def _references(rendered: Rendered) -> str:
    if not rendered.entries:
        return ""
    marked: list[Node] = []
    for entry in rendered.entries:
        marked.extend([nodes.para(entry.label or nodes.text("\u2060")), nodes.para(entry.inlines)])
    # One call for all entries: pandoc separates paragraphs by an empty line.
    pieces = _typst(marked).strip().split("\n\n")
    if len(pieces) != len(marked):
        raise PandocError("The list of references could not be set.")
    rows = []
    for number, entry in enumerate(rendered.entries):
        label, words = pieces[2 * number], pieces[2 * number + 1]
        rows.append(f"#labelled[{label}][{words}]" if entry.label else f"#hanging[{words}]")
    return "#references-heading()\n" + "\n".join(rows)


def compile_typst(source: str, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """Compile in a process of its own: a runaway document must not take the server with it.

    Args:
        pictures: path beside the source to the bytes of a picture that it shows.
    """
    with tempfile.TemporaryDirectory(prefix="hw-pdf-") as folder:
        (Path(folder) / "main.typ").write_text(source, encoding="utf-8")
        for name, data in (pictures or {}).items():
            place = Path(folder) / name
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(data)
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", _COMPILER, str(_MEMORY_BYTES)],
                cwd=folder,
                env={"LANG": "C.UTF-8", "HOME": folder},
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise PdfError(f"The PDF took longer than {TIMEOUT_SECONDS:g} seconds.") from error
        output = Path(folder) / "main.pdf"
        if done.returncode != 0 or not output.is_file():
            words = done.stderr.decode(errors="replace").strip()[-500:]
            raise PdfError(f"The PDF could not be made: {words}")
        return output.read_bytes()


_COMPILER = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
import typst
typst.compile("main.typ", output="main.pdf", root=".", package_path=".", package_cache_path=".")
"""

_TEMPLATE = """
#set document(
  title: doc.title,
  date: if doc.day.len() == 3 {
    datetime(year: doc.day.at(0), month: doc.day.at(1), day: doc.day.at(2))
  } else { none },
)
#set page(
  paper: doc.paper,
  margin: (x: 2.6cm, top: 2.6cm, bottom: 2.8cm),
  footer: context align(center, text(
    size: 9pt, fill: luma(35%), counter(page).display("1 / 1", both: true),
  )),
)
#set text(
  font: ("Libertinus Serif", "New Computer Modern"), size: 11.5pt, lang: doc.language,
  region: if doc.region == "" { none } else { doc.region },
)
#set par(justify: true, leading: 0.75em, spacing: 1.25em)
#set list(indent: 0.6em, body-indent: 0.6em, spacing: 0.8em)
#set enum(indent: 0.6em, body-indent: 0.6em, spacing: 0.8em)
#show heading: set text(fill: luma(10%))
#show heading: set par(justify: false)
#show heading: set block(above: 1.7em, below: 0.9em, sticky: true)
#show heading.where(level: 1): set text(size: 15pt)
#show heading.where(level: 2): set text(size: 12.5pt)
#show heading.where(level: 3): set text(size: 11.5pt, style: "italic")
#show heading.where(level: 4): set text(size: 11.5pt, weight: "regular", style: "italic")
#show quote.where(block: true): it => block(
  inset: (left: 1.6em, right: 1.6em), above: 1.2em, below: 1.2em,
  { set text(size: 11pt); it.body },
)
#show raw: set text(font: "DejaVu Sans Mono", size: 0.82em)
#show raw.where(block: true): it => block(
  width: 100%, fill: luma(96%), inset: 9pt, radius: 2pt, { set par(justify: false); it },
)
#show link: set text(fill: luma(10%))
#set table(inset: (x: 6pt, y: 5pt), stroke: none)
#show table: set par(justify: false, leading: 0.6em)
#show table: set text(size: 10.5pt)
#show table: it => block(stroke: (top: 0.9pt, bottom: 0.9pt), it)
#set figure(numbering: none)
#set figure.caption(separator: none)
#show figure.caption: set text(size: 10pt)
#show figure.caption: set par(justify: false)
#show figure.where(kind: table): set figure.caption(position: top)
#show figure.where(kind: image): set block(above: 1.6em, below: 1.8em)
#show figure.where(kind: table): set block(above: 1.4em, below: 1.6em, breakable: true)
#show table.cell.where(y: 0): strong
#set table.hline(stroke: 0.6pt)
#let horizontalrule = align(center, line(length: 30%, stroke: 0.5pt + luma(60%)))
#let divider() = horizontalrule
#let hanging(body) = block(
  above: 1em, below: 1em, breakable: false, par(hanging-indent: 2em, justify: false, body),
)
#let labelled(label, body) = block(
  above: 1em, below: 1em, breakable: false,
  grid(columns: (2.2em, 1fr), label, par(justify: false, body)),
)
#let references-heading() = heading(level: 1, doc.references)

#block(below: 0.9em)[
  #set par(justify: false, leading: 0.5em)
  #text(size: 23pt, weight: "bold", hyphenate: false, doc.title)
]
#if doc.date != "" { block(below: 1.4em, text(size: 10.5pt, fill: luma(35%), doc.date)) }
#if doc.notice != "" {
  block(
    width: 100%, fill: rgb("#f1f3f6"), stroke: (left: 2.5pt + rgb("#7a8699")),
    inset: (x: 11pt, y: 9pt), below: 1.8em,
    { set text(size: 10pt); set par(justify: false); doc.notice },
  )
}
"""
