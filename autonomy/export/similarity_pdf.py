"""The similarity report as PDF, through Typst like every document.

All words reach Typst as JSON strings, so nothing in them is ever read as its language.
"""

from __future__ import annotations

import json
from typing import Any

from autonomy.core.originality import Match, Similarity
from autonomy.export.pdf import compile_typst
from autonomy.export.similarity_words import (
    EXCLUDED,
    GROUPS,
    SCOPE,
    WHERE,
    limits_said,
    numbered,
)
from autonomy.tools.similarity.report import Report


def write_similarity_pdf(report: Report, *, date: str = "", language: str = "en") -> bytes:
    """The report with its figures, its texts and the whole document, matches marked.

    Args:
        date: of the comparison, as it is shown.

    Raises:
        PdfError: the compiler failed or ran out of time or memory.
    """
    data = json.dumps(
        json.dumps(_content(report, date, language), ensure_ascii=False), ensure_ascii=False
    )
    return compile_typst(f"#let doc = json(bytes({data}))\n{_TEMPLATE}")


def _content(report: Report, date: str, language: str) -> dict[str, Any]:
    found = report.similarity
    numbers = numbered(found)
    return {
        "title": report.title,
        "language": language.split("-")[0] or "en",
        "date": date,
        "scope": SCOPE,
        "percent": _figure(found.percent),
        "summary": _summary(found),
        "limits": limits_said(found),
        "groups": [
            {"name": name, "words": f"{found.groups.get(group, 0):,}"}
            for group, name in GROUPS.items()
        ],
        "excluded": [
            {"name": EXCLUDED.get(name, name), "words": f"{words:,}"}
            for name, words in found.excluded_words.items()
        ],
        "texts": [
            {
                "number": numbers[text.text_id],
                "title": text.title,
                "where": WHERE[text.kind],
                "words": f"{text.words:,}",
                "percent": _figure(text.percent),
                "paraphrases": str(text.paraphrases or ""),
            }
            for text in found.texts
            if text.text_id in numbers
        ],
        "sections": [
            {
                "heading": section.heading,
                "paragraphs": [
                    {
                        "kind": paragraph.kind,
                        "pieces": [
                            {"text": piece.text}
                            | _marked(_match(found, piece.match), piece.match, numbers)
                            for piece in paragraph.pieces
                        ],
                    }
                    for paragraph in section.paragraphs
                ],
            }
            for section in report.sections
        ],
    }


def _match(found: Similarity, place: int | None) -> Match | None:
    return None if place is None else found.matches[place]


def _marked(match: Match | None, place: int | None, numbers: dict[str, int]) -> dict[str, Any]:
    if match is None or match.excluded or match.text_id not in numbers:
        return {"kind": ""}
    return {"kind": match.kind.value, "number": numbers[match.text_id], "match": place}


def _figure(percent: float) -> str:
    return f"{percent:.1f} %"


def _summary(found: Similarity) -> str:
    return (
        f"{found.matched_words:,} of {found.counted_words:,} counted words are like "
        f"{found.compared:,} texts that were compared."
    )


