"""The similarity report as a file."""

from __future__ import annotations

import pypdfium2

from autonomy.core.originality import ComparedKind
from autonomy.export.document import Document, Section
from autonomy.export.draft_text import draft_text
from autonomy.export.similarity_pdf import write_similarity_pdf
from autonomy.tools.similarity import ComparedText, compare
from autonomy.tools.similarity.report import report_of

COPIED = "The river carries more sediment in spring, when snow melts in the hills above the valley"
HOSTILE = '#panic("out") $x$ ``` \\ " ] } {{ @ref <label> *a _b // c /* d'


def test_everything_is_told_and_nothing_in_it_is_read_as_typst() -> None:
    document = Document(
        title=f"Rivers {HOSTILE}",
        sections=(
            Section(id="a", heading=f"One {HOSTILE}", markdown=f"{HOSTILE}\n\n{COPIED}."),
            Section(id="b", heading="", markdown="Nothing of it. 水在流。 النهر يجري."),
        ),
    )
    text = ComparedText("a", f"A source {HOSTILE}", ComparedKind.LIBRARY, f"{COPIED}.")
    report = report_of(document, compare(draft_text(document), [text]))

    data = write_similarity_pdf(report, date="Compared on 1 December 2026")

    pdf = pypdfium2.PdfDocument(data)
    said = " ".join(page.get_textpage().get_text_range() for page in pdf)
    pdf.close()
    plain = " ".join(said.split())
    assert "not a score of Turnitin" in plain
    assert "Your library" in plain
    assert "Not cited or quoted 16 words" in plain
    assert "[1]The river carries more sediment" in plain.replace("[1] The", "[1]The")
    assert '#panic("out")' in plain
