"""Well-formed documents in each format that can be read."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import docx
import typst

TITLE = "Tidal Gardens: How Seagrass Meadows Hold the Shore"
ABSTRACT = (
    "Seagrass meadows slow the water above them and keep the sediment below. We measured wave "
    "height at forty stations over two winters and found that dense meadows halve the energy that "
    "reaches the beach. The effect fades where boats have torn the canopy open."
)
LEFT = (
    "Waves lose energy when they pass over plants. Each blade bends with the flow and returns, and "
    "the work that this takes is drawn from the wave itself. In calm weather the loss is small. In "
    "storms the canopy lies flat and shelters the bed instead, which is why sediment under meadows "
    "is older than sediment beside them (Marsh et al., 2019). "
)
RIGHT = (
    "Our stations stood in three bays with different tides. A station held one pressure sensor and "
    "one current meter, both cleaned every second week. Readings were taken at 4 Hz for ten minutes "
    "each hour, i.e. 2,400 samples, and spectra were computed with standard windowing. "
)

_TYPST = r"""
#set document(title: "")
#set page(paper: "a4", margin: 2.2cm, header: align(right, text(8pt)[Coastal Notes 12 (2021)]),
  footer: align(center, context counter(page).display()))
#set text(size: 10pt, lang: "en", hyphenate: true)
#set par(justify: true, first-line-indent: 1em)
#set heading(numbering: "1.1")
#show heading: it => block(above: 1.4em, below: 0.8em, text(12pt, weight: "bold", it))
#align(center)[
  #text(18pt, weight: "bold")[%(title)s]
  #v(0.6em)
  #text(12pt)[Ada Bellweather#super[1], Jonas van der Meer#super(typographic: false)[2,∗], Ilse Wen-Li#super(typographic: false)[a,2] and Mei-Ling Ortiz#super[1,2]]
  #v(0.2em)
  #text(9pt)[#super[1]Institute of Shore Science, Port Alder #h(1em) #super[2]University of Westmark]
  #text(9pt)[ada\@shore.example]
  #v(1em)
  #text(11pt, weight: "bold")[Abstract]
]
#pad(x: 1.5cm)[%(abstract)s]
#v(1em)
#columns(2, gutter: 1cm)[
= Introduction
#(%(left)s * 3)
#(%(left)s * 3)
== Earlier work
#(%(left)s * 2)
= Methods
#(%(right)s * 4)
#(%(right)s * 4)
= Results
#figure(rect(width: 60%%, height: 3cm)[#text(7pt)[Bay A]], caption: [Wave height with and without plants.])
#(%(right)s * 3)
#heading(numbering: none)[References]
Marsh, T., Oyelaran, B. and Quist, P. (2019) 'Old mud under young grass', Shore Letters, 4(2), pp. 11–19.

Quist, P. (2020) Meadows and storms. Port Alder: Harbour Press.
]
"""


def two_column_paper(path: Path) -> Path:
    """A paper as journals set it: title block, abstract across, then two hyphenated columns."""
    source = _TYPST % {
        "title": TITLE,
        "abstract": ABSTRACT,
        "left": _literal(LEFT),
        "right": _literal(RIGHT),
    }
    return typeset(path, source)


def typeset(path: Path, source: str) -> Path:
    path.write_bytes(typst.compile(source.encode()))
    return path


def book_of_pages(path: Path, pages: int) -> Path:
    """Chapters with running headers of their own, one sentence that tells each page."""
    chapters = "\n".join(
        (f"= Chapter {number}\n" if number % 7 == 1 else "")
        + f"The mark of this page is {number} and no other. {LEFT}\n#pagebreak(weak: true)"
        for number in range(1, pages + 1)
    )
    header = "header: context [Notes on Shores, #counter(page).display()]"
    return typeset(path, f"#set page(width: 12cm, height: 12cm, {header})\n{chapters}")


def _literal(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def word_document(path: Path) -> Path:
    """A report with a title, headings, a table, a caption and core properties."""
    document = docx.Document()
    document.core_properties.title = "Wells of the Northern Plain"
    document.core_properties.author = "Noor Haddad"
    document.add_heading("Wells of the Northern Plain", 0)
    document.add_heading("Where the water comes from", 1)
    document.add_paragraph(
        "Rain that falls on the eastern hills takes about thirty years to reach the wells. "
        "The oldest well still gives water of the same age as in 1974."
    )
    document.add_heading("Depth", 2)
    document.add_paragraph("Most wells are shallower than forty metres, cf. Table 1.")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ("Well", "Depth", "A", "31"), strict=True
    ):
        cell.text = text
    document.add_heading("References", 1)
    document.add_paragraph("Haddad, N. (2018) Water under the plain. Alder Press.")
    document.save(str(path))
    return path


def repack(path: Path, replaced: dict[str, bytes]) -> Path:
    """The zip at `path` with members added or exchanged."""
    buffer = BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in replaced:
                new.writestr(name, old.read(name))
        for name, content in replaced.items():
            new.writestr(name, content)
    path.write_bytes(buffer.getvalue())
    return path


PAGE = """<!doctype html><html lang="en"><head><title>Ignored | Site</title>
<meta name="citation_title" content="Bees in winter">
<meta name="citation_author" content="Lindqvist, Sara"><meta name="citation_author" content="Omar Fadel">
<meta name="citation_publication_date" content="2022/03/14">
<meta name="citation_journal_title" content="Apiary Review"><meta name="citation_doi" content="10.5555/bees.22">
<script>document.write("INJECTED")</script><style>.x{color:red}</style></head>
<body><nav>Home About Contact</nav><main><h1>Bees in winter</h1>
<p>Bees do not sleep through the <b>winter</b>. They form a cluster&nbsp;and take turns at its edge.</p>
<h2>Feeding</h2><p>A colony eats about fifteen kilograms of honey before spring.</p>
<ul><li>Sugar is a poor substitute for honey in cold months.</li></ul>
<script>alert("INJECTED")</script><img src="http://example.invalid/x.png" onerror="alert(1)">
</main><footer>Cookies and terms</footer></body></html>"""

NOTES = """---
title: Notes on Lichens
author:
  - Tove Berg
  - name: Iris Kwan
date: 2020-05-01
---
# Notes on Lichens

Lichens grow **slowly**; see [the atlas](https://example.org/atlas) for `Xanthoria`.

## Age

Some colonies are older than the walls they grow on.

```python
print("code stays as it is")
```
"""