_TEMPLATE = r"""
#set document(title: "Similarity report: " + doc.title)
#set page(
  paper: "a4", margin: (x: 2.4cm, top: 2.4cm, bottom: 2.6cm),
  footer: context align(center, text(
    size: 9pt, fill: luma(35%), counter(page).display("1 / 1", both: true),
  )),
)
#set text(font: ("Libertinus Serif", "New Computer Modern"), size: 11pt, lang: doc.language)
#set par(leading: 0.72em, spacing: 1.1em)
#show heading: set block(above: 1.5em, below: 0.8em, sticky: true)
#show heading.where(level: 1): set text(size: 14pt)
#show heading.where(level: 2): set text(size: 12pt)
#let colours = (
  rgb("#b3261e"), rgb("#1a5fb4"), rgb("#2b7a0b"), rgb("#8a4b00"), rgb("#7b1fa2"), rgb("#00696d"),
)
#let colour(number) = colours.at(calc.rem(number - 1, colours.len()))
#let line-of(kind, number) = if kind == "verbatim" { 1.1pt + colour(number) } else {
  (
    paint: colour(number), thickness: 1.1pt,
    dash: if kind == "light" { "dashed" } else { "dotted" },
  )
}
#let badge(number) = super(typographic: false, size: 8pt, text(
  weight: "bold", fill: colour(number), "[" + str(number) + "]",
))
#let last = state("last", -1)
#let piece(it) = if it.kind == "" { it.text } else {
  context if last.get() != it.match { badge(it.number) }
  last.update(it.match)
  underline(stroke: line-of(it.kind, it.number), offset: 2.4pt, it.text)
}
#let figures(rows, ..heads) = table(
  columns: (1fr, auto), align: (left, right), stroke: none, inset: (x: 4pt, y: 3.5pt),
  table.hline(stroke: 0.6pt + luma(60%)),
  ..rows.map(row => (row.name, row.words + " words")).flatten(),
  table.hline(stroke: 0.6pt + luma(60%)),
)

#block(below: 0.6em, text(size: 10pt, fill: luma(35%), "Similarity report"))
#block(below: 0.9em, {
  set par(justify: false, leading: 0.5em)
  text(size: 21pt, weight: "bold", hyphenate: false, doc.title)
})
#if doc.date != "" { block(below: 1.2em, text(size: 10pt, fill: luma(35%), doc.date)) }
#block(
  width: 100%, fill: rgb("#f1f3f6"), stroke: (left: 2.5pt + rgb("#7a8699")),
  inset: (x: 11pt, y: 9pt), below: 1.6em, text(size: 10pt, doc.scope),
)
#block(below: 0.8em, text(size: 26pt, weight: "bold", doc.percent))
#doc.summary
#if doc.limits.len() > 0 [
  = Not looked at
  #for said in doc.limits [- #said]
]

= What is missing
#figures(doc.groups)
#if doc.excluded.len() > 0 [
  = Left out
  #figures(doc.excluded)
]

= Texts
#if doc.texts.len() == 0 [Nothing that counts was found.] else {
  table(
    columns: (auto, 1fr, auto, auto), align: (left, left, right, right), stroke: none,
    inset: (x: 4pt, y: 4pt),
    table.hline(stroke: 0.6pt + luma(60%)),
    table.header([], [*Text*], [*Words*], [*Share*]),
    table.hline(stroke: 0.4pt + luma(70%)),
    ..doc.texts.map(row => (
      text(weight: "bold", fill: colour(row.number), "[" + str(row.number) + "]"),
      {
        row.title
        linebreak()
        text(size: 9pt, fill: luma(35%), row.where + if row.paraphrases != "" {
          "; possible paraphrases: " + row.paraphrases
        } else { "" })
      },
      row.words, row.percent,
    )).flatten(),
    table.hline(stroke: 0.6pt + luma(60%)),
  )
}

= The document
#block(below: 1.2em, text(size: 9.5pt, fill: luma(30%), {
  underline(stroke: line-of("verbatim", 1), offset: 2.4pt, "word for word")
  [ · ]
  underline(stroke: line-of("light", 1), offset: 2.4pt, "lightly edited")
  [ · ]
  underline(stroke: line-of("paraphrase", 1), offset: 2.4pt, "possible paraphrase")
  [ · the number is that of the text above]
}))
#for section in doc.sections {
  if section.heading != "" { heading(level: 2, section.heading) }
  for paragraph in section.paragraphs {
    let body = paragraph.pieces.map(piece).join()
    if paragraph.kind == "quote" { block(inset: (left: 1.6em), body) }
    else if paragraph.kind == "item" { list(body) }
    else if paragraph.kind == "heading" { heading(level: 3, outlined: false, body) }
    else { par(body) }
  }
}
"""
